import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
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
  try {
    await withFile(temporary, 'wx', mode, async (file) => {
      // The umask may have taken bits away.
      await file.chmod(mode)
      await file.writeFile(content)
      await file.sync()
    })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  // The rename itself is durable only once its folder is.
  await withFile(folder, 'r', undefined, (file) => file.sync())
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
