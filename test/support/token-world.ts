import { setImmediate as turnOfLoop } from 'node:timers/promises'
import { expect } from 'vitest'
import { KeychainError } from '../../src/keychain/keychain.ts'
import type { VaultClient } from '../../src/vault/client.ts'
import type { TokenMethod } from '../../src/vault/login/login-method.ts'
import { type AuthConfig, createLoginMethod } from '../../src/vault/login/login-methods.ts'
import { createTokenSource, type TokenSource } from '../../src/vault/token/token-source.ts'
import { fakeClock } from './fake-clock.ts'
import { type ScriptedAnswer, scriptedVault } from './vault-http.ts'
import {
  forToken,
  loginContext,
  recordingLog,
  scriptedPrompts,
  testClient,
  testKeychain,
  until,
} from './vault-world.ts'

export const sign = 'POST ssh/sign/ops'
export const lookUp = 'GET auth/token/lookup-self'
export const renew = 'POST auth/token/renew-self'
export const revoke = 'POST auth/token/revoke-self'
export const byPassword = 'POST auth/userpass/login/jo'
export const byRole = 'POST auth/approle/login'

export const auth = (token: string, fields: object = {}): ScriptedAnswer => ({
  json: {
    auth: {
      client_token: token,
      policies: ['default', 'ssh-user'],
      lease_duration: 3600,
      renewable: true,
      token_type: 'service',
      num_uses: 0,
      ...fields,
    },
  },
})
export const looked = (fields: object = {}): ScriptedAnswer => ({
  json: {
    data: { display_name: 'token-jo', policies: ['default'], ttl: 3600, renewable: true, num_uses: 0, ...fields },
  },
})
export const rejected: ScriptedAnswer = { status: 403, json: { errors: ['permission denied'] } }
/** What Vault says since 1.17 where it knows no such token. */
export const invalid: ScriptedAnswer = {
  status: 403,
  json: { errors: ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'] },
}
export const denied: ScriptedAnswer = {
  status: 403,
  json: { errors: ['1 error occurred:\n\t* permission denied\n\n'] },
}
export const sealed: ScriptedAnswer = { status: 503, json: { errors: ['Vault is sealed'] } }
export const signed: ScriptedAnswer = { json: { data: { signed_key: 'x' } } }
export const locked = new KeychainError('KEYCHAIN_LOCKED', 'the keychain is locked')

export async function tokenWorld(
  kind: 'userpass' | 'approle' | 'token' | 'proxy',
  passwords: readonly (string | Error)[] = ['pw', 'pw', 'pw'],
) {
  const vault = await scriptedVault()
  vault.on(sign, signed)
  vault.on(byPassword, auth('hvs.first'), auth('hvs.second'), auth('hvs.third'))
  vault.on(byRole, auth('hvs.first'), auth('hvs.second'), auth('hvs.third'))
  vault.on(lookUp, looked())
  vault.on(renew, auth('ignored'))
  vault.on(revoke, { status: 204 })
  const clock = fakeClock()
  const keychain = testKeychain()
  const { log, lines } = recordingLog()
  const asked = scriptedPrompts(...passwords)
  const files = new Map([['/secret-id', 'sid']])
  /** What every random number is, in [0, 1). */
  const chance = { value: 0 }
  /** How often a person at the desktop was told that a login is needed. */
  const told = { count: 0 }
  const plainClient = testClient(vault.address, { maxRetries: 0 })
  let underWay = 0
  const client: VaultClient = {
    ...plainClient,
    async request(request) {
      underWay += 1
      try {
        return await plainClient.request(request)
      } finally {
        underWay -= 1
      }
    },
  }
  /** Waits until every answer has come back, and nothing follows from it any more: nothing is sent for some turns. */
  const settled = async () => {
    for (let quiet = 0; quiet < 5; quiet = underWay === 0 ? quiet + 1 : 0) await turnOfLoop()
  }
  const auths: Record<typeof kind, AuthConfig> = {
    userpass: { method: 'userpass', username: 'jo' },
    approle: { method: 'approle', role_id: 'r', secret_id_file: '/secret-id' },
    token: { method: 'token' },
    proxy: { method: 'proxy' },
  }
  const newMethod = (): TokenMethod =>
    forToken(
      createLoginMethod(auths[kind], loginContext(client, { prompts: asked.prompts, keychain, clock, log, files })),
    )
  /** A daemon that starts anew with the same keychain. */
  const newSource = (): TokenSource =>
    createTokenSource({
      client,
      method: newMethod(),
      keychain,
      clock,
      random: () => chance.value,
      log,
      prompts: asked.prompts,
      tellLoginNeeded() {
        told.count += 1
      },
    })
  const source = newSource()
  const use = (from = source) =>
    from.withAccess((access) =>
      client.request({
        method: 'POST',
        path: 'ssh/sign/ops',
        purpose: { type: 'sign', mount: 'ssh', role: 'ops', keyType: 'ssh-ed25519' },
        ...access,
      }),
    )
  /** Lets time pass until the server has been called so often in all, and what that brought is taken up. */
  const calledAfter = async (ms: number, count: number) => {
    clock.advance(ms)
    await until(() => vault.requests.length === count)
    await settled()
    expect(vault.calls()).toHaveLength(count)
  }
  return {
    chance,
    told,
    ...asked,
    vault,
    clock,
    keychain,
    log,
    lines,
    files,
    client,
    source,
    newSource,
    use,
    settled,
    calledAfter,
  }
}

export const tokensOf = (vault: { requests: { headers: Record<string, unknown> }[] }) =>
  vault.requests.map(({ headers }) => headers['x-vault-token'])
