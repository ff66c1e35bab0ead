import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { daemonNodeOptions } from '../../src/dev/dev-daemon.ts'
import { churn, fillAndEmpty, makeChurnKeys, residentMegabytes } from '../support/agent-churn.ts'
import { empty, number, readIdentities } from '../support/agent-messages.ts'
import { connectRaw, type RawClient } from '../support/agent-subject.ts'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

// `npm run soak` does the same with a million rounds and with each type of key for itself.
const rounds = 20_000
const keysOfRounds = { ed25519: 8, p256: 8, p384: 8, p521: 2, 'rsa-2048': 4 }
/** As many as the agent holds, which is OpenSSH's MAX_AGENT_IDENTITIES. */
const keysAtOnce = { ed25519: 512, p256: 512, p384: 384, p521: 128, 'rsa-2048': 512 }

let folder: string
let daemon: BuiltDaemon
let client: RawClient

beforeEach(async () => {
  folder = makeFolder()
  daemon = await startBuiltDaemon(folder, '', { nodeOptions: daemonNodeOptions })
  client = await connectRaw(daemon.sockets.agent)
})

afterEach(async () => {
  client.close()
  await daemon.end('SIGKILL')
  removeFolder(folder)
})

describe('ordinary requests without end', () => {
  it(`${rounds} keys added and signed with in turn are all answered`, async () => {
    await churn(client, { rounds, keys: makeChurnKeys(keysOfRounds), seed: 'churn' })
    expect(await daemon.end('SIGTERM')).toBe(0)
  }, 600_000)

  it('2048 keys at once all sign, and leave no more memory behind the second time than the first', async () => {
    const keys = makeChurnKeys(keysAtOnce)
    await fillAndEmpty(client, keys)
    const first = residentMegabytes(daemon.pid)
    await fillAndEmpty(client, keys)
    expect(residentMegabytes(daemon.pid)).toBeLessThanOrEqual(first + 10)
    expect(readIdentities((await client.ask(empty(number.list)))!)).toEqual([])
    expect(await daemon.end('SIGTERM')).toBe(0)
  }, 600_000)
})
