import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type BuiltDaemon,
  type BuiltDaemonOptions,
  daemonEnvironment,
  startBuiltDaemon,
} from '../support/built-daemon.ts'
import { latchkey, latchkeyPath } from '../support/latchkey.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { scriptedVault } from '../support/vault-http.ts'

async function start(toml = '', options: BuiltDaemonOptions = {}, folder = temporaryFolder()): Promise<BuiltDaemon> {
  const daemon = await startBuiltDaemon(folder, toml, options)
  onTestFinished(async () => void (await daemon.end('SIGKILL')))
  return daemon
}

const status = async (daemon: BuiltDaemon) => {
  const { stdout, status: exitStatus, stderr } = await daemon.run(latchkeyPath, ['status', '--json'])
  if (exitStatus !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

/** Sends bytes to the agent; resolves to all that it answers until it closes the connection. */
async function talk(socketPath: string, bytes: Uint8Array): Promise<Buffer> {
  const socket = connect(socketPath)
  const answers: Buffer[] = []
  socket.on('data', (chunk) => answers.push(chunk)).on('error', () => {})
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(answers)
}

describe('latchkey daemon', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'stops cleanly on %s and takes its sockets away',
    async (signal) => {
      const daemon = await start()
      const idle = connect(daemon.sockets.agent)
      await once(idle, 'connect')
      idle.on('error', () => {})
      expect(await daemon.end(signal)).toBe(0)
      expect(existsSync(daemon.sockets.agent)).toBe(false)
      expect(existsSync(daemon.sockets.api)).toBe(false)
    },
  )

  it('stops, and closes its dialog, while a person is asked', async () => {
    const folder = temporaryFolder()
    const program = join(folder, 'askpass')
    writeFileSync(program, '#!/bin/sh\necho $$ >"$0.pid"; exec sleep 600\n', { mode: 0o700 })
    const { address } = await scriptedVault()
    const daemon = await start(
      `[vault.corp]
address = "${address}"
auth = { method = "userpass", username = "jo" }
[prompt]
program = "${program}"
terminal = false
`,
      {},
      folder,
    )
    const login = daemon.run(latchkeyPath, ['login'])
    await vi.waitUntil(() => existsSync(`${program}.pid`) && readFileSync(`${program}.pid`, 'utf8').endsWith('\n'), {
      timeout: 60_000,
    })
    const startedMs = performance.now()
    expect(await daemon.end('SIGTERM')).toBe(0)
    expect(performance.now() - startedMs).toBeLessThan(60_000)
    expect(await login).toMatchObject({ status: 1, stderr: expect.stringContaining('the daemon is stopping') })
    expect(() => process.kill(Number(readFileSync(`${program}.pid`, 'utf8')), 0)).toThrow('ESRCH')
  })

  it('stops in time when something holds it up', async () => {
    const folder = temporaryFolder()
    const daemon = await start('', {}, folder)
    // Somebody else's live lock on the place of the socket.
    const lock = join(folder, 'run', '.agent.sock.lock')
    mkdirSync(lock)
    const holder = createServer().listen(join(lock, 'holder'))
    await once(holder, 'listening')
    onTestFinished(() => void holder.close())
    holder.on('connection', (socket) => socket.on('error', () => {}))
    expect(await daemon.end('SIGTERM')).toBe(0)
  })

  it('goes on when the reader of its log has ended', async () => {
    const folder = temporaryFolder()
    const env = daemonEnvironment(folder)
    writeFileSync(env.LATCHKEY_CONFIG!, '[keychain]\nstore = "memory"\n')
    const child = spawn(process.execPath, [latchkeyPath, 'daemon'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stderr, 'data')
    child.stderr.destroy()
    await vi.waitUntil(async () => (await latchkey(['status'], { env })).status === 0, { timeout: 60_000 })
    expect((await latchkey(['status'], { env })).status).toBe(0)
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  it('ignores a descriptor that was meant for another process', async () => {
    const folder = temporaryFolder()
    const env: Record<string, string> = { ...daemonEnvironment(folder), LATCHKEY_PARENT_FD: '77' }
    writeFileSync(env.LATCHKEY_CONFIG!, '[keychain]\nstore = "memory"\n')
    const child = spawn(process.execPath, [latchkeyPath, 'daemon'], {
      env: { ...process.env, ...env },
      stdio: 'ignore',
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await vi.waitUntil(async () => (await latchkey(['status'], { env })).status === 0, { timeout: 60_000 })
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  it('keeps its folder and sockets to its user', async () => {
    const { sockets } = await start()
    expect(statSync(join(sockets.agent, '..')).mode & 0o777).toBe(0o700)
    expect(statSync(sockets.agent).mode & 0o777).toBe(0o600)
    expect(statSync(sockets.api).mode & 0o777).toBe(0o600)
  })

  it('never opens the inspector, and goes on', async () => {
    const daemon = await start()
    for (let count = 0; count < 3; count += 1) process.kill(daemon.pid, 'SIGUSR1')
    expect((await status(daemon)).pid).toBe(daemon.pid)
    expect(daemon.log()).not.toMatch(/debugger|inspector/i)
    const sockets = readFileSync(`/proc/${daemon.pid}/net/tcp`, 'utf8')
    // 127.0.0.1:9229 in state LISTEN.
    expect(sockets).not.toMatch(/0100007F:240D 00000000:0000 0A/)
  })

  it('refuses node options that open it to others', async () => {
    const folder = temporaryFolder()
    const env = { ...daemonEnvironment(folder), NODE_OPTIONS: '--inspect=127.0.0.1:0' }
    const { status: exitStatus, stderr } = await latchkey(['daemon'], { env })
    expect(exitStatus).toBe(1)
    expect(stderr).toMatch(
      /^latchkey: the daemon does not start with node's option --inspect: .*\nhint: unset NODE_OPTIONS/m,
    )
  })

  it.each(['NODE_DEBUG', 'NODE_V8_COVERAGE'])('refuses %s, which would show what goes through it', async (name) => {
    const folder = temporaryFolder()
    const env = { ...daemonEnvironment(folder), [name]: name === 'NODE_DEBUG' ? 'http' : join(folder, 'coverage') }
    const { status: exitStatus, stderr } = await latchkey(['daemon'], { env })
    expect(exitStatus).toBe(1)
    expect(stderr).toContain(`latchkey: the daemon does not start with ${name}: `)
    expect(stderr).toContain(`hint: unset ${name}; latchkey daemon\n`)
  })

  it('refuses to start while another one lives, and says how to see it', async () => {
    const first = await start()
    const { status: exitStatus, stdout, stderr } = await first.run(latchkeyPath, ['daemon'])
    expect({ exitStatus, stdout }).toEqual({ exitStatus: 1, stdout: '' })
    expect(stderr).toMatch(/^latchkey: .*\nhint: /m)
    expect(stderr).toContain(first.sockets.api)
    expect((await status(first)).pid).toBe(first.pid)
  })

  it('takes the place of one that was killed', async () => {
    const folder = temporaryFolder()
    const first = await start('', {}, folder)
    await first.end('SIGKILL')
    expect(existsSync(first.sockets.agent)).toBe(true)
    const second = await start('', {}, folder)
    expect((await status(second)).pid).toBe(second.pid)
  })

  it('says where a configuration is wrong and why', async () => {
    const folder = temporaryFolder()
    const env = daemonEnvironment(folder)
    writeFileSync(env.LATCHKEY_CONFIG!, '[vault.corp]\nadress = "https://vault.example.com"\n')
    expect(await latchkey(['config', 'check'], { env })).toEqual({
      status: 1,
      stdout: `${env.LATCHKEY_CONFIG}:2:1: vault.corp.adress: unknown key "adress": did you mean address?\n`,
      stderr: '',
    })
  })

  it('answers with what it has when no vault can be reached, and its status says why', async () => {
    const daemon = await start(
      '[vault.corp]\naddress = "http://127.0.0.1:1"\ntimeout = "1s"\n[ssh.identity.ops]\nrole = "ops"\n',
      { env: { VAULT_TOKEN: 'hvs.token' } },
    )
    expect(await daemon.run('ssh-add', ['-l'])).toMatchObject({ status: 1, stdout: 'The agent has no identities.\n' })
    const { ssh } = await status(daemon)
    expect(ssh.identities).toMatchObject([{ name: 'ops', error: { code: 'VAULT_UNREACHABLE' } }])
    expect(ssh.identities[0].error.message).toContain('http://127.0.0.1:1')
    expect((await daemon.run(latchkeyPath, ['status'])).stdout).toContain('http://127.0.0.1:1')
  })

  it('closes a connection that sends no frames, and serves the next one', async () => {
    const { sockets } = await start()
    // A length of 0, of 256 KiB and one byte, and of a line of HTTP.
    for (const bytes of [[0, 0, 0, 0], [0, 4, 0, 1], [...Buffer.from('GET / HTTP/1.1\r\n\r\n')]]) {
      expect((await talk(sockets.agent, Uint8Array.from(bytes))).length).toBe(0)
    }
    const list = connect(sockets.agent).end(Uint8Array.of(0, 0, 0, 1, 11))
    const [answer] = (await once(list, 'data')) as [Buffer]
    expect([...answer]).toEqual([0, 0, 0, 5, 12, 0, 0, 0, 0])
  })

  it('keeps serving others while a client asks and never reads', async () => {
    const daemon = await start()
    const deaf = connect(daemon.sockets.agent)
    onTestFinished(() => void deaf.destroy())
    deaf.on('error', () => {}).pause()
    const requests = Buffer.concat(Array.from({ length: 20_000 }, () => Uint8Array.of(0, 0, 0, 1, 11)))
    // The daemon stops reading once its answers pile up, so that not all of it goes out.
    for (let count = 0; count < 50 && deaf.write(requests); count += 1);
    expect(await daemon.run('ssh-add', ['-l'])).toMatchObject({ status: 1, stdout: 'The agent has no identities.\n' })
    const rssKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))![1])
    expect(rssKb).toBeLessThan(150_000)
  })

  it('says that it is not running, and how to start it', async () => {
    const env = daemonEnvironment(temporaryFolder())
    for (const args of [['status'], ['login'], ['aws', 'keys', 'list']]) {
      const { status: exitStatus, stdout, stderr } = await latchkey(args, { env })
      expect({ exitStatus, stdout }).toEqual({ exitStatus: 1, stdout: '' })
      expect(stderr).toMatch(
        /^latchkey: the daemon is not running: .*\nhint: latchkey service install, or latchkey daemon/,
      )
    }
  })
})
