import { realpath, stat } from 'node:fs/promises'
import { describeError, errorCode } from '../../core/errors.ts'
import { writeFileAtomically } from '../../core/files/atomic-file.ts'
import { FileError, maxSettingsBytes, readWholeFile } from '../../core/files/read-file.ts'
import { nearestNames } from '../../core/text/near-names.ts'
import { AwsError } from '../aws-error.ts'
import { profilesIn, readPlaintextKey, withoutPlaintextKey } from '../config/credentials-file.ts'
import type { AccessKey } from '../credentials.ts'

/** Which key is to be moved. */
export interface ImportRequest {
  /** An absolute path. */
  file: string
  /** The profile in the file. */
  profile: string
}

/**
 * Moves the long-term key of a profile out of a credentials file. The file is changed only after `keep` has resolved,
 * and only where it still holds that key: whenever the process is killed, the key is in one of the two places, or both.
 * A link is followed, as people who keep such files elsewhere expect.
 * @param keep checks the key and puts it where it belongs
 * @throws {AwsError} AWS_IMPORT_FAILED; what `keep` rejects with
 */
export async function moveKeyOutOfFile<T>(
  { file, profile }: ImportRequest,
  keep: (key: AccessKey) => Promise<T>,
): Promise<T> {
  const path = await onFileError(file, () => realpath(file))
  const key = longTermKey(await readText(file, path), file, profile)
  const kept = await keep(key)
  try {
    await takeOut(key, file, path, profile)
  } catch (cause) {
    throw new AwsError(
      'AWS_IMPORT_FAILED',
      `the key is in the keychain, but the file still holds it: ${describeError(cause)}`,
      { cause, hint: 'make the file writable and run the command again' },
    )
  }
  return kept
}

async function takeOut(key: AccessKey, file: string, path: string, profile: string): Promise<void> {
  // Somebody may have written the file meanwhile: what they wrote stays.
  const text = await readText(file, path)
  const present = readPlaintextKey(text, profile)
  if (present === undefined || !isSameKey(present, key)) return
  const { mode } = await onFileError(file, () => stat(path))
  await onFileError(file, () => writeFileAtomically(path, withoutPlaintextKey(text, profile), mode & 0o777))
}

/** True for the same id with the same secret. */
export function isSameKey(a: AccessKey, b: AccessKey): boolean {
  return a.accessKeyId === b.accessKeyId && a.secretAccessKey.expose() === b.secretAccessKey.expose()
}

async function readText(file: string, path: string): Promise<string> {
  const bytes = await onFileError(file, () => readWholeFile(path, { maxBytes: maxSettingsBytes, isTrusted: false }))
  const text = bytes.toString('utf8')
  // What cannot be written back as it was is not touched.
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw failed(`${file} is not UTF-8 text`)
  return text
}

function longTermKey(text: string, file: string, profile: string): AccessKey {
  const key = readPlaintextKey(text, profile)
  if (key === undefined) {
    const profiles = profilesIn(text)
    if (profiles.includes(profile)) throw failed(`${file} has no access key for ${profile}`)
    const near = nearestNames(profile, profiles)
    throw failed(
      near.length === 0
        ? `${file} has no profile ${profile}`
        : `${file} has no profile ${profile}: did you mean ${near.join(' or ')}?`,
    )
  }
  if (key.isTemporary) throw failed(`the credentials of ${profile} in ${file} are temporary: there is nothing to keep`)
  if (!/^AKIA[A-Z0-9]{12,124}$/.test(key.accessKeyId)) {
    throw failed(`the access key of ${profile} in ${file} is not a long-term one (AKIA…)`)
  }
  return { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey }
}

async function onFileError<T>(file: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (cause) {
    if (errorCode(cause) === 'FILE_TOO_LARGE') throw failed(`${file} is too large for a credentials file`, cause)
    if (cause instanceof FileError) throw failed(cause.message, cause)
    const reason = { ENOENT: 'there is no such file', EACCES: 'permission denied', EROFS: 'it cannot be written' }
    const code = errorCode(cause) ?? ''
    throw failed(`${file}: ${reason[code as keyof typeof reason] ?? code}`, cause)
  }
}

function failed(message: string, cause?: unknown): AwsError {
  return new AwsError('AWS_IMPORT_FAILED', message, {
    cause,
    hint: 'name the file and the profile that hold the key: latchkey aws keys import --help',
  })
}
