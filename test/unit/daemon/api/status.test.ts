import { expect, it } from 'vitest'
import { AgentError } from '../../../../src/agent/agent-error.ts'
import type { AddedKey } from '../../../../src/agent/keys/keyring.ts'
import { describeStatus, type StatusParts } from '../../../../src/daemon/api/status.ts'
import { ConfigError } from '../../../../src/daemon/config/config.ts'
import type { RunningVault } from '../../../../src/daemon/running/running-vault.ts'
import { fingerprint } from '../../../../src/ssh/public-key.ts'
import type { TokenStatus } from '../../../../src/vault/token/token-status.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'
import { parseConfig } from '../../../support/parsed-config.ts'
import { plainBlob } from '../../../support/ssh-vectors.ts'
import { staticKeysIn } from '../../../support/static-keys.ts'

const config = parseConfig(
  '[vault.corp]\naddress = "https://vault.example.com"\n[ssh.identity.ops]\nrole = "ops"\n',
  '/config.toml',
)

const addedKeys: readonly AddedKey[] = [
  {
    keyBlob: plainBlob('ed25519'),
    comment: 'one',
    expiresAtMs: Date.UTC(2026, 0, 2),
    isEnded: false,
    mustConfirm: false,
    destinations: [
      { from: undefined, to: { hostname: 'gate', keys: [] }, user: undefined },
      { from: { hostname: 'gate', keys: [] }, to: { hostname: 'db', keys: [] }, user: 'root' },
    ],
  },
  {
    keyBlob: plainBlob('ecdsa256'),
    comment: 'two',
    expiresAtMs: undefined,
    isEnded: true,
    mustConfirm: true,
    destinations: undefined,
  },
]

const empty = async () => ({ sessions: [], roles: [], profiles: [] })

/** What the status tells of one identity that has no certificate. */
function identity(state: TokenStatus['state'], lastError: VaultError) {
  return statusOf(state, { status: () => ({ state: 'none', keyType: 'ssh-ed25519', lastError }) })
}

async function statusOf(
  state: TokenStatus['state'],
  key: { status(): object },
  trouble?: unknown,
  warnings: Pick<TokenStatus, 'warnings'> = {},
) {
  const vault = {
    config: config.vaults[0]!,
    tokens: { status: () => ({ state, ...warnings }) },
    login: { auth: () => ({ method: 'oidc' }) },
    source: { trouble: () => trouble },
    identities: [{ config: config.identities[0]!, key }],
  } as unknown as RunningVault
  const { ssh, vaults } = await describeStatus(partsWith([vault]))
  // In the place of what is configured, where a person has chosen.
  expect(vaults[0]!.method).toBe('oidc')
  return { ...ssh.identities[0]!, vault: vaults[0]! }
}

function partsWith(vaults: readonly RunningVault[], status: () => Promise<unknown> = empty): StatusParts {
  return {
    fixed: {},
    keychain: { description: 'memory', lastError: () => undefined },
    lock: { isLocked: () => false, isForPerson: () => false },
    addedKeys: () => addedKeys,
    staticKeys: staticKeysIn('/nowhere'),
    upstreams: () => [
      { name: 'card', status: () => ({ socket: '/card', adds: ['sk'], keys: 2, added: 1 }) },
      { name: 'away', status: () => ({ socket: '/away', adds: [], added: 0, lastError: away }) },
    ],
    notices: () => [
      { atMs: Date.UTC(2026, 0, 2), reason: 'no key', count: 2, key: 'SHA256:k', peer: 'ssh (pid 1)', host: undefined },
    ],
    vaults,
    aws: { status },
  } as unknown as StatusParts
}

const away = new AgentError('UPSTREAM_FAILED', 'the agent away cannot be reached')
const needed = new VaultError('VAULT_LOGIN_NEEDED', 'vault corp: not logged in', { hint: 'latchkey login corp' })

it('reports that a login is needed until there is one', async () => {
  expect(await identity('logged-out', needed)).toMatchObject({
    error: { code: 'VAULT_LOGIN_NEEDED', hint: 'latchkey login corp' },
  })
  expect(await identity('logged-in', needed)).not.toHaveProperty('error')
})

it('reports any other reason even after a login', async () => {
  const denied = new VaultError('VAULT_DENIED', 'role ops refused to sign')
  expect(await identity('logged-in', denied)).toMatchObject({ error: { code: 'VAULT_DENIED' } })
})

it('reports that a vault is away, though its token is valid', async () => {
  const away = new VaultError('VAULT_UNREACHABLE', 'cannot reach vault corp', { hint: 'check the network' })
  const key = { status: () => ({ state: 'none', keyType: 'ssh-ed25519' }) }
  expect(await statusOf('logged-in', key, away)).toMatchObject({
    vault: { state: 'logged-in', error: { code: 'VAULT_UNREACHABLE', hint: 'check the network' } },
  })
  expect((await statusOf('logged-in', key)).vault).not.toHaveProperty('error')
})

it('reports how a certificate differs from what was asked for', async () => {
  const warnings = ['it is also for "root"']
  const key = { status: () => ({ state: 'fresh', keyType: 'ssh-ed25519', warnings }) }
  expect(await statusOf('logged-in', key)).toMatchObject({ warnings })
})

it('reports the rest if the files of the AWS tools cannot be read, and hides no fault', async () => {
  const unreadable = new ConfigError('CONFIG_UNREADABLE', '/aws is a pipe', { hint: 'ls' })
  expect(await describeStatus(partsWith([], () => Promise.reject(unreadable)))).toMatchObject({
    ssh: {
      addedKeys: 2,
      added: [
        {
          key: fingerprint(plainBlob('ed25519')),
          comment: 'one',
          expiresAt: '2026-01-02T00:00:00Z',
          destinations: ['gate', 'gate>root@db'],
        },
        {
          key: fingerprint(plainBlob('ecdsa256')),
          comment: 'two',
          isEnded: true,
          mustConfirm: true,
        },
      ],
      upstreams: [
        { name: 'card', socket: '/card', adds: ['sk'], keys: 2, added: 1 },
        { name: 'away', error: { code: 'UPSTREAM_FAILED', message: 'the agent away cannot be reached' } },
      ],
      notices: [{ at: '2026-01-02T00:00:00Z', reason: 'no key', count: 2, key: 'SHA256:k', peer: 'ssh (pid 1)' }],
    },
    aws: { profiles: [], error: { code: 'CONFIG_UNREADABLE', message: '/aws is a pipe', hint: 'ls' } },
  })
  await expect(describeStatus(partsWith([], () => Promise.reject(new TypeError('bug'))))).rejects.toThrow('bug')
})

it('has what is to be known of a login that is still good', async () => {
  const key = { status: () => ({ state: 'none', keyType: 'ssh-ed25519' }) }
  const { vault } = await statusOf('logged-in', key, undefined, { warnings: ['it ends'] })
  expect(vault).toMatchObject({ state: 'logged-in', warnings: ['it ends'] })
})
