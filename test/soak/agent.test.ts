import { afterAll, beforeAll, expect, it } from 'vitest'
import { daemonNodeOptions } from '../../src/core/programs/daemon-node-options.ts'
import { churn, churnKeyTypes, fill, makeChurnKeys, removeAll, residentMegabytes } from '../support/agent-churn.ts'
import { connectRaw, type RawClient } from '../support/agent-subject.ts'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

// One daemon, one connection, from the first test to the last.
const rounds = 1_000_000
const toldEvery = 10_000
const keysAtOnce = 2048

let folder: string
let daemon: BuiltDaemon
let client: RawClient

beforeAll(async () => {
  folder = makeFolder()
  daemon = await startBuiltDaemon(folder, '', { nodeOptions: daemonNodeOptions })
  client = await connectRaw(daemon.sockets.agent)
})

afterAll(async () => {
  client.close()
  expect(await daemon.end('SIGTERM')).toBe(0)
  removeFolder(folder)
})

const tell = (what: string) =>
  process.stdout.write(`${what}: the daemon has ${residentMegabytes(daemon.pid).toFixed(1)} MB\n`)

it(`answers ${rounds} rounds of adding a key and signing`, async () => {
  const keys = makeChurnKeys({ ed25519: 8, p256: 8, p384: 8, p521: 2, 'rsa-2048': 4 })
  tell('start')
  await churn(client, {
    rounds,
    keys,
    seed: 'soak',
    onRound: (round) => {
      if ((round + 1) % toldEvery === 0) tell(`round ${round + 1}`)
    },
  })
})

it.each(churnKeyTypes)(`holds ${keysAtOnce} keys of %s, and leaves no more behind the second time`, async (type) => {
  const keys = makeChurnKeys({ [type]: keysAtOnce })
  const megabytesAfterFilling = async () => {
    await fill(client, keys)
    await removeAll(client)
    return residentMegabytes(daemon.pid)
  }
  // What was there before takes places too.
  await removeAll(client)
  const first = await megabytesAfterFilling()
  const second = await megabytesAfterFilling()
  tell(type)
  expect(second).toBeLessThanOrEqual(first + 10)
})
