import { isIP } from 'node:net'
import { invalidRequest } from '../errors.ts'
import type { Fields } from '../fields.ts'
import type { TokenTerms } from '../state.ts'

/** The `token_…` fields of roles and users (OpenBao sdk/helper/tokenutil). */
export const tokenTermFields = {
  token_bound_cidrs: 'list',
  token_explicit_max_ttl: 'seconds',
  token_max_ttl: 'seconds',
  token_no_default_policy: 'boolean',
  token_num_uses: 'integer',
  token_period: 'seconds',
  token_policies: 'list',
  token_ttl: 'seconds',
  token_type: 'text',
  policies: 'list',
} as const

/** The terms where nothing was said. */
export const defaultTokenTerms: TokenTerms = {
  boundCidrs: [],
  explicitMaxTtlSeconds: 0,
  maxTtlSeconds: 0,
  noDefaultPolicy: false,
  numUses: 0,
  periodSeconds: 0,
  policies: [],
  ttlSeconds: 0,
  type: 'default',
}

/**
 * The terms after a write: what was given, and the rest as it was.
 * @throws {DevVaultError} INVALID_REQUEST
 */
export function updateTokenTerms(old: TokenTerms, fields: Fields<typeof tokenTermFields>): TokenTerms {
  const policies = fields.token_policies ?? fields.policies
  const terms: TokenTerms = {
    boundCidrs: fields.token_bound_cidrs ?? old.boundCidrs,
    explicitMaxTtlSeconds: fields.token_explicit_max_ttl ?? old.explicitMaxTtlSeconds,
    maxTtlSeconds: fields.token_max_ttl ?? old.maxTtlSeconds,
    noDefaultPolicy: fields.token_no_default_policy ?? old.noDefaultPolicy,
    numUses: fields.token_num_uses ?? old.numUses,
    periodSeconds: fields.token_period ?? old.periodSeconds,
    policies: policies === undefined ? old.policies : sanitizePolicies(policies, false),
    ttlSeconds: fields.token_ttl ?? old.ttlSeconds,
    type: fields.token_type === undefined ? old.type : toTokenType(fields.token_type),
  }
  checkCidrs(terms.boundCidrs)
  if (terms.numUses < 0) throw invalidRequest("'token_num_uses' cannot be negative")
  if (terms.maxTtlSeconds > 0 && terms.ttlSeconds > terms.maxTtlSeconds) {
    throw invalidRequest("'token_ttl' cannot be greater than 'token_max_ttl'")
  }
  if (terms.type === 'batch' && terms.periodSeconds > 0) {
    throw invalidRequest("'token_type' cannot be 'batch' or 'default_batch' when set to generate periodic tokens")
  }
  if (terms.type === 'batch' && terms.numUses > 0) {
    throw invalidRequest(
      "'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count",
    )
  }
  return terms
}

function toTokenType(text: string): TokenTerms['type'] {
  switch (text) {
    case '':
    case 'default':
    case 'default-service':
      return 'default'
    case 'service':
      return 'service'
    case 'batch':
    case 'default-batch':
      return 'batch'
  }
  throw invalidRequest(`invalid 'token_type' value "${text}"`)
}

/** The terms as a read of the role shows them. */
export function describeTokenTerms(terms: TokenTerms): Readonly<Record<string, unknown>> {
  return {
    token_bound_cidrs: terms.boundCidrs,
    token_explicit_max_ttl: terms.explicitMaxTtlSeconds,
    token_max_ttl: terms.maxTtlSeconds,
    token_no_default_policy: terms.noDefaultPolicy,
    token_num_uses: terms.numUses,
    token_period: terms.periodSeconds,
    token_policies: terms.policies,
    token_ttl: terms.ttlSeconds,
    token_type: terms.type,
  }
}

/** Policy names as Vault keeps them: in lower case, sorted, each once; `root` alone where it is among them. */
export function sanitizePolicies(names: readonly string[], addsDefault: boolean): readonly string[] {
  const clean = names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '')
  if (clean.includes('root')) return ['root']
  return [...new Set(addsDefault ? [...clean, 'default'] : clean)].sort()
}

/** @throws {DevVaultError} INVALID_REQUEST when one is neither an address nor a network */
export function checkCidrs(cidrs: readonly string[]): void {
  const wrong = cidrs.find((cidr) => !isCidr(cidr))
  if (wrong !== undefined) throw invalidRequest(`invalid CIDR block ${JSON.stringify(wrong)}`)
}

function isCidr(text: string): boolean {
  const [address, prefix] = text.split('/')
  const family = isIP(address ?? '')
  if (family === 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}
