import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAgent } from '../../src/agent/agent.ts'
import { createKeyring } from '../../src/agent/keys/keyring.ts'
import { createLock, type PassphraseHash } from '../../src/agent/lock/lock.ts'
import { createLogger } from '../../src/core/log.ts'
import { createFrameReader, framed } from '../support/agent-stream.ts'
import { nobody, noUpstreams } from '../support/agent-stubs.ts'
import { agentVector, agentVectors } from '../support/agent-vectors.ts'
import { noChurn } from '../support/churn.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { fuzzed } from '../support/fuzzing.ts'
import { noKnownHosts, plainLists } from '../support/list-settings.ts'
import { ownSeat } from '../support/seats.ts'

const quickHash: PassphraseHash = async () => new Uint8Array(32)
const answerNumbers = [5, 6, 12, 14, 28, 29]

/** Sends the chunks, closes, and reads to the end. A fault of ours is logged as an error: that fails the test. */
async function exchange(chunks: readonly Uint8Array[]): Promise<number[]> {
  const clock = fakeClock()
  // A wrong passphrase is answered late, and here time does not pass by itself.
  const after = (_: number, run: () => void) => {
    const timer = setImmediate(run)
    return () => clearImmediate(timer)
  }
  const errors: string[] = []
  const log = createLogger({ write: (line) => errors.push(line), level: 'error' })
  const lock = createLock({ clock: { ...clock, after }, hash: quickHash })
  const keyring = createKeyring({ clock })
  const agent = createAgent({
    keyring,
    lock,
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
  for (const chunk of chunks) if (client.writable) client.write(Buffer.from(chunk))
  client.end()
  const answers: number[] = []
  for (let message = await reader.next(); message !== undefined; message = await reader.next())
    answers.push(message[0]!)
  expect(errors).toEqual([])
  return answers
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const message = fc.constantFrom(...agentVectors).map((name) => agentVector(name, 'request'))
const changedMessage = fc
  .tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
  .map(([whole, changes]) => {
    const changed = Buffer.from(whole)
    for (const [place, value] of changes) changed[place % changed.length] = value
    return changed
  })
const typedMessage = fc.tuple(fc.nat(30), bytes(120)).map(([first, rest]) => Buffer.from([first, ...rest]))

describe('a connection that gets garbage', () => {
  it('answers or closes: bytes at random', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes(200), { maxLength: 5 }), async (chunks) => {
        for (const answer of await exchange(chunks)) expect(answerNumbers).toContain(answer)
      }),
      fuzzed(20, 300),
    )
  })

  it('answers every whole message, each once: bodies at random', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(typedMessage, { maxLength: 8 }), async (messages) => {
        const answers = await exchange(messages.map(framed))
        expect(answers).toHaveLength(messages.length)
        for (const answer of answers) expect(answerNumbers).toContain(answer)
      }),
      fuzzed(21, 300),
    )
  })

  it('answers every whole message, each once: what OpenSSH sends, with bytes changed, in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(changedMessage, { maxLength: 6 }),
        fc.integer({ min: 3, max: 4000 }),
        async (messages, size) => {
          const stream = Buffer.concat(messages.map(framed))
          const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
            stream.subarray(index * size, (index + 1) * size),
          )
          expect(await exchange(pieces)).toHaveLength(messages.length)
        },
      ),
      fuzzed(22, 200),
    )
  })
})
