import type { Secret } from '../core/secret.ts'
import { formatUtc } from '../core/time/utc-time.ts'
import { AwsError } from './aws-error.ts'

/** A long-term access key of an IAM user. It never leaves latchkey: only what STS makes of it does. */
export interface AccessKey {
  accessKeyId: string
  secretAccessKey: Secret<string>
}

/** Temporary credentials as STS issues them. */
export interface SessionCredentials extends AccessKey {
  sessionToken: Secret<string>
  /** ms since the epoch by this machine's clock, whatever AWS's clock says. */
  expiresAtMs: number
}

/** What signs a request to AWS. */
export type SigningCredentials = AccessKey | SessionCredentials

/** What a caller of the daemon gets. */
export interface IssuedCredentials extends SessionCredentials {
  /** 12 digits; absent only where AWS could not be asked. */
  accountId?: string
}

/** SDKs that renew only at the expiry itself would use credentials in their last second. */
const reportedEarlyMs = 60_000

/** What was asked of STS, and when the answer came, in ms since the epoch. */
export interface RequestedLifetime {
  durationSeconds: number
  nowMs: number
}

/**
 * Credentials as they are kept: with an expiry a minute earlier than AWS's, and never later than the duration that was
 * asked for allows. A clock, a proxy or an impostor of AWS may say anything.
 * @throws {AwsError} AWS_BAD_RESPONSE: they have ended already
 */
export function asKept(
  credentials: SessionCredentials,
  { durationSeconds, nowMs }: RequestedLifetime,
): SessionCredentials {
  const expiresAtMs = Math.min(credentials.expiresAtMs, nowMs + durationSeconds * 1000) - reportedEarlyMs
  if (expiresAtMs > nowMs) return { ...credentials, expiresAtMs }
  throw new AwsError('AWS_BAD_RESPONSE', `AWS gave credentials that end at ${formatUtc(credentials.expiresAtMs)}`, {
    hint: 'compare the clock of this machine with the right time (timedatectl), and check AWS_ENDPOINT_URL_STS',
  })
}

/** When AWS ends what is kept, in ms since the epoch. */
export function endAtAws({ expiresAtMs }: SessionCredentials): number {
  return expiresAtMs + reportedEarlyMs
}

/** The id of a key as it may be shown: enough to recognise it. */
export function displayKeyId(accessKeyId: string): string {
  return `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`
}

/** True for the same id with the same secret. */
export function isSameKey(one: AccessKey, other: AccessKey): boolean {
  return one.accessKeyId === other.accessKeyId && one.secretAccessKey.expose() === other.secretAccessKey.expose()
}
