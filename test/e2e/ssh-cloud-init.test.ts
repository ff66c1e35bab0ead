import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { run, runOk } from '../support/run.ts'
import { makeSshMachine, type SshMachine } from '../support/ssh-machine.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const ours = '/etc/ssh/latchkey_user_ca.pub'
const include = 'Include /etc/ssh/sshd_config.d/*.conf\n'
const base = 'KbdInteractiveAuthentication no\nPasswordAuthentication no\nX11Forwarding yes\n'
const stock = include + base

describeWithPeers('latchkey ssh cloud-init', ['ssh', 'sshd', 'ssh-keygen', 'mount:namespace'], () => {
  let world: SshWorld
  beforeAll(async () => {
    world = await startSshWorld()
    await world.writeRole('ops')
    await world.writeRole('dev', { allowed_users: 'dev', default_user: 'dev' })
  })
  afterAll(async () => await world.close())

  const startDaemon = () => world.startDaemon(world.toml({ ops: '' }))
  async function scriptOf(daemon: BuiltDaemon, ...args: string[]): Promise<string> {
    const { stdout, stderr, status } = await daemon.run(latchkeyPath, [
      'ssh',
      'cloud-init',
      '--format',
      'shell',
      ...args,
    ])
    expect(status, stderr).toBe(0)
    const file = join(temporaryFolder(), 'user-data')
    writeFileSync(file, stdout)
    return file
  }
  const machineWith = (contents: Record<string, string>) => makeSshMachine(world.sshd.hostKeyFile, contents)

  /** Runs the script twice: it succeeds, says so, and the second run changes nothing. */
  async function settle(machine: SshMachine, script: string): Promise<string> {
    const first = await machine.run('sh', script)
    expect(first.status, first.stderr).toBe(0)
    expect(first.stdout).toContain('latchkey: sshd trusts the CA keys')
    const after = machine.files()
    const reloads = machine.reloads()
    const second = await machine.run('sh', script)
    expect(second.status, second.stderr).toBe(0)
    expect(machine.files()).toEqual(after)
    expect(machine.reloads()).toBe(reloads)
    expect((await machine.run('sshd', '-t')).status).toBe(0)
    expect([...after.keys()].filter((path) => /latchkey-|early/.test(path.replace('05-latchkey-user-ca', '')))).toEqual(
      [],
    )
    return first.stdout + first.stderr
  }

  /** Whether a real certificate logs in there. */
  async function login(daemon: BuiltDaemon, machine: SshMachine, ...more: string[]) {
    const port = await machine.startSshd()
    const options = world.sshd.clientOptions.map((option) =>
      option === String(world.sshd.port) ? String(port) : option,
    )
    const target = [`${world.userName}@127.0.0.1`, 'echo in']
    return await run('ssh', [...options, '-o', `IdentityAgent=${daemon.sockets.agent}`, ...more, ...target])
  }
  async function expectLogin(daemon: BuiltDaemon, machine: SshMachine) {
    expect(await login(daemon, machine)).toMatchObject({ status: 0, stdout: 'in\n' })
  }

  const elsewhere = '/etc/ssh/other.pub'
  const shapes: Readonly<Record<string, { files: Record<string, string>; inForce: string }>> = {
    stock: { files: { sshd_config: stock }, inForce: ours },
    'no Include': { files: { sshd_config: base }, inForce: ours },
    'a Match block at the end': {
      files: { sshd_config: `${base}Match User git\n  X11Forwarding no\n` },
      inForce: ours,
    },
    'no line break at the end': { files: { sshd_config: `${base}UseDNS no` }, inForce: ours },
    'an earlier drop-in of others': {
      files: { sshd_config: stock, 'sshd_config.d/01-x.conf': `TrustedUserCAKeys ${elsewhere}\n` },
      inForce: ours,
    },
    'the Include at the end': {
      files: { sshd_config: `${base}TrustedUserCAKeys /etc/ssh/old.pub\n${include}` },
      inForce: ours,
    },
    'a Match block for a port': {
      files: { sshd_config: `${stock}Match LocalPort 2222 LocalAddress 127.0.0.1\n  X11Forwarding no\n` },
      inForce: ours,
    },
    'the Include in a Match block': { files: { sshd_config: `${base}Match User git\n${include}` }, inForce: ours },
  }
  it.each(Object.entries(shapes))('sshd_config with %s ends with our CA in force', async (_, { files, inForce }) => {
    const daemon = await startDaemon()
    const machine = machineWith(files)
    await settle(machine, await scriptOf(daemon))
    expect(await machine.inForce('root', 'trustedusercakeys')).toBe(inForce)
    expect(await machine.inForce('root', 'revokedkeys')).toBe('/etc/ssh/latchkey_revoked_keys')
    expect(machine.reloads()).toBe('reload ssh.service\n')
    await expectLogin(daemon, machine)
  })

  it('an sshd that writes its keywords with capitals is understood', async () => {
    const daemon = await startDaemon()
    const files = { sshd_config: `${base}RevokedKeys /etc/ssh/revoked\n${include}`, revoked: '' }
    const machine = makeSshMachine(world.sshd.hostKeyFile, files, { hasCapitals: true })
    await settle(machine, await scriptOf(daemon))
    expect(await machine.inForce('root', 'trustedusercakeys')).toBe(ours)
    expect(await machine.inForce('root', 'revokedkeys')).toBe('/etc/ssh/revoked')
    await expectLogin(daemon, machine)
  })

  describe('what others have in force is joined', () => {
    let other: string
    beforeEach(async () => {
      const file = join(temporaryFolder(), 'other')
      await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'other', '-f', file])
      other = readFileSync(`${file}.pub`, 'utf8')
    })

    it.each([
      ['at the top', `TrustedUserCAKeys ${elsewhere}\n${stock}`],
      ['as the usual line appends it', `${stock}TrustedUserCAKeys ${elsewhere}\n`],
    ])('a CA file that is in force keeps its keys, %s', async (_, config) => {
      const daemon = await startDaemon()
      const machine = machineWith({ sshd_config: config, 'other.pub': other })
      await settle(machine, await scriptOf(daemon))
      expect(await machine.inForce('root', 'trustedusercakeys')).toBe(elsewhere)
      expect(machine.files().get('other.pub')).toContain(other)
      expect(machine.files().get('sshd_config')).toContain(config)
      await expectLogin(daemon, machine)
    })

    it('a CA file stays in force where cloud-init has put ours before it', async () => {
      const daemon = await startDaemon()
      const machine = machineWith({
        sshd_config: `${stock}TrustedUserCAKeys ${elsewhere}\n`,
        'other.pub': other,
        'sshd_config.d/05-latchkey-user-ca.conf': `TrustedUserCAKeys ${ours}\n`,
      })
      await settle(machine, await scriptOf(daemon))
      expect(await machine.inForce('root', 'trustedusercakeys')).toBe(elsewhere)
      expect(machine.reloads()).toBe('reload ssh.service\n')
      await expectLogin(daemon, machine)
    })

    it('a line there that sshd cannot parse hides none of our keys', async () => {
      const daemon = await startDaemon()
      const machine = machineWith({
        sshd_config: `TrustedUserCAKeys ${elsewhere}\n${stock}`,
        'other.pub': `cert-authority ${other}`,
      })
      await settle(machine, await scriptOf(daemon))
      await expectLogin(daemon, machine)
    })

    it('a CA of a Match block stays that of its users', async () => {
      const daemon = await startDaemon()
      const machine = machineWith({
        sshd_config: `${stock}Match User git\n  TrustedUserCAKeys ${elsewhere}\n`,
        'other.pub': other,
      })
      await settle(machine, await scriptOf(daemon))
      expect(await machine.inForce('root', 'trustedusercakeys')).toBe(ours)
      expect(await machine.inForce('git', 'trustedusercakeys')).toBe(elsewhere)
    })

    it('a RevokedKeys that is in force stays, and goes on revoking', async () => {
      const daemon = await startDaemon()
      const ca = readFileSync(join(world.sshd.hostKeyFile, '../../ca.pub'), 'utf8')
      const machine = machineWith({
        sshd_config: `${stock}RevokedKeys /etc/ssh/their_revoked\n`,
        their_revoked: ca,
      })
      await settle(machine, await scriptOf(daemon))
      expect(await machine.inForce('root', 'revokedkeys')).toBe('/etc/ssh/their_revoked')
      expect((await login(daemon, machine)).status).toBe(255)
    })
    it('a RevokedKeys without its file, with which nobody logs in, is said', async () => {
      const machine = machineWith({ sshd_config: `${stock}RevokedKeys /etc/ssh/gone\n` })
      const { status, stderr } = await machine.run('sh', await scriptOf(await startDaemon()))
      expect(status).toBe(1)
      expect(stderr).toContain('RevokedKeys is /etc/ssh/gone, which does not exist')
    })

    it('principals go into the file that is in force', async () => {
      const daemon = await startDaemon()
      const machine = machineWith({
        sshd_config: `${stock}AuthorizedPrincipalsFile /etc/ssh/theirs/%u\n`,
        [`theirs/${world.userName}`]: 'them',
      })
      await settle(machine, await scriptOf(daemon, '--principals', `${world.userName}=root`))
      expect(machine.files().get(`theirs/${world.userName}`)).toMatch(/\nroot\nthem$/)
      await expectLogin(daemon, machine)
    })
  })

  describe('principals in files of homes', () => {
    const passwd = 'dev:x:4711:4712::/etc/ssh/home-of-dev:/bin/sh'
    const made = (contents: Record<string, string>, home = passwd) =>
      makeSshMachine(world.sshd.hostKeyFile, contents, { passwd: home })
    const inHome = { sshd_config: `${stock}AuthorizedPrincipalsFile %h/.ssh/of-%U\n` }
    const principals = ['--principals', 'dev=ops']

    it('go into that of the user, in a folder that is theirs', async () => {
      const machine = made({ ...inHome, 'home-of-dev/x': '' })
      await settle(machine, await scriptOf(await startDaemon(), ...principals))
      expect(machine.files().get('home-of-dev/.ssh/of-4711')).toBe('644 0:0\nops\n')
      const folder = await machine.run('stat', '-c', '%a %u:%g', '/etc/ssh/home-of-dev/.ssh')
      expect(folder.stdout).toBe('700 4711:4712\n')
    })

    it.each([
      ['no such user', inHome, ''],
      ['a user without a home folder', inHome, passwd],
      ['a path that is not absolute', { sshd_config: `${stock}AuthorizedPrincipalsFile .ssh/principals\n` }, passwd],
    ])('are written nowhere else where there is %s', async (_, contents, home) => {
      const machine = made(contents, home)
      const { status, stderr } = await machine.run('sh', await scriptOf(await startDaemon(), ...principals))
      expect(status).toBe(1)
      expect(stderr).toContain('and dev has no home folder, or does not exist')
      expect(existsSync('/.ssh')).toBe(false)
    })

    it('go nowhere where a link leads', async () => {
      const machine = made({ ...inHome, 'home-of-dev/.ssh/x': '', elsewhere: 'theirs\n' })
      await machine.run('ln', '-s', '../../elsewhere', '/etc/ssh/home-of-dev/.ssh/of-4711')
      const { status, stderr } = await machine.run('sh', await scriptOf(await startDaemon(), ...principals))
      expect(status).toBe(1)
      expect(stderr).toContain('is a link: write the principals of dev there yourself')
      expect(machine.files().get('elsewhere')).toMatch(/\ntheirs\n$/)
    })
  })

  it('two scripts at once leave what one does', async () => {
    const machine = machineWith({ sshd_config: `${base}Match User git\n  X11Forwarding no\n` })
    const script = await scriptOf(await startDaemon(), '--principals', 'dev=ops')
    const ends = await Promise.all([1, 2, 3].map(() => machine.run('sh', script)))
    expect(ends.map(({ status }) => status)).toEqual([0, 0, 0])
    const after = machine.files()
    expect(after.get('sshd_config')!.match(/TrustedUserCAKeys/g)).toHaveLength(1)
    expect(after.get('sshd_config')!.match(/AuthorizedPrincipalsFile/g)).toHaveLength(1)
    await settle(machine, script)
    expect(machine.files()).toEqual(after)
  })

  it('what a script that was killed has left is taken away, and undone where sshd does not take it', async () => {
    const machine = machineWith({
      sshd_config: `${base}Nonsense yes\n`,
      'sshd_config.latchkey-old': stock,
      'sshd_config.latchkey-a1B2c3': 'Nonsense',
      'sshd_config.d/05-latchkey-user-ca.conf.latchkey-a1B2c3': 'Nonsense',
    })
    await settle(machine, await scriptOf(await startDaemon()))
    expect(machine.files().get('sshd_config')).toContain(stock)
  })

  it('whoever is not root is told so, and nothing is changed', async () => {
    const machine = machineWith({ sshd_config: stock })
    const before = machine.files()
    const script = readFileSync(await scriptOf(await startDaemon()), 'utf8')
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-c', script]
    expect(await machine.run('setpriv', ...nobody)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'latchkey: nothing was changed: run this as root\n',
    })
    expect(machine.files()).toEqual(before)
  })

  it('a machine with the usual line in a Match block trusts our CA for everybody', async () => {
    const daemon = await startDaemon()
    const machine = machineWith({
      sshd_config: `${base}Match User git\n  X11Forwarding no\nTrustedUserCAKeys /etc/ssh/trusted_ca_keys.pub\n`,
      'trusted_ca_keys.pub': '',
    })
    await settle(machine, await scriptOf(daemon))
    expect(await machine.inForce('root', 'trustedusercakeys')).toBe(ours)
    await expectLogin(daemon, machine)
  })

  it('a CA key of a type that this machine does not know is left out, and said', async () => {
    const daemon = await startDaemon()
    const machine = machineWith({ sshd_config: stock })
    const script = await scriptOf(daemon)
    // First, where sshd would read no further.
    writeFileSync(
      script,
      readFileSync(script, 'utf8').replace("<<'end-of-keys'\n", "<<'end-of-keys'\nssh-future AAAA\n"),
    )
    expect(await settle(machine, script)).toContain('left out a CA key that this machine cannot read (ssh-future)')
    await expectLogin(daemon, machine)
  })

  it('an sshd_config that sshd does not take is left as it is, and said', async () => {
    const broken = `${base}UseDNS yesTrustedUserCAKeys /etc/ssh/x\n`
    const machine = machineWith({ sshd_config: broken })
    const { status, stderr } = await machine.run('sh', await scriptOf(await startDaemon()))
    expect(status).toBe(1)
    expect(stderr).toContain('sshd does NOT trust')
    expect(machine.files().get('sshd_config')).toContain(broken)
  })

  it.each([
    ['with Include', stock],
    ['without', `${base}Match User git\n  X11Forwarding no\n`],
  ])('principals count for the named users alone, %s', async (_, sshd_config) => {
    const daemon = await startDaemon()
    const machine = machineWith({ sshd_config })
    const script = await scriptOf(daemon, '--principals', 'dev=ops,web', '--principals', `${world.userName}=dev`)
    await settle(machine, script)
    expect(await machine.inForce('dev', 'authorizedprincipalsfile')).toBe('/etc/ssh/latchkey_principals/%u')
    expect(await machine.inForce('git', 'authorizedprincipalsfile')).toBe('none')
    expect(machine.files().get('latchkey_principals/dev')).toBe('644 0:0\nops\nweb\n')
    // Its certificate names the user, who is now to have another principal.
    expect((await login(daemon, machine)).status).toBe(255)
  })
})
