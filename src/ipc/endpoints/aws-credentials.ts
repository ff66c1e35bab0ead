import * as v from 'valibot'
import { credentialsRoute, isProcessCredentials, type ProcessCredentials } from '../client/process-credentials.ts'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { listOf, time } from './fields.ts'

/** The credentials of a profile, as `credential_process` prints them. */
export const getCredentials = {
  ...credentialsRoute,
  mayAsk: true,
  answer: v.custom<ProcessCredentials>(isProcessCredentials),
} as const satisfies Endpoint

/**
 * Begins the MFA session behind a profile; without a profile: the only session. `isNew` is false if one was held and
 * nobody was asked. A session that began before `since` is replaced, so that the call can be repeated.
 */
export const awsLogin = {
  method: 'POST',
  pattern: '/v1/aws/login',
  mayAsk: true,
  request: v.strictObject({
    profile: v.optional(v.string()),
    since: v.exactOptional(v.pipe(v.string(), v.isoTimestamp())),
  }),
  answer: v.object({
    source: v.string(),
    mfaSerial: v.string(),
    /** The one role that the code was for, with `mode = "direct"`. */
    roleArn: v.exactOptional(v.string()),
    expiresAt: time,
    isNew: v.boolean(),
  }),
} as const satisfies Endpoint
/** The MFA session that is held now. */
export type AwsLoggedIn = AnswerOf<typeof awsLogin>

/** Gets the credentials of a profile's role anew; the MFA session is kept. */
export const refreshCredentials = {
  method: 'POST',
  pattern: '/v1/aws/credentials/{profile}/refresh',
  mayAsk: true,
  answer: v.object({ roleArn: v.string(), expiresAt: time }),
} as const satisfies Endpoint
/** The role, and until when its new credentials are good. */
export type AwsRefreshed = AnswerOf<typeof refreshCredentials>

/** Drops what is held for one profile, or for all; answers what was dropped, in words. */
export const forgetCredentials = {
  method: 'POST',
  pattern: '/v1/aws/forget',
  request: v.union([v.strictObject({ profile: v.string() }), v.strictObject({ all: v.literal(true) })]),
  answer: v.object({ forgotten: listOf(v.string()) }),
} as const satisfies Endpoint
