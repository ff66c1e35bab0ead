import type { Stats } from 'node:fs'
import { lstat, rm } from 'node:fs/promises'
import { CodedError, errorCode } from '../../core/errors.ts'
import { writeFileAtomically } from '../../core/files/atomic-file.ts'
import { readTextFile } from '../../core/files/read-file.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { formatPublicKeyLine, parsePublicKeyLine } from '../../ssh/public-key-line.ts'

/** What keeps an identity from having a lasting name. */
export type NamesErrorCode =
  /** Something that latchkey has not made is in the place of a file or of the folder. */
  | 'NAME_IN_THE_WAY'
  /** Others could change what is in the folder. */
  | 'FOLDER_UNTRUSTED'

/** Why an identity has no lasting name. */
export class NamesError extends CodedError<NamesErrorCode> {}

/** How the comments of our files begin: by it they are known as ours. */
const mark = 'latchkey: '
/** A certificate with the most principals that an agent's list can have. */
const maxBytes = 512 * 1024

/**
 * Writes a public key or a certificate as a file of its user alone. A link in its place is not followed.
 * @throws {NamesError} NAME_IN_THE_WAY; the file system's error
 */
export async function writePublicFile(path: string, blob: Uint8Array, comment: string): Promise<void> {
  const text = `${formatPublicKeyLine(blob, `${mark}${comment}`)}\n`
  const present = await lstatIfPresent(path)
  if (present !== undefined) {
    const former = await readOurs(path, present)
    if (former === undefined) {
      throw new NamesError('NAME_IN_THE_WAY', `${path} is in the way: latchkey has not made it`, {
        hint: `mv ${shellWord(path)} ${shellWord(`${path}.old`)}`,
      })
    }
    if (former === text && (present.mode & 0o777) === 0o600) return
  }
  await writeFileAtomically(path, text, 0o600)
}

/** Removes such a file; what is there and is not ours stays. @throws the file system's error */
export async function removePublicFile(path: string): Promise<void> {
  const present = await lstatIfPresent(path)
  if (present !== undefined && (await readOurs(path, present)) !== undefined) await rm(path, { force: true })
}

/** @returns undefined if the file is not one that was written here */
async function readOurs(path: string, present: Stats): Promise<string | undefined> {
  if (!present.isFile() || present.uid !== process.getuid!() || present.size > maxBytes) return undefined
  try {
    const text = await readTextFile(path, { maxBytes, isTrusted: false })
    return parsePublicKeyLine(text).comment.startsWith(mark.trim()) ? text : undefined
  } catch {
    // Not readable, or not the line of a key.
    return undefined
  }
}

async function lstatIfPresent(path: string): Promise<Stats | undefined> {
  return await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
}
