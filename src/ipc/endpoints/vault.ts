import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { listOf, time } from './fields.ts'

/** Without a name: the only configured Vault. */
const request = v.strictObject({ vault: v.optional(v.string()) })

/** Logs in to a Vault; answers the token's display name and policies. `expiresAt` is absent if it does not expire. */
export const login = {
  method: 'POST',
  pattern: '/v1/login',
  mayAsk: true,
  request,
  answer: v.object({
    vault: v.string(),
    displayName: v.string(),
    policies: listOf(v.string()),
    expiresAt: v.exactOptional(time),
    /** There is no token: each request logs in. */
    isInline: v.exactOptional(v.literal(true)),
  }),
} as const satisfies Endpoint
/** The outcome of a login. */
export type LoggedIn = AnswerOf<typeof login>

/** Revokes latchkey's own token of a Vault and forgets it. */
export const logout = { method: 'POST', pattern: '/v1/logout', request } as const satisfies Endpoint
