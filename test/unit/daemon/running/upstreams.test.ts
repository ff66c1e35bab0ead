import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { silentLogger } from '../../../../src/core/log.ts'
import type { UpstreamConfig } from '../../../../src/daemon/config/config.ts'
import { createUpstreams } from '../../../../src/daemon/running/upstreams.ts'
import type { PeerCredentials } from '../../../../src/ipc/sockets/peer-credentials.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const local = { bindings: [], isForwarded: false }
/** A list without keys. */
const emptyList = Buffer.of(0, 0, 0, 5, 12, 0, 0, 0, 0)
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** An agent that answers whatever comes with an empty list. */
async function startAgent(path: string) {
  const got: Buffer[] = []
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      got.push(chunk)
      socket.write(Buffer.concat([Buffer.of(0, 0, 0, 1, 5), emptyList]))
    })
  }).listen(path)
  servers.push(server)
  await once(server, 'listening')
  return got
}

const section = (socket: string, more: Partial<UpstreamConfig> = {}): UpstreamConfig => ({
  name: 'card',
  socket,
  adds: [],
  forward: 'never',
  confirm: 'never',
  ...more,
})
/** @param peer whom the system finds at the other end */
function setUp(home: string, configs: () => readonly UpstreamConfig[], peer?: PeerCredentials) {
  return createUpstreams({
    configured: configs,
    home,
    pid: 1,
    uid: 7,
    peerOf: () => peer,
    clock: fakeClock(),
    log: silentLogger,
  })
}
const listWith = async (home: string, socket: string, peer?: PeerCredentials) => {
  const configs = [section(socket)]
  const [upstream] = setUp(home, () => configs, peer)()
  const open = upstream!.open()
  try {
    return await open.identities(local)
  } finally {
    open.close()
  }
}

it.each([
  ['the user', { pid: 2, uid: 7 }],
  ['root', { pid: 2, uid: 0 }],
  ['nobody knows whom', undefined],
])('an agent of %s is asked, by a path in the home folder too', async (_, peer) => {
  const home = temporaryFolder()
  const got = await startAgent(join(home, 'card.sock'))
  expect(await listWith(home, '~/card.sock', peer)).toEqual([])
  expect(Buffer.concat(got).length).toBeGreaterThan(0)
})

it.each([
  ['belongs to another user (uid 8)', { pid: 2, uid: 8 }],
  ['is the socket of this agent itself', { pid: 1, uid: 7 }],
])('an agent that %s is told nothing', async (what, peer) => {
  const home = temporaryFolder()
  const path = join(home, 'card.sock')
  const got = await startAgent(path)
  await expect(listWith(home, path, peer)).rejects.toMatchObject({
    code: 'UPSTREAM_FAILED',
    message: `the agent card cannot be reached: ${path} ${what}`,
    hint: `ls -l ${path}`,
  })
  expect(got).toEqual([])
})

it('a path that no socket can have is refused: Node would cut it short, and ask what is there', async () => {
  const home = temporaryFolder()
  const long = join(home, 'x'.repeat(120))
  const got = await startAgent(Buffer.from(long).subarray(0, 107).toString())
  await expect(listWith(home, long)).rejects.toMatchObject({
    code: 'UPSTREAM_FAILED',
    message: expect.stringContaining('bytes that the path of a socket may have'),
  })
  expect(got).toEqual([])
})

it('one that is away is told of with the command that asks it', async () => {
  const home = temporaryFolder()
  await expect(listWith(home, '~/none')).rejects.toMatchObject({
    message: expect.stringMatching(/^the agent card cannot be reached: connect ENOENT /),
    hint: `SSH_AUTH_SOCK=${home}/none ssh-add -l asks it without latchkey`,
  })
})

it('agents whose sections stay as they are stay the same', () => {
  const [one, two] = [section('/one', { name: 'one' }), section('/two', { name: 'two' })]
  let configs = [one, two]
  const upstreams = setUp('/home', () => configs)
  const before = upstreams()
  configs = [{ ...one }, { ...two }]
  expect(upstreams()).toBe(before)
  configs = [one, { ...two, hosts: ['a'] }]
  const after = upstreams()
  expect([after[0] === before[0], after[1] === before[1]]).toEqual([true, false])
})
