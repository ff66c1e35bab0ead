import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { makeSshMachine } from '../support/ssh-machine.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { makeFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'

describeWithPeers('latchkey ssh host-sign', ['ssh', 'sshd', 'ssh-keygen', 'mount:namespace'], () => {
  let world: SshWorld
  let folder: string
  const at = (name: string) => join(folder, name)
  const keyFile = () => at('ssh_host_ed25519_key')
  const publicKey = () => readFileSync(`${keyFile()}.pub`, 'utf8')

  beforeAll(async () => {
    folder = makeFolder()
    world = await startSshWorld()
    await world.writeRole('ops')
    await world.vault.admin('POST', 'sys/mounts/ssh-host', { type: 'ssh' })
    await world.vault.admin('POST', 'ssh-host/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
    const role = {
      key_type: 'ca',
      allow_host_certificates: true,
      allowed_domains: 'corp.example',
      ttl: '720h',
      max_ttl: '720h',
    }
    await world.vault.admin('POST', 'ssh-host/roles/host', { ...role, allow_subdomains: true })
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'root@db', '-f', keyFile()])
    await runOk('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', at('ssh_host_rsa_key')])
  })
  afterAll(async () => {
    await world.close()
    removeFolder(folder)
  })

  const section = '[ssh.host_ca.corp]\nmount = "ssh-host"\nrole = "host"\nhosts = ["*.corp.example"]\n'
  const startDaemon = (home?: string) => world.startDaemon(`${world.toml({ ops: '' })}${section}`, home)
  const sign = (daemon: BuiltDaemon, args: readonly string[], input?: string) =>
    daemon.run(latchkeyPath, ['ssh', 'host-sign', ...args], input === undefined ? {} : { input })
  const machineWith = (contents: Record<string, string> = {}) =>
    makeSshMachine(keyFile(), {
      sshd_config: `Include /etc/ssh/sshd_config.d/*.conf\nTrustedUserCAKeys /etc/ssh/user-ca.pub\nStrictModes no\n`,
      'user-ca.pub': readFileSync(world.caFile, 'utf8'),
      'ssh_host_ed25519_key.pub': publicKey(),
      ...contents,
    })
  const scriptOf = async (daemon: BuiltDaemon, args: readonly string[], input?: string) => {
    const { stdout, stderr, status } = await sign(daemon, args, input)
    expect(status, stderr).toBe(0)
    const file = join(temporaryFolder(), 'script')
    writeFileSync(file, stdout)
    return file
  }

  it('certifies the key in a file, and prints a script after which ssh trusts the host by its name', async () => {
    const daemon = await startDaemon()
    const script = await scriptOf(daemon, ['--principals', 'DB.corp.example,www.corp.example', `${keyFile()}.pub`])
    const machine = machineWith()
    for (const time of ['first', 'second']) {
      const ran = await machine.run('sh', script)
      expect(ran, time).toMatchObject({ status: 0, stderr: '' })
      expect(ran.stdout).toBe('latchkey: sshd shows the certificate of db.corp.example, www.corp.example\n')
    }
    expect(machine.reloads()).toContain('reload ssh')
    const port = await machine.startSshd()
    const known = join(daemon.env.LATCHKEY_RUNTIME_DIR!, 'known_hosts')
    const login = (name: string) => {
      const options = [`HostKeyAlias=${name}`, 'StrictHostKeyChecking=yes', 'UserKnownHostsFile=/dev/null']
      const all = [...options, `GlobalKnownHostsFile=${known}`, 'BatchMode=yes', 'IdentityFile=none']
      const args = ['-F', 'none', '-p', String(port), ...all.flatMap((option) => ['-o', option])]
      return daemon.run('ssh', [...args, `${world.userName}@127.0.0.1`, 'echo in'])
    }
    expect(await login('db.corp.example')).toMatchObject({ status: 0, stdout: 'in\n' })
    expect(await login('other.corp.example')).toMatchObject({ status: 255 })
  })

  it('prints a script that changes nothing where the key is another, or sshd would not read the setting', async () => {
    const daemon = await startDaemon()
    const script = await scriptOf(daemon, ['--principals', 'db.corp.example', '-'], publicKey())
    const other = machineWith({ 'ssh_host_ed25519_key.pub': readFileSync(`${world.sshd.hostKeyFile}.pub`, 'utf8') })
    const before = other.files()
    const refused = await other.run('sh', script)
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('is not the one that was certified: nothing was changed')
    expect(other.files()).toEqual(before)
    const unread = machineWith({ sshd_config: 'StrictModes no\n' })
    expect(await unread.run('sh', script)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('does not read'),
    })
    expect(unread.reloads()).toBe('')
  })

  it('prints a script that leaves no half of it where sshd has troubles, and knows a Match block for a port', async () => {
    const daemon = await startDaemon()
    const script = await scriptOf(daemon, ['--principals', 'db.corp.example', '-'], publicKey())
    const dropIn = 'sshd_config.d/05-latchkey-host-certificate.conf'
    const former = 'HostCertificate /etc/ssh/former-cert.pub\n'
    const broken = machineWith({ sshd_config: 'Nonsense yes\n', [dropIn]: former })
    const before = broken.files()
    const refused = await broken.run('sh', script)
    expect(refused).toMatchObject({ status: 1, stdout: '' })
    expect(refused.stderr).toMatch(/as it is, so nothing was changed: .*Nonsense/s)
    expect(broken.files()).toEqual(before)
    const matching = machineWith({
      sshd_config: `Include /etc/ssh/sshd_config.d/*.conf\nStrictModes no\nMatch LocalPort 2222 LocalAddress 127.0.0.1\n  X11Forwarding no\n`,
    })
    const ends = await Promise.all([matching.run('sh', script), matching.run('sh', script)])
    expect(ends.map(({ status, stderr }) => ({ status, stderr }))).toEqual(Array(2).fill({ status: 0, stderr: '' }))
    expect([...matching.files().keys()].filter((path) => path.includes('latchkey-new'))).toEqual([])
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-c', readFileSync(script, 'utf8')]
    expect((await matching.run('setpriv', ...nobody)).stderr).toBe('latchkey: nothing was changed: run this as root\n')
  })

  it('prints a script that puts back the setting that it has found, where sshd does not take its own', async () => {
    const script = await scriptOf(await startDaemon(), ['--principals', 'db.corp.example', '-'], publicKey())
    const refusing = readFileSync(script, 'utf8').replace('\nHostCertificate ', '\nNonsense yes\nHostCertificate ')
    const dropIn = 'sshd_config.d/05-latchkey-host-certificate.conf'
    const machine = machineWith({ [dropIn]: '# former\n' })
    const refused = await machine.run('sh', '-c', refusing)
    expect(refused.stderr).toContain('sshd does not take the setting, which was taken back: ')
    expect(machine.files().get(dropIn)).toMatch(/\n# former\n$/)
  })

  it('prints a script that says which certificates of a former run are shown no more', async () => {
    const script = await scriptOf(await startDaemon(), ['--principals', 'db.corp.example', '-'], publicKey())
    const own = 'HostCertificate /etc/ssh/ssh_host_ed25519_key-cert.pub\n'
    const gone = 'HostCertificate /etc/ssh/ssh_host_rsa_key-cert.pub'
    const machine = machineWith({ 'sshd_config.d/05-latchkey-host-certificate.conf': `# two\n\n${own}${gone}\n` })
    const said = expect.stringMatching(new RegExp(`^latchkey: no longer in \\S+: ${gone} \\(.*\\)\\n$`))
    for (const stderr of [said, '']) expect(await machine.run('sh', script)).toMatchObject({ status: 0, stderr })
  })

  it('certifies all keys that known_hosts has of a host, and asks that host for none', async () => {
    const home = temporaryFolder()
    const daemon = await startDaemon(home)
    const knownHosts = join(home, 'known')
    const rsa = readFileSync(at('ssh_host_rsa_key.pub'), 'utf8')
    writeFileSync(
      knownHosts,
      `db.corp.example ${publicKey()}db.corp.example ${rsa}other.corp.example ${publicKey()}@revoked other.corp.example ${publicKey()}@cert-authority *.lab.example ${rsa}`,
    )
    writeFileSync(join(home, 'config'), `Host db\nHostName db.corp.example\nHost *\nUserKnownHostsFile ${knownHosts}\n`)
    // ssh takes the home folder from the user database.
    const bin = join(home, 'ssh')
    writeFileSync(bin, `#!/bin/sh\n[ "$1" = -G ] || exit 9\nexec /usr/bin/ssh -F ${join(home, 'config')} "$@"\n`, {
      mode: 0o755,
    })
    const signHere = (host: string) =>
      daemon.run(latchkeyPath, ['ssh', 'host-sign', '--json', host], { env: { PATH: `${home}:${process.env.PATH}` } })
    const { stdout, status, stderr } = await signHere('db')
    expect(status, stderr).toBe(0)
    const { certificates, principals } = JSON.parse(stdout) as {
      principals: string[]
      certificates: { certificate: string }[]
    }
    expect(principals).toEqual(['db.corp.example'])
    const [one, two] = certificates.map(({ certificate }) => certificate)
    writeFileSync(at('one-cert.pub'), one!)
    expect([one, two].map((line) => line!.split(' ')[0])).toEqual([
      'ssh-ed25519-cert-v01@openssh.com',
      'ssh-rsa-cert-v01@openssh.com',
    ])
    expect(await runOk('ssh-keygen', ['-L', '-f', at('one-cert.pub')])).toMatch(
      /host certificate[\s\S]*Principals:\s+db.corp.example\n/,
    )
    for (const host of ['other.corp.example', 'unknown.corp.example', 'x.lab.example']) {
      const refused = await signHere(host)
      expect(refused).toMatchObject({ status: 1, stdout: '' })
      expect(refused.stderr).toContain(`hint: where ssh trusts it: ssh -o StrictHostKeyChecking=yes ${host} cat`)
    }
  })

  it('refuses a private key, and shows nothing of it', async () => {
    const daemon = await startDaemon()
    const secret = readFileSync(keyFile(), 'utf8').split('\n').slice(1, 4)
    const names = ['--principals', 'db.corp.example']
    for (const refused of [
      await sign(daemon, [...names, keyFile()]),
      await sign(daemon, [...names, '-'], readFileSync(keyFile(), 'utf8')),
      await sign(daemon, [...names, '-'], `PuTTY-User-Key-File-3: ssh-ed25519\n${secret.join('\n')}\n`),
    ]) {
      expect(refused).toMatchObject({ status: 1, stdout: '' })
      expect(refused.stderr).toContain('has a private key, which must not leave its machine')
      for (const line of secret) expect(refused.stderr + daemon.log()).not.toContain(line.slice(0, 20))
    }
  })

  it.each([
    [
      ['--principals', 'db.elsewhere'],
      'role host does not certify the host name "db.elsewhere"',
      'see allowed_domains in: vault read ssh-host/roles/host',
    ],
    [
      ['--principals', 'db.corp.example', '--role', 'nope'],
      'there is no role "nope" at ssh-host/',
      'latchkey ssh host-sign --role ROLE',
    ],
    [
      ['--principals', 'db.corp.example', '--mount', 'ssh', '--role', 'ops'],
      'role ops does not sign host certificates',
      'allow_host_certificates=true',
    ],
    [
      ['--principals', 'db.corp.example', '--mount', 'gone', '--role', 'host'],
      'nothing is mounted at gone/',
      'vault secrets list',
    ],
    [
      ['--principals', 'db.corp.example', '--ttl', '9000h'],
      'role host allows certificates of at most',
      'latchkey ssh host-sign --ttl',
    ],
    [
      ['--principals', 'db.corp.example', '--ca', 'lab'],
      'no CA of hosts is called lab; there is corp',
      'latchkey ssh known-hosts --json',
    ],
  ])('says what is wrong with %j, and what to do', async (args, message, hint) => {
    const daemon = await startDaemon()
    const refused = await sign(daemon, [...args, `${keyFile()}.pub`])
    expect(refused).toMatchObject({ status: 1, stdout: '' })
    expect(refused.stderr).toContain(message)
    expect(refused.stderr).toContain(hint)
  })

  it.each([
    [['--principals', 'a b']],
    [['--principals', 'a\nb']],
    [['--principals', 'a/b']],
    [['--principals', '*.corp.example']],
    [['--principals', '']],
    [[]],
    [['--principals', 'a', '--ttl', '1s']],
  ])('takes %j for a wrong command line', async (args) => {
    const refused = await sign(await startDaemon(), [...args, `${keyFile()}.pub`])
    expect(refused).toMatchObject({ status: 2, stdout: '' })
  })
})
