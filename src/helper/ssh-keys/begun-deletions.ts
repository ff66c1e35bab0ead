import { randomBytes } from 'node:crypto'
import { lstat, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { errorCode } from '../../core/errors.ts'
import { writeOwnFile } from '../../core/files/own-file.ts'
import { readTextFile } from '../../core/files/read-file.ts'
import { homeFolder } from '../../core/places/home.ts'
import { stateFolder } from '../../core/places/paths.ts'
import type { CommandContext } from '../command-context.ts'

/** The deletion of a file with a key: it is renamed first, and a command may be killed after that. */
export interface BegunDeletion {
  /** Where the file was. */
  path: string
  /** Where it is now. */
  aside: string
  /** What the stored key with the same content is called. */
  name: string
  /** SHA-256 of that content, in hexadecimal digits. */
  digest: string
}

const form = v.strictObject({ path: v.string(), aside: v.string(), name: v.string(), digest: v.string() })
const prefix = 'ssh-key-file.'
const maxBytes = 64 * 1024

const folderOf = ({ environment }: Pick<CommandContext, 'environment'>) =>
  stateFolder(environment, homeFolder(environment))

/**
 * Writes down a deletion that is about to begin, in a file of its own, so that what a kill leaves behind is found.
 * @returns strikes it out again
 * @throws {FileError}; the file system's error
 */
export async function noteDeletion(
  deletion: BegunDeletion,
  context: Pick<CommandContext, 'environment'>,
): Promise<() => Promise<void>> {
  const note = join(folderOf(context), `${prefix}${randomBytes(6).toString('hex')}`)
  await writeOwnFile(note, JSON.stringify(deletion))
  return () => rm(note, { force: true })
}

/** The deletions that have not ended, and whose files are still there. Notes of files that are gone are removed. */
export async function begunDeletions(context: Pick<CommandContext, 'environment'>): Promise<readonly BegunDeletion[]> {
  const folder = folderOf(context)
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(prefix))
  const found = await Promise.all(names.map((name) => stillBegun(join(folder, name))))
  return found.flatMap((deletion) => deletion ?? [])
}

async function stillBegun(note: string): Promise<BegunDeletion | undefined> {
  const deletion = await readNote(note)
  if (deletion === undefined || (await isThere(deletion.aside))) return deletion
  // Where its folder is away as well, such as on a stick, the file may come back.
  if (await isThere(dirname(deletion.aside))) await rm(note, { force: true }).catch(() => {})
  return undefined
}

/** A line that cannot be read says nothing. */
async function readNote(note: string): Promise<BegunDeletion | undefined> {
  try {
    return v.parse(form, JSON.parse(await readTextFile(note, { maxBytes, isTrusted: true })))
  } catch {
    return undefined
  }
}

/** Also what nobody can look at. */
const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: unknown) => errorCode(error) !== 'ENOENT',
  )
