import { displayLine } from '../core/text/display-text.ts'
import type { AwsLoggedIn } from '../ipc/endpoints/aws-credentials.ts'
import { formatLeft } from './time-left.ts'

/** The MFA session that is held now, for a person. */
export function formatLoggedIn({ source, mfaSerial, roleArn, expiresAt, isNew }: AwsLoggedIn, nowMs: number): string {
  const what = roleArn === undefined ? 'an MFA session' : `a session of ${roleArn} alone`
  const session = isNew ? `${what} has begun` : `there already is ${what}`
  return `${displayLine(`${session}: ${source}, ${mfaSerial}`)}, ${formatUntil(expiresAt, nowMs)}\n`
}

/** Until when something is good, and how long that is. */
export function formatUntil(expiresAt: string, nowMs: number): string {
  return `until ${expiresAt} (${formatLeft(expiresAt, nowMs)})`
}
