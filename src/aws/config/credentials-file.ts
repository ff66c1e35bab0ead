import { Secret } from '../../core/secret.ts'
import { linesOf, parseIni } from './ini.ts'
import { configHeader, credentialsHeader } from './profile-header.ts'
import { withoutComment } from './shared-config.ts'

/** What a credentials file holds for one profile. */
export interface PlaintextKey {
  accessKeyId: string
  secretAccessKey: Secret<string>
  /** The credentials are temporary: there is a session token beside them. */
  isTemporary: boolean
}

const keyNames: ReadonlySet<string> = new Set([
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_security_token',
])

/** Reads the key pair of a profile; undefined where it is incomplete. The last of two values counts, as in the SDKs. */
export function readPlaintextKey(text: string, profile: string): PlaintextKey | undefined {
  const values = new Map(keyEntries(text, profile).map(({ key, value }) => [key, withoutComment(value)]))
  const accessKeyId = values.get('aws_access_key_id')
  const secretAccessKey = values.get('aws_secret_access_key')
  if (!accessKeyId || !secretAccessKey) return undefined
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    isTemporary: Boolean(values.get('aws_session_token') || values.get('aws_security_token')),
  }
}

/**
 * The text without the key pair of a profile: only its lines are gone, and every other byte is as it was. The section's
 * own header stays too, because tools treat a profile without a section as a mistake.
 */
export function withoutPlaintextKey(text: string, profile: string): string {
  const gone = keyEntries(text, profile).map(({ lines }) => lines)
  return linesOf(text)
    .filter((_, number) => !gone.some(([first, end]) => number >= first && number < end))
    .join('')
}

/** The profiles that a file has a section for. */
export function profilesIn(text: string): string[] {
  return parseIni(text).map(({ header }) => nameIn(header))
}

function keyEntries(text: string, profile: string) {
  return parseIni(text)
    .filter(({ header }) => nameIn(header) === profile)
    .flatMap(({ entries }) => entries.filter(({ key }) => keyNames.has(key)))
}

/** The profile in a header, spelled as in either of the two files. */
function nameIn(header: string): string {
  return (configHeader(header) ?? credentialsHeader(header)).name
}
