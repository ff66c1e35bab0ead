import * as v from 'valibot'
import { Secret } from '../core/secret.ts'
import { foreignText } from '../core/text/display-text.ts'

/** One way to satisfy login MFA. */
export interface MfaMethod {
  /** `totp`, `duo`, `okta`, `pingid`. */
  type: string
  id: string
  /** A code is typed; else something is approved elsewhere. */
  usesPasscode: boolean
  /** May be empty. */
  name: string
}

/** What login MFA wants: one method of each enforcement. */
export interface MfaRequirement {
  requestId: string
  enforcements: readonly (readonly MfaMethod[])[]
}

/** What a login or a renewal grants, in the server's terms. */
export interface SecretAuth {
  /** Empty where login MFA is still pending. */
  clientToken: Secret<string>
  policies: readonly string[]
  /** Who has logged in: the entity and the role, or empty where there is no entity. */
  owner: string
  /** What the login has noted about that. */
  metadata: Readonly<Record<string, string>>
  /** Zero: it does not expire. */
  leaseSeconds: number
  isRenewable: boolean
  type: 'service' | 'batch'
  /** How often the token may be used; zero is without limit. */
  usesLimit: number
  /** What login MFA wants before there is a token. */
  mfa: MfaRequirement | undefined
}

/** The parts of a successful answer that are read here. */
export interface VaultAnswer {
  status: number
  data: Readonly<Record<string, unknown>> | undefined
  auth: SecretAuth | undefined
  /** The body of an answer that is not JSON, where a text was asked for. */
  text?: string
  warnings: readonly string[]
  /** How far the server's clock is ahead of ours in ms, by its Date header; zero where they may agree. */
  clockSkewMs: number | undefined
}

const texts = v.nullish(v.array(v.string()), [])

/** More than anybody reads. */
const maxPolicies = 100

/** Policies as they are shown; what they allow is the server's business. */
export const policiesSchema = v.pipe(
  texts,
  v.transform((names) => (names ?? []).slice(0, maxPolicies).map((name) => foreignText(name, []))),
)

/** A life in seconds. Go's durations end at 292 years, and anything much longer leads to no date that can be written. */
export const lifeSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(1e10))

/** Nobody has more factors than this, nor chooses one from more methods. */
const [maxEnforcements, maxMethods] = [10, 50]

const mfaSchema = v.pipe(
  v.object({
    mfa_request_id: v.string(),
    mfa_constraints: v.pipe(
      v.record(
        v.string(),
        v.object({
          any: v.pipe(
            v.array(
              v.object({
                type: v.string(),
                id: v.string(),
                uses_passcode: v.optional(v.boolean(), false),
                name: v.optional(v.string(), ''),
              }),
            ),
            v.maxLength(maxMethods),
          ),
        }),
      ),
      v.maxEntries(maxEnforcements),
    ),
  }),
  v.transform(
    ({ mfa_request_id: requestId, mfa_constraints: constraints }): MfaRequirement => ({
      requestId,
      enforcements: Object.values(constraints).map(({ any }) =>
        any.map(({ type, id, uses_passcode: usesPasscode, name }) => ({ type, id, usesPasscode, name })),
      ),
    }),
  ),
)

const authSchema = v.pipe(
  v.object({
    client_token: v.string(),
    policies: policiesSchema,
    entity_id: v.nullish(v.string(), ''),
    metadata: v.nullish(v.record(v.string(), v.string()), {}),
    lease_duration: lifeSchema,
    renewable: v.boolean(),
    token_type: v.fallback(v.picklist(['service', 'batch']), 'service'),
    num_uses: v.optional(v.number(), 0),
    mfa_requirement: v.nullish(mfaSchema),
  }),
  v.transform(
    (auth): SecretAuth => ({
      clientToken: new Secret(auth.client_token),
      policies: auth.policies,
      owner: ownerOf(auth.entity_id, auth.metadata),
      metadata: auth.metadata ?? {},
      leaseSeconds: auth.lease_duration,
      isRenewable: auth.renewable,
      type: auth.token_type,
      usesLimit: auth.num_uses,
      mfa: auth.client_token === '' ? (auth.mfa_requirement ?? undefined) : undefined,
    }),
  ),
)

/**
 * Names who a token belongs to. The role is part of it: one entity may have roles that certify other things.
 * @param entityId empty for tokens without an identity, such as root's, about which nothing is known
 * @param metadata what the login has noted; methods call the role `role` or `role_name`
 */
export function ownerOf(
  entityId: string | null | undefined,
  metadata: Readonly<Record<string, string>> | null | undefined,
): string {
  if (entityId == null || entityId === '') return ''
  return `${entityId}/${metadata?.role ?? metadata?.role_name ?? ''}`
}

const answerSchema = v.object({
  data: v.nullish(v.record(v.string(), v.unknown())),
  auth: v.nullish(authSchema),
  warnings: texts,
})

const errorSchema = v.object({ errors: v.array(v.string()) })

/** The JSON object in a body; undefined where it is not one. */
function parseJson(body: Buffer): unknown {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'))
    return Array.isArray(json) ? undefined : json
  } catch {
    return undefined
  }
}

/**
 * Reads the body of a successful answer. An empty one (204) has no data.
 * @returns undefined where the body is not what Vault sends; the reason would quote it, so there is none
 */
export function parseAnswer(status: number, body: Buffer, clockSkewMs: number | undefined): VaultAnswer | undefined {
  if (body.length === 0) return { status, data: undefined, auth: undefined, warnings: [], clockSkewMs }
  const result = v.safeParse(answerSchema, parseJson(body))
  if (!result.success) return undefined
  const { data, auth, warnings } = result.output
  return { status, data: data ?? undefined, auth: auth ?? undefined, warnings: warnings ?? [], clockSkewMs }
}

/** A successful answer that is a text: its caller knows what it should be. */
export function textAnswer(status: number, body: Buffer, clockSkewMs: number | undefined): VaultAnswer {
  return { status, data: undefined, auth: undefined, text: body.toString('utf8'), warnings: [], clockSkewMs }
}

/** What Go's TLS listener says to plain HTTP (net/http, server.go): the one text of a vault that is not in JSON. */
const plainHttpText = 'Client sent an HTTP request to an HTTPS server.'

/** A server says one or two: each is compared with all that is known, while everybody else waits. */
const maxErrorTexts = 8

/**
 * The texts of an error answer, the first of them.
 * @returns undefined where the body is not Vault's, as from a proxy: nothing follows from it about tokens and logins
 */
export function parseErrorTexts(body: Buffer): readonly string[] | undefined {
  if (body.toString('utf8').trim() === plainHttpText) return [plainHttpText]
  const result = v.safeParse(errorSchema, parseJson(body))
  return result.success ? result.output.errors.slice(0, maxErrorTexts) : undefined
}
