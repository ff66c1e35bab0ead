import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { type FileHandle, lstat, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Replaces a file whole: a crash at any instant leaves the old content or the new, never a part. Durable when it
 * resolves. A link is replaced, not followed: resolve it first where that is wanted.
 * @param mode permissions of the new file, from its first instant
 * @throws the file system's error; the old file is then untouched
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  let writtenMs = 0
  try {
    await withFile(temporary, 'wx', mode, async (file) => {
      // The umask may have taken bits away.
      await file.chmod(mode)
      await file.writeFile(content)
      await file.sync()
      writtenMs = (await file.stat()).mtimeMs
    })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  // The rename itself is durable only once its folder is.
  await withFile(folder, 'r', undefined, (file) => file.sync())
  await sweepTemporaries(path, writtenMs)
}

/** Longer than a file is being written: what is older was left behind by one that was killed. */
const writingMs = 60_000

/** Whether a name in the folder of a file is one under which that file was being written. */
export function isTemporaryOf(name: string, fileName: string): boolean {
  const prefix = `.${fileName}.`
  return name.startsWith(prefix) && /^[0-9a-f]{12}$/.test(name.slice(prefix.length))
}

/**
 * Takes away what was left beside a file by writers of it that were killed, more than a minute ago. It never fails.
 * @param nowMs by the wall clock
 */
export async function sweepTemporaries(path: string, nowMs: number): Promise<void> {
  const folder = dirname(path)
  // The file is in place: what is left beside it is no failure of its writer.
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((each) => isTemporaryOf(each, basename(path)))) {
    await removeOwnFile(join(folder, name), (entry) => entry.mtimeMs < nowMs - writingMs)
  }
}

/** Removes a file of the user's own that `isLeft` picks; what is not there, or not ours, stays as it is. */
export async function removeOwnFile(path: string, isLeft: (entry: Stats) => boolean = () => true): Promise<void> {
  const entry = await lstat(path).catch(() => undefined)
  if (entry?.isFile() !== true || entry.uid !== process.getuid!() || !isLeft(entry)) return
  await rm(path, { force: true }).catch(() => {})
}

async function withFile(
  path: string,
  flags: string,
  mode: number | undefined,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, mode)
  try {
    await use(file)
  } finally {
    await file.close()
  }
}
