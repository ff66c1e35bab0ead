import type { TestVault } from './dev-vault.ts'
import type { Stand } from './vault-exchanges.ts'

/** What the recorded server had been given outside the recordings, found out from its answers. */

/** What those that differ in one setting begin with. */
export const userRole = {
  key_type: 'ca',
  allow_user_certificates: true,
  allowed_users: 'ubuntu',
  default_user: 'ubuntu',
}

const roles: Readonly<Record<string, object>> = {
  any: {
    key_type: 'ca',
    allow_user_certificates: true,
    allowed_users: '*',
    allow_user_key_ids: true,
    allowed_extensions: '*',
    allowed_critical_options: 'force-command,source-address',
    default_extensions: { 'permit-pty': '' },
    ttl: '5m',
  },
  backdated: { ...userRole, ttl: '1h', not_before_duration: '10m' },
  critical: { ...userRole, default_critical_options: { 'source-address': '10.0.0.0/8' } },
  defuser_template: {
    ...userRole,
    allowed_users: '*',
    default_user: '{{identity.entity.name}}',
    default_user_template: true,
  },
  ed25519only: { ...userRole, allowed_user_key_lengths: { ed25519: 0 } },
  empty: { key_type: 'ca', allow_user_certificates: true, allow_empty_principals: true },
  ext_template: {
    ...userRole,
    default_extensions: { 'permit-pty': '', 'login@example.com': '{{identity.entity.name}}' },
    default_extensions_template: true,
  },
  hostonly: {
    key_type: 'ca',
    allow_host_certificates: true,
    allowed_domains: 'corp.example.com',
    allow_subdomains: true,
    ttl: '24h',
  },
  keyid: { ...userRole, key_id_format: '{{token_display_name}}-{{role_name}}-{{public_key_hash}}' },
  long: userRole,
  nodefault: { key_type: 'ca', allow_user_certificates: true, allowed_users: 'ubuntu' },
  nousers: { key_type: 'ca', allow_user_certificates: true },
  rsa4096only: { ...userRole, allowed_user_key_lengths: { rsa: 4096 } },
  template: {
    key_type: 'ca',
    allow_user_certificates: true,
    allowed_users: '{{identity.entity.name}}',
    allowed_users_template: true,
  },
}

/** What most recordings sign with. */
export const opsRole = {
  key_type: 'ca',
  allow_user_certificates: true,
  allowed_users: 'ubuntu,admin,deploy',
  default_user: 'ubuntu',
  default_extensions: { 'permit-pty': '', 'permit-agent-forwarding': '' },
  allowed_extensions: 'permit-pty,permit-port-forwarding,permit-agent-forwarding',
  ttl: '30m',
  max_ttl: '2h',
}

const otpRole = { key_type: 'otp', default_user: 'ubuntu', cidr_list: '10.0.0.0/8' }

const userPolicy = 'path "ssh/sign/ops" { capabilities = ["update"] }'

/** The roles that recordings name. */
export async function writeRoles(vault: TestVault): Promise<void> {
  for (const [name, role] of Object.entries(roles)) await vault.admin('POST', `ssh/roles/${name}`, role)
}

/** The SSH CA at `ssh/` with its roles, and the policy of who may sign with `ops`. */
export async function makeCa(vault: TestVault): Promise<void> {
  await vault.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
  await vault.admin('POST', 'ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
  await vault.admin('POST', 'ssh/roles/ops', opsRole)
  await vault.admin('POST', 'ssh/roles/otp', otpRole)
  await writeRoles(vault)
  await vault.admin('POST', 'sys/policies/acl/ssh-user', { policy: userPolicy })
}

/** A token that stands for a recorded one. */
export async function makeToken(vault: TestVault, stand: Stand, recorded: string, wishes: object): Promise<void> {
  const auth = await vault.admin('POST', 'auth/token/create', { policies: ['default'], ttl: '5m', ...wishes })
  stand[recorded] = String(auth.client_token)
}

/** Of a person called jo who may sign with `ops`; used in several recordings. */
const joToken = 's.t48P5zxbYLRJgfqTZjxpq0nW'

/** That of jo. */
export function makeJoToken(vault: TestVault, stand: Stand): Promise<void> {
  return makeToken(vault, stand, joToken, { policies: ['default', 'ssh-user'], ttl: '1h', display_name: 'jo' })
}

const batchToken =
  'b.AAAAAQLv732p833FX2iVHjGT94BO1UiId6wcRfnl3KyoFWL8mYOQmCsruJgGXEnmpVdG0Zw0-fzpxb9i6yQWrI3NdcWOXwZ4BF3FG2Cd4dwWT5Gdp6vFMBMUvPRxP19ffQ'

/** Those of the recording of tokens: one of each kind. */
export async function makeTokens(vault: TestVault, stand: Stand): Promise<void> {
  await makeToken(vault, stand, 's.TRKMHDulxyHuU5PJYwAOcX9W', { ttl: '1s' })
  vault.advance(2000)
  await makeToken(vault, stand, 's.5X3up0Qj3OArMDcazRLqLMlK', { ttl: '10m' })
  await makeToken(vault, stand, 's.4HpWt8tQsAxLujOcLqXyiid7', { period: '15m' })
  await makeToken(vault, stand, 's.yCQmqasONgME6TEMyq7iU1dL', { explicit_max_ttl: '6m' })
  await makeToken(vault, stand, 's.HwFcUX2v1obiI9R8adxRLQZu', { renewable: false })
  await makeToken(vault, stand, batchToken, { type: 'batch' })
  await makeToken(vault, stand, 's.lqEX9l1JLmfgqiiTvEmzOQcD', { policies: ['default', 'ssh-user'], num_uses: 2 })
  await makeToken(vault, stand, 's.cbsavbrUcr0yvPhQmbu0UZd8', { no_parent: true })
}

/** A role with a secret id. @param ids role id and secret id */
export async function makeAppRole(
  vault: TestVault,
  name: string,
  ids: readonly [string, string],
  role: object,
): Promise<void> {
  const [roleId, secretId] = ids
  await vault.admin('POST', `auth/approle/role/${name}`, { ...role, role_id: roleId })
  await vault.admin('POST', `auth/approle/role/${name}/custom-secret-id`, { secret_id: secretId })
}

/** The role whose logins give batch tokens. */
export function makeBatchRole(vault: TestVault, secretId: string): Promise<void> {
  const role = { token_type: 'batch', token_ttl: '10m', token_policies: ['ssh-user'] }
  return makeAppRole(vault, 'batch', ['db7e3733-b7d8-b6dd-da34-4c9ead316083', secretId], role)
}
