import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createWatchedFiles } from '../../../../src/daemon/process/watched-files.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

it('reads files again only when one has changed', async () => {
  const folder = temporaryFolder()
  const [one, two] = [join(folder, 'one'), join(folder, 'two')]
  let reads = 0
  const read = createWatchedFiles([one, two], (texts) => {
    reads += 1
    return texts
  })
  expect(await read()).toEqual([undefined, undefined])
  expect(await read()).toEqual([undefined, undefined])
  expect(reads).toBe(1)

  writeFileSync(one, '1')
  expect(await read()).toEqual(['1', undefined])
  await read()
  expect(reads).toBe(2)

  // Replaced by another of the same size, as editors do.
  writeFileSync(join(folder, 'new'), '2')
  renameSync(join(folder, 'new'), one)
  expect(await read()).toEqual(['2', undefined])

  rmSync(one)
  writeFileSync(two, 'two')
  expect(await read()).toEqual([undefined, 'two'])
})

it('does not wait for a pipe, and holds nothing of a file that is too large', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'file')
  const read = createWatchedFiles([path], ([text]) => text)
  execFileSync('mkfifo', [path])
  await expect(read()).rejects.toMatchObject({ code: 'FILE_NOT_REGULAR' })
  rmSync(path)
  writeFileSync(path, '')
  truncateSync(path, 50 * 1024 * 1024)
  await expect(read()).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' })
})

it('reports a file that exists but cannot be read, and recovers', async () => {
  const path = join(temporaryFolder(), 'file')
  mkdirSync(path)
  const read = createWatchedFiles([path], ([text]) => text)
  await expect(read()).rejects.toMatchObject({ code: 'FILE_NOT_REGULAR' })
  rmSync(path, { recursive: true })
  writeFileSync(path, 'text')
  expect(await read()).toBe('text')
})

it('notices by ctime an edit of the same length whose mtime was set back', async () => {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, 'one')
  const { atime, mtime } = statSync(path)
  utimesSync(path, atime, mtime)
  const read = createWatchedFiles([path], ([text]) => text)
  expect(await read()).toBe('one')
  // In place, so that the file is the same one; cp -p and rsync -t keep times like that.
  const before = statSync(path, { bigint: true })
  do {
    writeFileSync(path, 'two')
    utimesSync(path, atime, mtime)
  } while (statSync(path, { bigint: true }).ctimeNs === before.ctimeNs)
  const after = statSync(path, { bigint: true })
  expect([after.ino, after.size, after.mtimeNs]).toEqual([before.ino, before.size, before.mtimeNs])
  expect(await read()).toBe('two')
})
