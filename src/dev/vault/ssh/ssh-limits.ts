import { createHash } from 'node:crypto'
import { keyTypeNamed } from '../../../ssh/keys/key-types.ts'
import { type PublicKey, publicKeyBits } from '../../../ssh/public-key.ts'
import { DevVaultError, invalidRequest } from '../errors.ts'
import { hasTemplate, renderTemplate, TemplateError } from '../identity/templates.ts'
import type { Entity, SshCaRole } from '../state.ts'

/** What a client may ask of `sign` and `issue`. */
export interface CertificateWishes {
  ttlSeconds: number | undefined
  validPrincipals: string | undefined
  certType: string
  keyId: string
  criticalOptions: Readonly<Record<string, string>>
  extensions: Readonly<Record<string, string>>
}

/** The parts of a certificate that its role decides about (OpenBao builtin/logical/ssh/path_issue_sign.go). */
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
  role: SshCaRole
  roleName: string
  publicKey: PublicKey
  /** Of the caller's token. */
  displayName: string
  entity: Entity | undefined
  defaultTtlSeconds: number
  maxTtlSeconds: number
}

/**
 * What the certificate will say, or why the role does not allow it.
 * @throws {DevVaultError} INVALID_REQUEST; INTERNAL when a default_user template cannot be rendered
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
    if (!role.allowUserKeyIds) throw invalidRequest('setting key_id is not allowed by role')
    return asked
  }
  const fallback = displayName === '' ? 'vault-{{public_key_hash}}' : 'vault-{{token_display_name}}-{{public_key_hash}}'
  return (role.keyIdFormat || fallback)
    .replaceAll('{{token_display_name}}', () => displayName)
    .replaceAll('{{role_name}}', () => roleName)
    .replaceAll('{{public_key_hash}}', () => createHash('sha256').update(publicKey.blob).digest('hex'))
}

function decideType(role: SshCaRole, asked: string): 'user' | 'host' {
  if (asked !== 'user' && asked !== 'host') throw invalidRequest("cert_type must be either 'user' or 'host'")
  const isAllowed = asked === 'user' ? role.allowUserCertificates : role.allowHostCertificates
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
  const list = isUser ? role.allowedUsers : role.allowedDomains
  const isTemplate = isUser ? role.allowedUsersTemplate : role.allowedDomainsTemplate
  const principals = splitNames(asked ?? (isUser ? defaultUser(context) : ''))
  const allowed = splitNames(isTemplate ? renderPrincipals(context, list, invalidRequest) : list)
  if (principals.length === 0) {
    if (role.allowEmptyPrincipals || list === '*') return []
    throw invalidRequest(
      'refusing to issue unsafe, globally-valid certificate with no principals specified; set valid_principals or default_user',
    )
  }
  if (allowed.length === 0) throw invalidRequest('role is not configured to allow any principals')
  if (list === '*') return principals
  const refused = principals.find((name) => !(isUser ? allowed.includes(name) : isInDomains(role, allowed, name)))
  if (refused !== undefined) throw invalidRequest(`${refused} is not a valid value for valid_principals`)
  return principals
}

function defaultUser(context: SigningContext): string {
  const { role } = context
  const fail = (message: string) => new DevVaultError('INTERNAL', message)
  return role.defaultUserTemplate ? renderPrincipals(context, role.defaultUser, fail) : role.defaultUser
}

/** Without an entity a template stays as it is, and is then a name like any other. */
function renderPrincipals({ role, entity }: SigningContext, text: string, toError: (message: string) => Error): string {
  if (!hasTemplate(text) || entity === undefined) return text
  try {
    return text
      .split(/(\{\{.*?\}\})/)
      .map((part) => {
        const value = renderTemplate(part, entity)
        // A comma in a name would make two principals of it.
        if (part.startsWith('{{') && value.includes(',') && !role.allowCommasInIdentityTemplates) {
          throw new TemplateError('the value of an identity template holds a comma')
        }
        return value
      })
      .join('')
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw toError(`template '${text}' could not be rendered -> ${error.message}`)
  }
}

function isInDomains(role: SshCaRole, domains: readonly string[], name: string): boolean {
  return domains.some(
    (domain) => (role.allowBareDomains && domain === name) || (role.allowSubdomains && name.endsWith(`.${domain}`)),
  )
}

/** A comma list as Vault takes it: trimmed, sorted, each once. */
function splitNames(list: string): readonly string[] {
  const names = list.split(',').map((name) => name.trim())
  return [...new Set(names.filter((name) => name !== ''))].sort()
}

function decideTtl({ role, defaultTtlSeconds, maxTtlSeconds }: SigningContext, asked: number | undefined): number {
  const ttl = (asked ?? role.ttlSeconds) || defaultTtlSeconds
  const maxTtl = role.maxTtlSeconds || maxTtlSeconds
  if (ttl <= maxTtl) return ttl
  // A default that is too long is cut without a word; a wish is refused.
  if (asked === undefined) return maxTtl
  throw invalidRequest(`ttl is larger than maximum allowed ${maxTtl}`)
}

function decideCriticalOptions(
  role: SshCaRole,
  asked: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const names = Object.keys(asked)
  if (names.length === 0) return role.defaultCriticalOptions
  // Empty allows all: the opposite of what it says for extensions.
  const allowed = role.allowedCriticalOptions === '' ? names : role.allowedCriticalOptions.split(',')
  const refused = names.filter((name) => !allowed.includes(name))
  if (refused.length > 0) throw invalidRequest(`critical options not on allowed list: [${refused.join(' ')}]`)
  return asked
}

const skippedExtensions =
  'default_extension templating enabled with at least one extension requiring identity templating. However, this request lacked identity entity information, causing one or more extensions to be skipped from the generated certificate.'

function decideExtensions(
  { role, entity }: SigningContext,
  { extensions: asked }: CertificateWishes,
): Pick<CertificateTerms, 'extensions' | 'warnings'> {
  const names = Object.keys(asked)
  if (names.length > 0) {
    const allowed = role.allowedExtensions.split(',')
    const refused = role.allowedExtensions === '*' ? [] : names.filter((name) => !allowed.includes(name))
    if (refused.length > 0) throw invalidRequest(`extensions [${refused.join(' ')}] are not on allowed list`)
    return { extensions: asked, warnings: [] }
  }
  const defaults = Object.entries(role.defaultExtensions)
  if (!role.defaultExtensionsTemplate) return { extensions: role.defaultExtensions, warnings: [] }
  const usable = defaults.filter(([, value]) => entity !== undefined || !hasTemplate(value))
  return {
    extensions: Object.fromEntries(usable.map(([name, value]) => [name, renderExtension(value, entity)])),
    warnings: usable.length < defaults.length ? [skippedExtensions] : [],
  }
}

function renderExtension(value: string, entity: Entity | undefined): string {
  if (!hasTemplate(value)) return value
  try {
    return renderTemplate(value, entity)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw invalidRequest(`template '${value}' could not be rendered -> ${error.message}`)
  }
}

/** @throws {Error} whose message says which kind of key the role wants */
export function checkKeyLength(role: SshCaRole, key: PublicKey): void {
  const lengths = role.allowedUserKeyLengths
  if (Object.keys(lengths).length === 0) return
  const { family } = keyTypeNamed(key.type)
  const bits = publicKeyBits(key)
  // A FIDO key counts as a key of its family.
  const names = keyLengthNames(family, family === 'ecdsa' ? `ecdsa-sha2-nistp${bits}` : key.type)
  const present = names.filter((name) => Object.hasOwn(lengths, name))
  if (present.length === 0) throw new Error(`key of type ${family} is not allowed`)
  const passes = present.some((name) =>
    lengths[name]!.some((length) => {
      const isMeasured = family === 'rsa' || name === 'ec' || name === 'ecdsa'
      return !isMeasured || length === bits
    }),
  )
  if (!passes) throw new Error(`key is of an invalid size: ${family === 'ed25519' ? 0 : bits}`)
}

/** By which names a role may speak of a key. */
export function keyLengthNames(family: string, typeName: string): readonly string[] {
  switch (family) {
    case 'rsa':
      return ['rsa', 'ssh-rsa']
    case 'ed25519':
      return ['ed25519', 'ssh-ed25519']
    case 'ecdsa':
      return ['ecdsa', 'ec', typeName]
  }
  return []
}
