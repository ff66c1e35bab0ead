import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createAgent } from '../../src/agent/agent.ts'
import { createKeyring } from '../../src/agent/keys/keyring.ts'
import { createLock, type PassphraseHash } from '../../src/agent/lock/lock.ts'
import { createLogger } from '../../src/core/log.ts'
import { keyTypes } from '../../src/ssh/keys/key-types.ts'
import { publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { verifySignature } from '../../src/ssh/signature.ts'
import {
  addKey,
  empty,
  lifetime,
  lockWith,
  number,
  readIdentities,
  readSignature,
  removeKey,
  reply,
  signRequest,
  unlockWith,
} from '../support/agent-messages.ts'
import { createFrameReader, framed } from '../support/agent-stream.ts'
import { nobody, noUpstreams } from '../support/agent-stubs.ts'
import { noChurn } from '../support/churn.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { fuzzed } from '../support/fuzzing.ts'
import { noKnownHosts, plainLists } from '../support/list-settings.ts'
import { ownSeat } from '../support/seats.ts'

const types = keyTypes.flatMap(({ privateKeys }) => privateKeys ?? [])
const keys = await Promise.all(types.map(async ({ generators }) => await generators[0]!.generate()))
const publicKeys = keys.map((key) => publicKeyFromKeyObject(key))

/** What a client may do, with a key by its place in the list above. */
type Action =
  | { type: 'add'; key: number; comment: string; seconds: number | undefined }
  | { type: 'sign'; key: number; data: Uint8Array; flags: number }
  | { type: 'remove'; key: number }
  | { type: 'wait'; seconds: number }
  | { type: 'remove-all' | 'list' | 'lock' | 'unlock' }

const key = fc.nat(keys.length - 1)
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    type: fc.constant('add' as const),
    key,
    comment: fc.string({ unit: 'grapheme' }),
    seconds: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
  }),
  fc.record({
    type: fc.constant('sign' as const),
    key,
    data: fc.uint8Array({ maxLength: 2000 }),
    flags: fc.constantFrom(0, 2, 4, 6),
  }),
  fc.record({ type: fc.constant('remove' as const), key }),
  fc.record({ type: fc.constant('wait' as const), seconds: fc.nat(60) }),
  fc.record({ type: fc.constantFrom('remove-all' as const, 'list' as const, 'lock' as const, 'unlock' as const) }),
)

const quickHash: PassphraseHash = async (passphrase) => Uint8Array.from(passphrase.expose())

/** An agent with one client, and what it must know by all that this client has done. */
function open() {
  const clock = fakeClock()
  const faults: string[] = []
  const log = createLogger({ write: (line) => faults.push(line), level: 'error' })
  const agent = createAgent({
    keyring: createKeyring({ clock }),
    lock: createLock({ clock, hash: quickHash }),
    stores: () => [],
    settings: () => plainLists,
    knownHosts: noKnownHosts,
    upstreams: () => noUpstreams,
    askPerson: nobody,
    clock,
    churn: noChurn,
    log,
    poolSignatures: 2,
  })
  const [client, server] = duplexPair()
  agent.serve(server, ownSeat)
  const reader = createFrameReader(client)
  const ask = async (message: Uint8Array): Promise<Uint8Array> => {
    client.write(framed(message))
    return (await reader.next())!
  }

  /** Comment and deadline by key, in the order of the list. */
  const held = new Map<number, { comment: string; endMs: number }>()
  let isLocked = false
  const expected = (isDone: boolean) => (isDone ? reply.success : reply.failure)

  const check = async (next: Action): Promise<void> => {
    for (const [place, { endMs }] of held) if (endMs <= clock.uptime()) held.delete(place)
    switch (next.type) {
      case 'add': {
        const { comment, seconds } = next
        const constraints = seconds === undefined ? {} : { constraints: [lifetime(seconds)] }
        const answer = await ask(addKey(keys[next.key]!, comment, constraints))
        expect(answer[0]).toBe(expected(!isLocked))
        const endMs = seconds === undefined ? Number.POSITIVE_INFINITY : clock.uptime() + seconds * 1000
        if (!isLocked) held.set(next.key, { comment, endMs })
        return
      }
      case 'sign': {
        const publicKey = publicKeys[next.key]!
        const answer = await ask(signRequest(publicKey.blob, next.data, next.flags))
        if (isLocked || !held.has(next.key)) return expect(answer[0]).toBe(reply.failure)
        // Without flags RSA means SHA-1, which nothing here believes.
        const isBelieved = publicKey.type !== 'ssh-rsa' || next.flags !== 0
        return expect(verifySignature(publicKey, next.data, readSignature(answer))).toBe(isBelieved)
      }
      case 'remove': {
        const answer = await ask(removeKey(publicKeys[next.key]!.blob))
        return expect(answer[0]).toBe(expected(!isLocked && held.delete(next.key)))
      }
      case 'remove-all':
        expect((await ask(empty(number.removeAll)))[0]).toBe(expected(!isLocked))
        if (!isLocked) held.clear()
        return
      case 'list': {
        const listed = readIdentities(await ask(empty(number.list)))
        const wanted = isLocked ? [] : [...held].map(([place, { comment }]) => [publicKeys[place]!.type, comment])
        return expect(listed.map(({ type, comment }) => [type, Buffer.from(comment, 'latin1').toString()])).toEqual(
          wanted,
        )
      }
      case 'lock':
        expect((await ask(lockWith('x')))[0]).toBe(expected(!isLocked))
        isLocked = true
        return
      case 'unlock':
        expect((await ask(unlockWith('x')))[0]).toBe(expected(isLocked))
        isLocked = false
        return
      case 'wait':
        clock.advance(next.seconds * 1000)
        return
    }
  }
  const close = () => {
    client.destroy()
    expect(faults).toEqual([])
  }
  return { check, close }
}

it('an agent does what its client asks, whatever that is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
      const { check, close } = open()
      for (const next of actions) await check(next)
      close()
    }),
    fuzzed(40, 100),
  )
})
