import type { Secret } from '../core/secret.ts'

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

/** The same credentials with an expiry that is a minute earlier than AWS's. */
export function reportedEarly(credentials: SessionCredentials): SessionCredentials {
  return { ...credentials, expiresAtMs: credentials.expiresAtMs - reportedEarlyMs }
}

/** The id of a key as it may be shown: enough to recognise it. */
export function displayKeyId(accessKeyId: string): string {
  return `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`
}
