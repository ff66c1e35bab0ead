import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { type FileHandle, lstat, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Replaces a whole file: a crash at any instant leaves the old content or the new, never a part of it. Durable when it
 * resolves. A link is replaced, not followed: resolve it first if it should be followed.
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

/** Longer than any write takes: an older temporary file was left behind by a writer that was killed. */
const writingMs = 60_000

/** Whether `name` is that of a temporary file for writing `fileName`. */
export function isTemporaryOf(name: string, fileName: string): boolean {
  const prefix = `.${fileName}.`
  return name.startsWith(prefix) && /^[0-9a-f]{12}$/.test(name.slice(prefix.length))
}

/**
 * Removes the temporary files beside a file that are more than a minute old: their writers were killed. It never fails.
 * @param nowMs by the wall clock
 */
export async function sweepTemporaries(path: string, nowMs: number): Promise<void> {
  const [folder, own] = [dirname(path), basename(path)]
  // The file itself is in place, so leftovers beside it must not make its writer fail.
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((each) => isTemporaryOf(each, own))) {
    await removeOwnFile(join(folder, name), (entry) => entry.mtimeMs < nowMs - writingMs)
  }
}

/** Removes a file of the user's own if `isLeft` is true for it; leaves a missing file, or one of another user, alone. */
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
