import { Secret } from '../../core/secret.ts'
import { commentStart, profileName, sectionHeader, unquoted } from './shared-config.ts'

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

/** Reads the key pair of a profile; undefined where it is not whole. The last of two values counts, as in the SDKs. */
export function readPlaintextKey(text: string, profile: string): PlaintextKey | undefined {
  const values = new Map(keyLines(text, profile).map(({ key, value }): [string, string] => [key, value]))
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
 * The text without the key pair of a profile: exactly these lines are gone, and every other byte is as it was, the
 * section's own header included, because tools take a profile that has no section for a mistake.
 */
export function withoutPlaintextKey(text: string, profile: string): string {
  const gone = new Set(keyLines(text, profile).map(({ index }) => index))
  return linesOf(text)
    .filter((_, index) => !gone.has(index))
    .join('')
}

/** The profiles that a file has a section for. */
export function profilesIn(text: string): string[] {
  return linesOf(text).flatMap((line) => nameInHeader(line) ?? [])
}

interface KeyLine {
  /** Place among the lines of the text. */
  index: number
  key: string
  value: string
}

function keyLines(text: string, profile: string): KeyLine[] {
  const found: KeyLine[] = []
  let isInside = false
  linesOf(text).forEach((line, index) => {
    if (sectionHeader(line) !== undefined) isInside = nameInHeader(line) === profile
    else if (isInside) {
      const key = line
        .slice(0, Math.max(line.indexOf('='), 0))
        .trim()
        .toLowerCase()
      const value = line.slice(line.indexOf('=') + 1).trim()
      if (keyNames.has(key)) found.push({ index, key, value: value.slice(0, commentStart(value)).trimEnd() })
    }
  })
  return found
}

/** The profile in a header, spelled as in either of the two files. */
function nameInHeader(line: string): string | undefined {
  const header = sectionHeader(line)
  return header === undefined ? undefined : (profileName(header) ?? unquoted(header))
}

/** The lines with their ends, whatever these are. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}
