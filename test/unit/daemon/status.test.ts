import { expect, it } from 'vitest'
import { parseConfig } from '../../../src/daemon/config.ts'
import { describeStatus, type StatusParts } from '../../../src/daemon/status.ts'
import type { RunningVault } from '../../../src/daemon/vaults.ts'
import type { TokenStatus } from '../../../src/vault/token-source.ts'
import { VaultError } from '../../../src/vault/vault-error.ts'

const config = parseConfig(
  '[vault.corp]\naddress = "https://vault.example.com"\n[ssh.identity.ops]\nrole = "ops"\n',
  '/config.toml',
)

/** What the status tells of one identity that has no certificate. */
function identity(state: TokenStatus['state'], lastError: VaultError) {
  return statusOf(state, { status: () => ({ state: 'none', keyType: 'ssh-ed25519', lastError }) })
}

async function statusOf(state: TokenStatus['state'], key: { status(): object }) {
  const vault = {
    config: config.vaults[0]!,
    tokens: { status: () => ({ state }) },
    identities: [{ config: config.identities[0]!, key }],
  } as unknown as RunningVault
  const parts = {
    fixed: {},
    keychain: { description: 'memory', lastError: () => undefined },
    isLocked: () => false,
    addedKeys: () => 0,
    vaults: [vault],
    aws: { status: async () => ({ sessions: [], roles: [], profiles: [] }) },
  } as unknown as StatusParts
  return (await describeStatus(parts)).ssh.identities[0]!
}

const needed = new VaultError('VAULT_LOGIN_NEEDED', 'vault corp: not logged in', { hint: 'latchkey login corp' })

it('asks for a login until there is one', async () => {
  expect(await identity('logged-out', needed)).toMatchObject({
    error: { code: 'VAULT_LOGIN_NEEDED', hint: 'latchkey login corp' },
  })
  expect(await identity('logged-in', needed)).not.toHaveProperty('error')
})

it('tells any other reason after a login, too', async () => {
  const denied = new VaultError('VAULT_DENIED', 'role ops refused to sign')
  expect(await identity('logged-in', denied)).toMatchObject({ error: { code: 'VAULT_DENIED' } })
})

it('tells in what a certificate is not as it was asked for', async () => {
  const warnings = ['it is also for "root"']
  const key = { status: () => ({ state: 'fresh', keyType: 'ssh-ed25519', warnings }) }
  expect(await statusOf('logged-in', key)).toMatchObject({ warnings })
})
