import type { VaultCore } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import type { Fields } from '../../../../src/dev/vault/fields.ts'
import { parseVaultDuration } from '../../../../src/dev/vault/go-duration.ts'
import type { Reply } from '../../../../src/dev/vault/reply.ts'
import type { MountEntry } from '../../../../src/dev/vault/state.ts'
import type { Caller } from '../../../../src/dev/vault/token/callers.ts'
import { authAnswerOf } from '../../../../src/dev/vault/token/token-answer.ts'
import { calculateTtl, ttlOfMount } from '../../../../src/dev/vault/token/token-ttl.ts'
import { choosePolicies } from './token-policies.ts'

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
  entity_alias: 'notBuilt',
  role_name: 'notBuilt',
} as const

/** Who makes which token. */
export interface TokenCreation {
  caller: Caller
  mount: MountEntry
  /** `auth/token/create`, `auth/token/create-orphan`. */
  path: string
  fields: Fields<typeof createFields>
  isOrphan: boolean
}

/**
 * Makes a token with another one (OpenBao vault/token_store.go, handleCreateCommon).
 * @throws {DevVaultError} INVALID_REQUEST
 */
export function createToken(
  { caller, mount, path, fields, isOrphan }: TokenCreation,
  deps: Pick<VaultCore, 'tokens' | 'policies' | 'identities' | 'now'>,
): Reply {
  const parent = caller.token.entry
  const isSudo = caller.acl.hasSudo(path)
  if (parent.usesLeft !== 0) throw invalidRequest('restricted use token cannot generate child tokens')
  const type = chooseType(fields)
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
  })
  if (policies.includes('root') && type === 'batch') throw invalidRequest('batch tokens cannot be root tokens')
  if (fields.no_parent === true && !isSudo) {
    throw invalidRequest('root or sudo privileges required to create orphan token')
  }
  const hasParent = !(fields.no_parent === true || isOrphan)
  const { ttlSeconds, explicitMaxTtlSeconds, periodSeconds, warnings } = chooseTtl({
    fields,
    isSudo,
    isRoot: policies.includes('root'),
    mount,
    nowMs: deps.now(),
  })
  if (ttlSeconds === 0 && parent.creationTtlSeconds !== 0) {
    throw invalidRequest('expiring root tokens cannot create non-expiring root tokens')
  }
  if (type === 'service' && fields.id !== undefined && fields.id !== '') checkChosenId(fields.id)
  const { id, entry } = deps.tokens.create({
    ...(fields.id === undefined || fields.id === '' ? {} : { id: fields.id }),
    type,
    parent: hasParent ? caller.token.key : null,
    path,
    policies,
    meta: fields.meta ?? null,
    displayName: displayNameOf(fields.display_name ?? ''),
    usesLeft: numUses,
    issuedAtMs: deps.now(),
    creationTtlSeconds: ttlSeconds,
    explicitMaxTtlSeconds,
    periodSeconds,
    renewable: type === 'service' && ttlSeconds > 0 && (fields.renewable ?? true),
    entityId: hasParent ? parent.entityId : '',
    boundCidrs: ttlSeconds > 0 && hasParent ? parent.boundCidrs : [],
    login: null,
  })
  const unwritten = policies.filter((name) => deps.policies.read(name) === undefined)
  return {
    type: 'auth',
    auth: authAnswerOf(id, entry, deps.identities.policiesOf(entry.entityId)),
    warnings: [
      ...warnings,
      ...(fields.id === undefined || fields.id === '' ? [] : [customIdWarning]),
      ...unwritten.map((name) => `Policy "${name}" does not exist`),
    ],
  }
}

function checkChosenId(id: string): void {
  if (id.startsWith('s.')) throw invalidRequest("custom token ID cannot have the 's.' prefix")
  if (id.includes('.')) throw invalidRequest("custom token ID cannot have the '.' character")
}

const customIdWarning =
  'Supplying a custom ID for the token uses the weaker SHA1 hashing instead of the more secure SHA2-256 HMAC for token obfuscation. SHA1 hashed tokens on the wire leads to less secure lookups.'

function displayNameOf(wished: string): string {
  if (wished === '') return 'token'
  return `token-${wished}`.replace(/[^a-zA-Z0-9-]/g, '-').replace(/-$/, '')
}

function chooseType(fields: Fields<typeof createFields>): 'service' | 'batch' {
  const asked = fields.type || 'service'
  if (asked === 'service') return 'service'
  if (asked !== 'batch') throw invalidRequest("invalid 'token_type' value")
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
  mount: MountEntry
  nowMs: number
}

function chooseTtl({ fields, isSudo, isRoot, mount, nowMs }: TtlChoice) {
  const explicitMaxTtlSeconds = toSeconds('explicit_max_ttl', fields.explicit_max_ttl)
  const periodSeconds = toSeconds('period', fields.period)
  if (periodSeconds > 0 && !isSudo) {
    throw invalidRequest('root or sudo privileges required to create periodic token')
  }
  const asked = fields.ttl === undefined ? toSeconds('lease', fields.lease) : toSeconds('ttl', fields.ttl)
  const terms = { explicitMaxTtlSeconds, periodSeconds }
  // A root token without a time to live never ends, unless it has an explicit limit.
  if (isRoot && asked === 0 && periodSeconds === 0) {
    return { ...terms, ttlSeconds: explicitMaxTtlSeconds, warnings: [] }
  }
  const wishes = { ...terms, ...ttlOfMount(mount), ttlSeconds: asked, issuedAtMs: nowMs }
  return { ...terms, ...calculateTtl(wishes, nowMs) }
}

function toSeconds(name: string, text: string | undefined): number {
  const seconds = parseVaultDuration(text ?? '')
  if (seconds === undefined) throw invalidRequest(`time: invalid duration ${JSON.stringify(text)}`)
  if (seconds < 0) throw invalidRequest(`${name} must be positive`)
  return seconds
}
