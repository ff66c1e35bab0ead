import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AskPerson } from '../../../../src/agent/connection/confirmation.ts'
import { createAgentSession } from '../../../../src/agent/connection/session.ts'
import { createDestinations } from '../../../../src/agent/destination/destinations.ts'
import { createIdentityLists } from '../../../../src/agent/keys/identity-lists.ts'
import { type ConfirmPolicy, type KeyStore, stricterConfirm } from '../../../../src/agent/keys/key-store.ts'
import { createKeyring } from '../../../../src/agent/keys/keyring.ts'
import { createLock, type Lock } from '../../../../src/agent/lock/lock.ts'
import { createAgentNotices } from '../../../../src/agent/notices.ts'
import { restrictDestinationName, writeDestinations } from '../../../../src/agent/protocol/destination-constraints.ts'
import { decodeRequest } from '../../../../src/agent/protocol/requests.ts'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { PromptError } from '../../../../src/prompts/prompt.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { signData } from '../../../../src/ssh/signature.ts'
import { settle } from '../../../support/agent-issuer.ts'
import {
  addKey,
  bindContents,
  confirm,
  extension,
  extensionConstraint,
  lifetime,
  removeKey,
  signRequest,
  userauthRequest,
} from '../../../support/agent-messages.ts'
import { noUpstreams } from '../../../support/agent-stubs.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { noKnownHosts, plainLists } from '../../../support/list-settings.ts'
import { stubKeyStore } from '../../../support/stub-key-store.ts'

const key = generateKeyPairSync('ed25519').privateKey
const { blob } = publicKeyFromKeyObject(key)
const request = signRequest(blob, userauthRequest({ keyBlob: blob }))
const failure = { type: 'failure' }
const signed = { type: 'sign-response' }

/** A store whose one key is to be confirmed. */
const storeOf = (policy: ConfirmPolicy): KeyStore => {
  const identity = { keyBlob: blob, comment: 'ops' }
  return stubKeyStore({
    name: 'identity ops',
    confirmOf: () => policy,
    identities: () => [identity],
    expected: () => [identity],
    signer: (named) => (Buffer.compare(named, blob) === 0 ? { identity, sign: () => Buffer.from('s') } : undefined),
  })
}

function setUp({ stores = [], says }: { stores?: readonly KeyStore[]; says: AskPerson }) {
  const clock = fakeClock()
  const lines: string[] = []
  const log = createLogger({ write: (line) => lines.push(line), level: 'debug' })
  const lock = createLock({ clock })
  const notices = createAgentNotices(clock)
  let asked = 0
  const session = createAgentSession({
    keyring: createKeyring({ clock }),
    stores: () => stores,
    upstreams: () => noUpstreams,
    lock,
    lists: createIdentityLists({ log }),
    notices,
    settings: () => plainLists,
    destinations: createDestinations({ knownHosts: noKnownHosts, clock, log }),
    clock,
    pool: createTurns(1),
    askPerson(question, signal) {
      asked += 1
      return says(question, signal)
    },
    log,
    peer: undefined,
  })
  return {
    clock,
    lock,
    lines,
    session,
    asked: () => asked,
    reasons: () => notices.recent().map(({ reason }) => reason),
    ask: async (message: Uint8Array) => session.handle(decodeRequest(message)),
  }
}

const yes: AskPerson = async () => true
// Made anew: what holds a key is overwritten.
const added = () => addKey(key, 'mine', { constraints: [confirm] })

describe('a key that was added to be confirmed', () => {
  it('signs each time that a person says yes', async () => {
    const { ask, asked } = setUp({ says: yes })
    expect(await ask(added())).toEqual({ type: 'success' })
    expect(await ask(request)).toMatchObject(signed)
    expect(await ask(request)).toMatchObject(signed)
    expect(asked()).toBe(2)
  })

  it('does not sign where the person says no, and asks again the next time', async () => {
    const { ask, asked, reasons } = setUp({ says: async () => false })
    await ask(added())
    expect(await ask(request)).toEqual(failure)
    expect(await ask(request)).toEqual(failure)
    expect(asked()).toBe(2)
    expect(reasons()).toEqual(['a person did not allow a use of keys of ssh-add'])
  })

  it('does not sign where nobody answers, which the status says', async () => {
    const says = () =>
      Promise.reject(new PromptError('PROMPT_UNAVAILABLE', 'nobody to ask: x', { hint: 'in a terminal' }))
    const { ask, lines, reasons } = setUp({ says })
    await ask(added())
    expect(await ask(request)).toEqual(failure)
    expect(reasons()).toEqual(['nobody to ask: x: in a terminal'])
    expect(lines.join()).not.toContain('"error"')
  })

  it('asks nobody to be listed, or where the signature is refused anyway', async () => {
    const { ask, asked } = setUp({ says: yes, stores: [{ ...storeOf('always'), uses: () => ['sudo'] }] })
    await ask(Buffer.of(11))
    expect(await ask(request)).toEqual(failure)
    expect(asked()).toBe(0)
  })
})

describe('while the person thinks', () => {
  const thinking = () => {
    let answer: (isAllowed: boolean) => void = () => {}
    let signal: AbortSignal | undefined
    const says: AskPerson = (_, given) => {
      signal = given
      return new Promise((resolve, reject) => {
        answer = resolve
        given.addEventListener('abort', () => reject(given.reason as Error))
      })
    }
    return { world: setUp({ says }), answer: () => answer(true), signal: () => signal }
  }

  it.each([
    ['with a passphrase', (lock: Lock) => lock.lock(new Secret(Buffer.from('p')))],
    ['until a person comes', (lock: Lock) => lock.lockForPerson()],
  ])('the agent may be locked %s, and then nobody is asked any more', async (_, turn) => {
    const { world, signal } = thinking()
    await world.ask(added())
    const answered = world.ask(request)
    await settle()
    const locked = turn(world.lock)
    expect(signal()?.aborted).toBe(true)
    expect(await answered).toEqual(failure)
    expect(await locked).toBe(true)
    expect(world.reasons()).toEqual(['the agent was locked before a person answered'])
  })

  it('the agent may be locked as the answer comes', async () => {
    let answer = () => {}
    const says: AskPerson = () =>
      new Promise((resolve) => {
        answer = () => resolve(true)
      })
    const world = setUp({ says })
    await world.ask(added())
    const answered = world.ask(request)
    await settle()
    await world.lock.lockForPerson()
    answer()
    expect(await answered).toEqual(failure)
    expect(world.reasons()).toEqual(['a use of keys of ssh-add was allowed when it was out of reach already'])
  })

  it('the key may be removed, and then nobody is asked any more', async () => {
    const { world, signal } = thinking()
    await world.ask(added())
    const answered = world.ask(request)
    await settle()
    await world.ask(removeKey(blob))
    expect(signal()?.aborted).toBe(true)
    expect(await answered).toEqual(failure)
    expect(world.reasons()).toEqual(['the key was removed before a person answered'])
  })

  it('the key may come to its end, as another one may be removed', async () => {
    const { world, signal } = thinking()
    const other = generateKeyPairSync('ed25519').privateKey
    await world.ask(addKey(other, 'other'))
    await world.ask(addKey(key, 'mine', { constraints: [confirm, lifetime(60)] }))
    const answered = world.ask(request)
    await settle()
    await world.ask(removeKey(publicKeyFromKeyObject(other).blob))
    expect(signal()?.aborted).toBe(false)
    world.clock.advance(60_000)
    expect(signal()?.aborted).toBe(true)
    expect(await answered).toEqual(failure)
  })

  it('the key may be added anew, for other destinations', async () => {
    const { world, answer } = thinking()
    await world.ask(added())
    const answered = world.ask(request)
    await settle()
    const elsewhere = { hostname: 'elsewhere', keys: [{ blob, isCa: false }] }
    const contents = writeDestinations([{ from: undefined, to: elsewhere, user: undefined }])
    const restricted = extensionConstraint(restrictDestinationName, contents)
    await world.ask(addKey(key, 'mine', { constraints: [restricted] }))
    answer()
    expect(await answered).toEqual(failure)
    expect(world.reasons()[0]).toContain('a key of keys of ssh-add does not sign this')
  })

  it('the setting may come to forbid it', async () => {
    let uses: readonly string[] | undefined
    const store: KeyStore = { ...storeOf('always'), uses: () => uses }
    let answer = () => {}
    const says: AskPerson = () =>
      new Promise((resolve) => {
        answer = () => resolve(true)
      })
    const world = setUp({ says, stores: [store] })
    const answered = world.ask(request)
    await settle()
    uses = ['sudo']
    answer()
    expect(await answered).toEqual(failure)
    expect(world.asked()).toBe(1)
  })

  it('the client may go, and then nothing is signed for it, whatever the answer is', async () => {
    let signatures = 0
    const store = storeOf('always')
    const counting: KeyStore = {
      ...store,
      signer: () => ({
        identity: { keyBlob: blob, comment: 'ops' },
        sign() {
          signatures += 1
          return Buffer.from('s')
        },
      }),
    }
    let answer = () => {}
    const says: AskPerson = () =>
      new Promise((resolve) => {
        answer = () => resolve(true)
      })
    const world = setUp({ says, stores: [counting] })
    const answered = world.ask(request)
    await settle()
    world.session.close()
    answer()
    expect(await answered).toEqual(failure)
    expect(signatures).toBe(0)
  })

  it('the client may go, and then nobody is asked any more', async () => {
    const { world, signal } = thinking()
    await world.ask(added())
    const answered = world.ask(request)
    await settle()
    world.session.close()
    expect(signal()?.aborted).toBe(true)
    expect(await answered).toEqual(failure)
    expect(world.lines.join()).toContain('the client has gone')
    expect(world.lines.join()).not.toContain('"error"')
  })
})

it.each<[ConfirmPolicy, number, number]>([
  ['never', 0, 0],
  ['forwarded', 0, 1],
  ['always', 1, 2],
])('an identity is confirmed by its setting: %s', async (policy, locally, afterForwarding) => {
  const { ask, asked } = setUp({ says: yes, stores: [storeOf(policy)] })
  expect(await ask(request)).toMatchObject(signed)
  expect(asked()).toBe(locally)
  const host = generateKeyPairSync('ed25519').privateKey
  const sessionId = Buffer.alloc(32)
  const bind = {
    hostKeyBlob: publicKeyFromKeyObject(host).blob,
    sessionId,
    signature: signData(host, 'ssh-ed25519', sessionId),
    isForwarding: true,
  }
  expect(await ask(extension('session-bind@openssh.com', bindContents(bind)))).toEqual({ type: 'success' })
  expect(await ask(request)).toMatchObject(signed)
  expect(asked()).toBe(afterForwarding)
})

it('of two settings the stricter counts', () => {
  expect(stricterConfirm('never', 'forwarded')).toBe('forwarded')
  expect(stricterConfirm('always', 'forwarded')).toBe('always')
  expect(stricterConfirm('never', 'never')).toBe('never')
})

describe('a key that is loaded for a signature', () => {
  it('does not sign where the agent was locked while the keychain was being opened', async () => {
    for (const isLocked of [false, true]) {
      let open = () => {}
      const opened = new Promise<void>((resolve) => {
        open = resolve
      })
      const loading: KeyStore = {
        ...storeOf('never'),
        async signer(keyBlob) {
          await opened
          return storeOf('never').signer(keyBlob)
        },
      }
      const { ask, lock } = setUp({ says: yes, stores: [loading] })
      const answer = ask(request)
      if (isLocked) await lock.lock(new Secret(Buffer.from('p')))
      open()
      expect(await answer).toMatchObject(isLocked ? failure : signed)
    }
  })
})
