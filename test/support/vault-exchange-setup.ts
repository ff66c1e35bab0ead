import type { TestVault } from './dev-vault.ts'
import type { StubOidcProvider } from './stub-oidc-provider.ts'
import { certPreparations, loginMfaPreparations, makeMia } from './vault-exchange-logins.ts'
import { oidcPreparations } from './vault-exchange-oidc.ts'
import {
  makeAppRole,
  makeBatchRole,
  makeCa,
  makeJoToken,
  makeToken,
  makeTokens,
  opsRole,
  userRole,
  writeRoles,
} from './vault-exchange-world.ts'
import { type Preparation, readExchanges } from './vault-exchanges.ts'

/** When the tokens of that recording were made. */
const kubernetesRecordedMs = 1_795_865_060_000

/** The recordings. */
export const exchangeFiles = [
  'ssh-ca',
  'ssh-sign',
  'ssh-templates',
  'token',
  'userpass',
  'approle',
  'jwt',
  'cert',
  'oidc',
  'login-mfa',
  'inline-auth',
  'namespaces',
  'quota',
  'sealed',
  'system',
  'peers/ldap',
  'peers/radius',
  'peers/kubernetes',
] as const

/** One of them. */
export type ExchangeFile = (typeof exchangeFiles)[number]

/** For each file: what comes before which of its exchanges. */
export function preparationsFor(
  file: ExchangeFile,
  vault: TestVault,
  provider: StubOidcProvider,
): ReadonlyMap<number, Preparation> {
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
    case 'cert':
      return certPreparations(vault)
    case 'oidc':
      return oidcPreparations(vault, provider)
    case 'namespaces':
      return new Map<number, Preparation>([
        [0, (stand) => makeJoToken(vault, stand)],
        [
          2,
          async () => {
            await vault.admin('POST', 'team/ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
            await vault.admin('POST', 'team/ssh/roles/ops', userRole)
          },
        ],
        [8, async () => vault.advance(60_000)],
      ])
    case 'quota':
      return new Map<number, Preparation>([
        [
          0,
          async (stand) => {
            await makeCa(vault)
            await makeJoToken(vault, stand)
          },
        ],
        // The recorder was as slow.
        [5, async () => vault.advance(1000)],
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
    case 'sealed':
      return new Map<number, Preparation>([
        [
          0,
          async (stand) => {
            await makeCa(vault)
            await makeJoToken(vault, stand)
            await vault.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
            await vault.admin('POST', 'auth/userpass/users/jo', { password: 'correct horse' })
          },
        ],
      ])
  }
}
