import { Secret } from '../../core/secret.ts'
import type { SessionCredentials } from '../credentials.ts'
import { parseJsonObject } from '../json-object.ts'
import type { DerivedStep } from '../plan/steps.ts'

/** An MFA session with the time at which the code was given, in ms since the epoch. */
export interface MfaSession {
  credentials: SessionCredentials
  issuedAtMs: number
  /** Where AWS certainly knows it; absent for a session that was stored before regions were. */
  region?: string
}

/** What is known of a session without reading it. */
export interface StoredSession {
  source: string
  /** The `cacheKey` of its step. */
  key: string
  expiresAtMs: number
}

/** The expiry stands in the name, so that sweeping never decrypts and never opens a dialog. */
const itemPattern = /^aws\/session\/(([^/]+)\/[0-9a-f]+)\/(\d+)$/

/** The name of a session in the keychain. */
export function sessionItemName({ cacheKey }: DerivedStep, { expiresAtMs }: SessionCredentials): string {
  return `aws/session/${cacheKey}/${Math.floor(expiresAtMs / 1000)}`
}

/** What the name of an item says; undefined where the item is no session. */
export function parseSessionItemName(name: string): (StoredSession & { name: string }) | undefined {
  const [, key, source, expiry] = itemPattern.exec(name) ?? []
  if (source === undefined) return undefined
  return { name, source: decodeURIComponent(source), key: key!, expiresAtMs: Number(expiry) * 1000 }
}

/** The item of a session, in JSON. */
export function encodeSession({ credentials, issuedAtMs, region }: MfaSession): Secret<string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return new Secret(
    JSON.stringify({
      accessKeyId,
      secretAccessKey: secretAccessKey.expose(),
      sessionToken: sessionToken.expose(),
      issuedAtMs,
      region,
    }),
  )
}

/** Reads an item; undefined for what is no session. @param expiresAtMs from its name */
export function decodeSession(item: Secret<string>, expiresAtMs: number): MfaSession | undefined {
  const { accessKeyId, secretAccessKey, sessionToken, issuedAtMs, region } = parseJsonObject(item.expose())
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') return undefined
  if (typeof sessionToken !== 'string' || typeof issuedAtMs !== 'number') return undefined
  return {
    credentials: {
      accessKeyId,
      secretAccessKey: new Secret(secretAccessKey),
      sessionToken: new Secret(sessionToken),
      expiresAtMs,
    },
    issuedAtMs,
    ...(typeof region === 'string' ? { region } : {}),
  }
}
