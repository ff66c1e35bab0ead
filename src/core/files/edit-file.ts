import type { Stats } from 'node:fs'
import { lstat, mkdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errorCode } from '../errors.ts'
import { shellWord } from '../text/shell-word.ts'
import { findPathFault } from '../trust/path-trust.ts'
import { writeFileAtomically } from './atomic-file.ts'
import { withProcessLock } from './process-lock.ts'
import { FileError, type ReadFileOptions, readWholeFile, untrusted } from './read-file.ts'

/** What may be edited. */
export interface EditFileOptions extends Pick<ReadFileOptions, 'maxBytes' | 'isTrusted'> {
  /** Ends the wait for another command that edits the same file; its reason is thrown. */
  signal?: AbortSignal
  /** Only find out whether the edit could be made, as far as that can be known before: nothing is written. */
  isTrial?: boolean
  /** `latin1`: each character is a byte, for files whose comments may be in any encoding; UTF-8 by default. */
  encoding?: 'latin1'
}

/**
 * Changes a text file of the user's own, so that whatever happens the file is the old one or the new one, and of two
 * commands at once none loses what the other wrote; nor does an editor that saves it meanwhile. A link stays, and the file
 * that it names is changed; so do its permissions. A missing file counts as empty and is made, with its folder, for the
 * user alone.
 * @param edit gets the whole text, a byte order mark included, and returns it changed; what it throws leaves the file alone
 * @returns false where nothing changes
 * @throws {FileError} FILE_NOT_EDITABLE; what reading throws; the file system's error, such as EACCES or ENOSPC
 */
export async function editTextFile(
  path: string,
  edit: (text: string) => string,
  { signal, ...options }: EditFileOptions,
): Promise<boolean> {
  const target = await targetOf(path)
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  // Beside the file, so that only those who may write there can make others wait.
  const lock = join(dirname(target), `.${basename(target)}.lock`)
  return await withProcessLock(lock, () => editLocked(target, edit, options), signal)
}

/** An editor that saves more often than this while we write once is no editor. */
const maxTries = 5

async function editLocked(
  path: string,
  edit: (text: string) => string,
  options: Omit<EditFileOptions, 'signal'>,
): Promise<boolean> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const outcome = await tryEdit(path, edit, options)
    if (outcome !== 'changed-meanwhile') return outcome === 'edited'
  }
  throw notEditable(path, 'is being written by another program')
}

async function tryEdit(
  path: string,
  edit: (text: string) => string,
  { isTrial = false, encoding: given, ...options }: Omit<EditFileOptions, 'signal'>,
): Promise<'edited' | 'unchanged' | 'changed-meanwhile'> {
  const encoding = given ?? 'utf8'
  let mode = 0o600
  let version: string | undefined
  const check: ReadFileOptions['check'] = (stats) => {
    version = versionOf(stats)
    mode = stats.mode & 0o7777
    // The new file would be ours alone, and no longer the one that others know by another name.
    if (stats.uid !== process.getuid!()) throw notEditable(path, `belongs to another user (uid ${stats.uid})`)
    if (stats.nlink > 1) throw notEditable(path, `has ${stats.nlink} names (hard links)`)
    if ((mode & 0o200) === 0) throw notEditable(path, 'is write-protected')
  }
  const bytes = await readWholeFile(path, { ...options, check }).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error
    const fault = options.isTrusted ? findPathFault(dirname(path)) : undefined
    if (fault !== undefined) throw untrusted(fault)
    return Buffer.alloc(0)
  })
  const before = bytes.toString(encoding)
  // What could not be written back as it was is not touched.
  if (!Buffer.from(before, encoding).equals(bytes)) throw notEditable(path, 'is not UTF-8 text')
  const text = edit(before)
  if (text === before) return 'unchanged'
  const after = Buffer.from(text, encoding)
  if (after.length > options.maxBytes) throw notEditable(path, 'would become too large')
  if (isTrial) return 'edited'
  // Editors know nothing of the lock: what one has saved since the file was read would be lost.
  const now = await stat(path).catch(() => undefined)
  if ((now && versionOf(now)) !== version) return 'changed-meanwhile'
  await writeFileAtomically(path, after, mode)
  return 'edited'
}

const versionOf = ({ dev, ino, size, mtimeMs, ctimeMs }: Stats) => [dev, ino, size, mtimeMs, ctimeMs].join()

/** The file behind a link, which may be in a folder that does not exist yet. */
async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    // Another command may have made the file meanwhile.
    const isLink = await lstat(path).then(
      (entry) => entry.isSymbolicLink(),
      () => false,
    )
    if (isLink) throw notEditable(path, 'is a link to a file that does not exist')
    return path
  }
}

function notEditable(path: string, why: string): FileError {
  return new FileError('FILE_NOT_EDITABLE', `${path} ${why}, and is not edited`, { hint: `ls -l ${shellWord(path)}` })
}
