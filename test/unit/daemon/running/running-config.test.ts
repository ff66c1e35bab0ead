import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { createSystemClock } from '../../../../src/core/time/clock.ts'
import { loadConfig } from '../../../../src/daemon/config/load-config.ts'
import { createRunningConfig } from '../../../../src/daemon/running/running-config.ts'
import { createMemoryKeychain } from '../../../../src/keychain/memory-store.ts'
import { createPrompts } from '../../../../src/prompts/broker.ts'
import type { Access } from '../../../../src/vault/inline-login.ts'
import { lasting } from '../../../support/aws-stub-keychain.ts'
import { noIdentitySigner, tokenIn } from '../../../support/vault-world.ts'

const pem = (name: string) => readFileSync(join(import.meta.dirname, '../../../vectors/tls', name), 'utf8')
const clock = createSystemClock(() => performance.now() / 1000)
const nobody = { mayPrompt: false }

/** A Vault that knows every token. */
async function startVaultServer(): Promise<{ address: string; requests: string[] }> {
  const requests: string[] = []
  const server = createServer({ key: pem('server-key.pem'), cert: pem('server.pem') }, ({ url }, response) => {
    requests.push(url!)
    response.end(JSON.stringify({ data: { display_name: 'jo', policies: ['default'], ttl: 3600, type: 'service' } }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { address: `https://localhost:${(server.address() as { port: number }).port}`, requests }
}

/** Files that the test writes, and what runs of them. */
function setUp() {
  const files = new Map<string, string>()
  let released = 0
  const running = createRunningConfig({
    keychain: lasting(createMemoryKeychain(), clock),
    prompts: createPrompts({ clock, newId: () => '1' }),
    clock,
    random: () => 0,
    log: silentLogger,
    environment: { VAULT_TOKEN: 'hvs.token' },
    home: '/home/jo',
    uid: undefined,
    readText: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' })),
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
  onTestFinished(running.stop)
  const read = async (path: string) => {
    const text = files.get(path)
    if (text === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' })
    return text
  }
  const apply = async (toml: string) => {
    files.set('/c.toml', toml)
    const loaded = await loadConfig(running.loaded(), {
      path: '/c.toml',
      environment: {},
      home: '/home/jo',
      readText: read,
      readCaFolder: read,
      readConfigFile: async (path) => ({ type: 'text', text: await read(path) }),
    })
    running.apply(loaded, undefined)
    return loaded
  }
  return { files, running, apply, released: () => released }
}

const reveal = async (access: Access) => tokenIn(access).expose()

it('trusts the CA that is in the file now, and keeps login and keys', async () => {
  const { files, running, apply } = setUp()
  const { address } = await startVaultServer()
  const toml = `[vault.corp]\naddress = "${address}"\nca_file = "/ca.pem"\n[ssh.identity.ops]\nrole = "r"\n`
  files.set('/ca.pem', pem('other-ca.pem'))
  await apply(toml)
  const [vault] = running.vaults()
  const [key] = running.stores()
  await expect(vault!.tokens.login(nobody)).rejects.toMatchObject({ code: 'VAULT_TLS' })
  files.set('/ca.pem', pem('ca.pem'))
  await apply(toml)
  expect(await vault!.tokens.login(nobody)).toMatchObject({ displayName: 'jo' })
  expect([running.vaults()[0], running.stores()[0]]).toEqual([vault, key])
  // A file that is half written, or gone, changes nothing.
  for (const text of ['-----BEGIN', undefined]) {
    if (text === undefined) files.delete('/ca.pem')
    else files.set('/ca.pem', text)
    expect((await apply(toml)).faults).toMatchObject([{ section: 'vault.corp', effect: 'former' }])
    expect(await vault!.tokens.login(nobody)).toMatchObject({ displayName: 'jo' })
  }
})

it('forgets the login of a vault that is gone, and of one that is a different server now', async () => {
  const { running, apply, released } = setUp()
  const { address } = await startVaultServer()
  const section = (name: string, more = '') => `[vault.${name}]\naddress = "http://127.0.0.1:1"\n${more}`
  const identity = '[ssh.identity.ops]\nvault = "a"\nrole = "r"\n'
  await apply(section('a') + identity)
  const [former] = running.vaults()
  const [key] = running.stores()
  await apply(section('a').replace('http://127.0.0.1:1', address) + identity)
  const [next] = running.vaults()
  expect(next).not.toBe(former)
  expect(running.stores()[0]).not.toBe(key)
  expect(former!.identities).toEqual([])
  await expect(former!.tokens.withAccess(reveal)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
  await apply('')
  expect([running.vaults(), running.stores(), next!.identities]).toEqual([[], [], []])
  await expect(next!.tokens.withAccess(reveal)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
  // Each of the two had its key from the start.
  expect(released()).toBe(2)
})

it('no longer gives a shared token to two vaults that have come to share it', async () => {
  const { running, apply } = setUp()
  const section = (name: string) => `[vault.${name}]\naddress = "http://127.0.0.1:${name.length}"\n`
  await apply(section('a'))
  expect(await running.vaults()[0]!.tokens.withAccess(reveal)).toBe('hvs.token')
  await apply(section('a') + section('bb'))
  for (const { tokens } of running.vaults())
    await expect(tokens.withAccess(reveal)).rejects.toMatchObject({ code: 'VAULT_CONFIG' })
})

it('gives the same array of keys until one of them changes', async () => {
  const { running, apply } = setUp()
  const toml = '[vault.a]\naddress = "http://127.0.0.1:1"\n[ssh.identity.ops]\nrole = "r"\n'
  await apply(toml)
  const stores = running.stores()
  await apply(`${toml}[aws.source.m]\n`)
  expect(running.stores()).toBe(stores)
  await apply(`${toml}[ssh.identity.two]\nrole = "r"\n`)
  expect(running.stores()).toHaveLength(2)
})
