import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { makeSshMachine, type SshMachine } from '../support/ssh-machine.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { makeHostKey } from '../support/sshd.ts'
import { makeFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'
import { terminalCommands } from '../support/terminal-commands.ts'

describeWithPeers('latchkey ssh host-check', ['ssh', 'sshd', 'ssh-keygen', 'sudo', 'mount:namespace'], () => {
  let folder: string
  let world: SshWorld
  let hostKey: string
  let caKey: string
  const at = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = makeFolder()
    world = await startSshWorld()
    await world.writeRole('ops')
    caKey = String((await world.vault.admin('GET', 'ssh/config/ca')).public_key)
    hostKey = await makeHostKey(folder)
    for (const name of ['admin', 'host-ca'])
      await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)])
    await runOk('ssh-keygen', ['-q', '-s', at('host-ca'), '-h', '-I', 'web', '-n', 'web.prod', `${hostKey}.pub`])
  })
  afterAll(async () => {
    await world.close()
    removeFolder(folder)
  })

  /** A host that an administrator's key opens whatever it trusts. */
  async function startHost(config: string, files: Readonly<Record<string, string>> = {}) {
    const machine = makeSshMachine(hostKey, {
      sshd_config: `AuthorizedKeysFile ${at('admin.pub')}\nStrictModes no\nPermitRootLogin yes\n${config}`,
      ...files,
    })
    return await reach(machine)
  }

  async function reach(machine: SshMachine) {
    const port = await machine.startSshd()
    const home = temporaryFolder()
    const daemon = await world.startDaemon(world.toml({ ops: `principals = ["${world.userName}"]` }), home)
    const known = join(home, 'known-hosts')
    writeFileSync(known, `web ${readFileSync(`${hostKey}.pub`, 'utf8')}`)
    const config = join(home, 'ssh-config')
    writeFileSync(
      config,
      `Host web\nHostName 127.0.0.1\nPort ${port}\nUser ${world.userName}\nHostKeyAlias web\nUserKnownHostsFile ${known}\nIdentityFile ${at('admin')}\nIdentitiesOnly yes\n`,
    )
    return { config, daemon }
  }

  const check = ({ config, daemon }: { config: string; daemon: BuiltDaemon }, ...args: string[]) =>
    daemon.run(latchkeyPath, ['ssh', 'host-check', '-F', config, ...args, 'web'])
  const trusting = 'TrustedUserCAKeys /etc/ssh/ca.pub\n'

  it('finds nothing against a host that takes our certificates, and sees whose its host key is', async () => {
    const host = await startHost(
      `${trusting}RevokedKeys /etc/ssh/revoked\nAuthorizedPrincipalsFile /etc/ssh/principals/%u\nHostCertificate /etc/ssh/host-cert.pub\n`,
      {
        'ca.pub': caKey,
        revoked: '',
        [`principals/${world.userName}`]: `deploy\n${world.userName}\n`,
        'host-cert.pub': readFileSync(`${hostKey}-cert.pub`, 'utf8'),
      },
    )
    const { status, stdout, stderr } = await check(host)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^\S+ at web\n {4}it trusts SHA256:\S+, the CA of corp\/ssh\n/)
    expect(stdout).toContain(
      `for ${world.userName} it takes the principal deploy, ${world.userName} (by /etc/ssh/principals/%u)\n`,
    )
    expect(stdout).toContain('that is one of ops\n')
    expect(stdout).toMatch(/its host key is certified for web\.prod, by ED25519 SHA256:\S+ \(using ssh-ed25519\)\n$/)
    // And so it is.
    const login = ['-F', host.config, '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=no', '-o', 'IdentityFile=none']
    expect(await host.daemon.run('ssh', [...login, 'web', 'echo in'])).toMatchObject({ status: 0, stdout: 'in\n' })
  })

  it('goes by the issuer that signs, and tells of the others of its mount', async () => {
    await world.vault.admin('POST', 'ssh/issuers/import/next', { generate_signing_key: true, key_type: 'ed25519' })
    onTestFinished(async () => void (await world.vault.admin('DELETE', 'ssh/issuer/next')))
    const next = (await world.vault.call('GET', 'ssh/issuer/next/public_key')).text.trim()
    const both = await check(await startHost(trusting, { 'ca.pub': `${caKey}\n${next}\n` }))
    expect(both.stdout).toMatch(/ {4}it trusts SHA256:\S+, the CA of corp\/ssh\n/)
    expect(both.stdout).toMatch(/ {4}it trusts SHA256:\S+, another issuer of corp\/ssh\n/)
    const old = await check(await startHost(trusting, { 'ca.pub': caKey }))
    expect(old.stdout).toMatch(/ {2}- it does not trust SHA256:\S+, another issuer of corp\/ssh\n/)
    const early = await startHost(trusting, { 'ca.pub': next })
    const { status, stdout } = await check(early)
    expect(status).toBe(1)
    expect(stdout).toMatch(/ {2}! it does not trust SHA256:\S+, the CA of corp\/ssh\n/)
    const unknown = await check(early, '--issuer', 'nope')
    expect(unknown.stderr).toContain(
      'has no issuer nope of an SSH CA at ssh/\nhint: see its issuers with: vault list ssh/issuers',
    )
    expect((await check(early, '--issuer', 'next')).stdout).toMatch(/ {4}it trusts SHA256:\S+, the CA of corp\/ssh\n/)
  })

  it('says what is against a host, as JSON too', async () => {
    const host = await startHost(`${trusting}RevokedKeys /etc/ssh/revoked\nDenyUsers eve\n`, {
      'ca.pub': `nonsense\n${caKey}`,
      revoked: caKey,
    })
    const { status, stdout, stderr } = await check(host, '--json')
    expect(status).toBe(1)
    const { findings } = JSON.parse(stdout) as { findings: { type: string; text: string }[] }
    expect(findings.filter(({ type }) => type === 'bad').map(({ text }) => text)).toEqual([
      expect.stringContaining('/etc/ssh/ca.pub has it, but sshd stops reading at line 1'),
      expect.stringContaining('it has revoked SHA256:'),
    ])
    expect(stderr).toContain('does not let root in by a certificate of ours\nhint: run there as root ')
    const nobody = await check(await startHost('TrustedUserCAKeys none\n'))
    expect(nobody.stdout).toContain('  ! it trusts no CA: TrustedUserCAKeys is none\n')
    expect(nobody.stdout).toContain('  - its host key is not certified: HostCertificate is none\n')
  })

  describe('for a user who is not root', () => {
    /** `id` says so, and before PATH there is a sudo of our own, or none. */
    const startAs = async (sudo: string | undefined) => {
      const programs = temporaryFolder()
      chmodSync(programs, 0o755)
      const id = '#!/bin/sh\ncase $1 in -un) echo ubuntu ;; -u) echo 1000 ;; *) echo ubuntu adm ;; esac\n'
      writeFileSync(join(programs, 'id'), id, { mode: 0o755 })
      if (sudo !== undefined) writeFileSync(join(programs, 'sudo'), sudo, { mode: 0o755 })
      return await startHost(`${trusting}SetEnv PATH=${programs}:/usr/sbin:/usr/bin:/bin\n`, { 'ca.pub': caKey })
    }

    it('goes by sudo', async () => {
      const { stdout } = await check(await startAs(undefined))
      expect(stdout).toMatch(/^ubuntu at web\n {4}it trusts SHA256:/)
      expect(stdout).toContain('for ubuntu it takes the principal ubuntu (the login name)\n')
    })

    it('says what it could not see where sudo refuses', async () => {
      const sudo = '#!/bin/sh\necho "sudo: a password is required" >&2\nexit 1\n'
      const { status, stdout, stderr } = await check(await startAs(sudo))
      expect(status).toBe(1)
      expect(stdout).toContain(
        '  ? what sshd has in force: ubuntu may not use sudo there: sudo: a password is required\n',
      )
      expect(stderr).toContain('not all of web could be seen\nhint: ')
    })
  })

  describe('where the host', () => {
    it.each([
      [
        'answers garbage',
        'printf "\\\\033[31mred\\\\033]0;title\\\\007"',
        /answers something else: \[31mred ?\]0;title\n/,
      ],
      ['answers without end', 'cat /dev/zero', /answers with more than 1 MiB/],
      ['says nothing', 'true', /answers nothing\n/],
      [
        'puts escape sequences into its answer',
        `eval "$SSH_ORIGINAL_COMMAND" | sed "s/ubuntu/\\\\x1b[2J/; s/user root/user \\\\x1b[2Jroot/"`,
        /./,
      ],
    ])('%s shows nothing of it raw', async (_, command, expected) => {
      const host = await startHost(`${trusting}ForceCommand ${command}\n`, { 'ca.pub': caKey })
      const { stdout, stderr, status } = await check(host)
      expect(status).toBe(1)
      expect(stderr).toMatch(expected)
      expect(terminalCommands(stdout + stderr)).toEqual([])
    })

    it('is unknown, refuses the key or is not there, it says so', async () => {
      const host = await startHost(trusting, { 'ca.pub': caKey })
      expect((await check(host, '-o', 'HostKeyAlias=other')).stderr).toMatch(
        /did not get in to web: Host key verification failed/,
      )
      const denied = await check(host, '-l', 'nobody', '-o', 'IdentityFile=none')
      expect(denied.stderr).toMatch(/did not get in to web: .*Permission denied.*\nhint: latchkey ssh explain --try /)
      expect((await check(host, '-p', '1')).stderr).toMatch(/did not get in to web: .*Connection refused/)
    })
  })

  it('takes no option for a host, and an identity that there is not for none', async () => {
    const host = await startHost(trusting, { 'ca.pub': caKey })
    const option = await host.daemon.run(latchkeyPath, ['ssh', 'host-check', '--', '-oProxyCommand=touch x'])
    expect(option.status).toBe(2)
    expect((await check(host, '--identity', 'nope')).stderr).toContain('no identity is called nope')
  })
})
