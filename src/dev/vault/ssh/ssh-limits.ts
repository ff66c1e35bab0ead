import { createHash } from 'node:crypto'
import type { PublicKey } from '../../../ssh/public-key.ts'
import { invalidRequest } from '../errors.ts'
import { textOf } from '../fields.ts'
import type { PrincipalField, SshFeature } from './ssh-feature.ts'
import type { SshRole } from './ssh-role.ts'

/** What a client may ask of `sign` and `issue`. */
export interface CertificateWishes {
  ttlSeconds: number | undefined
  validPrincipals: string | undefined
  certType: string
  keyId: string
  criticalOptions: Readonly<Record<string, string>>
  extensions: Readonly<Record<string, string>>
}

/** The parts of a certificate that its role decides (OpenBao builtin/logical/ssh/path_issue_sign.go). */
export interface CertificateTerms {
  keyId: string
  certificateType: 'user' | 'host'
  principals: readonly string[]
  ttlSeconds: number
  criticalOptions: Readonly<Record<string, string>>
  extensions: Readonly<Record<string, string>>
  warnings: readonly string[]
}

/** Whose key is to be certified by which role. */
export interface SigningContext {
  role: SshRole
  roleName: string
  publicKey: PublicKey
  /** Of the caller's token. */
  displayName: string
  entityId: string
  defaultTtlSeconds: number
  maxTtlSeconds: number
  features: readonly SshFeature[]
}

/**
 * What the certificate will say, or why the role does not allow it.
 * @throws {DevVaultError} INVALID_REQUEST, and what a feature throws
 */
export function decideCertificate(context: SigningContext, wishes: CertificateWishes): CertificateTerms {
  const keyId = decideKeyId(context, wishes.keyId)
  const certificateType = decideType(context.role, wishes.certType)
  const principals = decidePrincipals(context, certificateType, wishes.validPrincipals)
  const ttlSeconds = decideTtl(context, wishes.ttlSeconds)
  const criticalOptions = decideCriticalOptions(context.role, wishes.criticalOptions)
  return { keyId, certificateType, principals, ttlSeconds, criticalOptions, ...decideExtensions(context, wishes) }
}

function decideKeyId({ role, roleName, publicKey, displayName }: SigningContext, asked: string): string {
  if (asked !== '') {
    if (!role.allow_user_key_ids) throw invalidRequest('setting key_id is not allowed by role')
    return asked
  }
  const fallback = displayName === '' ? 'vault-{{public_key_hash}}' : 'vault-{{token_display_name}}-{{public_key_hash}}'
  return (role.key_id_format || fallback)
    .replaceAll('{{token_display_name}}', () => displayName)
    .replaceAll('{{role_name}}', () => roleName)
    .replaceAll('{{public_key_hash}}', () => createHash('sha256').update(publicKey.blob).digest('hex'))
}

function decideType(role: SshRole, asked: string): 'user' | 'host' {
  if (asked !== 'user' && asked !== 'host') throw invalidRequest("cert_type must be either 'user' or 'host'")
  const isAllowed = asked === 'user' ? role.allow_user_certificates : role.allow_host_certificates
  if (!isAllowed) throw invalidRequest(`cert_type '${asked}' is not allowed by role`)
  return asked
}

function decidePrincipals(
  context: SigningContext,
  type: 'user' | 'host',
  asked: string | undefined,
): readonly string[] {
  const { role } = context
  const isUser = type === 'user'
  const list = isUser ? 'allowed_users' : 'allowed_domains'
  const principals = splitNames(asked ?? (isUser ? read(context, 'default_user') : ''))
  const allowed = splitNames(read(context, list))
  if (principals.length === 0) {
    if (role.allow_empty_principals || role[list] === '*') return []
    throw invalidRequest(
      'refusing to issue unsafe, globally-valid certificate with no principals specified; set valid_principals or default_user',
    )
  }
  if (allowed.length === 0) throw invalidRequest('role is not configured to allow any principals')
  if (role[list] === '*') return principals
  const refused = principals.find((name) => !(isUser ? allowed.includes(name) : isHostAllowed(role, allowed, name)))
  if (refused !== undefined) throw invalidRequest(`${refused} is not a valid value for valid_principals`)
  return principals
}

/** Whether a host is one of the domains, or below one, as far as the role allows either. */
function isHostAllowed(role: SshRole, domains: readonly string[], host: string): boolean {
  return domains.some(
    (domain) => (role.allow_bare_domains && domain === host) || (role.allow_subdomains && host.endsWith(`.${domain}`)),
  )
}

/** A field of the role, rendered for the caller. */
function read({ role, entityId, features }: SigningContext, field: PrincipalField): string {
  const reader = features.find(({ principals }) => principals !== undefined)
  return reader?.principals?.(role, field, entityId) ?? textOf(role[field])
}

/** A comma-separated list as Vault reads it: trimmed, sorted, each once. */
function splitNames(list: string): readonly string[] {
  const names = list.split(',').map((name) => name.trim())
  return [...new Set(names.filter((name) => name !== ''))].sort()
}

function decideTtl({ role, defaultTtlSeconds, maxTtlSeconds }: SigningContext, asked: number | undefined): number {
  const ttl = (asked ?? role.ttl) || defaultTtlSeconds
  const maxTtl = role.max_ttl || maxTtlSeconds
  if (ttl <= maxTtl) return ttl
  // A default that is too long is cut silently; a request for too much is refused.
  if (asked === undefined) return maxTtl
  throw invalidRequest(`ttl is larger than maximum allowed ${maxTtl}`)
}

function decideCriticalOptions(
  role: SshRole,
  asked: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const names = Object.keys(asked)
  if (names.length === 0) return role.default_critical_options
  // Empty allows all: the opposite of what it means for extensions.
  const allowed = role.allowed_critical_options === '' ? names : role.allowed_critical_options.split(',')
  const refused = names.filter((name) => !allowed.includes(name))
  if (refused.length > 0) throw invalidRequest(`critical options not on allowed list: [${refused.join(' ')}]`)
  return asked
}

function decideExtensions(
  { role, entityId, features }: SigningContext,
  { extensions: asked }: CertificateWishes,
): Pick<CertificateTerms, 'extensions' | 'warnings'> {
  const names = Object.keys(asked)
  if (names.length > 0) {
    const allowed = role.allowed_extensions.split(',')
    const refused = role.allowed_extensions === '*' ? [] : names.filter((name) => !allowed.includes(name))
    if (refused.length > 0) throw invalidRequest(`extensions [${refused.join(' ')}] are not on allowed list`)
    return { extensions: asked, warnings: [] }
  }
  const reader = features.find((feature) => feature.extensions !== undefined)
  return reader?.extensions?.(role, entityId) ?? { extensions: role.default_extensions, warnings: [] }
}
