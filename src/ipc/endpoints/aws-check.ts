import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { count, listOf, sessionNeeded, time } from './fields.ts'

/** Asks AWS about the user behind the key of a source, and all keys that the user has. */
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
      keys: listOf(
        v.object({
          accessKeyId: v.string(),
          isActive: v.boolean(),
          createdAt: time,
          use: v.picklist(['used', 'never', 'unknown']),
          lastUsedAt: v.exactOptional(time),
        }),
      ),
    }),
  ]),
} as const satisfies Endpoint
/** The user and the keys. */
export type CheckedUser = Extract<AnswerOf<typeof checkUser>, { type: 'user' }>

/**
 * Asks AWS, by the credentials of a role, whom the role trusts without an MFA code: ARNs, account ids or `*`. Absent: the role
 * may not read itself.
 */
export const checkRole = {
  method: 'POST',
  pattern: '/v1/aws/check/roles/{profile}',
  mayAsk: true,
  answer: v.object({ open: v.exactOptional(listOf(v.string())) }),
} as const satisfies Endpoint
