import { invalidRequest } from '../errors.ts'
import type { Fields } from '../fields.ts'

/** The `token_…` fields of roles and users (OpenBao sdk/helper/tokenutil). */
export const tokenTermFields = {
  token_bound_cidrs: 'notBuilt',
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

/** What roles and users say about their tokens, under Vault's names, as a read shows it. 0 is not set. */
export interface TokenTerms extends Required<Omit<Fields<typeof tokenTermFields>, 'policies' | 'token_bound_cidrs'>> {
  /** Set and enforced only by plug-ins. */
  readonly token_bound_cidrs: readonly string[]
}

/** The terms where nothing is set. */
export const defaultTokenTerms: TokenTerms = {
  token_bound_cidrs: [],
  token_explicit_max_ttl: 0,
  token_max_ttl: 0,
  token_no_default_policy: false,
  token_num_uses: 0,
  token_period: 0,
  token_policies: [],
  token_ttl: 0,
  token_type: 'default',
}

/**
 * The terms after a write: what was given, and the rest as it was.
 * @throws {DevVaultError} INVALID_REQUEST
 */
export function updateTokenTerms<T extends TokenTerms>(old: T, fields: Fields<typeof tokenTermFields>): T {
  const { policies, token_bound_cidrs: _notBuilt, ...given } = fields
  const terms = { ...old, ...(policies === undefined ? {} : { token_policies: policies }), ...given }
  terms.token_policies = sanitizePolicies(terms.token_policies, false)
  terms.token_type = toTokenType(terms.token_type)
  if (terms.token_num_uses < 0) throw invalidRequest("'token_num_uses' cannot be negative")
  if (terms.token_max_ttl > 0 && terms.token_ttl > terms.token_max_ttl) {
    throw invalidRequest("'token_ttl' cannot be greater than 'token_max_ttl'")
  }
  const wrong = terms.token_period > 0 ? 'periodic tokens' : 'tokens with limited use count'
  if (terms.token_type === 'batch' && (terms.token_period > 0 || terms.token_num_uses > 0)) {
    throw invalidRequest(`'token_type' cannot be 'batch' or 'default_batch' when set to generate ${wrong}`)
  }
  return terms
}

function toTokenType(text: string): string {
  const type = { '': 'default', 'default-service': 'default', 'default-batch': 'batch' }[text] ?? text
  if (['default', 'service', 'batch'].includes(type)) return type
  throw invalidRequest(`invalid 'token_type' value "${text}"`)
}

/** Policy names as Vault keeps them: in lower case, sorted, each once; `root` alone where it is among them. */
export function sanitizePolicies(names: readonly string[], addsDefault: boolean): readonly string[] {
  const clean = names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '')
  if (clean.includes('root')) return ['root']
  return [...new Set(addsDefault ? [...clean, 'default'] : clean)].sort()
}
