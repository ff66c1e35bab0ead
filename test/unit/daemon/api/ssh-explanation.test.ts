import { generateKeyPairSync } from 'node:crypto'
import * as v from 'valibot'
import { expect, it } from 'vitest'
import { createAgent } from '../../../../src/agent/agent.ts'
import { hostPatterns } from '../../../../src/agent/destination/host-patterns.ts'
import { createCertificateSource } from '../../../../src/agent/identities/certificate-source.ts'
import { createConfiguredIdentity } from '../../../../src/agent/identities/configured-identity.ts'
import { createKeyring } from '../../../../src/agent/keys/keyring.ts'
import { createStaticKeys } from '../../../../src/agent/keys/static-keys.ts'
import { createLock } from '../../../../src/agent/lock/lock.ts'
import { createUpstream } from '../../../../src/agent/upstream/upstream.ts'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { createSshExplanation } from '../../../../src/daemon/api/ssh-explanation.ts'
import { createAddedHosts, listSettingsOf } from '../../../../src/daemon/running/list-settings.ts'
import type { RunningVault } from '../../../../src/daemon/running/running-vault.ts'
import { staticKeyOf } from '../../../../src/daemon/static-keys/key-record.ts'
import type { StoredKey } from '../../../../src/daemon/static-keys/stored-keys.ts'
import { explainSshList, type SshListRequest } from '../../../../src/ipc/endpoints/ssh-explain.ts'
import { formatKnownHost } from '../../../../src/ssh/known-hosts/known-host.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'
import { createTestIssuer, settle } from '../../../support/agent-issuer.ts'
import { noUpstreams } from '../../../support/agent-stubs.ts'
import { noChurn } from '../../../support/churn.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { parseConfig } from '../../../support/parsed-config.ts'
import { type AgentReply, stubAgent } from '../../../support/stub-agent.ts'

const hostKey = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob
const added = generateKeyPairSync('ed25519')
const addedKey = publicKeyFromKeyObject(added.publicKey)
const toml = `
[vault.corp]
address = "https://vault.example.com"
[ssh]
known_hosts = ["/known"]
[ssh.identity.ops]
role = "ops"
hosts = ["*.prod", "web.prod"]
forward = "allow"
confirm = "forwarded"
[ssh.identity.db]
role = "db"
principals = ["postgres"]
hosts = ["db.prod"]
socket = true
sign = ["sshsig:git"]
[ssh.added_key."${fingerprint(addedKey.blob)}"]
hosts = ["web.prod"]
`
const cardKey = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
const withCard = `
[ssh.identity.hardware]
role = "ops"
upstream_key = "${fingerprint(cardKey.blob)}"
[ssh.upstream.card]
socket = "/card.sock"
hosts = ["*.prod"]
`

async function setUp({ keys = [], card }: { keys?: readonly StoredKey[]; card?: AgentReply } = {}) {
  const clock = fakeClock()
  const config = parseConfig(card === undefined ? toml : toml + withCard, 'config.toml')
  const issuers = new Map(config.identities.map(({ name }) => [name, createTestIssuer(clock)]))
  const source = createCertificateSource({ name: 'vault corp', clock, log: silentLogger })
  const identities = config.identities.map((one) => ({
    config: one,
    key: createConfiguredIdentity({
      name: one.name,
      comment: `${one.name}@corp`,
      keyType: 'ed25519',
      slowKeys: createTurns(1),
      issuer: issuers.get(one.name)!,
      source,
      clock,
      random: () => 0.5,
      log: silentLogger,
      renew: 'on-demand',
      forward: one.forward,
      confirm: one.confirm,
      sign: one.sign,
      hosts: one.hosts && hostPatterns(one.hosts),
      upstreamKey: one.upstream_key,
      listKey: false,
      publish: async () => {},
    }),
  }))
  const vault = { tokens: { status: () => ({ state: 'idle' }) }, identities } as unknown as RunningVault
  const settings = listSettingsOf(config)
  const keyring = createKeyring({ clock, hostsOf: createAddedHosts(() => settings) })
  const key = { privateKey: added.privateKey, publicKey: addedKey, blob: addedKey.blob, notAfterMs: undefined }
  keyring.add(key, 'jo@laptop', { lifetimeSeconds: undefined, mustConfirm: true, destinations: undefined })
  const lock = createLock({ clock })
  const staticKeys = createStaticKeys({ clock, load: async () => expect.unreachable(), onKeysReleased() {} })
  staticKeys.use(keys.map((one) => one.key))
  const stores = [...identities.map((one) => one.key), staticKeys]
  const upstreams =
    card === undefined
      ? noUpstreams
      : config.ssh.upstreams.map((one) =>
          createUpstream({
            ...one,
            hosts: hostPatterns(one.hosts!),
            sign: one.sign,
            connect: () => stubAgent(card).stream,
            clock,
            log: silentLogger,
          }),
        )
  const agent = createAgent({
    keyring,
    lock,
    stores: () => stores,
    upstreams: () => upstreams,
    settings: () => settings,
    knownHosts: async () => [Buffer.from(formatKnownHost({ host: 'web.prod', port: 22 }, hostKey))],
    clock,
    churn: noChurn,
    log: silentLogger,
    askPerson: async () => expect.unreachable(),
    poolSignatures: 1,
  })
  const explain = createSshExplanation({
    agent,
    config: { current: () => config, vaults: () => [vault] },
    knownHosts: { paths: () => ['/known'] },
    lock,
    staticKeys: () => keys,
    upstreams: () => upstreams,
  })
  const ask = async (changes: Partial<SshListRequest> = {}) =>
    // As the daemon checks it before it leaves.
    v.parse(
      explainSshList.answer,
      await explain({
        commandLine: ['ssh', 'web.prod'],
        host: { type: 'key', key: Buffer.from(hostKey).toString('base64') },
        ...changes,
      }),
    )
  return { ask, identities, issuers, lock }
}

it('says what would be listed, why, and what is known before there is a certificate', async () => {
  const { ask, issuers } = await setUp()
  const { listed, leftOut, ...rest } = await ask()
  expect(rest).toEqual({
    agentsLeftOut: [],
    isLocked: false,
    isRevoked: false,
    isUnnamed: false,
    knownHosts: ['/known'],
    names: ['web.prod'],
    usesHosts: true,
  })
  expect(listed).toEqual([
    {
      identity: 'ops',
      comment: 'ops: ops@corp',
      kind: 'certificate',
      keyType: 'ssh-ed25519',
      hosts: ['*.prod', 'web.prod'],
      fits: 'web.prod',
      isForwarded: true,
      confirm: 'forwarded',
      signsLogins: true,
      warnings: [],
    },
    {
      comment: 'jo@laptop',
      kind: 'key',
      keyType: 'ssh-ed25519',
      fingerprint: fingerprint(addedKey.blob),
      blob: Buffer.from(addedKey.blob).toString('base64'),
      hosts: ['web.prod'],
      fits: 'web.prod',
      isForwarded: true,
      confirm: 'always',
      signsLogins: true,
      warnings: [],
    },
  ])
  expect(leftOut).toEqual([
    expect.objectContaining({
      identity: 'db',
      askedPrincipals: ['postgres'],
      hosts: ['db.prod'],
      isForwarded: false,
      signsLogins: false,
      why: 'hosts',
    }),
  ])
  expect(leftOut[0]).not.toHaveProperty('fits')
  expect([...issuers.values()].flatMap(({ calls }) => calls)).toEqual([])
})

it('shows a certificate that is held as a server would read it', async () => {
  const { ask, identities, issuers } = await setUp()
  const listing = identities[0]!.key.identities({ bindings: [], isForwarded: false })
  await settle()
  const certificate = issuers.get('ops')!.succeed({
    extensions: new Map([['permit-pty', '']]),
    criticalOptions: new Map([['source-address', '10.0.0.0/8']]),
  })
  await listing
  const [ops] = (await ask()).listed
  expect(ops).toMatchObject({
    kind: 'certificate',
    fingerprint: fingerprint(certificate.publicKey.blob),
    blob: Buffer.from(certificate.blob).toString('base64'),
    certificate: {
      keyId: certificate.keyId,
      serial: '1',
      principals: ['jo'],
      validAfter: '2026-01-02T03:03:35Z',
      validBefore: '2026-01-02T04:04:05Z',
      ca: fingerprint(certificate.signatureKey.blob),
      caType: 'ssh-ed25519',
      signedWith: 'ssh-ed25519',
      extensions: ['permit-pty'],
      criticalOptions: { 'source-address': '10.0.0.0/8' },
    },
  })
})

it('says why there is no certificate', async () => {
  const { ask, identities, issuers } = await setUp()
  const listing = Promise.resolve(identities[0]!.key.identities({ bindings: [], isForwarded: false })).catch(() => {})
  await settle()
  issuers.get('ops')!.fail(new VaultError('VAULT_DENIED', 'the role refuses', { hint: 'latchkey login' }))
  await listing
  const [ops] = (await ask()).listed
  expect(ops!.error).toEqual({ code: 'VAULT_DENIED', message: 'the role refuses', hint: 'latchkey login' })
})

it('shows what the socket of one identity would list, for whatever host', async () => {
  const { ask } = await setUp()
  const { listed, leftOut, usesHosts } = await ask({ identity: 'db' })
  expect(listed.map(({ identity }) => identity)).toEqual(['db'])
  expect(leftOut).toEqual([])
  expect(usesHosts).toBe(false)
})

it.each(['ops', 'nobody'])('refuses %s, which has no socket', async (identity) => {
  const { ask } = await setUp()
  await expect(ask({ identity })).rejects.toMatchObject({
    code: 'IDENTITY_UNKNOWN',
    hint: `socket = true in [ssh.identity.${identity}] of config.toml; latchkey status`,
  })
})

it('knows a host that is new by what ssh will write', async () => {
  const { ask } = await setUp()
  const { names } = await ask({ host: { type: 'new', name: 'DB.prod', port: 2222, isHashed: false } })
  expect(names).toEqual(['[db.prod]:2222'])
  expect((await ask({ host: { type: 'unknown' } })).isUnnamed).toBe(true)
})

it('says that the agent is locked', async () => {
  const { ask, lock } = await setUp()
  await lock.lock(new Secret(Buffer.from('x')))
  expect((await ask()).isLocked).toBe(true)
})

it('says of a static key what it is called and which of its hosts fits, and loads nothing', async () => {
  const record = { name: 'mm-admin', key: formatPublicKeyLine(addedKey.blob, 'shared'), hosts: ['web.*'] }
  const { ask } = await setUp({ keys: [{ record, key: staticKeyOf(record) }] })
  const { listed } = await ask()
  expect(listed.find(({ staticKey }) => staticKey !== undefined)).toMatchObject({
    staticKey: 'mm-admin',
    comment: 'shared',
    hosts: ['web.*'],
    fits: 'web.*',
    // As ssh-add has added it, too.
    isForwarded: true,
    confirm: 'always',
  })
})

it('says what another agent has, whatever that is, and what of it is certified', async () => {
  const garbage = { keyBlob: Buffer.from('garbage'), comment: 'odd' }
  const card: AgentReply = () => ({
    type: 'identities-answer',
    identities: [{ keyBlob: cardKey.blob, comment: 'on a card' }, garbage],
  })
  const { listed, agentsLeftOut } = await (await setUp({ card })).ask()
  expect(agentsLeftOut).toEqual([])
  expect(listed).toMatchObject([
    { identity: 'ops' },
    { comment: 'jo@laptop' },
    { agent: 'card', comment: 'on a card', kind: 'key', fingerprint: fingerprint(cardKey.blob), fits: '*.prod' },
    { agent: 'card', comment: 'odd', kind: 'key', keyType: 'unknown' },
    { identity: 'hardware', kind: 'certificate', keyType: 'unknown', confirm: 'never', isForwarded: false },
  ])
  expect(listed[3]).not.toHaveProperty('fingerprint')
})

it('says what is left out because another agent is away', async () => {
  const { listed, leftOut, agentsLeftOut } = await (await setUp({ card: () => ({ type: 'failure' }) })).ask()
  expect(listed.map(({ comment }) => comment)).toEqual(['ops: ops@corp', 'jo@laptop'])
  expect(leftOut.at(-1)).toMatchObject({
    identity: 'hardware',
    why: 'agent-away',
    error: { code: 'UPSTREAM_KEY_AWAY' },
  })
  expect(agentsLeftOut).toMatchObject([
    { name: 'card', error: { code: 'UPSTREAM_REFUSED', message: 'the agent card has not listed its keys' } },
  ])
})
