import * as v from 'valibot'
import type { Endpoint } from '../endpoint.ts'
import { credentialsRoute, isProcessCredentials, type ProcessCredentials } from '../process-credentials.ts'
import { listOf } from './fields.ts'

/** The credentials of a profile, as `credential_process` prints them. */
export const getCredentials = {
  ...credentialsRoute,
  mayAsk: true,
  answer: v.custom<ProcessCredentials>(isProcessCredentials),
} as const satisfies Endpoint

/** Drops what is held of a profile, or of all: what that was, in words. */
export const forgetCredentials = {
  method: 'POST',
  pattern: '/v1/aws/forget',
  request: v.union([v.strictObject({ profile: v.string() }), v.strictObject({ all: v.literal(true) })]),
  answer: v.object({ forgotten: listOf(v.string()) }),
} as const satisfies Endpoint
