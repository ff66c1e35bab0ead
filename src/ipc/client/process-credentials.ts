import { isPrintable } from '../../core/text/display-text.ts'
import { pathOf, type Route } from '../route.ts'
import type { ApiCall } from './client.ts'

/** The endpoint of the fast path, which loads no schema. */
export const credentialsRoute = { method: 'GET', pattern: '/v1/aws/credentials/{profile}' } as const satisfies Route

/** The call for the credentials of a profile. It says nothing about who may be asked. */
export function credentialsCall(profile: string): ApiCall {
  return { method: credentialsRoute.method, path: pathOf(credentialsRoute, { profile }) }
}

/**
 * The same, where nobody may be asked: where a code is needed it is answered with 401. The header is promptHeader of
 * ipc/protocol.ts, whose schemas the fast path does not load.
 */
export function unattendedCredentialsCall(profile: string): ApiCall {
  return { ...credentialsCall(profile), headers: { 'latchkey-prompt': 'never' } }
}

/** Exactly what `credential_process` prints (AWS SDKs and Tools Reference Guide). */
export interface ProcessCredentials {
  Version: 1
  AccessKeyId: string
  SecretAccessKey: string
  SessionToken: string
  /** UTC, whole seconds, with Z. */
  Expiration: string
  AccountId?: string
}

/** How the id of a long-term key begins (IAM User Guide, "Unique identifiers"). Daemon and helper hand none out. */
const longTermPrefix = 'AKIA'

/** Whether credentials end by themselves, are complete, and are in the form that every SDK reads. */
export function isProcessCredentials(body: unknown): body is ProcessCredentials {
  if (typeof body !== 'object' || body === null) return false
  const { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId } = body as Record<string, unknown>
  return (
    Version === 1 &&
    [AccessKeyId, SecretAccessKey, SessionToken].every(isPrintable) &&
    !String(AccessKeyId).startsWith(longTermPrefix) &&
    typeof Expiration === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(Expiration) &&
    (AccountId === undefined || isPrintable(AccountId))
  )
}
