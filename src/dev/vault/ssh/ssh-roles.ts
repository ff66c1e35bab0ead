import { isIP } from 'node:net'
import { DevVaultError, invalidRequest } from '../errors.ts'
import type { Fields } from '../fields.ts'
import { dataReply, empty, listReply } from '../reply.ts'
import { pageFields, type Route, type VaultRequest, withFields } from '../routes.ts'
import type { DevVaultState, SshCaRole, SshOtpRole, SshRole } from '../state.ts'
import { sshMountOf } from './ssh-mount.ts'

const roleFields = {
  key_type: 'text',
  default_user: 'text',
  default_user_template: 'boolean',
  cidr_list: 'text',
  exclude_cidr_list: 'text',
  port: 'integer',
  allowed_users: 'text',
  allowed_users_template: 'boolean',
  allowed_domains: 'text',
  allowed_domains_template: 'boolean',
  ttl: 'seconds',
  max_ttl: 'seconds',
  allowed_critical_options: 'text',
  allowed_extensions: 'text',
  default_critical_options: 'map',
  default_extensions: 'map',
  default_extensions_template: 'boolean',
  allow_user_certificates: 'boolean',
  allow_host_certificates: 'boolean',
  allow_bare_domains: 'boolean',
  allow_subdomains: 'boolean',
  allow_user_key_ids: 'boolean',
  allow_empty_principals: 'boolean',
  allow_commas_in_identity_templates: 'boolean',
  key_id_format: 'text',
  allowed_user_key_lengths: 'map',
  algorithm_signer: 'text',
  not_before_duration: 'seconds',
  issuer_ref: 'text',
} as const

/** `roles`: what the CA signs for whom. A write replaces the whole role. */
export function createSshRoleRoutes(deps: {
  state: Pick<DevVaultState, 'ssh'>
  changed: () => void
}): readonly Route[] {
  const { state, changed } = deps
  const rolesOf = (request: VaultRequest) => sshMountOf(state, request.mount).roles
  return [
    {
      pattern: 'roles',
      list: withFields(pageFields, (page, request) => {
        const roles = rolesOf(request)
        return listReply(Object.keys(roles), page, (name) => {
          const role = roles[name]!
          return role.keyType === 'ca' ? { issuer_ref: role.issuerRef, key_type: 'ca' } : { key_type: 'otp' }
        })
      }),
    },
    {
      pattern: 'roles/{role@}',
      read(request) {
        const role = rolesOf(request)[request.params.role!]
        return role === undefined ? empty : dataReply(describeRole(role))
      },
      update: withFields(roleFields, (fields, request) => {
        rolesOf(request)[request.params.role!] = toRole(fields)
        changed()
        return empty
      }),
      delete(request) {
        delete rolesOf(request)[request.params.role!]
        changed()
        return empty
      },
    },
  ]
}

function toRole(fields: Fields<typeof roleFields>): SshRole {
  for (const list of [fields.cidr_list, fields.exclude_cidr_list]) checkNetworks(list ?? '')
  switch (fields.key_type?.toLowerCase() ?? '') {
    case 'ca':
      return toCaRole(fields)
    case 'otp':
      return toOtpRole(fields)
    case '':
      throw invalidRequest('missing key type')
    case 'dynamic':
      throw invalidRequest('dynamic key type roles are no longer supported')
  }
  throw invalidRequest('invalid key type')
}

function checkNetworks(list: string): void {
  const wrong = list.split(',').find((entry) => entry !== '' && isIP(entry.trim().split('/')[0]!) === 0)
  if (wrong !== undefined)
    throw new DevVaultError('INTERNAL', `failed to validate cidr_list: invalid CIDR address: ${wrong}`)
}

function toOtpRole(fields: Fields<typeof roleFields>): SshOtpRole {
  if ((fields.default_user ?? '') === '') throw invalidRequest('missing default user')
  return {
    keyType: 'otp',
    defaultUser: fields.default_user!,
    cidrList: fields.cidr_list ?? '',
    excludeCidrList: fields.exclude_cidr_list ?? '',
    allowedUsers: fields.allowed_users ?? '',
    port: fields.port || 22,
  }
}

function toCaRole(fields: Fields<typeof roleFields>): SshCaRole {
  const role: SshCaRole = {
    keyType: 'ca',
    allowedUsers: fields.allowed_users ?? '',
    allowedUsersTemplate: fields.allowed_users_template ?? false,
    allowedDomains: fields.allowed_domains ?? '',
    allowedDomainsTemplate: fields.allowed_domains_template ?? false,
    defaultUser: fields.default_user ?? '',
    defaultUserTemplate: fields.default_user_template ?? false,
    ttlSeconds: fields.ttl ?? 0,
    maxTtlSeconds: fields.max_ttl ?? 0,
    allowedCriticalOptions: fields.allowed_critical_options ?? '',
    allowedExtensions: fields.allowed_extensions ?? '',
    allowUserCertificates: fields.allow_user_certificates ?? false,
    allowHostCertificates: fields.allow_host_certificates ?? false,
    allowBareDomains: fields.allow_bare_domains ?? false,
    allowSubdomains: fields.allow_subdomains ?? false,
    allowUserKeyIds: fields.allow_user_key_ids ?? false,
    allowEmptyPrincipals: fields.allow_empty_principals ?? false,
    allowCommasInIdentityTemplates: fields.allow_commas_in_identity_templates ?? false,
    keyIdFormat: fields.key_id_format ?? '',
    defaultCriticalOptions: toTexts(fields.default_critical_options ?? {}),
    defaultExtensions: toTexts(fields.default_extensions ?? {}),
    defaultExtensionsTemplate: fields.default_extensions_template ?? false,
    allowedUserKeyLengths: toKeyLengths(fields.allowed_user_key_lengths ?? {}),
    algorithmSigner: toAlgorithmSigner(fields.algorithm_signer ?? ''),
    notBeforeSeconds: fields.not_before_duration ?? 30,
    issuerRef: fields.issuer_ref || 'default',
  }
  if (!role.allowUserCertificates && !role.allowHostCertificates) {
    throw invalidRequest("Either 'allow_user_certificates' or 'allow_host_certificates' must be set to 'true'")
  }
  if (role.ttlSeconds > 0 && role.maxTtlSeconds > 0 && role.ttlSeconds > role.maxTtlSeconds) {
    throw invalidRequest('"ttl" value must be less than "max_ttl" when both are specified')
  }
  return role
}

/** The values of a map as text, as Go's %v prints them. */
export function toTexts(map: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]))
}

function toKeyLengths(map: Readonly<Record<string, unknown>>): Readonly<Record<string, readonly number[]>> {
  const toNumber = (value: unknown) => {
    const number = Number(value)
    if (Number.isInteger(number) && value !== null && value !== '') return number
    throw invalidRequest(`error processing allowed_user_key_lengths: ${JSON.stringify(value)} is not a number`)
  }
  return Object.fromEntries(
    Object.entries(map).map(([type, lengths]) => [type, (Array.isArray(lengths) ? lengths : [lengths]).map(toNumber)]),
  )
}

function toAlgorithmSigner(name: string): SshCaRole['algorithmSigner'] {
  switch (name) {
    case '':
      return 'default'
    case 'default':
    case 'ssh-rsa':
    case 'rsa-sha2-256':
    case 'rsa-sha2-512':
      return name
  }
  throw new DevVaultError('INTERNAL', `unknown algorithm signer ${JSON.stringify(name)}`)
}

function describeRole(role: SshRole): Readonly<Record<string, unknown>> {
  if (role.keyType === 'otp') {
    return {
      allowed_users: role.allowedUsers,
      cidr_list: role.cidrList,
      default_user: role.defaultUser,
      exclude_cidr_list: role.excludeCidrList,
      key_type: 'otp',
      port: role.port,
    }
  }
  return {
    algorithm_signer: role.algorithmSigner,
    allow_bare_domains: role.allowBareDomains,
    allow_commas_in_identity_templates: role.allowCommasInIdentityTemplates,
    allow_empty_principals: role.allowEmptyPrincipals,
    allow_host_certificates: role.allowHostCertificates,
    allow_subdomains: role.allowSubdomains,
    allow_user_certificates: role.allowUserCertificates,
    allow_user_key_ids: role.allowUserKeyIds,
    allowed_critical_options: role.allowedCriticalOptions,
    allowed_domains: role.allowedDomains,
    allowed_domains_template: role.allowedDomainsTemplate,
    allowed_extensions: role.allowedExtensions,
    allowed_user_key_lengths: role.allowedUserKeyLengths,
    allowed_users: role.allowedUsers,
    allowed_users_template: role.allowedUsersTemplate,
    default_critical_options: role.defaultCriticalOptions,
    default_extensions: role.defaultExtensions,
    default_extensions_template: role.defaultExtensionsTemplate,
    default_user: role.defaultUser,
    default_user_template: role.defaultUserTemplate,
    issuer_ref: role.issuerRef,
    key_id_format: role.keyIdFormat,
    key_type: 'ca',
    max_ttl: role.maxTtlSeconds,
    not_before_duration: role.notBeforeSeconds,
    ttl: role.ttlSeconds,
  }
}
