import { expect, it, onTestFinished } from 'vitest'
import type { ConnectionView } from '../../../../src/agent/keys/key-store.ts'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import type { IdentityConfig } from '../../../../src/daemon/config/config.ts'
import { startVault } from '../../../../src/daemon/running/running-vault.ts'
import type { VaultPlan } from '../../../../src/daemon/running/vault-plan.ts'
import type { AuthConfig } from '../../../../src/vault/login/login-methods.ts'
import { settle } from '../../../support/agent-issuer.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { denied, looked, lookUp, sign } from '../../../support/token-world.ts'
import { scriptedVault } from '../../../support/vault-http.ts'
import {
  nobody,
  noIdentitySigner,
  recordingLog,
  scriptedPrompts,
  testKeychain,
  until,
} from '../../../support/vault-world.ts'

const local: ConnectionView = { bindings: [], isForwarded: false }
const ops: IdentityConfig = {
  name: 'ops',
  vault: 'corp',
  role: 'ops',
  mount: 'ssh',
  renew: 'on-demand',
  forward: 'never',
  confirm: 'never',
  list_key: false,
  socket: false,
  key_type: 'ed25519',
}

/** A vault that runs against a scripted server, with the token in a file unless it is said otherwise. */
async function world(auth: AuthConfig = { method: 'token', token_file: '/token' }) {
  const server = await scriptedVault()
  server.on(lookUp, looked())
  const files = new Map([['/token', 'hvs.first']])
  let released = 0
  const plan: VaultPlan = {
    config: {
      name: 'corp',
      address: server.address,
      auth,
      isOpen: false,
      timeout: 10,
      max_retries: 2,
      srv_lookup: false,
    },
    files: { version: '1' },
    roots: undefined,
    tokenRefusal: undefined,
  }
  const clock = fakeClock()
  const vault = startVault(plan, {
    keychain: testKeychain(),
    prompts: scriptedPrompts().prompts,
    clock,
    random: () => 0,
    log: recordingLog().log,
    environment: {},
    home: '/home/jo',
    uid: undefined,
    readText: async (path) => files.get(path) ?? Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' })),
    runProgram: () => Promise.reject(new Error('no program')),
    identitySigner: noIdentitySigner,
    notify: () => {},
    resolveSrv: async () => [],
    slowKeys: createTurns(1),
    openName: () => async () => {},
    onKeysReleased: () => {
      released += 1
    },
  })
  onTestFinished(vault.stop)
  const signers = () =>
    server.requests.filter(({ path }) => path === '/v1/ssh/sign/ops').map(({ headers }) => headers['x-vault-token'])
  return { server, files, plan, clock, vault, signers, released: () => released }
}

/** What comes of a list of the only identity: the error's code, for the servers here certify nothing. */
const list = async (vault: ReturnType<typeof startVault>) => {
  const [{ key }] = vault.identities as readonly [(typeof vault.identities)[0]]
  return await Promise.resolve()
    .then(() => key.identities(local))
    .catch(({ code }: { code?: string }) => code)
}

it('asks again for a refused certificate as soon as the server is reached in another way', async () => {
  const { server, plan, vault, signers } = await world()
  server.on(sign, denied)
  vault.setIdentities([ops])
  expect(await list(vault)).toBe('VAULT_DENIED')
  expect(await list(vault)).toBe('VAULT_DENIED')
  expect(signers()).toHaveLength(1)
  const next = { ...plan, config: { ...plan.config, timeout: 20 } }
  vault.reconnect(next)
  expect(vault.config).toBe(next.config)
  await list(vault)
  expect(signers()).toHaveLength(2)
})

it('asks again for a refused certificate as soon as somebody has logged in, though with the same token', async () => {
  const { server, vault, signers } = await world()
  server.on(sign, denied)
  vault.setIdentities([ops])
  expect(await list(vault)).toBe('VAULT_DENIED')
  await vault.logIn(nobody)
  await list(vault)
  expect(signers()).toEqual(['hvs.first', 'hvs.first'])
})

it('gets a certificate at once when somebody has logged in, where it is always to be there', async () => {
  const { server, vault, signers } = await world()
  server.on(sign, denied)
  vault.setIdentities([{ ...ops, renew: 'always' }])
  await until(() => vault.identities[0]!.key.status().lastError !== undefined)
  await vault.logIn(nobody)
  await until(() => signers().length === 2)
})

it('asks again for the issuers of a mount as soon as the server is reached in another way', async () => {
  const { server, files, plan, vault } = await world({ method: 'jwt', role: 'ci', jwt: { file: '/jwt' }, inline: true })
  files.set('/jwt', 'a.b.c')
  server.on('GET ssh/issuers', denied)
  server.on('GET ssh/public_key', denied)
  const read = () => vault.readCaKeys('ssh', { named: [], known: [] }).catch(() => {})
  const asked = () => server.requests.filter(({ path }) => path.startsWith('/v1/ssh/issuers')).length
  await read()
  await read()
  expect(asked()).toBe(1)
  vault.reconnect(plan)
  await read()
  expect(asked()).toBe(2)
})

it('asks again for a refused certificate as soon as there is another token', async () => {
  const { server, files, clock, vault, signers } = await world()
  server.on(sign, denied)
  vault.setIdentities([ops])
  expect(await list(vault)).toBe('VAULT_DENIED')
  files.set('/token', 'hvs.second')
  clock.advance(1_000)
  await list(vault)
  expect(signers()).toEqual(['hvs.first', 'hvs.second'])
})

it('learns from each of its calls whether the server is there', async () => {
  const { server, vault } = await world()
  server.on(lookUp, { raw: '<html>sign in to the network</html>' }, looked())
  await expect(vault.tokens.login(nobody)).rejects.toMatchObject({ code: 'VAULT_BAD_RESPONSE' })
  expect(vault.source.isAway()).toBe(true)
  await vault.tokens.login(nobody)
  expect(vault.source.isAway()).toBe(false)
})

it('lets go of the key of an identity that is configured no more, and of its call; another one goes on', async () => {
  const { server, vault, released } = await world()
  server.on(sign, 'hang')
  server.on('POST ssh/sign/web', 'hang')
  const web = { ...ops, name: 'web', role: 'web' }
  vault.setIdentities([ops, web])
  const [first, second] = vault.identities.map(({ key }) => Promise.resolve(key.identities(local)).catch(() => 'ended'))
  await until(() => server.openConnections() === 2)
  const kept = vault.identities[1]
  vault.setIdentities([{ ...web }])
  expect(await first).toBe('ended')
  await until(() => server.openConnections() === 1)
  expect(released()).toBe(1)
  expect(vault.identities).toEqual([kept])
  expect(await Promise.race([second, settle().then(() => 'waits')])).toBe('waits')
})

it('heeds for all its identities a rate limit that one of them has met', async () => {
  const { server, clock, vault } = await world()
  server.on(sign, { status: 429, headers: { 'Retry-After': '60' } })
  vault.setIdentities([ops, { ...ops, name: 'db', role: 'db' }])
  const listOf = async (index: number) =>
    await Promise.resolve(vault.identities[index]!.key.identities(local)).catch(({ code }: { code?: string }) => code)
  expect(await listOf(0)).toBe('VAULT_RATE_LIMITED')
  expect(await listOf(1)).toBe('VAULT_RATE_LIMITED')
  expect(server.calls().filter((call) => call.startsWith('POST ssh/sign'))).toEqual([sign])
  server.on('POST ssh/sign/db', denied)
  clock.advance(120_000)
  await until(() => server.calls().includes('POST ssh/sign/db'))
})
