import * as v from 'valibot'
import type { Endpoint } from '../endpoint.ts'
import { count, listOf, reportedError, sessionNeeded, time } from './fields.ts'

const checkedKey = v.object({
  accessKeyId: v.string(),
  isActive: v.boolean(),
  createdAt: time,
  use: v.picklist(['used', 'never', 'unknown']),
  lastUsedAt: v.exactOptional(time),
})
/** One of the keys of a user. */
export type CheckedKey = v.InferOutput<typeof checkedKey>

/** What AWS has told, or why it refuses to. */
function told<const Value extends v.GenericSchema>(value: Value) {
  return v.variant('type', [
    v.object({ type: v.literal('told'), value }),
    v.object({ type: v.literal('refused'), refusal: reportedError }),
  ])
}

/** Asks AWS about the user behind the key of a source, and all keys and MFA devices that the user has. */
export const checkUser = {
  method: 'POST',
  pattern: '/v1/aws/check/users/{source}',
  answer: v.variant('type', [
    sessionNeeded,
    v.object({
      type: v.literal('user'),
      arn: v.string(),
      /** How old a key may become. */
      maxKeyAgeSeconds: count,
      keys: told(listOf(checkedKey)),
      /** Serial numbers. */
      devices: told(listOf(v.string())),
    }),
  ]),
} as const satisfies Endpoint
/**
 * Asks AWS, by the credentials of a role, whom the role trusts without an MFA code: ARNs, account ids or `*`. Absent: the role
 * may not read itself; or AWS does not give its credentials, or does not answer: `error`.
 */
export const checkRole = {
  method: 'POST',
  pattern: '/v1/aws/check/roles/{profile}',
  mayAsk: true,
  answer: v.object({ open: v.exactOptional(listOf(v.string())), error: v.exactOptional(reportedError) }),
} as const satisfies Endpoint
