import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { listenInherited, listenUnix } from '../../../../src/ipc/sockets/unix-listener.ts'
import { bundle } from '../../../support/bundle.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const clock = fakeClock()

async function listen(path: string, onStream: (socket: Socket) => void = (socket) => socket.end('hello')) {
  const listener = await listenUnix(path, onStream, { clock })
  onTestFinished(() => listener.close())
  return listener
}

const read = (path: string) => text(connect(path))

/** What a killed daemon leaves: a socket on which nobody listens. */
async function leaveStaleSocket(path: string): Promise<void> {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', program]), 'exit')
}

it('makes its folder for its user alone, and its socket is never open to others', async () => {
  const folder = join(temporaryFolder(), 'run', 'latchkey')
  mkdirSync(join(folder, '..'))
  const modes = new Set<number>()
  const path = join(folder, 'agent.sock')
  mkdirSync(folder, { mode: 0o700 })
  const beside: string[] = []
  const above = watch(join(folder, '..'), (_, name) => beside.push(String(name)))
  onTestFinished(() => above.close())
  const watcher = watch(folder, (_, name) => {
    const seen = name === 'agent.sock' ? statSync(path, { throwIfNoEntry: false }) : undefined
    if (seen !== undefined) modes.add(seen.mode & 0o777)
  })
  onTestFinished(() => watcher.close())
  const before = process.umask(0)
  try {
    await listen(path)
  } finally {
    process.umask(before)
  }
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect([...modes].filter((mode) => mode !== 0o600)).toEqual([])
  expect(readdirSync(folder)).toEqual(['agent.sock'])
  expect(await read(path)).toBe('hello')
  expect(beside.filter((name) => name !== 'latchkey')).toEqual([])
})

it('makes a missing folder with mode 0700 and leaves the one above alone', async () => {
  const above = join(temporaryFolder(), 'run')
  mkdirSync(above)
  chmodSync(above, 0o755)
  await listen(join(above, 'latchkey', 'agent.sock'))
  // With the sticky bit, which a shell can see without starting a program.
  expect(statSync(join(above, 'latchkey')).mode & 0o7777).toBe(0o1700)
  expect(statSync(above).mode & 0o777).toBe(0o755)
})

it('refuses a folder that is open to others, and says how to close it', async () => {
  const folder = join(temporaryFolder(), 'run')
  mkdirSync(folder)
  chmodSync(folder, 0o750)
  await expect(listen(join(folder, 'agent.sock'))).rejects.toMatchObject({
    code: 'SOCKET_UNUSABLE',
    message: `${folder} is open to others (mode 750)`,
    hint: `chmod 700 ${folder}`,
  })
})

it('refuses a folder that others could replace, and makes nothing there', async () => {
  const above = join(temporaryFolder(), 'above')
  mkdirSync(above)
  chmodSync(above, 0o777)
  await expect(listen(join(above, 'latchkey', 'agent.sock'))).rejects.toMatchObject({
    code: 'SOCKET_UNUSABLE',
    message: `${above}/latchkey is not safe to use: ${above} can be changed by other users (mode 777)`,
    hint: expect.stringMatching(new RegExp(`^chmod .*-w ${above}; or set LATCHKEY_RUNTIME_DIR`)),
  })
  expect(readdirSync(above)).toEqual([])
})

it.runIf(process.getuid!() === 0)('refuses a link of somebody else, and makes nothing behind it', async () => {
  const folder = temporaryFolder()
  symlinkSync(join(folder, 'target'), join(folder, 'link'))
  lchownSync(join(folder, 'link'), 65534, 65534)
  await expect(listen(join(folder, 'link', 'agent.sock'))).rejects.toMatchObject({
    code: 'SOCKET_UNUSABLE',
    message: expect.stringContaining(`${folder}/link belongs to another user (uid 65534`),
  })
  expect(readdirSync(folder)).toEqual(['link'])
})

it('removes what killed daemons have left behind, and nothing else', async () => {
  const folder = join(temporaryFolder(), 'run')
  const path = join(folder, 'agent.sock')
  for (const name of ['.dead1A', '.live1A', '.none1A', '.config', '.others'])
    mkdirSync(join(folder, name), { recursive: true })
  chmodSync(folder, 0o700)
  await leaveStaleSocket(join(folder, '.dead1A', 's'))
  writeFileSync(join(folder, '.others', 's'), 'no socket')
  writeFileSync(join(folder, '.others', 'more'), '')
  const binding = createServer().listen(join(folder, '.live1A', 's'))
  onTestFinished(() => void binding.close())
  await once(binding, 'listening')
  mkdirSync(join(folder, '.agent.sock.lock.waiter'))
  await leaveStaleSocket(join(folder, '.agent.sock.lock.waiter', 'f'))
  await listen(path)
  expect(readdirSync(folder).sort()).toEqual(['.config', '.live1A', '.others', 'agent.sock'])
})

it('does not wait for ever for another process that was suspended while it started', async () => {
  const folder = join(temporaryFolder(), 'run')
  const path = join(folder, 'agent.sock')
  mkdirSync(join(folder, '.agent.sock.lock'), { recursive: true })
  chmodSync(folder, 0o700)
  const holder = createServer().listen(join(folder, '.agent.sock.lock', 'held'))
  onTestFinished(() => void holder.close())
  await once(holder, 'listening')
  const refused = expect(listenUnix(path, () => {}, { clock })).rejects.toMatchObject({
    code: 'SOCKET_UNUSABLE',
    message: `cannot listen on ${path}: another process has held ${folder}/.agent.sock.lock for 30 s`,
    hint: expect.stringContaining('ps x'),
  })
  await once(holder, 'connection')
  clock.advance(30_000)
  await refused
  const stop = new AbortController()
  const waiting = listenUnix(path, () => {}, { clock, signal: stop.signal })
  stop.abort()
  await expect(waiting).rejects.toBe(stop.signal.reason)
})

it.runIf(process.getuid!() === 0)('refuses a folder of somebody else', async () => {
  const folder = join(temporaryFolder(), 'run')
  mkdirSync(folder, { mode: 0o700 })
  chownSync(folder, 65534, 65534)
  await expect(listen(join(folder, 'agent.sock'))).rejects.toMatchObject({ code: 'SOCKET_UNUSABLE' })
})

it('refuses to take the socket of a live daemon, which goes on', async () => {
  const path = join(temporaryFolder(), 'agent.sock')
  await listen(path)
  await expect(listen(path)).rejects.toMatchObject({
    code: 'SOCKET_IN_USE',
    message: `another latchkey daemon is running: it listens on ${path}`,
    hint: expect.stringContaining('systemctl --user stop latchkey'),
  })
  expect(await read(path)).toBe('hello')
})

it('replaces the socket of a daemon that was killed', async () => {
  const path = join(temporaryFolder(), 'agent.sock')
  await leaveStaleSocket(path)
  await expect(read(path)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await listen(path)
  expect(await read(path)).toBe('hello')
})

it('does not touch what is not a socket', async () => {
  const path = join(temporaryFolder(), 'agent.sock')
  writeFileSync(path, 'mine')
  await expect(listen(path)).rejects.toMatchObject({ code: 'SOCKET_UNUSABLE', hint: `mv ${path} ${path}.old` })
  expect(lstatSync(path).isFile()).toBe(true)
})

it('lets one of many that start at once win, over a stale socket too', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'run', 'agent.sock')
  mkdirSync(join(folder, 'run'), { mode: 0o700 })
  await leaveStaleSocket(path)
  const program = bundle(
    folder,
    `import { listenUnix } from './src/ipc/sockets/unix-listener.ts'
     import { createSystemClock } from './src/core/time/clock.ts'
     const clock = createSystemClock(process.uptime)
     listenUnix(process.argv[2], (socket) => socket.end(String(process.pid)), { clock })
       .then(() => console.log('won'), (error) => console.log(error.code))`,
  )
  const starters = Array.from({ length: 4 }, () =>
    spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] }),
  )
  onTestFinished(() => {
    for (const starter of starters) starter.kill('SIGKILL')
  })
  const outcomes = await Promise.all(
    starters.map(async (starter) => ({
      pid: starter.pid,
      said: String((await once(starter.stdout, 'data'))[0]).trim(),
    })),
  )
  expect(outcomes.map(({ said }) => said).sort()).toEqual(['SOCKET_IN_USE', 'SOCKET_IN_USE', 'SOCKET_IN_USE', 'won'])
  expect(await read(path)).toBe(String(outcomes.find(({ said }) => said === 'won')!.pid))
})

it('refuses a path that is too long for a socket, and names it', async () => {
  const path = join(temporaryFolder(), 'x'.repeat(100), 'agent.sock')
  await expect(listen(path)).rejects.toMatchObject({
    code: 'SOCKET_UNUSABLE',
    message: expect.stringContaining(path),
    hint: expect.stringContaining('LATCHKEY_RUNTIME_DIR'),
  })
})

it('takes the longest path that a socket can have', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'x'.repeat(107 - folder.length - 1 - '/agent.sock'.length), 'agent.sock')
  expect(Buffer.byteLength(path)).toBe(107)
  await listen(path)
  expect(await read(path)).toBe('hello')
})

it('removes its own socket when it closes, and lets open connections end', async () => {
  const path = join(temporaryFolder(), 'agent.sock')
  const accepted: Socket[] = []
  const listener = await listen(path, (socket) => accepted.push(socket))
  const client = connect(path)
  await once(client, 'connect')
  while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await listener.close()
  expect(readdirSync(join(path, '..'))).toEqual([])
  accepted[0]!.end('still here')
  expect(await text(client)).toBe('still here')
})

it('leaves another daemon’s socket alone when it closes', async () => {
  const path = join(temporaryFolder(), 'agent.sock')
  const first = await listen(path)
  rmSync(path)
  await listen(path)
  await first.close()
  expect(await read(path)).toBe('hello')
})

it('closes even if its folder is gone', async () => {
  const folder = join(temporaryFolder(), 'run')
  const listener = await listen(join(folder, 'agent.sock'))
  rmSync(folder, { recursive: true })
  await listener.close()
})

it('leaves a half-closed connection to its receiver', async () => {
  const path = join(temporaryFolder(), 'agent.sock')
  await listen(path, (stream) => {
    stream.resume().on('end', () => stream.end('said all'))
  })
  const client = connect({ path, allowHalfOpen: true })
  client.end('request')
  expect(await text(client)).toBe('said all')
})

it('survives a client that leaves at once, even if its receiver does not listen for errors', async () => {
  const path = join(temporaryFolder(), 'agent.sock')
  await listen(path, (stream) => {
    stream.write('x'.repeat(1_000_000))
  })
  for (let time = 0; time < 5; time += 1) {
    const client = connect(path)
    await once(client, 'data')
    client.destroy()
    await once(client, 'close')
  }
})

it('says so if it cannot listen', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'taken'), '')
  await expect(listen(join(folder, 'taken', 'agent.sock'))).rejects.toMatchObject({ code: 'SOCKET_UNUSABLE' })
})

it('listens on a socket that was passed in, and leaves its file', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'agent.sock')
  // The one that binds accepts too, as it cannot be kept from it, but says nothing.
  const owner = createServer((socket) => socket.end())
  await new Promise<void>((resolve) => owner.listen(path, resolve))
  onTestFinished(() => void owner.close())
  const program = bundle(
    folder,
    `import { listenInherited } from './src/ipc/sockets/unix-listener.ts'
     const listener = listenInherited(3, (socket) => socket.end('inherited'))
     listener.then(() => console.log('ready'))
     process.stdin.resume().on('end', async () => (await listener).close())`,
  )
  const { fd } = (owner as unknown as { _handle: { fd: number } })._handle
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit', fd] })
  await once(child.stdout!, 'data')
  while ((await read(path)) !== 'inherited');
  child.stdin!.end()
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(lstatSync(path).isSocket()).toBe(true)
})

it('refuses a socket of a network, where nobody tells who has connected', async () => {
  const folder = temporaryFolder()
  const program = bundle(
    folder,
    `import { listenInherited } from './src/ipc/sockets/unix-listener.ts'
     listenInherited(3, () => {}).catch((error) => console.log(error.code, error.message))`,
  )
  const owner = createServer()
  await new Promise<void>((resolve) => owner.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void owner.close())
  const { fd } = (owner as unknown as { _handle: { fd: number } })._handle
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit', fd] })
  const [said] = (await once(child.stdout!, 'data')) as [Buffer]
  expect(String(said)).toBe('SOCKET_UNUSABLE cannot listen on the inherited socket 3: it is not a Unix socket\n')
  expect(await once(child, 'exit')).toEqual([0, null])
})

it('refuses a descriptor that is not a socket', async () => {
  await expect(listenInherited(987, () => {})).rejects.toMatchObject({
    code: 'SOCKET_UNUSABLE',
    message: expect.stringContaining('the inherited socket 987'),
  })
})
