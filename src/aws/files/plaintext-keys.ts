import { Secret } from '../../core/secret.ts'
import { type IniEntry, linesOf, parseIni } from '../config/ini.ts'
import { configHeader, credentialsHeader } from '../config/profile-header.ts'
import { withoutComment } from '../config/shared-config.ts'
import type { LineRange } from './text-edit.ts'

/** A key pair that stands in a file. */
export interface PlaintextKey {
  accessKeyId: string
  secretAccessKey: Secret<string>
  /** The credentials are temporary: there is a session token beside them. */
  isTemporary: boolean
  /** Whose section has it; absent in a file of variables. */
  profile?: string
  /** Where it stands, in order: without these lines the file does not have it. */
  lines: readonly LineRange[]
}

const keyNames: ReadonlySet<string> = new Set([
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_security_token',
])

/**
 * The key pairs in a file of profiles, AWS's own or one like them; incomplete ones are left out. Of two values of a
 * profile the last one counts, as in the SDKs, and the lines are those of all.
 */
export function keysOfProfiles(text: string): PlaintextKey[] {
  const byProfile = new Map<string, IniEntry[]>()
  for (const { header, entries } of parseIni(text)) {
    const name = (configHeader(header) ?? credentialsHeader(header)).name
    const found = entries.filter(({ key }) => keyNames.has(key))
    byProfile.set(name, [...(byProfile.get(name) ?? []), ...found])
  }
  return [...byProfile].flatMap(([profile, entries]) => {
    const values = new Map(entries.map(({ key, value }) => [key, withoutComment(value)]))
    const accessKeyId = values.get('aws_access_key_id')
    const secretAccessKey = values.get('aws_secret_access_key')
    if (!accessKeyId || !secretAccessKey) return []
    return {
      accessKeyId,
      secretAccessKey: new Secret(secretAccessKey),
      isTemporary: Boolean(values.get('aws_session_token') || values.get('aws_security_token')),
      profile,
      lines: entries.map(({ lines }) => lines),
    }
  })
}

/** The text without some lines; every other byte is as it was. */
export function withoutLines(text: string, ranges: readonly LineRange[]): string {
  return linesOf(text)
    .filter((_, number) => !ranges.some(([first, end]) => number >= first && number < end))
    .join('')
}

/** True for the id of a key that does not end by itself. */
export function isLongTermId(accessKeyId: string): boolean {
  return /^AKIA[A-Z0-9]{12,124}$/.test(accessKeyId)
}

const idAnywhere = /(?<![A-Za-z0-9])AKIA[A-Z0-9]{12,124}(?![A-Za-z0-9])/
const secretAnywhere = /secret_?(?:access_)?key\W{1,4}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/i

/**
 * The lines, counted from 1, that look as if they had a part of a long-term key, or that have one of some secrets:
 * what was commented out is on the disk as well, and only a person knows what else a line is for.
 */
export function linesWithKeys(text: string, secrets: readonly Secret<string>[] = []): number[] {
  return linesOf(text).flatMap((line, number) =>
    idAnywhere.test(line) || secretAnywhere.test(line) || secrets.some((secret) => line.includes(secret.expose()))
      ? number + 1
      : [],
  )
}
