import { lstat, mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CodedError, errorCode } from '../../core/errors.ts'
import { writeFileAtomically } from '../../core/files/atomic-file.ts'
import { readTextFile } from '../../core/files/read-file.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { findPathFault } from '../../core/trust/path-trust.ts'
import { hostCaText, isHostCaText } from './host-ca-lines.ts'

/** `HOST_CA_IN_THE_WAY`: what is there is not ours. `HOST_CA_UNTRUSTED`: others could change what is in the folder. */
export type HostCaFileErrorCode = 'HOST_CA_IN_THE_WAY' | 'HOST_CA_UNTRUSTED'

/** Why the file of the host CAs is not written. */
export class HostCaFileError extends CodedError<HostCaFileErrorCode> {}

/** All that 256 CAs with a hundred patterns each can have. */
const maxBytes = 16 * 1024 * 1024

/**
 * Writes the lines as a file of its user alone, or removes it where there are none to be kept. A link in its place is not
 * followed, and what somebody else has put there stays.
 * @param lines undefined: there is no host CA
 * @throws {HostCaFileError}; the file system's error; the former file is then untouched
 */
export async function writeHostCaFile(path: string, lines: readonly string[] | undefined): Promise<void> {
  const present = await readPresent(path)
  if (lines === undefined) {
    if (present !== undefined && isHostCaText(present.text)) await rm(path, { force: true })
    return
  }
  if (present !== undefined && !isHostCaText(present.text)) {
    throw new HostCaFileError('HOST_CA_IN_THE_WAY', `${path} is in the way: latchkey has not written it`, {
      hint: `mv ${shellWord(path)} ${shellWord(`${path}.old`)}`,
    })
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const fault = findPathFault(dirname(path))
  if (fault !== undefined) throw new HostCaFileError('HOST_CA_UNTRUSTED', fault.message, { hint: fault.hint })
  const text = hostCaText(lines)
  if (present?.text === text && present.mode === 0o600) return
  await writeFileAtomically(path, text, 0o600)
}

/** What is there; of what is no file of the user's own, the text is empty. */
async function readPresent(path: string): Promise<{ text: string; mode: number } | undefined> {
  const entry = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (entry === undefined) return undefined
  const mode = entry.mode & 0o777
  if (!entry.isFile() || entry.uid !== process.getuid!() || entry.size > maxBytes) return { text: '', mode }
  return { text: await readTextFile(path, { maxBytes, isTrusted: false }), mode }
}
