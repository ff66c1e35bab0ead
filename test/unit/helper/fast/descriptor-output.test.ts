import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeToDescriptor } from '../../../../src/helper/fast/descriptor-output.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

it('writes all of a text', async () => {
  const file = join(temporaryFolder(), 'out')
  const fd = openSync(file, 'w')
  await writeToDescriptor(fd, 'ünï\n'.repeat(10_000))
  closeSync(fd)
  expect(readFileSync(file, 'utf8')).toBe('ünï\n'.repeat(10_000))
})

it('says when it cannot write', async () => {
  const fd = openSync('/dev/null', 'r')
  await expect(writeToDescriptor(fd, 'secret')).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    message: expect.not.stringContaining('secret') as string,
  })
  closeSync(fd)
})
