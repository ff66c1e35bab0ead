import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type BuiltDaemon, daemonEnvironment, startBuiltDaemon } from '../support/built-daemon.ts'
import { latchkey, latchkeyPath } from '../support/latchkey.ts'
import { run } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

async function start(folder: string, toml = '', env: Record<string, string> = {}): Promise<BuiltDaemon> {
  const daemon = await startBuiltDaemon(folder, toml, { env })
  onTestFinished(async () => void (await daemon.end('SIGKILL')))
  return daemon
}

const key = 'AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
const residentMb = (pid: number) =>
  Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

describe('a daemon that was stopped, or something that is no daemon', () => {
  it('keeps no command for ever, and is told no secret', async () => {
    const daemon = await start(temporaryFolder())
    process.kill(daemon.pid, 'SIGSTOP')
    const commands = [['status'], ['aws', 'keys', 'add', 'm'], ['login'], ['aws', 'forget', '--all']]
    const ends = await Promise.all(
      commands.map((args) => daemon.run(latchkeyPath, args, { input: key, timeoutMs: 30_000 })),
    )
    for (const { status, stdout, stderr } of ends) {
      expect([status, stdout]).toEqual([1, ''])
      expect(stderr).toBe(
        `latchkey: no answer from the daemon on ${daemon.sockets.api} within 10s\n` +
          'hint: latchkey service status; the daemon may have to be restarted\n',
      )
    }
  })

  it('ends a command with an error at garbage', async () => {
    const folder = temporaryFolder()
    const peer = createServer((socket) => {
      socket.on('error', () => {})
      socket.write('SSH-2.0-OpenSSH_9.2p1\r\n\r\n')
    }).listen(join(folder, 'api.sock'))
    onTestFinished(() => void peer.close())
    await once(peer, 'listening')
    const { status, stderr } = await latchkey(['status'], { env: { LATCHKEY_RUNTIME_DIR: folder } })
    expect([status, stderr]).toEqual([1, expect.stringContaining('cannot be read')])
  })

  it.each([
    ['latchkey-credentials', ['dev'], 1],
    ['latchkey.cjs', ['aws', 'credentials', 'dev'], 1],
    ['latchkey.cjs', ['ssh', 'ready', '--user', 'jo', '--port', '22', 'db.example'], 0],
  ] as const)('is not listened to without end by %s %j either', async (script, args, expected) => {
    const folder = temporaryFolder()
    let sentBytes = 0
    const peer = createServer((socket) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const send = () => {
        while (!socket.destroyed && socket.write(chunk)) sentBytes += chunk.length
      }
      socket.on('error', () => {}).on('drain', send)
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        send()
      })
    }).listen(join(folder, 'api.sock'))
    onTestFinished(() => void peer.close())
    await once(peer, 'listening')
    const { status, stdout } = await run(join(dirname(latchkeyPath), script), args, {
      env: { LATCHKEY_RUNTIME_DIR: folder },
      timeoutMs: 30_000,
    })
    expect([status, stdout]).toEqual([expected, ''])
    expect(sentBytes).toBeLessThan(16 * 1024 * 1024)
  })
})

describe('standard input', () => {
  it('without an end is refused', async () => {
    const script = `exec ${latchkeyPath} aws keys add m </dev/zero`
    const { status, stderr } = await run('sh', ['-c', script], { timeoutMs: 20_000 })
    expect([status, stderr]).toEqual([1, expect.stringContaining('more than 64 KiB')])
  })
})

describe('what is no file', () => {
  it.each(['pipe', 'zero'])('is no configuration, and does not hold up the daemon: a %s', async (kind) => {
    const folder = temporaryFolder()
    const config = kind === 'zero' ? '/dev/zero' : join(folder, 'pipe.toml')
    if (kind === 'pipe') execFileSync('mkfifo', [config])
    const daemon = await start(folder, '', { LATCHKEY_CONFIG: config })
    const { status, stdout } = await daemon.run(latchkeyPath, ['status'], { timeoutMs: 10_000 })
    expect([status, stdout]).toEqual([0, expect.stringContaining(`! config.toml is switched off: ${config} is a `)])
    const env = { ...daemonEnvironment(folder), LATCHKEY_CONFIG: config }
    const checked = await latchkey(['config', 'check'], { env, timeoutMs: 10_000 })
    expect([checked.status, checked.stdout]).toEqual([1, expect.stringContaining('not a regular file')])
  })

  it('hangs neither the status nor the stop as keychain or AWS configuration', async () => {
    const folder = temporaryFolder()
    const [keychain, aws] = [join(folder, 'keychain'), join(folder, 'aws')]
    for (const pipe of [keychain, aws]) execFileSync('mkfifo', [pipe])
    const toml = `[keychain]\nstore = "file"\nfile = "${keychain}"\n`
    const daemon = await start(folder, toml, { AWS_CONFIG_FILE: aws })
    const shown = await daemon.run(latchkeyPath, ['status'], { timeoutMs: 10_000 })
    expect([shown.status, shown.stderr]).toEqual([0, ''])
    expect(shown.stdout).toContain(`! AWS: ${aws} is a pipe, not a regular file`)
    rmSync(aws)
    const mended = await daemon.run(latchkeyPath, ['status'], { timeoutMs: 10_000 })
    expect(mended.stdout).toContain(`! ${keychain} is a pipe, not a regular file`)
    expect(await daemon.end('SIGTERM')).toBe(0)
  })
})

it('an AWS configuration of 50 MB is not held in memory', async () => {
  const folder = temporaryFolder()
  const aws = join(folder, 'aws')
  writeFileSync(aws, '')
  truncateSync(aws, 50 * 1024 * 1024)
  const daemon = await start(folder, '', { AWS_CONFIG_FILE: aws })
  const before = residentMb(daemon.pid)
  const { status, stderr } = await daemon.run(latchkeyPath, ['aws', 'credentials', 'dev'])
  expect([status, stderr]).toEqual([1, expect.stringContaining(`${aws} is larger than 1 MiB`)])
  expect(residentMb(daemon.pid) - before).toBeLessThan(50)
})

it('a key nested very deeply is named with its file', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'config.toml'), `[vault.a]\nx${'.a'.repeat(100_000)} = 1\n`)
  const { status, stdout } = await latchkey(['config', 'check'], { env: daemonEnvironment(folder), timeoutMs: 10_000 })
  expect([status, stdout.split(' no key')[0]]).toEqual([1, `${folder}/config.toml:2:1: vault.a.x.a.a.a.a.a.a:`])
})

it('a forged header of the keychain does not buy work', async () => {
  const folder = temporaryFolder()
  const keychain = join(folder, 'keychain')
  const toml = `[keychain]\nstore = "file"\nfile = "${keychain}"\n[aws.source.m]\n`
  writeFileSync(`${keychain}.key`, 'key\n', { mode: 0o600 })
  const header = {
    format: 'latchkey-keychain',
    version: 1,
    kdf: 'scrypt',
    cost: { n: 2 ** 18, r: 8, p: 64 },
    salt: Buffer.alloc(16).toString('base64'),
    check: '',
    cipher: 'aes-256-gcm',
    nonce: Buffer.alloc(12).toString('base64'),
  }
  const lines = `${JSON.stringify(header)}\nAAAA\n`
  writeFileSync(keychain, `${lines}${createHash('sha256').update(lines).digest('hex')}\n`, { mode: 0o600 })
  const daemon = await start(folder, toml)
  const { stderr } = await daemon.run(latchkeyPath, ['aws', 'credentials', 'm'], { timeoutMs: 10_000 })
  expect(stderr).toContain('its header asks for too much')
})

describe('a process that was stopped', () => {
  it('does not keep a daemon that waits for it from ending', async () => {
    const folder = temporaryFolder()
    const lock = join(folder, 'run', '.api.sock.lock')
    mkdirSync(lock, { recursive: true })
    execFileSync('chmod', ['700', join(folder, 'run')])
    writeFileSync(join(folder, 'config.toml'), '[keychain]\nstore = "memory"\n')
    const holder = createServer().listen(join(lock, 'held'))
    onTestFinished(() => void holder.close())
    const waited = once(holder, 'connection')
    const child = spawn(latchkeyPath, ['daemon'], { env: { ...process.env, ...daemonEnvironment(folder) } })
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = once(child, 'exit')
    await waited
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(readdirSync(join(folder, 'run'))).toEqual(['.api.sock.lock'])
  })
})

describe('a daemon that was killed', () => {
  it('leaves no older keychain, lock or unfinished socket past the next start', async () => {
    const folder = temporaryFolder()
    const keychain = join(folder, 'keychain')
    const toml = `[keychain]\nstore = "file"\nfile = "${keychain}"\n`
    const first = await start(folder, toml)
    await first.end('SIGKILL')
    const left = [`.keychain.${'0a'.repeat(6)}`, `keychain.key.${'0a'.repeat(6)}`, `.keychain.store.${'0a'.repeat(6)}`]
    for (const name of left) writeFileSync(join(folder, name), 'older', { mode: 0o600 })
    for (const name of ['.api.sock.lock', '.agent.sock.lock.AbC123', '.xY12zW']) mkdirSync(join(folder, 'run', name))
    mkdirSync(join(folder, '.keychain.lock'))
    // What an import was writing, whenever that was.
    mkdirSync(join(folder, '.aws'))
    const imported = join(folder, '.aws', `.credentials.${'0a'.repeat(6)}`)
    writeFileSync(imported, '')
    utimesSync(imported, 1, 1)
    await start(folder, toml)
    expect(readdirSync(join(folder, '.aws'))).toEqual([])
    expect(readdirSync(folder).sort()).toEqual(['.aws', 'config.toml', 'run'])
    expect(readdirSync(join(folder, 'run')).sort()).toEqual(['agent.sock', 'api.sock'])
  })
})
