import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Status } from '../../src/ipc/endpoints/status.ts'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import type { Sshd } from '../support/sshd.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const patience = { timeout: 60_000, interval: 20 }
const done = { status: 0, stdout: '', stderr: '' }
const runFolder = (daemon: BuiltDaemon) => daemon.env.LATCHKEY_RUNTIME_DIR!
const inFolder = (daemon: BuiltDaemon, file: string) => join(runFolder(daemon), 'identity', file)
const filesOf = (daemon: BuiltDaemon) => readdirSync(join(runFolder(daemon), 'identity')).sort()
const lines = (text: string) => text.split('\n').filter((line) => line !== '')
const blobOf = (line: string) => line.split(' ')[1]!
const read = (daemon: BuiltDaemon, file: string) => readFileSync(inFolder(daemon, file), 'utf8')
const list = async (daemon: BuiltDaemon, socket = daemon.sockets.agent) =>
  lines((await daemon.run('ssh-add', ['-L'], { env: { SSH_AUTH_SOCK: socket } })).stdout)
const statusOf = async (daemon: BuiltDaemon) =>
  JSON.parse((await daemon.run(latchkeyPath, ['status', '--json'])).stdout) as Status
/** Of the files with a certificate it is written last. */
const lastFile = 'ops.pub-cert.pub'
/** Gets new certificates, as after a login. */
const renew = async (daemon: BuiltDaemon) => {
  const before = read(daemon, lastFile)
  expect((await daemon.run(latchkeyPath, ['login', 'corp'])).status).toBe(0)
  await expect.poll(() => read(daemon, lastFile) !== before, patience).toBe(true)
}
const appears = (path: string) => expect.poll(() => existsSync(path), patience).toBe(true)

describeWithPeers('lasting names of identities', ['ssh', 'sshd', 'ssh-add', 'ssh-keygen'], () => {
  let world: SshWorld
  beforeAll(async () => {
    world = await startSshWorld()
    for (const role of ['ops', 'other']) await world.writeRole(role)
  })
  afterAll(async () => await world.close())

  /** Without `IdentityFile=none` of the other tests, which comes first and counts. */
  const ssh = (daemon: BuiltDaemon, to: Sshd, options: readonly string[]) => {
    const own = to.clientOptions.join(' ').replace('-o IdentityFile=none', '').split(/\s+/)
    return daemon.run('ssh', [
      ...own,
      ...options.flatMap((option) => ['-o', option]),
      `${world.userName}@127.0.0.1`,
      'true',
    ])
  }

  const ways: readonly [way: string, options: (folder: string) => readonly string[], needsListKey: boolean][] = [
    ['the socket without IdentityFile', () => ['IdentityFile=none'], false],
    ['NAME-cert.pub', (at) => [`IdentityFile=${at}/ops-cert.pub`, 'IdentitiesOnly=yes'], false],
    [
      'NAME.pub and CertificateFile',
      (at) => [`IdentityFile=${at}/ops.pub`, `CertificateFile=${at}/ops-cert.pub`, 'IdentitiesOnly=yes'],
      true,
    ],
    ['NAME', (at) => [`IdentityFile=${at}/ops`, 'IdentitiesOnly=yes'], true],
    ['NAME.pub', (at) => [`IdentityFile=${at}/ops.pub`, 'IdentitiesOnly=yes'], true],
  ]

  it.each(ways)(
    'log in at the first try by %s, before and after a renewal and a restart',
    async (_, options, listKey) => {
      const folder = temporaryFolder()
      const toml = world.toml({ ops: `renew = "always"${listKey ? '\nlist_key = true' : ''}` })
      const first = await world.startDaemon(toml, folder)
      const certificate = inFolder(first, lastFile)
      const logIn = async (daemon: BuiltDaemon) =>
        expect(await ssh(daemon, world.strictSshd, options(join(runFolder(daemon), 'identity')))).toEqual(done)
      await appears(certificate)
      await logIn(first)
      await renew(first)
      await logIn(first)
      await first.end('SIGTERM')
      const second = await world.startDaemon(toml, folder)
      await appears(certificate)
      await logIn(second)
    },
  )

  it('lets an ssh log in that read the certificate before a renewal', async () => {
    const daemon = await world.startDaemon(world.toml({ ops: 'renew = "always"' }))
    await appears(inFolder(daemon, lastFile))
    const former = inFolder(daemon, '../former-cert.pub')
    writeFileSync(former, read(daemon, 'ops-cert.pub'))
    await renew(daemon)
    expect((await list(daemon)).map(blobOf)).toEqual([blobOf(read(daemon, 'ops-cert.pub'))])
    expect(await ssh(daemon, world.strictSshd, [`IdentityFile=${former}`, 'IdentitiesOnly=yes'])).toEqual(done)
    expect(await ssh(daemon, world.strictSshd, ['IdentityFile=none'])).toEqual(done)
  })

  it('has the key before the agent answers, whatever the Vault does, and certificates of earlier daemons no more', async () => {
    const folder = temporaryFolder()
    const first = await world.startDaemon(world.toml({ ops: 'renew = "always"' }), folder)
    await appears(inFolder(first, lastFile))
    const formerKey = read(first, 'ops.pub')
    await first.end('SIGKILL')
    expect(filesOf(first)).toEqual(['ops-cert.pub', 'ops.pub', 'ops.pub-cert.pub'])
    const nowhere = world
      .toml({ ops: '', other: 'key_type = "ecdsa-p521"' })
      .replace(world.vault.vault.address, 'http://127.0.0.1:1')
    const second = await world.startDaemon(nowhere, folder)
    expect(filesOf(second)).toEqual(['ops.pub', 'other.pub'])
    expect(read(second, 'ops.pub')).toMatch(/^ssh-ed25519 \S+ latchkey: ops\n$/)
    expect(read(second, 'ops.pub')).not.toBe(formerKey)
    expect(read(second, 'other.pub')).toMatch(/^ecdsa-sha2-nistp521 /)
    for (const file of filesOf(second)) expect(lstatSync(inFolder(second, file)).mode & 0o777).toBe(0o600)
  })

  it('takes certificates away at a logout and at the end, and leaves keys', async () => {
    const daemon = await world.startDaemon(world.toml({ ops: '' }))
    expect(filesOf(daemon)).toEqual(['ops.pub'])
    const [line] = await list(daemon)
    expect(blobOf(read(daemon, 'ops-cert.pub'))).toBe(blobOf(line!))
    expect(read(daemon, 'ops.pub-cert.pub')).toBe(read(daemon, 'ops-cert.pub'))
    expect((await daemon.run('ssh-keygen', ['-L', '-f', inFolder(daemon, 'ops-cert.pub')])).stdout).toContain(
      world.userName,
    )
    expect((await daemon.run(latchkeyPath, ['logout', 'corp'])).status).toBe(0)
    expect(filesOf(daemon)).toEqual(['ops.pub'])
    expect(await list(daemon)).toEqual(['The agent has no identities.'])
    expect((await daemon.run(latchkeyPath, ['login', 'corp'])).status).toBe(0)
    expect(await list(daemon)).toHaveLength(1)
    expect(filesOf(daemon)).toHaveLength(3)
    await daemon.end('SIGTERM')
    expect(filesOf(daemon)).toEqual(['ops.pub'])
  })

  it('takes a certificate away when it ends', async () => {
    await world.writeRole('brief', { ttl: '4s' })
    const daemon = await world.startDaemon(world.toml({ brief: 'renew = "on-demand"' }))
    expect(await list(daemon)).toHaveLength(1)
    expect(filesOf(daemon)).toHaveLength(3)
    await expect.poll(() => filesOf(daemon), patience).toEqual(['brief.pub'])
  })

  it('are given to names that are file names, and taken from identities that are gone', async () => {
    const names = ['ops', 'with blank', 'a/b', '..', '.hidden', 'ops-cert', 'ops.pub']
    const settings = Object.fromEntries(names.map((name) => [name, 'role = "ops"\nsocket = true']))
    const daemon = await world.startDaemon(world.toml(settings))
    expect(await list(daemon)).toHaveLength(names.length)
    const named = ['ops', 'with blank'].flatMap((name) => [`${name}-cert.pub`, `${name}.pub`, `${name}.pub-cert.pub`])
    expect(filesOf(daemon)).toEqual(named.sort())
    const sockets = () =>
      readdirSync(runFolder(daemon))
        .filter((file) => file.startsWith('agent-'))
        .sort()
    expect(sockets()).toEqual(['agent-ops.sock', 'agent-with blank.sock'])
    const { warnings } = (await statusOf(daemon)).config!
    expect(warnings).toHaveLength(5)
    expect(warnings[0]).toBe(
      '[ssh.identity."a/b"] has no files and no socket for ssh_config, because its name has a slash in it',
    )
    // What latchkey has not made stays, whatever it is called.
    writeFileSync(inFolder(daemon, 'mine.pub'), `ssh-ed25519 ${blobOf(read(daemon, 'ops.pub'))} jo@example.com\n`)
    writeFileSync(inFolder(daemon, 'note-cert.pub'), 'latchkey: not a key\n')
    writeFileSync(daemon.env.LATCHKEY_CONFIG!, `${world.toml({ other: '' })}[keychain]\nstore = "memory"\n`)
    await expect.poll(() => filesOf(daemon), patience).toEqual(['mine.pub', 'note-cert.pub', 'other.pub'])
    await expect.poll(sockets, patience).toEqual([])
  })

  it('are not written through links, nor over what is not theirs, and nobody is harmed', async () => {
    const folder = temporaryFolder()
    const toml = world.toml({ ops: '', other: '' })
    const first = await world.startDaemon(toml, folder)
    await first.end('SIGTERM')
    const precious = join(folder, 'precious')
    writeFileSync(precious, 'precious\n')
    rmSync(inFolder(first, 'ops.pub'))
    symlinkSync(precious, inFolder(first, 'ops.pub'))
    const second = await world.startDaemon(toml, folder)
    expect(await list(second)).toHaveLength(2)
    expect(readFileSync(precious, 'utf8')).toBe('precious\n')
    expect(filesOf(second)).toEqual(['ops.pub', 'other-cert.pub', 'other.pub', 'other.pub-cert.pub'])
    expect((await statusOf(second)).config!.warnings).toEqual([
      `${inFolder(second, 'ops.pub')} is in the way: latchkey has not made it`,
    ])
    expect(second.log()).toContain('is in the way')
    await second.end('SIGTERM')
    rmSync(join(runFolder(first), 'identity'), { recursive: true })
    writeFileSync(join(runFolder(first), 'identity'), 'a file')
    const third = await world.startDaemon(toml, folder)
    expect(await ssh(third, world.sshd, ['IdentityFile=none'])).toEqual(done)
    expect((await statusOf(third)).config!.warnings).toEqual([
      `${join(runFolder(third), 'identity')} is in the way: it is not a folder of yours`,
    ])
  })

  it('are sockets where that is asked for: of one identity alone, to which nothing can be added', async () => {
    const folder = temporaryFolder()
    const long = 'x'.repeat(100)
    const daemon = await world.startDaemon(
      world.toml({ ops: 'socket = true', other: 'socket = true', [long]: 'role = "ops"\nsocket = true' }),
      folder,
    )
    const socketOf = (name: string) => join(runFolder(daemon), `agent-${name}.sock`)
    const key = join(folder, 'static')
    await daemon.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    expect((await daemon.run('ssh-add', ['-q', key])).status).toBe(0)
    expect(await list(daemon)).toHaveLength(4)
    for (const name of ['ops', 'other']) {
      const [line, ...more] = await list(daemon, socketOf(name))
      expect([blobOf(line!), more]).toEqual([blobOf(read(daemon, `${name}-cert.pub`)), []])
      expect(lstatSync(socketOf(name)).mode & 0o777).toBe(0o600)
      expect(await ssh(daemon, world.strictSshd, [`IdentityAgent=${socketOf(name)}`, 'IdentityFile=none'])).toEqual(
        done,
      )
    }
    const env = { SSH_AUTH_SOCK: socketOf('ops') }
    expect((await daemon.run('ssh-add', ['-q', key], { env })).status).not.toBe(0)
    expect((await daemon.run('ssh-add', ['-q', '-D'], { env })).status).toBe(0)
    expect(await list(daemon)).toHaveLength(4)
    expect((await statusOf(daemon)).config!.warnings).toEqual([
      expect.stringContaining('a socket path may have at most'),
    ])
    await daemon.run('ssh-add', ['-x'], { env: { ...env, SSH_ASKPASS_REQUIRE: 'force', SSH_ASKPASS: askpass(folder) } })
    expect(await list(daemon, socketOf('other'))).toEqual(['The agent has no identities.'])
    await daemon.end('SIGTERM')
    expect(readdirSync(runFolder(daemon)).filter((file) => file.endsWith('.sock'))).toEqual([])
  })
})

function askpass(folder: string): string {
  const program = join(folder, 'askpass')
  writeFileSync(program, '#!/bin/sh\necho secret\n', { mode: 0o700 })
  return program
}
