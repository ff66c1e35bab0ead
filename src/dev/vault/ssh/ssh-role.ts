import { DevVaultError, invalidRequest, notBuilt } from '../errors.ts'
import type { FieldKinds, Fields } from '../fields.ts'

const fieldsOfCa = {
  allowed_users: 'text',
  default_user: 'text',
  allowed_domains: 'text',
  allow_host_certificates: 'boolean',
  allow_bare_domains: 'boolean',
  allow_subdomains: 'boolean',
  ttl: 'seconds',
  max_ttl: 'seconds',
  allowed_critical_options: 'text',
  allowed_extensions: 'text',
  default_critical_options: 'map',
  default_extensions: 'map',
  allow_user_certificates: 'boolean',
  allow_user_key_ids: 'boolean',
  allow_empty_principals: 'boolean',
  key_id_format: 'text',
  algorithm_signer: 'text',
  not_before_duration: 'seconds',
  issuer_ref: 'text',
} as const

/** A role under Vault's names, as a read shows it. Times in seconds; 0 is not set. */
export interface SshRole
  extends Omit<Required<Fields<typeof fieldsOfCa>>, 'default_critical_options' | 'default_extensions'> {
  /** `ca`, or what a feature brings. */
  readonly key_type: string
  readonly default_critical_options: Readonly<Record<string, string>>
  readonly default_extensions: Readonly<Record<string, string>>
  /** What belongs to features. */
  readonly [name: string]: unknown
}

/** The fields of a role; those of a real server's that no feature brings must not be set. */
export const roleFields: FieldKinds = {
  key_type: 'text',
  ...fieldsOfCa,
  ...Object.fromEntries(
    [
      'cidr_list',
      'exclude_cidr_list',
      'port',
      'allowed_users_template',
      'default_user_template',
      'default_extensions_template',
      'allowed_domains_template',
      'allow_commas_in_identity_templates',
      'allowed_user_key_lengths',
    ].map((name) => [name, 'notBuilt'] as const),
  ),
}

const defaults: SshRole = {
  key_type: 'ca',
  allowed_users: '',
  default_user: '',
  allowed_domains: '',
  allow_host_certificates: false,
  allow_bare_domains: false,
  allow_subdomains: false,
  ttl: 0,
  max_ttl: 0,
  allowed_critical_options: '',
  allowed_extensions: '',
  default_critical_options: {},
  default_extensions: {},
  allow_user_certificates: false,
  allow_user_key_ids: false,
  allow_empty_principals: false,
  key_id_format: '',
  algorithm_signer: 'default',
  not_before_duration: 30,
  issuer_ref: 'default',
}

/** @throws {DevVaultError} INVALID_REQUEST for anything but a CA's role */
export function refuseRoleType(type: string): Error {
  if (type === '') return invalidRequest('missing key type')
  if (type === 'dynamic') return invalidRequest('dynamic key type roles are no longer supported')
  return type === 'otp' ? notBuilt('a role for one-time passwords') : invalidRequest('invalid key type')
}

/** A CA's role after a write, which replaces it as a whole. @param added fields of features, with their defaults */
export function toCaRole(given: Fields<FieldKinds>, added: Readonly<Record<string, unknown>>): SshRole {
  const all: SshRole = { ...defaults, ...added }
  // The table of fields has fixed the kind of each.
  const role = Object.fromEntries(Object.keys(all).map((name) => [name, given[name] ?? all[name]])) as typeof all
  return {
    ...role,
    key_type: 'ca',
    default_critical_options: toTexts(role.default_critical_options),
    default_extensions: toTexts(role.default_extensions),
    algorithm_signer: checkAlgorithm(role.algorithm_signer || 'default'),
    issuer_ref: role.issuer_ref || 'default',
  }
}

/** @throws {DevVaultError} INVALID_REQUEST for a role that contradicts itself */
export function checkCaRole(role: SshRole): void {
  if (!role.allow_user_certificates && !role.allow_host_certificates) {
    throw invalidRequest("Either 'allow_user_certificates' or 'allow_host_certificates' must be set to 'true'")
  }
  if (role.ttl > 0 && role.max_ttl > 0 && role.ttl > role.max_ttl) {
    throw invalidRequest('"ttl" value must be less than "max_ttl" when both are specified')
  }
}

/** The values of a map as text, as Go's %v prints them. */
export function toTexts(map: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]))
}

function checkAlgorithm(name: string): string {
  if (['default', 'ssh-rsa', 'rsa-sha2-256', 'rsa-sha2-512'].includes(name)) return name
  throw new DevVaultError('INTERNAL', `unknown algorithm signer ${JSON.stringify(name)}`)
}
