import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { run, runOk } from '../support/run.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { makeHostKey, type Sshd } from '../support/sshd.ts'
import { makeFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'

const script = join(latchkeyPath, '..', 'latchkey-known-hosts')
const patience = { timeout: 20_000, interval: 100 }

describeWithPeers('the CAs of hosts', ['ssh', 'sshd', 'ssh-keygen'], () => {
  let world: SshWorld
  let folder: string
  let certified: Sshd
  let foreign: Sshd
  const at = (name: string) => join(folder, name)

  const admin = (path: string, body: object) => world.vault.admin('POST', path, body)
  const hostRole = { key_type: 'ca', allow_host_certificates: true, allowed_domains: '*', ttl: '1h' }
  const makeMount = async (mount: string) => {
    await admin(`sys/mounts/${mount}`, { type: 'ssh' })
    await admin(`${mount}/config/ca`, { generate_signing_key: true, key_type: 'ed25519' })
    await admin(`${mount}/roles/host`, hostRole)
  }

  /** Starts an sshd whose key a mount has certified for these names. */
  const startHost = async (name: string, mount: string, principals: string): Promise<Sshd> => {
    const keys = at(`${name}-keys`)
    await runOk('mkdir', [keys])
    const hostKey = await makeHostKey(keys)
    const { signed_key: certificate } = await admin(`${mount}/sign/host`, {
      public_key: readFileSync(`${hostKey}.pub`, 'utf8'),
      cert_type: 'host',
      valid_principals: principals,
    })
    writeFileSync(`${hostKey}-cert.pub`, String(certificate))
    return await world.startSshd(at(name), { hostKey, settings: [`HostCertificate ${hostKey}-cert.pub`] })
  }

  beforeAll(async () => {
    folder = makeFolder()
    world = await startSshWorld()
    await world.writeRole('ops')
    await makeMount('ssh-host')
    await makeMount('ssh-other')
    certified = await startHost('certified', 'ssh-host', 'db.corp.example,db')
    foreign = await startHost('foreign', 'ssh-other', 'db.corp.example')
  })
  afterAll(async () => {
    await world.close()
    removeFolder(folder)
  })

  const toml = (settings: string) => `${world.toml({ ops: '' })}[ssh.host_ca.corp]\n${settings}\n`
  const corp = () => toml('mount = "ssh-host"\nhosts = ["*.corp.example", "[*.corp.example]:*"]')
  const fileOf = (daemon: BuiltDaemon) => join(daemon.env.LATCHKEY_RUNTIME_DIR!, 'known_hosts')
  const keyOf = async (mount: string) => (await world.vault.call('GET', `${mount}/public_key`)).text.trim()

  const knownHosts = (daemon: BuiltDaemon, ...more: string[]) =>
    daemon.run(latchkeyPath, ['ssh', 'known-hosts', ...more])
  const settled = async (daemon: BuiltDaemon) => {
    await vi.waitFor(() => expect(readFileSync(fileOf(daemon), 'utf8')).toContain('@cert-authority'), patience)
  }

  /** ssh with no known hosts but those of the daemon's file, which asks nobody. */
  async function login(daemon: BuiltDaemon, { port }: Sshd, name: string, ...more: string[]) {
    const options = ['UserKnownHostsFile=/dev/null', `GlobalKnownHostsFile=${fileOf(daemon)}`, 'IdentityFile=none']
    const strict = ['StrictHostKeyChecking=yes', 'BatchMode=yes', 'ProxyUseFdpass=no', `HostName=127.0.0.1`]
    const all = [...more, ...options, ...strict, `HostKeyAlias=${name}`].flatMap((option) => ['-o', option])
    return await daemon.run('ssh', ['-F', 'none', '-p', String(port), ...all, `${world.userName}@host`, 'echo in'])
  }

  it('are known to ssh, which trusts a host by its certificate and by nothing else', async () => {
    const daemon = await world.startDaemon(corp())
    await settled(daemon)
    const key = await keyOf('ssh-host')
    const { stdout, status } = await knownHosts(daemon)
    expect({ stdout, status }).toEqual({
      status: 0,
      stdout: `@cert-authority *.corp.example,[*.corp.example]:* ${key} latchkey: corp\n`,
    })
    expect(readFileSync(fileOf(daemon), 'utf8').split('\n').slice(1).join('\n')).toBe(stdout)
    expect(await knownHosts(daemon, '[db.corp.example]:2222')).toMatchObject({ status: 0, stdout })
    expect(await knownHosts(daemon, 'db.example')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining(
        'latchkey: no host CA is for db.example\nhint: add a pattern for db.example to hosts ',
      ),
    })
    expect(await knownHosts(daemon, '*.corp.example')).toMatchObject({ status: 2, stdout: '' })
    expect(await runOk('stat', ['-c', '%a', fileOf(daemon)])).toBe('600\n')
    expect(await login(daemon, certified, 'db.corp.example')).toMatchObject({ status: 0, stdout: 'in\n' })
    // Not by its name, not in the pattern, not by this CA.
    for (const [host, name] of [
      [certified, 'web.corp.example'],
      [certified, 'db'],
      [foreign, 'db.corp.example'],
    ] as const) {
      const refused = await login(daemon, host, name)
      expect(refused.status, `${name} ${refused.stderr}`).toBe(255)
      expect(refused.stderr).toContain('Host key verification failed')
    }
  })

  it('choose the identity: the name in a certificate is believed', async () => {
    const identities = world.toml({
      ops: 'hosts = ["db.corp.example"]',
      elsewhere: 'role = "ops"\nhosts = ["other.example"]',
    })
    const daemon = await world.startDaemon(
      `${identities}[ssh.host_ca.corp]\nmount = "ssh-host"\nhosts = ["*.corp.example"]\n`,
    )
    await settled(daemon)
    const offered = async (...more: string[]) => {
      const { stderr } = await login(daemon, certified, 'db.corp.example', 'LogLevel=DEBUG1', ...more)
      return [...stderr.matchAll(/Will attempt key: (\w+)/g)].map(([, name]) => name)
    }
    expect(await offered()).toEqual(['ops'])
    writeFileSync(daemon.env.LATCHKEY_CONFIG!, identities)
    await vi.waitFor(() => expect(existsSync(fileOf(daemon))).toBe(false), patience)
    // Nobody tells now whose key that is.
    expect(await offered('StrictHostKeyChecking=no')).toEqual(['ops', 'elsewhere'])
  })

  it('are for a host at any port, with or without the port in the pattern', async () => {
    const host = await startHost('ports', 'ssh-host', 'localhost')
    const daemon = await world.startDaemon(toml('mount = "ssh-host"\nhosts = ["localhost"]'))
    await settled(daemon)
    const reach = (hosts: string) => {
      const lines = readFileSync(fileOf(daemon), 'utf8').replaceAll('localhost', hosts)
      const file = join(temporaryFolder(), 'hosts')
      writeFileSync(file, lines)
      const options = ['StrictHostKeyChecking=yes', 'UserKnownHostsFile=/dev/null', `GlobalKnownHostsFile=${file}`]
      const all = [...options, 'BatchMode=yes', 'IdentityFile=none'].flatMap((option) => ['-o', option])
      return daemon.run('ssh', [
        '-F',
        'none',
        '-4',
        '-p',
        String(host.port),
        ...all,
        `${world.userName}@localhost`,
        'echo in',
      ])
    }
    for (const hosts of ['localhost', 'local*', '[localhost]:*', `[localhost]:${host.port}`])
      expect(await reach(hosts), hosts).toMatchObject({ status: 0, stdout: 'in\n' })
    for (const hosts of ['[localhost]:1', 'local*,!localhost', '*.localhost'])
      expect(await reach(hosts), hosts).toMatchObject({ status: 255 })
  })

  it('are not trusted where known_hosts revokes them', async () => {
    const daemon = await world.startDaemon(corp())
    await settled(daemon)
    const revoked = join(temporaryFolder(), 'revoked')
    writeFileSync(revoked, `@revoked * ${await keyOf('ssh-host')}\n`)
    const refused = await login(daemon, certified, 'db.corp.example', `UserKnownHostsFile=${revoked}`)
    expect(refused.status).toBe(255)
    expect(refused.stderr).toContain('REVOKED')
  })

  it('are all issuers of a mount: those that are named, and those that a login may list', async () => {
    await makeMount('ssh-many')
    await admin('ssh-many/issuers/import/second', { generate_signing_key: true, key_type: 'ecdsa-sha2-nistp256' })
    const second = (await world.vault.call('GET', 'ssh-many/issuer/second/public_key')).text.trim()
    const first = await keyOf('ssh-many')
    const keys = async (daemon: BuiltDaemon) => {
      const { stdout } = await knownHosts(daemon)
      return stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ').slice(2, 4).join(' '))
        .sort()
    }
    const named = await world.startDaemon(toml('mount = "ssh-many"\nhosts = ["*.example"]\nissuers = ["second"]'))
    expect(await keys(named)).toEqual([first, second].sort())
    // Nobody has logged in.
    const { address } = world.vault.vault
    const byName = `[vault.corp]\naddress = "${address}"\nauth = { method = "userpass", username = "jo" }\n`
    const section = '[ssh.host_ca.corp]\nmount = "ssh-many"\nhosts = ["*.example"]\n'
    expect(await keys(await world.startDaemon(byName + section))).toEqual([first])
    const daemon = await world.startDaemon(toml('mount = "ssh-many"\nhosts = ["*.example"]'))
    await vi.waitFor(async () => expect(await keys(daemon)).toEqual([first, second].sort()), patience)
    // An issuer that is deleted is not trusted any more.
    await world.vault.admin('DELETE', 'ssh-many/issuer/second')
    await vi.waitFor(async () => expect(await keys(daemon)).toEqual([first]), patience)
  })

  it('stay as they were last known while the server is away, over a restart too, and for that server alone', async () => {
    const home = temporaryFolder()
    const daemon = await world.startDaemon(corp(), home)
    await settled(daemon)
    const text = readFileSync(fileOf(daemon), 'utf8')
    await daemon.end('SIGTERM')
    expect(readFileSync(fileOf(daemon), 'utf8')).toBe(text)
    rmSync(fileOf(daemon))
    const away = corp().replace('[vault.corp]', '[vault.corp]\nmax_retries = 0\ntimeout = "1s"')
    world.vault.vault.seal()
    onTestFinished(() => world.vault.vault.unseal())
    const again = await world.startDaemon(away, home)
    expect(readFileSync(fileOf(again), 'utf8')).toBe(text)
    const { stdout, stderr, status } = await knownHosts(again)
    expect({ status, lines: stdout }).toEqual({ status: 0, lines: text.split('\n').slice(1).join('\n') })
    expect(stderr).toContain('host CA corp may have changed since these lines were fetched: vault corp: it is sealed')
    await again.end('SIGTERM')
    const elsewhere = await world.startDaemon(away.replace('"ssh-host"', '"ssh-other"'), home)
    expect(readFileSync(fileOf(elsewhere), 'utf8')).not.toContain('@cert-authority')
    expect(await knownHosts(elsewhere)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('latchkey: no key of a host CA is known\nhint: latchkey status\n'),
    })
  })

  it.each([
    ['two lines', (key: string) => `${key}\n@cert-authority * ${key}\n`],
    ['an escape sequence', (key: string) => `\u001b[31m${key}\u001b[0m`],
    ['a page', () => '<html><title>\u001b]0;owned\u0007</title></html>'],
    ['nothing', () => ''],
    [
      'a private key',
      () => '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n',
    ],
    ['ten megabytes', (key: string) => `${key} ${'x'.repeat(10_000_000)}`],
    ['a key that is cut', (key: string) => key.slice(0, -9)],
  ])('an answer that is %s is refused, and what was known stays', async (_, answerOf) => {
    const key = await keyOf('ssh-host')
    let answer = `${key}\n`
    const server = createServer((_request, response) => response.end(answer))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const settings = `[vault.v]\naddress = "http://127.0.0.1:${port}"\nmax_retries = 0\n[ssh.host_ca.c]\nhosts = ["*.example"]\n`
    const daemon = await world.startDaemon(settings)
    await settled(daemon)
    const text = readFileSync(fileOf(daemon), 'utf8')
    answer = answerOf(key)
    // The daemon does not ask again within seconds.
    const failed = await vi.waitFor(
      async () => {
        const outcome = await knownHosts(daemon)
        expect(outcome.stderr).toContain('host CA c may have changed')
        return outcome
      },
      { ...patience, interval: 1_000 },
    )
    expect(failed.status).toBe(0)
    expect(failed.stderr).toContain('hint: ')
    expect(failed.stderr + daemon.log()).not.toContain('\u001b')
    expect(failed.stderr.length).toBeLessThan(1_000)
    expect(readFileSync(fileOf(daemon), 'utf8')).toBe(text)
  })

  it('leave alone what is in the way of their file, and say so', async () => {
    const home = temporaryFolder()
    mkdirSync(join(home, 'run'), { mode: 0o700 })
    writeFileSync(join(home, 'victim'), 'mine\n')
    symlinkSync(join(home, 'victim'), join(home, 'run', 'known_hosts'))
    const daemon = await world.startDaemon(corp(), home)
    const { stderr } = await knownHosts(daemon)
    expect(stderr).toContain('known_hosts is in the way: latchkey has not written it')
    expect(readFileSync(join(home, 'victim'), 'utf8')).toBe('mine\n')
    expect((await daemon.run(latchkeyPath, ['status'])).stdout).toContain('known_hosts is in the way')
    rmSync(join(home, 'run', 'known_hosts'))
    await knownHosts(daemon)
    expect(readFileSync(fileOf(daemon), 'utf8')).toContain('@cert-authority')
  })

  it('are explained where there are none, or where their section is wrong', async () => {
    const daemon = await world.startDaemon(world.toml({ ops: '' }))
    expect(await knownHosts(daemon)).toMatchObject({
      status: 1,
      stdout: '',
      stderr:
        'latchkey: no CA of hosts is configured\nhint: add [ssh.host_ca.NAME] to config.toml, with mount = "MOUNT" and hosts = ["*.your.domain"]\n',
    })
    const wrong = await world.startDaemon(toml('hosts = ["*"]'))
    expect(await knownHosts(wrong)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ssh.host_ca.corp.hosts: fits every host: name your domain'),
    })
  })

  it('are told to KnownHostsCommand by a script that starts nothing and never fails', async () => {
    const daemon = await world.startDaemon(corp())
    await settled(daemon)
    const command = `KnownHostsCommand=${script} %H`
    const none = 'GlobalKnownHostsFile=/dev/null'
    expect(await login(daemon, certified, 'db.corp.example', none, command)).toMatchObject({
      status: 0,
      stdout: 'in\n',
    })
    expect(await login(daemon, foreign, 'db.corp.example', none, command)).toMatchObject({ status: 255 })
    const nothing = { status: 0, stdout: '', stderr: '' }
    const runtime = daemon.env.LATCHKEY_RUNTIME_DIR!
    const told = (folder: string) => run('sh', [script], { env: { LATCHKEY_RUNTIME_DIR: folder } })
    expect((await told(runtime)).stdout).toBe(readFileSync(fileOf(daemon), 'utf8'))
    // Not at a place that others could have made, or through a link; and where there is nothing.
    const other = temporaryFolder()
    expect(await told(other)).toMatchObject(nothing)
    writeFileSync(join(other, 'known_hosts'), '@cert-authority * ssh-ed25519 A\n')
    expect(await told(other)).toMatchObject(nothing)
    chmodSync(other, 0o1700)
    expect((await told(other)).stdout).toBe('@cert-authority * ssh-ed25519 A\n')
    const many = Array.from({ length: 50 }, (_, index) => `line ${index} \\n %s\n`).join('')
    writeFileSync(join(other, 'known_hosts'), many)
    expect((await told(other)).stdout).toBe(many)
    for (const text of [many, 'line\n']) {
      writeFileSync(join(other, 'known_hosts'), text)
      for (const end of ['>/dev/full', '>&-', '| true']) {
        const line = `{ sh ${script}; echo "$?" >&2; } ${end}`
        const ended = await run('sh', ['-c', line], { env: { LATCHKEY_RUNTIME_DIR: other } })
        expect(ended.stderr, end).toBe('0\n')
      }
    }
    rmSync(join(other, 'known_hosts'))
    symlinkSync(fileOf(daemon), join(other, 'known_hosts'))
    expect(await told(other)).toMatchObject(nothing)
    expect(await told('run')).toMatchObject(nothing)
    expect(await told(join(other, 'gone'))).toMatchObject(nothing)
    const strict = ['-u', 'LATCHKEY_RUNTIME_DIR', '-u', 'XDG_RUNTIME_DIR', 'SHELLOPTS=errexit:nounset']
    expect(await run('env', [...strict, 'bash', '--posix', script], { env: { HOME: other } })).toMatchObject(nothing)
  })
})
