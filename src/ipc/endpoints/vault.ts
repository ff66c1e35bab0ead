import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { listOf, time } from './fields.ts'

/** Without a name: the only configured Vault. */
const fields = { vault: v.optional(v.string()) }
const request = v.strictObject(fields)

/** A login that a person has chosen, because config.toml has none; as `auth` there. */
const choice = v.strictObject({
  method: v.string(),
  mount: v.string(),
  username: v.exactOptional(v.string()),
})
/** A login that a person has chosen. */
export type LoginChoice = v.InferOutput<typeof choice>

/**
 * Logs in to a Vault; answers the token's display name and policies. `expiresAt` is absent if it does not expire.
 * VAULT_METHOD_NEEDED: config.toml does not say how, and no token is found; what there is to choose says `offerLogins`.
 */
export const login = {
  method: 'POST',
  pattern: '/v1/login',
  mayAsk: true,
  request: v.strictObject({ ...fields, auth: v.exactOptional(choice) }),
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

const offered = v.object({
  method: v.string(),
  /** Without `auth/`. */
  mount: v.string(),
  /** `username` is needed beside the mount. */
  needsName: v.boolean(),
  /** What the server's operators say about it. */
  description: v.exactOptional(v.string()),
})
/** A login that a server shows to everybody. */
export type OfferedLogin = v.InferOutput<typeof offered>

/** Asks a Vault which logins it shows. */
export const offerLogins = {
  method: 'POST',
  pattern: '/v1/login/offers',
  request,
  answer: v.object({
    vault: v.string(),
    configFile: v.string(),
    logins: listOf(offered),
    /** Those that take more settings. */
    others: listOf(v.string()),
  }),
} as const satisfies Endpoint
/** The logins that a server shows. */
export type OfferedLogins = AnswerOf<typeof offerLogins>

/** Revokes latchkey's own token of a Vault and forgets it. */
export const logout = { method: 'POST', pattern: '/v1/logout', request } as const satisfies Endpoint
