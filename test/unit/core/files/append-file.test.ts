import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { appendLine } from '../../../../src/core/files/append-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

it('adds lines to a file that it creates for its user alone', async () => {
  const path = join(temporaryFolder(), 'log')
  await appendLine(path, 'one')
  await appendLine(path, 'two')
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

it('does not wait for a reader of a pipe, and writes to no device', async () => {
  const pipe = join(temporaryFolder(), 'pipe')
  execFileSync('mkfifo', [pipe])
  await expect(appendLine(pipe, 'one')).rejects.toMatchObject({ code: 'ENXIO' })
  await expect(appendLine('/dev/null', 'one')).rejects.toMatchObject({ code: expect.stringMatching(/^FILE_/) })
})

it('does not write through a path that others could change', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o757)
  await expect(appendLine(join(folder, 'log'), 'one')).rejects.toMatchObject({
    code: 'FILE_UNTRUSTED',
    hint: `chmod o-w ${folder}`,
  })
})
