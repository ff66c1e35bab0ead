import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { KeyStore } from '../../../../src/agent/keys/key-store.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { createIdentitySockets } from '../../../../src/daemon/names/identity-sockets.ts'
import { listenUnix } from '../../../../src/ipc/sockets/unix-listener.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { run } from '../../../support/run.ts'
import { stubKeyStore } from '../../../support/stub-key-store.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const store = (): KeyStore => stubKeyStore()

function setUp() {
  const folder = temporaryFolder()
  const logged: string[] = []
  const log = createLogger({ write: (line) => logged.push(line), level: 'debug' })
  const views: (() => readonly KeyStore[])[] = []
  const sockets = createIdentitySockets({
    folder,
    log,
    listen: (path, onStream) => listenUnix(path, onStream, { clock: fakeClock() }),
    serve(stores) {
      views.push(stores)
      return (stream) => stream.destroy()
    },
  })
  onTestFinished(sockets.close)
  const present = () => readdirSync(folder).filter((name) => name.endsWith('.sock'))
  return { folder, sockets, views, present, logged }
}

it('identities have a socket as long as they are to have one', async () => {
  const { sockets, present } = setUp()
  sockets.use(
    new Map([
      ['ops', store()],
      ['other', store()],
    ]),
  )
  await sockets.settled()
  expect(present()).toEqual(['agent-ops.sock', 'agent-other.sock'])
  sockets.use(new Map([['other', store()]]))
  await sockets.settled()
  expect(present()).toEqual(['agent-other.sock'])
  await sockets.close()
  sockets.use(new Map([['ops', store()]]))
  await sockets.settled()
  expect(present()).toEqual([])
})

it('the socket stays when its identity is replaced, and those who are connected see the new one', async () => {
  const { sockets, views } = setUp()
  const [former, next] = [store(), store()]
  sockets.use(new Map([['ops', former]]))
  await sockets.settled()
  const seen = views[0]!()
  sockets.use(new Map([['ops', former]]))
  expect(views[0]!()).toBe(seen)
  expect(seen).toEqual([former])
  sockets.use(new Map([['ops', next]]))
  await sockets.settled()
  expect([views.length, views[0]!()[0] === next]).toEqual([1, true])
  sockets.use(new Map())
  expect(views[0]!()).toEqual([])
})

it('a name that is no file name has no socket', async () => {
  const { sockets, present } = setUp()
  sockets.use(
    new Map([
      ['a/b', store()],
      ['../x', store()],
    ]),
  )
  await sockets.settled()
  expect([present(), sockets.faults()]).toEqual([[], []])
})

it('a socket that cannot be made is a warning, once, and harms no other', async () => {
  const { folder, sockets, present, logged } = setUp()
  writeFileSync(join(folder, 'agent-ops.sock'), '')
  const wanted = new Map([
    ['ops', store()],
    ['x'.repeat(100), store()],
    ['other', store()],
  ])
  for (let round = 0; round < 2; round += 1) {
    sockets.use(wanted)
    await sockets.settled()
  }
  expect(present()).toContain('agent-other.sock')
  expect(sockets.faults()).toEqual([
    expect.stringContaining('is in the way: it is not a socket'),
    expect.stringContaining('is too long: a socket path may have at most'),
  ])
  expect(logged).toHaveLength(2)
  sockets.use(new Map())
  await sockets.settled()
  expect(sockets.faults()).toEqual([])
  expect(existsSync(join(folder, 'agent-ops.sock'))).toBe(true)
})

it('sockets that daemons left are removed, and those on which somebody listens are not', async () => {
  const { folder, sockets, present } = setUp()
  const left = `require('net').createServer().listen('${join(folder, 'agent-left.sock')}', () => process.kill(process.pid, 'SIGKILL'))`
  await run(process.execPath, ['-e', left])
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(folder, 'agent-live.sock'), resolve))
  onTestFinished(() => void server.close())
  expect(present()).toEqual(['agent-left.sock', 'agent-live.sock'])
  sockets.use(new Map())
  await sockets.settled()
  expect(present()).toEqual(['agent-live.sock'])
})
