import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readTextFile, readTextIfPresent, readWholeFile } from '../../../../src/core/files/read-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const options = { maxBytes: 1024, isTrusted: false }

it('reads a whole file, up to the limit', async () => {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, 'ü'.repeat(512))
  expect(await readTextFile(path, options)).toBe('ü'.repeat(512))
  writeFileSync(path, 'x'.repeat(200_000))
  expect((await readWholeFile(path, { ...options, maxBytes: 200_000 })).length).toBe(200_000)
  await expect(readTextFile(path, options)).rejects.toMatchObject({
    code: 'FILE_TOO_LARGE',
    message: `${path} is larger than 1 KiB, the limit for such a file`,
    hint: `ls -l ${path}`,
  })
})

it.runIf(process.platform === 'linux')('reads a file that reports no size, up to the limit', async () => {
  expect(await readTextFile('/proc/self/comm', options)).not.toBe('')
  await expect(readTextFile('/proc/self/maps', options)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' })
})

it('does not wait for a pipe, device, socket or folder, and says what it is', async () => {
  const folder = temporaryFolder()
  const [pipe, sub, socket] = ['pipe', 'sub', 'socket'].map((name) => join(folder, name)) as [string, string, string]
  execFileSync('mkfifo', [pipe])
  mkdirSync(sub)
  const server = createServer().listen(socket)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  for (const [path, kind] of [
    [pipe, 'a pipe'],
    [sub, 'a folder'],
    [socket, 'a socket'],
    ['/dev/zero', 'a device'],
    // Opening it fails where there is no terminal, as here.
    ['/dev/tty', 'a device'],
  ]) {
    const expected = {
      code: 'FILE_NOT_REGULAR',
      message: `${path} is ${kind}, not a regular file`,
      hint: expect.any(String),
    }
    for (const isTrusted of [false, true]) {
      await expect(readTextFile(path!, { ...options, isTrusted }), path).rejects.toMatchObject(expected)
    }
  }
})

it('reads /dev/null as an empty file, as people mean it', async () => {
  expect(await readTextFile('/dev/null', { ...options, isTrusted: true })).toBe('')
})

it('lets the caller inspect the open file', async () => {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, 'text')
  const check = ({ size }: { size: number }) => {
    throw new Error(`size ${size}`)
  }
  await expect(readTextFile(path, { ...options, check })).rejects.toThrow('size 4')
})

it('does not read what others could have written, and reports a missing file as missing', async () => {
  const path = join(temporaryFolder(), 'file')
  await expect(readTextFile(path, { ...options, isTrusted: true })).rejects.toMatchObject({ code: 'ENOENT' })
  writeFileSync(path, 'text')
  chmodSync(path, 0o646)
  expect(await readTextFile(path, options)).toBe('text')
  await expect(readTextFile(path, { ...options, isTrusted: true })).rejects.toMatchObject({
    code: 'FILE_UNTRUSTED',
    message: `${path} can be changed by other users (mode 646)`,
    hint: `chmod o-w ${path}`,
  })
  chmodSync(join(path, '..'), 0o757)
  await expect(readTextFile(join(path, '../none'), { ...options, isTrusted: true })).rejects.toMatchObject({
    code: 'ENOENT',
  })
})

it('takes nothing but a missing file as missing', async () => {
  const folder = temporaryFolder()
  expect(await readTextIfPresent(join(folder, 'none'), options)).toBeUndefined()
  await expect(readTextIfPresent(folder, options)).rejects.toMatchObject({ code: 'FILE_NOT_REGULAR' })
  writeFileSync(join(folder, 'file'), '')
  expect(await readTextIfPresent(join(folder, 'file'), options)).toBe('')
})
