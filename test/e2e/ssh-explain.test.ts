import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { SshExplanation } from '../../src/helper/ssh/explanation.ts'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import type { Sshd } from '../support/sshd.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const others = Array.from({ length: 3 }, (_, index) => `other${index}`)

describeWithPeers('latchkey ssh explain', ['ssh', 'sshd', 'ssh-add', 'ssh-keygen'], () => {
  let world: SshWorld
  let home: string
  let sshConfig: string
  let knownHosts: string
  const keyOf = (sshd: Sshd) => readFileSync(`${sshd.hostKeyFile}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')

  beforeAll(async () => {
    world = await startSshWorld()
    for (const role of ['ops', ...others]) await world.writeRole(role)
    await world.writeRole('web', { allowed_users: 'ubuntu', default_user: 'ubuntu', default_extensions: {} })
  })
  afterAll(async () => await world.close())

  beforeEach(() => {
    home = temporaryFolder()
    sshConfig = join(home, 'ssh-config')
    knownHosts = join(home, 'known-hosts')
    const hosts = Object.entries({ web: world.sshd, strict: world.strictSshd })
    writeFileSync(knownHosts, hosts.map(([name, sshd]) => `${name}.prod ${keyOf(sshd)}\n`).join(''))
    const common = `  HostName 127.0.0.1\n  User ${world.userName}\n`
    const config = hosts.map(
      ([name, { port }]) => `Host ${name}\n${common}  Port ${port}\n  HostKeyAlias ${name}.prod\n`,
    )
    writeFileSync(
      sshConfig,
      [
        ...config,
        `Host *\n  UserKnownHostsFile ${knownHosts}\n  GlobalKnownHostsFile /dev/null\n  IdentityFile none\n`,
      ].join(''),
    )
  })

  const startDaemon = (identities: Record<string, string>) =>
    world.startDaemon(`${world.toml(identities)}[ssh]\nknown_hosts = [${JSON.stringify(knownHosts)}]\n`, home)
  const explain = (daemon: BuiltDaemon, ...args: string[]) =>
    daemon.run(latchkeyPath, ['ssh', 'explain', '-F', sshConfig, ...args])
  const explained = async (daemon: BuiltDaemon, ...args: string[]) => {
    const { stdout, stderr } = await explain(daemon, '--json', ...args)
    expect(stderr === '' || args.includes('--try')).toBe(true)
    return JSON.parse(stdout) as SshExplanation
  }
  const offered = ({ offers }: SshExplanation) => offers.map(({ identity }) => identity)

  it('names first what is for the host, as ssh then offers it', async () => {
    const daemon = await startDaemon({ other0: '', ops: 'hosts = ["*.prod"]', other1: 'hosts = ["db.prod"]' })
    const before = world.vault.calls.length
    const explanation = await explained(daemon, 'web')
    expect(world.vault.calls.slice(before).filter(({ path }) => path.includes('/sign/'))).toEqual([])
    expect(explanation).toMatchObject({
      user: world.userName,
      hostname: '127.0.0.1',
      port: world.sshd.port,
      host: { known: 'key', names: ['web.prod'] },
      agent: { type: 'latchkey', path: daemon.sockets.agent },
      notices: [],
    })
    expect(offered(explanation)).toEqual(['ops', 'other0'])
    expect(explanation.leftOut).toEqual([
      expect.objectContaining({ identity: 'other1', why: 'its hosts are others: db.prod' }),
    ])
    expect((await explain(daemon, 'web')).stdout).toContain(
      '1. ops: a certificate (ssh-ed25519) that is fetched when it is needed\n   why here: *.prod of its hosts fits\n',
    )
    const ssh = await daemon.run('ssh', ['-v', '-F', sshConfig, '-o', 'BatchMode=yes', 'web', 'true'])
    const attempts = [...ssh.stderr.matchAll(/^debug1: Will attempt key: (\w+): /gm)].map(([, name]) => name)
    expect(attempts).toEqual(['ops', 'other0'])
  })

  it('tries a login, and then has the certificate to show', async () => {
    const daemon = await startDaemon({ ops: 'hosts = ["*.prod"]' })
    const { stdout, stderr, status } = await explain(daemon, '--try', 'web')
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(stdout).toMatch(/1\. ops: certificate \(ssh-ed25519\), \S+ \S+ left: the first that fits/)
    expect(stdout).toContain(`principals: ${world.userName}\n`)
    expect(stdout).toContain('extensions: permit-pty\n')
    expect(stdout).toMatch(/the login:\n {2}1\. ops: .* \(ED25519-CERT\): accepted\n .* lets you in, by ops: /)
    expect(world.sshd.log()).toMatch(/Accepted publickey/)
  })

  it('says of a certificate for somebody else that the server need not take it, and where its reason is', async () => {
    const daemon = await startDaemon({ web: 'role = "web"' })
    const { stdout, stderr, status } = await explain(daemon, '--try', 'web')
    expect(status).toBe(1)
    expect(stdout).toContain(`! for ubuntu, not for ${world.userName}: only a server takes it that has such a name`)
    expect(stdout).toContain('! no terminal without permit-pty')
    expect(stdout).toMatch(/1\. web: .* \(ED25519-CERT\): not taken\n/)
    expect(stderr).toMatch(/does not take the one key that it was offered\nhint: web: for ubuntu, .*journalctl -u ssh/s)
    expect(world.sshd.log()).toContain('name is not a listed principal')
  })

  it('says that the server has hung up after too many keys, and how the right one comes first', async () => {
    const settings = Object.fromEntries(others.map((name) => [name, 'role = "web"']))
    const daemon = await startDaemon({ ...settings, ops: '' })
    const { stderr, status } = await explain(daemon, '--try', 'strict')
    expect(status).toBe(1)
    expect(stderr).toMatch(/ended the connection after the one key that it does not take \(MaxAuthTries\)/)
    expect(stderr).toContain('[ssh.identity.ops]')
  })

  it('does not log in to a host whose key has changed, or is new', async () => {
    const daemon = await startDaemon({ ops: '' })
    writeFileSync(knownHosts, `web.prod ${keyOf(world.strictSshd)}\n`)
    const changed = await explain(daemon, '--try', 'web')
    expect(changed.status).toBe(1)
    expect(changed.stderr).toContain(`has proved another key than known_hosts has`)
    expect(changed.stderr).toContain(`ssh-keygen -R web.prod -f ${knownHosts}`)
    const strict = await explain(daemon, '--try', 'strict')
    expect(strict.stderr).toContain('known_hosts has no key for')
    expect(readFileSync(knownHosts, 'utf8')).toBe(`web.prod ${keyOf(world.strictSshd)}\n`)
  })

  it('says that nothing listens at a port', async () => {
    const daemon = await startDaemon({ ops: '' })
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    server.close()
    await once(server, 'close')
    const { stderr, status } = await explain(daemon, '--try', '-p', String(port), 'web')
    expect(status).toBe(1)
    expect(stderr).toContain(`cannot be reached at port ${port}: Connection refused\n`)
  })

  it('knows a host before the first connection as the agent will know it then', async () => {
    const daemon = await startDaemon({ other0: '', ops: 'hosts = ["new.prod"]' })
    for (const hash of ['yes', 'no']) {
      const options = [
        '-o',
        'HostKeyAlias=new.prod',
        '-o',
        `HashKnownHosts=${hash}`,
        '-o',
        'StrictHostKeyChecking=accept-new',
      ]
      const explanation = await explained(daemon, ...options, 'web')
      expect(explanation.host.known).toBe('new')
      expect(explanation.notices).toEqual([expect.stringContaining('ssh writes it to')])
      const ssh = await daemon.run('ssh', ['-v', '-F', sshConfig, '-o', 'BatchMode=yes', ...options, 'web', 'true'])
      const attempts = [...ssh.stderr.matchAll(/^debug1: Will attempt key: (\w+): /gm)].map(([, name]) => name)
      expect(offered(explanation)).toEqual(attempts)
      expect(attempts).toEqual(['ops', 'other0'])
      await runOk('ssh-keygen', ['-q', '-R', 'new.prod', '-f', knownHosts])
    }
  })

  it('follows IdentitiesOnly and the files of ssh_config', async () => {
    const daemon = await startDaemon({ other0: '', ops: 'renew = "always"' })
    const certificate = join(daemon.env.LATCHKEY_RUNTIME_DIR!, 'identity', 'ops-cert.pub')
    await expect.poll(() => existsSync(certificate), { timeout: 20_000 }).toBe(true)
    appendFileSync(sshConfig, '  IdentitiesOnly yes\n')
    const { offers, notices } = await explained(daemon, 'web')
    expect(offers).toEqual([])
    expect(notices[0]).toContain(`write IdentityFile ${daemon.env.LATCHKEY_RUNTIME_DIR}/identity/`)
    const config = readFileSync(sshConfig, 'utf8').replace('IdentityFile none', `IdentityFile ${certificate}`)
    writeFileSync(sshConfig, config)
    const named = await explained(daemon, 'web')
    expect(named.offers).toMatchObject([{ identity: 'ops', file: certificate, standing: 'fits' }])
    expect(named.leftOut).toMatchObject([{ identity: 'other0' }])
    const tried = await explained(daemon, '--try', 'strict')
    expect(tried.attempt).toMatchObject({ outcome: { type: 'in', hasTerminal: true }, tried: [{ result: 'accepted' }] })
  })

  it('says which agent ssh asks, where that is another one, none, or the socket of one identity', async () => {
    const daemon = await startDaemon({ other0: '', ops: 'socket = true' })
    const own = join(daemon.env.LATCHKEY_RUNTIME_DIR!, 'agent-ops.sock')
    const by = await explained(daemon, '-o', `IdentityAgent=${own}`, 'web')
    expect(by.agent).toEqual({ type: 'latchkey', identity: 'ops', path: own })
    expect(offered(by)).toEqual(['ops'])
    const none = await explained(daemon, '-o', 'IdentityAgent=none', 'web')
    expect(none.notices[0]).toContain('ssh asks no agent, because IdentityAgent is none')
    const other = await explained(daemon, '-o', 'IdentityAgent=/elsewhere.sock', 'web')
    expect(other.notices[0]).toContain(`ssh asks another agent, /elsewhere.sock`)
    expect(other.notices[0]).toContain(`IdentityAgent ${daemon.sockets.agent}`)
  })

  it('shows hosts on the way, and which of them does not let through', async () => {
    const daemon = await startDaemon({ ops: 'role = "ops"' })
    const stopped = await explained(daemon, '--try', '-J', 'strict', 'web')
    expect(stopped.notices).toContainEqual(expect.stringContaining(`latchkey ssh explain -F ${sshConfig} strict`))
    expect(stopped.attempt).toMatchObject({ passed: 1, outcome: { type: 'not-forwarded' } })
    expect(stopped.attempt?.hint).toContain('permit-port-forwarding')
    await world.writeRole('through', { default_extensions: { 'permit-pty': '', 'permit-port-forwarding': '' } })
    await daemon.end('SIGTERM')
    const other = await startDaemon({ ops: 'role = "through"' })
    const through = await explained(other, '--try', '-J', 'strict', 'web')
    expect(through.attempt).toMatchObject({ passed: 1, outcome: { type: 'in' }, tried: [{ result: 'accepted' }] })
    const somebody = await explained(other, '--try', '-J', 'somebody@strict', 'web')
    expect(somebody.attempt).toMatchObject({
      passed: 0,
      hint: `latchkey ssh explain --try -F ${sshConfig} somebody@strict`,
    })
  })

  it('causes nothing by a latchkey in Match exec', async () => {
    const daemon = await startDaemon({ ops: '' })
    const trace = join(home, 'trace')
    const match = `Match exec "echo $LATCHKEY_EXPLAIN >${trace}; ${latchkeyPath} ssh explain --try web && ${latchkeyPath} no-such-command"\n  User somebody\n`
    writeFileSync(sshConfig, `${match}${readFileSync(sshConfig, 'utf8')}`)
    const before = world.sshd.log()
    expect((await explained(daemon, 'web')).user).toBe('somebody')
    expect(readFileSync(trace, 'utf8')).toBe('1\n')
    expect(world.sshd.log()).toBe(before)
    for (const command of [
      [latchkeyPath, 'daemon'],
      [latchkeyPath, 'aws', 'credentials', 'none'],
      [latchkeyPath],
      [latchkeyPath.replace('latchkey.cjs', 'latchkey-credentials'), 'none'],
      [latchkeyPath, 'ssh', 'ready'],
    ]) {
      const [program, ...args] = command as [string, ...string[]]
      const nothing = { status: 0, stdout: '', stderr: '' }
      expect(await daemon.run(program, args, { env: { LATCHKEY_EXPLAIN: '1' } })).toEqual(nothing)
      expect(await daemon.run(program, args, { env: { LATCHKEY_EXPLAIN: '0' } })).not.toEqual(nothing)
    }
  })

  it('says what ssh does not understand, and takes no option for a host', async () => {
    const daemon = await startDaemon({ ops: '' })
    mkdirSync(join(home, 'empty'))
    appendFileSync(sshConfig, '  Nonsense yes\n')
    const bad = await explain(daemon, 'web')
    expect(bad.status).toBe(1)
    expect(bad.stderr).toMatch(
      /ssh does not say what it would do: .*Bad configuration option: nonsense.*\nhint: ssh -G -F /,
    )
    for (const host of ['-oProxyCommand=touch x', '']) {
      const refused = await daemon.run(latchkeyPath, ['ssh', 'explain', '--', host])
      expect(refused.status).toBe(2)
      expect(refused.stderr).toContain('hint: latchkey help ssh explain')
    }
    const missing = await daemon.run(process.execPath, [latchkeyPath, 'ssh', 'explain', 'web'], {
      env: { PATH: join(home, 'empty') },
    })
    expect(missing.status).toBe(127)
    expect(missing.stderr).toContain('cannot run ssh: there is no such program\nhint: command -v ssh')
  })
})
