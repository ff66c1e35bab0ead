import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createConfirmation, type KeyUse, type UseQuestion } from '../../../../src/agent/connection/confirmation.ts'
import { signPurpose } from '../../../../src/agent/connection/sign-policy.ts'
import { createDestinations } from '../../../../src/agent/destination/destinations.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { displayLine } from '../../../../src/core/text/display-text.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { userauthRequest } from '../../../support/agent-messages.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { plainLists } from '../../../support/list-settings.ts'

const blobOf = (key: KeyObject) => publicKeyFromKeyObject(key).blob
const [key, web, gate] = Array.from({ length: 3 }, () => blobOf(generateKeyPairSync('ed25519').privateKey)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
]
const knownAs = (name: string, blob: Uint8Array) => `${name} ssh-ed25519 ${Buffer.from(blob).toString('base64')}\n`
const bindTo = (hostKeyBlob: Uint8Array, isForwarding = false) => ({
  hostKeyBlob,
  sessionId: Buffer.alloc(32),
  isForwarding,
})
const login: KeyUse = {
  identity: { keyBlob: key, comment: 'ops@corp' },
  purpose: signPurpose(userauthRequest({ keyBlob: key })),
}

/** What a person is asked, as it is shown. */
async function questionFor({
  use = login,
  bindings = [bindTo(web)],
  isForwarded = bindings.some(({ isForwarding }) => isForwarding),
  knownHosts = '',
  commandLine = ['ssh', 'root@web1'],
  hasPeer = true,
}: {
  use?: KeyUse
  bindings?: readonly ReturnType<typeof bindTo>[]
  isForwarded?: boolean
  knownHosts?: string
  commandLine?: readonly string[]
  hasPeer?: boolean
} = {}): Promise<UseQuestion> {
  let asked: UseQuestion | undefined
  const clock = fakeClock()
  const confirm = createConfirmation({
    connection: { bindings, isForwarded },
    peer: hasPeer ? { name: 'pid 7', commandLine: async () => commandLine } : undefined,
    destinations: createDestinations({
      knownHosts: async () => [Buffer.from(knownHosts)],
      clock,
      log: createLogger({ write: () => {}, level: 'error' }),
    }),
    settings: () => plainLists,
    async askPerson(question) {
      asked = question
      return true
    },
  })
  expect(await confirm(use, new AbortController().signal)).toBe(true)
  return asked!
}

describe('the question', () => {
  it('names key, use, user, host and process', async () => {
    expect(await questionFor({ knownHosts: knownAs('web1,10.0.0.1', web) })).toEqual({
      text: 'allow this use of ops@corp',
      details: [
        `key: ops@corp (${fingerprint(key)})`,
        'for: a login as jo',
        'host: web1, 10.0.0.1',
        'process: ssh root@web1 (pid 7)',
      ],
    })
  })

  const hostLine = async (...args: Parameters<typeof questionFor>) => (await questionFor(...args)).details[2]

  it('tells what a client has proved from what it claims', async () => {
    const unknown = `host: the host with the key ${fingerprint(web)}, which known_hosts does not know`
    expect(await hostLine()).toBe(`${unknown}; it claims to be web1`)
    expect(await hostLine({ commandLine: [] })).toBe(unknown)
    expect(await hostLine({ bindings: [] })).toBe('host: not proved; it claims to be web1')
    expect(await hostLine({ bindings: [], commandLine: ['plink', 'web1'] })).toBe('host: the client has not told')
    expect(await hostLine({ knownHosts: `@revoked ${knownAs('web1', web)}` })).toBe(
      `host: the host with the key ${fingerprint(web)}, which is @revoked in known_hosts`,
    )
  })

  it('names the machines that it came through, and not what this one’s ssh was told', async () => {
    const knownHosts = knownAs('gate', gate) + knownAs('web1', web)
    const { details } = await questionFor({
      bindings: [bindTo(gate, true), bindTo(web)],
      commandLine: ['ssh', '-A', 'gate'],
      knownHosts,
    })
    expect(details.slice(2)).toEqual([
      'host: web1',
      'process: ssh -A gate (pid 7)',
      'forwarded: asked from another machine, by way of gate',
    ])
    // Nothing but the forwarding is known yet.
    const early = await questionFor({ bindings: [bindTo(gate, true)], commandLine: ['ssh', '-A', 'gate'], knownHosts })
    expect(early.details[2]).toBe('host: the client has not told')
  })

  it('says that a client could not prove where it is', async () => {
    const { details } = await questionFor({ bindings: [], isForwarded: true })
    expect(details.slice(2)).toEqual([
      'host: the client has not told',
      'process: ssh root@web1 (pid 7)',
      'forwarded: the client could not prove where it is',
    ])
  })

  it.each<[string, KeyUse['purpose']]>([
    ['a signature in the namespace git', { type: 'sshsig', namespace: 'git' }],
    ['sudo (pam_ssh_agent_auth)', { type: 'sudo' }],
    ['something else: a certificate, a host key, a test, or data of any kind', { type: 'other' }],
  ])('names a use that is no login, and no host for it: %s', async (words, purpose) => {
    const { details } = await questionFor({ use: { ...login, purpose }, hasPeer: false })
    expect(details.slice(1)).toEqual([`for: ${words}`, 'process: unknown'])
  })

  it('is not pushed out of sight by what others have chosen', async () => {
    const long = 'x'.repeat(5000)
    const { text, details } = await questionFor({
      use: {
        identity: { keyBlob: key, comment: `a\nhost: web1\u001b[2J${long}` },
        purpose: { type: 'login', user: long },
      },
      commandLine: ['ssh', long],
    })
    for (const line of [text, ...details]) {
      expect(line.length).toBeLessThan(320)
      expect(displayLine(line)).toBe(line)
    }
  })
})
