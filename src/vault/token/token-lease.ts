import * as v from 'valibot'
import type { Secret } from '../../core/secret.ts'
import { foreignText, isPrintable } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { lifeSchema, ownerOf, policiesSchema, type VaultAnswer } from '../answer.ts'
import { VaultError } from '../vault-error.ts'

/** What is known of a token's lease. */
export interface TokenLease {
  displayName: string
  policies: readonly string[]
  /** Entity and role; empty where there is no entity. Two tokens of one owner may do the same. */
  owner: string
  /** When the server granted it, in wall-clock ms since the epoch. */
  grantedAtMs: number
  /** How long it lives from then on; zero: for ever. */
  leaseSeconds: number
  /** Also false for a token that cannot be renewed beyond its present end. */
  isRenewable: boolean
  /** It may be used a few times only: none is spent on looking it up or renewing it. */
  isLimited: boolean
  /** A batch token can be neither renewed nor revoked. */
  isBatch: boolean
}

/** A token from a login of our own. */
export interface LeasedToken {
  token: Secret<string>
  lease: TokenLease
}

/** When a token ends, in wall-clock ms since the epoch; undefined: never. */
export function expiresAtMs({ grantedAtMs, leaseSeconds }: TokenLease): number | undefined {
  return leaseSeconds === 0 ? undefined : grantedAtMs + leaseSeconds * 1000
}

/**
 * Reads the answer to a login.
 * @param displayName what Vault calls such a token (`userpass-jo`); the answer does not say
 * @throws {VaultError} VAULT_MFA_NEEDED, VAULT_BAD_RESPONSE
 */
export function leaseFromLogin(
  { auth, status }: VaultAnswer,
  { vault, displayName, nowMs }: { vault: string; displayName: string; nowMs: number },
): LeasedToken {
  if (auth?.mfa !== undefined) {
    throw new VaultError('VAULT_MFA_NEEDED', `vault ${vault}: this login requires a second factor`, {
      status,
      hint: `run: latchkey login ${shellWord(vault)}`,
    })
  }
  if (auth === undefined || !isPrintable(auth.clientToken.expose())) {
    throw new VaultError('VAULT_BAD_RESPONSE', `vault ${vault}: the answer to the login has no token`, {
      status,
      hint: 'check address in config.toml; a proxy on the way may change answers',
    })
  }
  const lease = {
    displayName,
    policies: auth.policies,
    owner: auth.owner,
    grantedAtMs: nowMs,
    leaseSeconds: auth.leaseSeconds,
    isRenewable: auth.isRenewable,
    isLimited: auth.usesLimit !== 0,
    isBatch: auth.type === 'batch',
  }
  return { token: auth.clientToken, lease }
}

/** The lease of a token after `renew-self`: not renewable again where the server says it was capped, or granted nothing. */
export function leaseFromRenewal(before: TokenLease, { auth, warnings }: VaultAnswer, nowMs: number): TokenLease {
  if (auth === undefined) return { ...before, isRenewable: false }
  const after = { ...before, grantedAtMs: nowMs, leaseSeconds: auth.leaseSeconds, policies: auth.policies }
  const isCapped = warnings.some((warning) => /exceeded the effective max_ttl|capped accordingly/.test(warning))
  const gainMs = (expiresAtMs(after) ?? Number.POSITIVE_INFINITY) - (expiresAtMs(before) ?? 0)
  return { ...after, isRenewable: auth.isRenewable && !isCapped && gainMs > 1000 }
}

const lookupSchema = v.object({
  display_name: v.optional(v.string(), ''),
  policies: policiesSchema,
  identity_policies: policiesSchema,
  entity_id: v.nullish(v.string(), ''),
  meta: v.nullish(v.record(v.string(), v.string()), {}),
  ttl: lifeSchema,
  renewable: v.optional(v.boolean(), false),
  num_uses: v.optional(v.number(), 0),
  type: v.optional(v.string(), 'service'),
})

/**
 * Reads the answer to `lookup-self`.
 * @throws {VaultError} VAULT_BAD_RESPONSE
 */
export function leaseFromLookup({ data, status }: VaultAnswer, vault: string, nowMs: number): TokenLease {
  const result = v.safeParse(lookupSchema, data)
  if (!result.success) {
    throw new VaultError('VAULT_BAD_RESPONSE', `vault ${vault}: the answer about the token cannot be read`, {
      status,
      hint: 'check address in config.toml; a proxy on the way may change answers',
    })
  }
  const { display_name, policies, identity_policies, entity_id, meta, ttl, renewable, num_uses, type } = result.output
  return {
    displayName: foreignText(display_name, []),
    policies: [...new Set([...policies, ...identity_policies])],
    owner: ownerOf(entity_id, meta),
    grantedAtMs: nowMs,
    leaseSeconds: ttl,
    isRenewable: renewable,
    isLimited: num_uses !== 0,
    isBatch: type === 'batch',
  }
}
