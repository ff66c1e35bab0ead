import type { Caller } from './callers.ts'
import { invalidRequest } from './errors.ts'
import type { Fields } from './fields.ts'
import { parseVaultDuration } from './go-duration.ts'
import type { PolicyStore } from './policies.ts'
import type { Reply } from './reply.ts'
import type { MountEntry, TokenRole } from './state.ts'
import { authAnswerOf } from './token-answer.ts'
import { choosePolicies } from './token-policies.ts'
import { calculateTtl, ttlOfMount } from './token-ttl.ts'
import type { TokenStore } from './tokens.ts'

/** The fields of `auth/token/create`. */
export const createFields = {
  id: 'text',
  policies: 'list',
  meta: 'textMap',
  no_parent: 'boolean',
  no_default_policy: 'boolean',
  renewable: 'boolean',
  ttl: 'text',
  lease: 'text',
  explicit_max_ttl: 'text',
  period: 'text',
  display_name: 'text',
  num_uses: 'integer',
  type: 'text',
  entity_alias: 'text',
  role_name: 'text',
} as const

/** Who makes which token. */
export interface TokenCreation {
  caller: Caller
  mount: MountEntry
  /** `auth/token/create`, `auth/token/create-orphan`, `auth/token/create/ROLE`. */
  path: string
  fields: Fields<typeof createFields>
  role: { name: string; terms: TokenRole } | undefined
  isOrphan: boolean
}

/**
 * Makes a token with another one (OpenBao vault/token_store.go, handleCreateCommon).
 * @throws {DevVaultError} INVALID_REQUEST
 */
export function createToken(
  { caller, mount, path, fields, role, isOrphan }: TokenCreation,
  deps: { tokens: TokenStore; policies: PolicyStore; now: () => number },
): Reply {
  const parent = caller.token.entry
  const isSudo = caller.acl.hasSudo(path)
  if (parent.type === 'batch') throw invalidRequest('batch tokens cannot create more tokens')
  if (parent.usesLeft !== 0) throw invalidRequest('restricted use token cannot generate child tokens')
  if (fields.entity_alias !== undefined) {
    throw invalidRequest("'entity_alias' is not built into the development server")
  }
  const type = chooseType(fields, role?.terms)
  const numUses = fields.num_uses ?? 0
  if (numUses < 0) throw invalidRequest('number of uses cannot be negative')
  if ((fields.id ?? '') !== '' && !isSudo) {
    throw invalidRequest('root or sudo privileges required to specify token id')
  }
  const policies = choosePolicies({
    asked: fields.policies ?? [],
    noDefault: fields.no_default_policy ?? false,
    parent: parent.policies,
    isSudo,
    role: role?.terms,
  })
  if (policies.includes('root') && type === 'batch') throw invalidRequest('batch tokens cannot be root tokens')
  if (role === undefined && fields.no_parent === true && !isSudo) {
    throw invalidRequest('root or sudo privileges required to create orphan token')
  }
  const hasParent = role === undefined ? !(fields.no_parent === true || isOrphan) : !role.terms.orphan
  const { ttlSeconds, explicitMaxTtlSeconds, periodSeconds, ownTerms, warnings } = chooseTtl({
    fields,
    isSudo,
    isRoot: policies.includes('root'),
    role: role?.terms,
    mount,
    nowMs: deps.now(),
  })
  if (ttlSeconds === 0 && parent.creationTtlSeconds !== 0) {
    throw invalidRequest('expiring root tokens cannot create non-expiring root tokens')
  }
  const { id, entry } = deps.tokens.create({
    ...(fields.id === undefined || fields.id === '' ? {} : { id: fields.id }),
    type,
    parent: hasParent ? caller.token.key : null,
    path: role === undefined || role.terms.pathSuffix === '' ? path : `${path}/${role.terms.pathSuffix}`,
    policies,
    meta: fields.meta ?? null,
    displayName: displayNameOf(fields.display_name ?? ''),
    usesLeft: lesser(numUses, role?.terms.numUses ?? 0),
    issuedAtMs: deps.now(),
    creationTtlSeconds: ttlSeconds,
    // What the role gives is looked up there at each renewal.
    explicitMaxTtlSeconds: role === undefined ? explicitMaxTtlSeconds : ownTerms.explicitMaxTtlSeconds,
    periodSeconds: role === undefined ? periodSeconds : ownTerms.periodSeconds,
    renewable: type === 'service' && ttlSeconds > 0 && (fields.renewable ?? true) && (role?.terms.renewable ?? true),
    entityId: hasParent ? parent.entityId : '',
    boundCidrs: ttlSeconds === 0 ? [] : (role?.terms.boundCidrs ?? (hasParent ? parent.boundCidrs : [])),
    role: role?.name ?? null,
    login: null,
  })
  const missing = policies.filter((name) => deps.policies.read(name) === undefined)
  return {
    type: 'auth',
    auth: authAnswerOf(id, entry, hasParent ? caller.entity : undefined),
    warnings: [
      ...warnings,
      ...(fields.id === undefined || fields.id === '' ? [] : [customIdWarning]),
      ...missing.map((name) => `Policy "${name}" does not exist`),
    ],
  }
}

const customIdWarning =
  'Supplying a custom ID for the token uses the weaker SHA1 hashing instead of the more secure SHA2-256 HMAC for token obfuscation. SHA1 hashed tokens on the wire leads to less secure lookups.'

function displayNameOf(wished: string): string {
  if (wished === '') return 'token'
  return `token-${wished}`.replace(/[^a-zA-Z0-9-]/g, '-').replace(/-$/, '')
}

/** The lesser of two limits of which 0 is none. */
function lesser(left: number, right: number): number {
  if (left === 0 || right === 0) return left + right
  return Math.min(left, right)
}

function chooseType(fields: Fields<typeof createFields>, role: TokenRole | undefined): 'service' | 'batch' {
  const asked = fields.type ?? ''
  const fallback = role?.tokenType === 'default-batch' ? 'batch' : 'service'
  const chosen =
    role?.tokenType === 'service' || role?.tokenType === 'batch' ? role.tokenType : asked === '' ? fallback : asked
  if (chosen === 'service') return 'service'
  if (chosen !== 'batch') throw invalidRequest("invalid 'token_type' value")
  const wrong = (['explicit_max_ttl', 'num_uses', 'period'] as const).find((name) => {
    const value = fields[name]
    return value !== undefined && parseVaultDuration(value) !== 0
  })
  if (wrong !== undefined) throw invalidRequest(`batch tokens cannot have "${wrong}" set`)
  return 'batch'
}

interface TtlChoice {
  fields: Fields<typeof createFields>
  isSudo: boolean
  isRoot: boolean
  role: TokenRole | undefined
  mount: MountEntry
  nowMs: number
}

function chooseTtl({ fields, isSudo, isRoot, role, mount, nowMs }: TtlChoice) {
  const ownTerms = {
    explicitMaxTtlSeconds: toSeconds('explicit_max_ttl', fields.explicit_max_ttl),
    periodSeconds: toSeconds('period', fields.period),
  }
  if (ownTerms.periodSeconds > 0 && !isSudo) {
    throw invalidRequest('root or sudo privileges required to create periodic token')
  }
  const asked = fields.ttl === undefined ? toSeconds('lease', fields.lease) : toSeconds('ttl', fields.ttl)
  const warnings: string[] = []
  const both = (own: number, ofRole: number, what: string) => {
    const seconds = lesser(own, ofRole)
    if (own > 0 && ofRole > 0) {
      warnings.push(
        `${what} specified both during creation call and in role; using the lesser value of ${seconds} seconds`,
      )
    }
    return seconds
  }
  const explicitMaxTtlSeconds = both(
    ownTerms.explicitMaxTtlSeconds,
    role?.explicitMaxTtlSeconds ?? 0,
    'Explicit max TTL',
  )
  const periodSeconds = both(ownTerms.periodSeconds, role?.periodSeconds ?? 0, 'Period')
  const terms = { explicitMaxTtlSeconds, periodSeconds, ownTerms }
  // A root token without a time to live never ends, but for an explicit limit.
  if (isRoot && asked === 0 && periodSeconds === 0) return { ...terms, ttlSeconds: explicitMaxTtlSeconds, warnings }
  const calculated = calculateTtl(
    { ttlSeconds: asked, periodSeconds, explicitMaxTtlSeconds, ...ttlOfMount(mount), issuedAtMs: nowMs },
    nowMs,
  )
  return { ...terms, ttlSeconds: calculated.ttlSeconds, warnings: [...warnings, ...calculated.warnings] }
}

function toSeconds(name: string, text: string | undefined): number {
  const seconds = parseVaultDuration(text ?? '')
  if (seconds === undefined) throw invalidRequest(`time: invalid duration ${JSON.stringify(text)}`)
  if (seconds < 0) throw invalidRequest(`${name} must be positive`)
  return seconds
}
