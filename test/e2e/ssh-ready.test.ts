import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Status } from '../../src/ipc/endpoints/status.ts'
import { callApi } from '../support/api-call.ts'
import { type BuiltDaemon, daemonEnvironment } from '../support/built-daemon.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { latchkeyByNode, latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { run } from '../support/run.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const question = 'password of jo for vault corp'

const byCurl = [latchkeyPath, 'ssh', 'ready']
const byNode = [...latchkeyByNode, 'ssh', 'ready']

describeWithPeers('before ssh logs in', ['sshd', 'ssh', 'ssh-keygen', 'python:pty', 'curl'], () => {
  let world: SshWorld
  beforeAll(async () => {
    world = await startSshWorld()
    const { admin } = world.vault
    await world.writeRole('ops')
    await world.writeRole('others', { allowed_users: 'deploy', default_user: 'deploy' })
    await admin('PUT', 'sys/policies/acl/ops', { policy: 'path "ssh/sign/*" { capabilities = ["update"] }' })
    await admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await admin('POST', 'auth/userpass/users/jo', { password: 'pw', token_policies: ['ops', 'default'] })
  })
  afterAll(async () => await world?.close())

  /** A daemon whose vault needs jo's password, and an ssh_config that has it ready. */
  async function start({
    identities = '[ssh.identity.ops]\nrole = "ops"\n',
    prompt = '',
    more = [] as string[],
    command = byNode,
  } = {}) {
    const folder = temporaryFolder()
    const vault = `[vault.corp]\naddress = "${world.vault.vault.address}"\nauth = { method = "userpass", username = "jo" }\n`
    const daemon = await world.startDaemon(`${vault}${identities}${prompt}`, folder)
    const config = join(folder, 'ssh-config')
    const settings = [
      `UserKnownHostsFile ${join(folder, 'known-hosts')}`,
      'StrictHostKeyChecking no',
      'IdentityFile none',
      'PasswordAuthentication no',
      'LogLevel ERROR',
      ...more,
      `Match exec "${command.join(' ')} --user %r --port %p --hostname %h %k"`,
      '    SendEnv NOTHING',
    ]
    writeFileSync(config, `${settings.join('\n')}\n`)
    const options = ['-F', config, '-p', String(world.sshd.port)]
    const target = `${world.userName}@127.0.0.1`
    const env = { ...process.env, ...daemon.env }
    return { folder, daemon, env, options, target, line: ['ssh', ...options, target].join(' ') }
  }

  const statusOf = async (daemon: BuiltDaemon) =>
    (await callApi(daemon.sockets.api, 'GET', '/v1/status')).body as Status

  describe.each([
    ['by curl', byCurl],
    ['by Node', byNode],
  ])('%s', (_name, command) => {
    it('asks for the login on the terminal of ssh, and is silent from then on', async () => {
      const { daemon, env, line, options, target } = await start({ command })
      const script = `${line} echo in >"$out" 2>"$err"`
      const asked = await runOnTerminal(script, [{ expect: question, type: 'pw\n' }], env)
      expect(asked).toMatchObject({ status: 0, stdout: 'in\n', stderr: '', stepsLeft: 0, echoes: [false] })
      const again = await runOnTerminal(script, [], env)
      expect(again).toMatchObject({ status: 0, stdout: 'in\n', stderr: '', screen: '' })
      expect(await daemon.run('ssh', [...options, target, 'echo in'])).toEqual({
        status: 0,
        stdout: 'in\n',
        stderr: '',
      })
    })

    it.each([
      ['web.prod', ['HostKeyAlias web.prod']],
      ['localhost', ['HostName localhost', 'HostKeyAlias LocalHost']],
    ])('goes by the alias %s as known_hosts does, which has it without the port', async (name, alias) => {
      const hostsOf = (port: number) => `[ssh.identity.ops]\nrole = "ops"\nhosts = ["[${name}]:${port}"]\n`
      const withKnown = async (identities: string) => {
        const started = await start({ command, identities, more: alias })
        const known = `${name} ${readFileSync(`${world.sshd.hostKeyFile}.pub`, 'utf8')}`
        writeFileSync(join(started.folder, 'known-hosts'), known)
        return started
      }
      const other = await withKnown(hostsOf(world.sshd.port))
      // Our agent would not list it: nobody is to log in for it.
      expect(await runOnTerminal(`${other.line} true >"$out" 2>"$err"`, [], other.env)).toMatchObject({
        status: 255,
        screen: '',
        stderr: expect.stringMatching(/^[^\n]*Permission denied[^\n]*\n$/),
      })
      const own = await withKnown(hostsOf(22))
      const script = `${own.line} echo in >"$out" 2>"$err"`
      const asked = await runOnTerminal(script, [{ expect: question, type: 'pw\n' }], own.env)
      expect(asked).toMatchObject({ status: 0, stdout: 'in\n', stderr: '' })
    })

    it('asks once where ten begin at once', async () => {
      const { env, line } = await start({ command })
      const script = `for n in 1 2 3 4 5 6 7 8 9 10; do ${line} echo in >>"$out" 2>>"$err" & done; wait`
      const { stdout, stderr, screen } = await runOnTerminal(script, [{ expect: question, type: 'pw\n' }], env)
      expect({ stdout, stderr }).toEqual({ stdout: 'in\n'.repeat(10), stderr: '' })
      expect(screen.split(question)).toHaveLength(2)
    })

    it('does not ask on the terminal of an ssh with BatchMode, nor under ssh -G, and tells where nobody can be asked', async () => {
      const { daemon, env, line, options, target } = await start({ command, prompt: '[prompt]\nprogram = "none"\n' })
      const batch = await runOnTerminal(`${line} -oBatchMode=yes echo in >"$out" 2>"$err"`, [], env)
      expect(batch).toMatchObject({ status: 255, stdout: '', screen: '' })
      expect(batch.stderr).toContain(
        'latchkey: vault corp needs a login, and nobody can be asked here; hint: latchkey login',
      )
      const queried = await runOnTerminal(`${line} -G >"$out" 2>"$err"`, [], env)
      expect(queried).toMatchObject({ status: 0, stderr: '', screen: '' })
      // The lines below the Match count, whatever became of it.
      expect(queried.stdout).toMatch(/^sendenv NOTHING$/m)
      await expect.poll(daemon.log).toContain('a person is needed')
      const without = await daemon.run('ssh', [...options, target, 'echo in'])
      expect(without).toMatchObject({ status: 255, stderr: expect.stringContaining('latchkey login') })
    })

    it('asks by the prompt program where there is no terminal to ask on', async () => {
      const folder = temporaryFolder()
      const [program, asked] = [join(folder, 'ask'), join(folder, 'asked')]
      writeFileSync(program, `#!/bin/sh\necho "$1" >>${asked}\necho pw\n`, { mode: 0o700 })
      const { env, line } = await start({ command, prompt: `[prompt]\nprogram = "${program}"\n` })
      const batch = await runOnTerminal(`${line} -oBatchMode=yes echo in >"$out" 2>"$err"`, [], env)
      expect(batch).toMatchObject({ status: 0, stdout: 'in\n', stderr: '', screen: '' })
      expect(readFileSync(asked, 'utf8').split(question)).toHaveLength(2)
    })

    it('lets ssh go on after a question that was cancelled', async () => {
      const { env, line } = await start({ command })
      const script = `${line} -oBatchMode=no echo in >"$out" 2>"$err"`
      const { status, stderr } = await runOnTerminal(script, [{ expect: question, type: '\u0003' }], env)
      expect(status).toBe(255)
      expect(stderr).toMatch(/^[^\n]*Permission denied[^\n]*\n$/)
    })

    it('is silent where there is no daemon, nothing for the host, or the agent is locked', async () => {
      const [program = '', ...words] = command
      const args = [...words, '--user', 'jo', '--port', '22', 'db.example']
      const quiet = { status: 0, stdout: '', stderr: '' }
      expect(await run(program, args, { env: daemonEnvironment(temporaryFolder()) })).toEqual(quiet)
      const other = await start({ command, identities: '[ssh.identity.ops]\nrole = "ops"\nhosts = ["web.example"]\n' })
      expect(await other.daemon.run(program, args)).toEqual(quiet)
      const { daemon } = await start({ command })
      await daemon.run(latchkeyPath, ['lock', '--no-passphrase'])
      expect(await daemon.run(program, args)).toEqual(quiet)
      // By hand nobody needs to say who one is.
      expect(await daemon.run(program, [...words, 'db.example'])).toEqual(quiet)
    })

    it('fails in silence where there is no daemon, if that is wanted', async () => {
      const away = { env: daemonEnvironment(temporaryFolder()) }
      const { daemon } = await start({ command })
      for (const args of [
        ['--user', 'jo', '--port', '22', 'db.example'],
        ['--user', 'jo', 'db.example'],
        ['db.example'],
      ]) {
        const [program = '', ...words] = [...command, '--if-running', ...args]
        expect(await run(program, words, away)).toEqual({ status: 1, stdout: '', stderr: '' })
        expect(await daemon.run(program, words)).toMatchObject({ status: 0 })
      }
    })
  })

  it('has the status warn of a certificate that is not for the user who logs in', async () => {
    const identities = '[ssh.identity.ops]\nrole = "others"\n'
    const { daemon, env, line } = await start({ identities })
    await runOnTerminal(`${line} true >"$out" 2>"$err"`, [{ expect: question, type: 'pw\n' }], env)
    const [identity] = (await statusOf(daemon)).ssh.identities
    expect(identity?.warnings).toEqual([
      expect.stringContaining(`ssh has logged in as ${world.userName}@127.0.0.1, whom it does not name`),
    ])
  })

  it('renews certificates now, one or all, after a login where one is needed', async () => {
    const { daemon, env } = await start({
      identities: '[ssh.identity.ops]\nrole = "ops"\n[ssh.identity.db]\nrole = "ops"\n',
    })
    const serials = async () => (await statusOf(daemon)).ssh.identities.map(({ serial }) => serial)
    const script = `exec ${latchkeyPath} ssh renew >"$out" 2>"$err"`
    const first = await runOnTerminal(script, [{ expect: question, type: 'pw\n' }], env)
    expect(first).toMatchObject({ status: 0, stderr: '' })
    expect(first.stdout).toMatch(/^ops: a new certificate for \S+, until .*\ndb: a new certificate for /)
    const [ops, db] = await serials()
    expect(await daemon.run(latchkeyPath, ['ssh', 'renew', 'db'])).toMatchObject({ status: 0, stderr: '' })
    const [sameOps, newDb] = await serials()
    expect(sameOps).toBe(ops)
    expect(newDb).not.toBe(db)
    expect(await daemon.run(latchkeyPath, ['ssh', 'renew', 'dbb'])).toMatchObject({
      status: 1,
      stderr: 'latchkey: there is no ssh identity dbb\nhint: latchkey ssh renew db\n',
    })
  })
})
