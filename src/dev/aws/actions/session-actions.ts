import { formatUtc } from '../../../core/time/utc-time.ts'
import { identityOf, isSession } from '../caller/caller.ts'
import { type Session, sealSession } from '../caller/session-token.ts'
import { newAccessKeyId, newSecretAccessKey } from '../identifiers.ts'
import { createFieldReader } from '../protocol/fields.ts'
import type { XmlValue } from '../protocol/query-protocol.ts'
import { AwsRefusal } from '../protocol/refusal.ts'
import type { Action } from './action.ts'
import { readGivenCode, takeCode } from './mfa.ts'

/** Can be denied to nobody (STS API reference, GetCallerIdentity). */
export const getCallerIdentity: Action = async ({ caller }) => {
  const { arn, userId, account } = identityOf(caller)
  return { Arn: arn, UserId: userId, Account: account }
}

/** Exchanges a user's long-term key, and usually a code, for a session of up to 36 hours. */
export const getSessionToken: Action = async (context) => {
  const { call, caller, nowMs, directory, tokenKey } = context
  if (caller.type !== 'user' || isSession(caller)) {
    throw new AwsRefusal('AccessDenied', 'Cannot call GetSessionToken with session credentials')
  }
  const fields = createFieldReader(call)
  const durationSeconds = fields.integer('DurationSeconds', { min: 900, max: 129_600 }) ?? 43_200
  const code = readGivenCode(fields)
  fields.check()
  const isMfaSession = takeCode(code, context)
  if (isMfaSession) await directory.save()
  const session = {
    ...newTemporaryKey(caller.user.account, nowMs, durationSeconds),
    type: 'user',
    parentKeyId: caller.accessKeyId,
    mfaAtMs: isMfaSession ? nowMs : undefined,
  } as const
  return { Credentials: credentialsXml(session, tokenKey) }
}

/** A fresh temporary key. */
export function newTemporaryKey(account: string, nowMs: number, durationSeconds: number) {
  return {
    accessKeyId: newAccessKeyId('ASIA', account),
    secretAccessKey: newSecretAccessKey(),
    expiresAtMs: nowMs + durationSeconds * 1000,
  }
}

/** The credentials in an answer. */
export function credentialsXml(session: Session, tokenKey: Uint8Array): XmlValue {
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: sealSession(session, tokenKey),
    Expiration: formatUtc(session.expiresAtMs),
  }
}
