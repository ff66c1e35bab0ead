import type { AuthAnswer } from '../reply.ts'
import type { TokenEntry } from '../state.ts'
import { sanitizePolicies } from './token-terms.ts'
import { shownUses } from './tokens.ts'

/** The `auth` of an answer that gives, or renews, a token. */
export function authAnswerOf(id: string, entry: TokenEntry, identityPolicies: readonly string[]): AuthAnswer {
  return {
    client_token: id,
    accessor: entry.accessor,
    policies: sanitizePolicies([...entry.policies, ...identityPolicies], false),
    token_policies: entry.policies,
    ...(identityPolicies.length === 0 ? {} : { identity_policies: identityPolicies }),
    metadata: entry.meta,
    lease_duration: entry.leaseTtlSeconds,
    renewable: entry.renewable,
    entity_id: entry.entityId,
    token_type: entry.type,
    orphan: entry.parent === null,
    mfa_requirement: null,
    num_uses: shownUses(entry),
  }
}

/** What a lookup shows about a token. The parent is left out on purpose: knowing it would be a privilege. */
export function describeToken(
  id: string,
  entry: TokenEntry,
  identityPolicies: readonly string[],
  nowMs: number,
): Readonly<Record<string, unknown>> {
  const { expiresAtMs, lastRenewalMs } = entry
  // A batch token holds whole seconds only.
  const timeOf = (ms: number) => isoTime(entry.type === 'batch' ? Math.floor(ms / 1000) * 1000 : ms)
  return {
    accessor: entry.accessor,
    ...(entry.boundCidrs.length === 0 ? {} : { bound_cidrs: entry.boundCidrs }),
    creation_time: Math.floor(entry.issuedAtMs / 1000),
    creation_ttl: entry.creationTtlSeconds,
    display_name: entry.displayName,
    entity_id: entry.entityId,
    expire_time: expiresAtMs === null ? null : timeOf(expiresAtMs),
    explicit_max_ttl: entry.explicitMaxTtlSeconds,
    id,
    ...(identityPolicies.length === 0 ? {} : { identity_policies: identityPolicies, external_namespace_policies: {} }),
    issue_time: timeOf(entry.issuedAtMs),
    ...(lastRenewalMs === null
      ? {}
      : { last_renewal: isoTime(lastRenewalMs), last_renewal_time: Math.floor(lastRenewalMs / 1000) }),
    meta: entry.meta,
    num_uses: shownUses(entry),
    orphan: entry.parent === null,
    path: entry.path,
    ...(entry.periodSeconds === 0 ? {} : { period: entry.periodSeconds }),
    policies: entry.policies,
    renewable: entry.renewable,
    ttl: expiresAtMs === null ? 0 : Math.floor((expiresAtMs - nowMs) / 1000),
    type: entry.type,
  }
}

/** A time as Go prints it: without trailing zeros. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z')
}
