import { totp } from '../../src/core/totp/totp.ts'
import type { TestVault } from './dev-vault.ts'
import { type Preparation, readExchanges, type Stand } from './vault-exchanges.ts'

/** What the recorded server had been given outside the recordings, found out from its answers. */

const userRole = { key_type: 'ca', allow_user_certificates: true, allowed_users: 'ubuntu', default_user: 'ubuntu' }

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

const opsRole = {
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

async function writeRoles(vault: TestVault): Promise<void> {
  for (const [name, role] of Object.entries(roles)) await vault.admin('POST', `ssh/roles/${name}`, role)
}

async function makeCa(vault: TestVault): Promise<void> {
  await vault.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
  await vault.admin('POST', 'ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
  await vault.admin('POST', 'ssh/roles/ops', opsRole)
  await vault.admin('POST', 'ssh/roles/otp', otpRole)
  await writeRoles(vault)
  await vault.admin('POST', 'sys/policies/acl/ssh-user', { policy: userPolicy })
}

async function makeToken(vault: TestVault, stand: Stand, recorded: string, wishes: object): Promise<void> {
  const auth = await vault.admin('POST', 'auth/token/create', { policies: ['default'], ttl: '5m', ...wishes })
  stand[recorded] = String(auth.client_token)
}

/** Of a person called jo who may sign with `ops`; used in several recordings. */
const joToken = 's.t48P5zxbYLRJgfqTZjxpq0nW'

function makeJoToken(vault: TestVault, stand: Stand): Promise<void> {
  return makeToken(vault, stand, joToken, { policies: ['default', 'ssh-user'], ttl: '1h', display_name: 'jo' })
}

const batchToken =
  'b.AAAAAQLv732p833FX2iVHjGT94BO1UiId6wcRfnl3KyoFWL8mYOQmCsruJgGXEnmpVdG0Zw0-fzpxb9i6yQWrI3NdcWOXwZ4BF3FG2Cd4dwWT5Gdp6vFMBMUvPRxP19ffQ'

async function makeTokens(vault: TestVault, stand: Stand): Promise<void> {
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

async function makeAppRole(
  vault: TestVault,
  name: string,
  ids: readonly [string, string],
  role: object,
): Promise<void> {
  const [roleId, secretId] = ids
  await vault.admin('POST', `auth/approle/role/${name}`, { ...role, role_id: roleId })
  await vault.admin('POST', `auth/approle/role/${name}/custom-secret-id`, { secret_id: secretId })
}

function makeBatchRole(vault: TestVault, secretId: string): Promise<void> {
  const role = { token_type: 'batch', token_ttl: '10m', token_policies: ['ssh-user'] }
  return makeAppRole(vault, 'batch', ['db7e3733-b7d8-b6dd-da34-4c9ead316083', secretId], role)
}

async function makeMia(vault: TestVault, stand: Stand): Promise<void> {
  await vault.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
  await vault.admin('POST', 'auth/userpass/users/mia', { password: 'pw', token_policies: ['templates'] })
  await vault.admin('POST', 'sys/policies/acl/templates', { policy: 'path "ssh/sign/*" { capabilities = ["update"] }' })
  const { accessor } = await vault.admin('GET', 'sys/auth/userpass')
  const { id } = await vault.admin('POST', 'identity/entity', { name: 'mia' })
  await vault.admin('POST', 'identity/entity-alias', { name: 'mia', canonical_id: id, mount_accessor: accessor })
  const login = await vault.call('POST', 'auth/userpass/login/mia', { body: { password: 'pw' } })
  stand['s.KY6q5sC7NN0QDy9ISMbnlb83'] = login.json.auth.client_token
}

/** The codes of the recording were those of another seed. */
function loginMfaPreparations(vault: TestVault): ReadonlyMap<number, Preparation> {
  const mia = '255edcde-3e0d-cc85-eed1-79d738b32eaf'
  const methodId = 'e72e0af0-e6fc-ce41-5891-1522ca822257'
  let seed = ''
  const logIn = async () => (await vault.call('POST', 'auth/userpass/login/mia', { body: { password: 'pw' } })).json
  return new Map<number, Preparation>([
    [
      0,
      async (stand) => {
        await makeCa(vault)
        await vault.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
        const user = { password: 'pw', token_policies: ['ssh-user'], token_ttl: '1h' }
        await vault.admin('POST', 'auth/userpass/users/mia', user)
        stand[mia] = (await logIn()).auth.entity_id
      },
    ],
    [
      2,
      async (stand) => {
        const wishes = { method_id: stand[methodId], entity_id: stand[mia] }
        const { url } = await vault.admin('POST', 'identity/mfa/method/totp/admin-generate', wishes)
        seed = new URL(String(url)).searchParams.get('secret')!
      },
    ],
    [
      6,
      async (stand) => {
        stand['047748'] = totp(seed, vault.nowMs())
      },
    ],
    [
      8,
      async (stand) => {
        const { mfa_requirement: wanted } = (await logIn()).auth as unknown as {
          mfa_requirement: { mfa_request_id: string }
        }
        stand['bcdc82aa-4c65-c016-6f94-3858562de906'] = wanted.mfa_request_id
      },
    ],
    [
      9,
      async (stand) => {
        vault.advance(30_000)
        stand['384067'] = totp(seed, vault.nowMs())
      },
    ],
  ])
}

/** When the tokens of that recording were made. */
const kubernetesRecordedMs = 1_795_865_060_000

/** For each file: what comes before which of its exchanges. */
export function preparationsFor(file: string, vault: TestVault): ReadonlyMap<number, Preparation> {
  switch (file) {
    case 'ssh-ca':
      return new Map<number, Preparation>([
        [0, async () => void (await vault.admin('POST', 'sys/mounts/ssh-empty', { type: 'ssh' }))],
        [18, () => writeRoles(vault)],
      ])
    case 'ssh-sign':
      return new Map<number, Preparation>([
        [
          0,
          async (stand) => {
            await makeCa(vault)
            await vault.admin('POST', 'sys/mounts/ssh-empty', { type: 'ssh' })
            await makeJoToken(vault, stand)
            await makeToken(vault, stand, 's.5B8oVkuGZFLvAJNrGcePfKa2', {})
          },
        ],
        [61, async () => void (await vault.admin('POST', 'ssh-empty/roles/ops', opsRole))],
      ])
    case 'token':
      return new Map<number, Preparation>([
        [
          0,
          async (stand) => {
            await makeCa(vault)
            await makeTokens(vault, stand)
          },
        ],
      ])
    case 'userpass':
      return new Map<number, Preparation>([
        [0, () => makeCa(vault)],
        [14, async () => void (await vault.admin('POST', 'auth/userpass/users/lock', { password: 'pw' }))],
      ])
    case 'approle':
      return new Map<number, Preparation>([
        [
          0,
          async () => {
            await makeCa(vault)
            await vault.admin('POST', 'sys/auth/approle', { type: 'approle' })
          },
        ],
        [
          20,
          () =>
            makeAppRole(
              vault,
              'cidr',
              ['f84e73e4-5777-1bbc-dfed-8f79edfcb53d', '8c66e128-0b89-5391-72a1-a8c64c27a19e'],
              { secret_id_bound_cidrs: ['10.0.0.0/8'] },
            ),
        ],
        [21, () => makeBatchRole(vault, '9e82198e-16ee-e02e-61ef-b15ebb500985')],
      ])
    case 'peers/ldap':
      return new Map<number, Preparation>([
        [
          0,
          async () => {
            await vault.admin('POST', 'sys/auth/ldap', { type: 'ldap' })
            for (const [name, groups] of Object.entries({ anna: ['ops'], carl: [] })) {
              await vault.admin('POST', `auth/ldap/behind/people/${name}`, { password: 'pw-of-anna', groups })
            }
          },
        ],
        [18, async () => void (await vault.admin('POST', 'auth/ldap/behind', { is_down: true }))],
      ])
    case 'peers/radius':
      return new Map<number, Preparation>([
        [
          0,
          async () => {
            await vault.admin('POST', 'sys/auth/radius', { type: 'radius' })
            await vault.admin('POST', 'auth/radius/behind/people/bea', { password: 'pw-of-bea' })
          },
        ],
        [6, async () => void (await vault.admin('POST', 'auth/radius/behind', { is_down: true }))],
      ])
    case 'jwt':
      return new Map<number, Preparation>([
        [
          0,
          async () => {
            await makeCa(vault)
            await vault.admin('POST', 'sys/auth/jwt', { type: 'jwt' })
          },
        ],
      ])
    case 'inline-auth':
      return new Map<number, Preparation>([
        [
          0,
          async (stand) => {
            await makeCa(vault)
            await makeJoToken(vault, stand)
            await vault.admin('POST', 'sys/auth/jwt', { type: 'jwt' })
            for (const { request } of readExchanges('jwt').slice(0, 2)) {
              await vault.admin('POST', request.path.replace('/v1/', ''), request.body)
            }
            await vault.admin('POST', 'sys/auth/approle', { type: 'approle' })
            await makeBatchRole(vault, '756086f6-630e-56fb-ef7b-87893e6ad586')
          },
        ],
      ])
    case 'login-mfa':
      return loginMfaPreparations(vault)
    case 'peers/kubernetes':
      return new Map<number, Preparation>([
        [
          0,
          async () => {
            // The tokens were made later than most recordings.
            vault.advance(kubernetesRecordedMs - vault.nowMs())
            await vault.admin('POST', 'sys/auth/kubernetes', { type: 'kubernetes' })
            const { jwt } = readExchanges('peers/kubernetes')[2]!.request.body as { jwt: string }
            await vault.admin('POST', 'auth/kubernetes/behind/people/deployer', { password: jwt })
          },
        ],
        [8, async () => void (await vault.admin('POST', 'auth/kubernetes/behind', { is_down: true }))],
      ])
    case 'ssh-templates':
      return new Map<number, Preparation>([
        [
          0,
          async (stand) => {
            await makeCa(vault)
            await makeMia(vault, stand)
          },
        ],
      ])
    case 'system':
      return new Map()
    default:
      return new Map<number, Preparation>([
        [
          0,
          async (stand) => {
            await makeCa(vault)
            await makeJoToken(vault, stand)
            await vault.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
            await vault.admin('POST', 'auth/userpass/users/jo', { password: 'correct horse' })
            await vault.admin('POST', 'auth/userpass/users/mia', {
              password: 'pw',
              token_policies: ['ssh-user'],
              token_ttl: '1h',
            })
          },
        ],
      ])
  }
}
