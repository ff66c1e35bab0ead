import { linesOf, parseIni } from './ini.ts'
import { configHeader, looseText } from './profile-header.ts'

/** A key of a profile through which credentials come, by themselves or with another (botocore's credentials.py). */
const credentialKey =
  /^(aws_\w+|sso_\w+|role_\w+|credential_\w+|web_identity_\w+|source_profile|login_session|external_id|mfa_\w+|duration_seconds)$/i

/**
 * A text of `~/.aws/config` without that of the profile `default` from which credentials come. Where no profile is chosen
 * the SDKs use these, and do not look any further, such as at the credentials of a container.
 *
 * A line counts if any SDK may read it as such a key: botocore takes an indented one for a part of the value before it, the
 * SDK for JavaScript takes it for a key. `[DEFAULT]`, from which botocore fills every profile, loses its own as well.
 */
export function withoutDefaultCredentials(text: string): string {
  const lines = linesOf(text)
  const removed = new Set<number>()
  for (const { entries } of parseIni(text).filter(({ header }) => isDefault(header))) {
    for (const { key, lines: range } of entries) {
      for (let number = range[0]; number < range[1]; number += 1) {
        if (credentialKey.test(key) || credentialKey.test(keyIn(lines[number]!))) removed.add(number)
      }
    }
  }
  return lines.filter((_, number) => !removed.has(number)).join('')
}

function isDefault(header: string): boolean {
  return configHeader(header)?.name === 'default' || looseText(header).toLowerCase() === 'default'
}

/** What stands before `=` or `:` in a line. */
function keyIn(line: string): string {
  return line.split(/[=:]/, 1)[0]!.trim()
}
