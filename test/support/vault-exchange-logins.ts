import { totp } from '../../src/core/totp/totp.ts'
import type { TestVault } from './dev-vault.ts'
import { makeCa } from './vault-exchange-world.ts'
import type { Preparation, ReplayTarget, Stand } from './vault-exchanges.ts'
import { pem } from './vault-network.ts'

/** A person with an entity, and a token of hers. */
export async function makeMia(vault: TestVault, stand: Stand): Promise<void> {
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
export function loginMfaPreparations(vault: TestVault): ReadonlyMap<number, Preparation> {
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

/** What comes before the exchanges of `cert.json`: the recording says nothing of what clients showed. */
export function certPreparations(vault: TestVault): ReadonlyMap<number, Preparation> {
  const shown = (name: string) => ({ cert: pem(name), key: pem(`${name}-key`) })
  const show = (name: string | undefined) => async (_: Stand, target: ReplayTarget) => {
    target.shown = name === undefined ? undefined : shown(name)
  }
  return new Map<number, Preparation>([
    [
      0,
      async (stand, target) => {
        await vault.admin('POST', 'sys/auth/cert', { type: 'cert' })
        await vault.admin('POST', 'auth/cert/certs/laptop', { certificate: pem('client'), token_ttl: '1h' })
        stand['laptop-jo'] = 'jo'
        target.shown = shown('client')
      },
    ],
    [3, show('elsewhere')],
    [4, show(undefined)],
    [
      5,
      async (stand, target) => {
        target.shown = shown('client')
        const login = await vault.call('POST', 'auth/cert/login', { body: {}, shown: target.shown })
        stand['s.OtpGT0iqwD0QdJgn9x5sQTk5'] = login.json.auth.client_token
      },
    ],
    [6, show(undefined)],
  ])
}
