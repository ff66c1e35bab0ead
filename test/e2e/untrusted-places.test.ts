import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, existsSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { daemonEnvironment, startBuiltDaemon } from '../support/built-daemon.ts'
import { credentials, scriptedApi } from '../support/helper-api.ts'
import { latchkey, latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { run } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { scriptedVault } from '../support/vault-http.ts'

const fastPath = join(dirname(latchkeyPath), 'latchkey-credentials')
const readyArgs = ['ssh', 'ready', '--user', 'jo', '--port', '22', 'db.example']
const granted = { status: 200, body: credentials }
const line = `${JSON.stringify(credentials)}\n`
const isRoot = process.getuid!() === 0
const eve = 65534
const key = 'AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
const keysAdd = ['aws', 'keys', 'add', 'master']

describe('a command', () => {
  it.each([
    ['the folder', 0o757, 0o700],
    ['the socket', 0o700, 0o646],
  ])('says nothing to a daemon where others could have changed %s', async (_what, folderMode, socketMode) => {
    const api = await scriptedApi(() => granted)
    const socket = join(api.folder, 'api.sock')
    chmodSync(socket, socketMode)
    chmodSync(api.folder, folderMode)
    const env = { LATCHKEY_RUNTIME_DIR: api.folder }
    const place = folderMode === 0o757 ? api.folder : socket
    const mode = folderMode === 0o757 ? '757' : '646'
    for (const args of [keysAdd, ['status'], ['login'], ['aws', 'credentials', 'dev']]) {
      // Without the shell script, for which an own socket in a folder that nobody else can change is enough.
      const { status, stdout, stderr } = await run(process.execPath, [latchkeyPath, ...args], { env, input: key })
      expect([status, stdout], args.join(' ')).toEqual([1, ''])
      expect(stderr).toContain(`${place} can be changed by other users (mode ${mode})`)
      expect(stderr).toContain(`hint: chmod o-w ${place}`)
    }
    expect(api.requests).toEqual([])
  })

  it.runIf(isRoot)('says nothing to a socket of another user, nor to one behind their link', async () => {
    const { folder, received } = await impostor()
    const link = join(temporaryFolder(), 'link')
    symlinkSync(dirname(folder), link)
    lchownSync(link, eve, eve)
    for (const env of [
      { LATCHKEY_RUNTIME_DIR: folder },
      { XDG_RUNTIME_DIR: dirname(folder) },
      { XDG_RUNTIME_DIR: link },
    ]) {
      for (const args of [keysAdd, ['aws', 'credentials', 'dev']]) {
        const { status, stdout, stderr } = await latchkey(args, { env, input: key })
        expect([status, stdout]).toEqual([1, ''])
        expect(stderr).toMatch(/belongs to another user \(uid 65534, mode \d+\)/)
      }
    }
    expect(received()).toBe('')
  })

  it.runIf(isRoot)('of another user talks to a socket of its own, and to none of a third', async () => {
    const program = worldReadable()
    const { folder } = await impostor()
    const asEve = (uid: number) => ['--reuid', String(uid), '--regid', '65534', '--clear-groups', program]
    const env = { LATCHKEY_RUNTIME_DIR: folder, HOME: '/nonexistent' }
    const own = await run('setpriv', [...asEve(eve), 'aws', 'credentials', 'dev'], { env })
    expect(own).toMatchObject({ status: 0, stdout: line })
    const third = await run('setpriv', [...asEve(eve - 1), 'aws', 'credentials', 'dev'], { env })
    expect(third).toMatchObject({ status: 1, stdout: '' })
  })
})

describeWithPeers('the fast path', ['curl', 'sh'], () => {
  it('takes credentials from nobody where others could have changed the folder, though it is the own', async () => {
    const api = await scriptedApi(() => granted)
    chmodSync(api.folder, 0o757)
    const { status, stdout, stderr } = await run(fastPath, ['dev'], { env: { LATCHKEY_RUNTIME_DIR: api.folder } })
    expect([status, stdout, api.requests.length]).toEqual([1, '', 0])
    expect(stderr).toContain(`hint: chmod o-w ${api.folder}`)
    const ready = await run(latchkeyPath, readyArgs, { env: { LATCHKEY_RUNTIME_DIR: api.folder } })
    expect([ready.status, ready.stdout, api.requests.length]).toEqual([0, '', 0])
    expect(ready.stderr).toContain(`hint: chmod o-w ${api.folder}`)
  })

  it('asks by itself in a folder with the sticky bit, in which nobody replaces the socket', async () => {
    const api = await scriptedApi(() => granted)
    chmodSync(api.folder, 0o1700)
    const env = { LATCHKEY_RUNTIME_DIR: api.folder }
    expect(await run(fastPath, ['dev'], { env })).toMatchObject({ status: 0, stdout: line })
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual([true])
  })

  it('leaves what is not plain to latchkey: a link in the place of the socket, a path from here', async () => {
    const api = await scriptedApi(() => granted)
    const folder = temporaryFolder()
    symlinkSync(join(api.folder, 'api.sock'), join(folder, 'api.sock'))
    await run(fastPath, ['dev'], { env: { LATCHKEY_RUNTIME_DIR: folder } })
    await run(fastPath, ['dev'], { env: { LATCHKEY_RUNTIME_DIR: '.' }, cwd: api.folder })
    await run(latchkeyPath, readyArgs, { env: { LATCHKEY_RUNTIME_DIR: folder } })
    await run(latchkeyPath, readyArgs, { env: { LATCHKEY_RUNTIME_DIR: '.' }, cwd: api.folder })
    expect(api.requests.map(({ byCurl }) => byCurl)).toEqual([false, false, false, false])
  })

  it.runIf(isRoot)('takes no credentials from another user, and tells them nothing', async () => {
    const { folder, received } = await impostor()
    const env = { LATCHKEY_RUNTIME_DIR: folder }
    expect(await run(fastPath, ['dev'], { env })).toMatchObject({ status: 1, stdout: '' })
    const ready = await run(latchkeyPath, readyArgs, { env })
    expect(ready).toMatchObject({ status: 0, stdout: '', stderr: expect.stringContaining('belongs to another user') })
    expect(received()).toBe('')
  })
})

describe('the daemon', () => {
  const start = async (folder: string) => {
    const { status, stderr } = await latchkey(['daemon'], { env: daemonEnvironment(folder), timeoutMs: 10_000 })
    return { status, stderr }
  }

  const check = async (folder: string) => await latchkey(['config', 'check'], { env: daemonEnvironment(folder) })

  it('believes nothing of a configuration that others could have changed, until that is mended', async () => {
    const folder = temporaryFolder()
    const config = join(folder, 'theirs.toml')
    writeFileSync(config, '[vault.corp]\naddress = "http://127.0.0.1:1"\n[keychain]\nstore = "memory"\n')
    chmodSync(config, 0o646)
    const daemon = await startBuiltDaemon(folder, '', { env: { LATCHKEY_CONFIG: config } })
    onTestFinished(async () => void (await daemon.end('SIGKILL')))
    const shown = async () => (await daemon.run(latchkeyPath, ['status'])).stdout
    expect(await shown()).toContain(
      `! config.toml is switched off: ${config} can be changed by other users (mode 646)\n    hint: chmod o-w ${config}\n`,
    )
    expect(await shown()).not.toContain('http://127.0.0.1:1')
    chmodSync(config, 0o644)
    await vi.waitUntil(async () => (await shown()).includes('http://127.0.0.1:1'), { timeout: 30_000 })
    expect(await shown()).not.toContain('can be changed by')
  })

  it('does not listen where others could put another socket', async () => {
    const folder = temporaryFolder()
    const above = join(folder, 'above')
    mkdirSync(above)
    chmodSync(above, 0o757)
    const env = { ...daemonEnvironment(folder), LATCHKEY_RUNTIME_DIR: join(above, 'run') }
    const { status, stderr } = await latchkey(['daemon'], { env, timeoutMs: 10_000 })
    expect(status).toBe(1)
    expect(stderr).toContain(`${above} can be changed by other users (mode 757)\nhint: chmod o-w ${above}; or set`)
    expect(existsSync(join(above, 'run'))).toBe(false)
  })

  it.runIf(isRoot)('uses nothing that another user owns', async () => {
    const folder = temporaryFolder()
    const config = join(folder, 'config.toml')
    writeFileSync(config, '')
    chownSync(config, eve, eve)
    expect((await check(folder)).stdout).toContain(`${config} belongs to another user (uid 65534, mode`)
    chownSync(config, 0, 0)
    const theirs = join(folder, 'theirs')
    mkdirSync(theirs)
    chownSync(theirs, eve, eve)
    symlinkSync(theirs, join(folder, 'run'))
    expect((await start(folder)).stderr).toContain(`${theirs} belongs to another user`)
  })

  it('runs no program, and believes no file, that others could have changed', async () => {
    const folder = temporaryFolder()
    const [program, token] = [join(folder, 'askpass'), join(folder, 'token')]
    writeFileSync(program, '#!/bin/sh\ntouch "$0.ran"\necho 123456\n')
    chmodSync(program, 0o757)
    writeFileSync(token, 'hvs.secret\n')
    chmodSync(token, 0o606)
    const { address } = await scriptedVault()
    const daemon = await startBuiltDaemon(
      folder,
      `[prompt]\nprogram = "${program}"\n[vault.a]\naddress = "${address}"\n` +
        `[vault.a.auth]\nmethod = "userpass"\nusername = "jo"\n` +
        `[vault.b]\naddress = "http://127.0.0.1:1"\n[vault.b.auth]\nmethod = "token"\ntoken_file = "${token}"\n`,
    )
    onTestFinished(async () => void (await daemon.end('SIGKILL')))
    const asked = await daemon.run(latchkeyPath, ['login', 'a'])
    expect(asked.stderr).toContain(`hint: chmod o-w ${program}`)
    expect(existsSync(`${program}.ran`)).toBe(false)
    const found = await daemon.run(latchkeyPath, ['login', 'b'])
    expect(found.stderr).toContain(`${token} can be changed by other users (mode 606)\nhint: chmod o-w ${token}\n`)
  })
})

it('latchkey dev takes no folder that others could change', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o757)
  const { status, stdout, stderr } = await latchkey(['dev', '--dir', folder, '--', 'echo', 'ran'])
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toContain(`${folder} can be changed by other users (mode 757)\nhint: chmod o-w ${folder}; or`)
})

/** An API of another user, which answers with credentials and keeps what it is told. */
async function impostor() {
  const folder = join(temporaryFolder(), 'latchkey')
  mkdirSync(folder)
  chmodSync(dirname(folder), 0o755)
  for (const place of [dirname(folder), folder]) chownSync(place, eve, eve)
  const body = JSON.stringify(credentials)
  const reply = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const program = `require('net').createServer((socket) => socket.on('data', (data) => {
    process.stdout.write(data)
    socket.write(${JSON.stringify(reply)})
  })).listen(${JSON.stringify(join(folder, 'api.sock'))}, () => process.stderr.write('ready'))`
  const child = spawn(process.execPath, ['-e', program], { uid: eve, gid: eve, cwd: '/' })
  onTestFinished(() => void child.kill())
  let received = ''
  child.stdout.on('data', (data) => {
    received += String(data)
  })
  await once(child.stderr, 'data')
  return { folder, received: () => received }
}

/** The built command where every user can read it: the repository may be in a home of mode 0700. */
function worldReadable(): string {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  cpSync(dirname(latchkeyPath), join(folder, 'dist'), { recursive: true })
  return join(folder, 'dist', 'latchkey.cjs')
}
