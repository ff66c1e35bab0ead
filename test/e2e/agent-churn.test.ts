import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { maxFrameBytes } from '../../src/agent/protocol/frame.ts'
import { daemonNodeOptions } from '../../src/core/programs/daemon-node-options.ts'
import { churn, fill, makeChurnKeys, removeAll, residentMegabytes } from '../support/agent-churn.ts'
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
    await fill(client, keys)
    // OpenSSH's clients read no longer list.
    const list = (await client.ask(empty(number.list)))!
    expect(list.length).toBeLessThanOrEqual(maxFrameBytes)
    expect(readIdentities(list).length).toBeLessThan(keys.length)
    expect(daemon.log()).toMatch(/^warn: the list is too long for clients leftOut=\d+$/m)
    await removeAll(client)
    const first = residentMegabytes(daemon.pid)
    await fill(client, keys)
    await removeAll(client)
    expect(residentMegabytes(daemon.pid)).toBeLessThanOrEqual(first + 10)
    expect(readIdentities((await client.ask(empty(number.list)))!)).toEqual([])
    expect(await daemon.end('SIGTERM')).toBe(0)
  }, 600_000)
})
