import { chmodSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { plainKeyOf } from '../../src/ssh/public-key.ts'
import { formatPublicKeyLine, parsePublicKeyLine } from '../../src/ssh/public-key-line.ts'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { describeWithPeers } from '../support/peers.ts'
import { type Sshd, startSshd } from '../support/sshd.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const userName = userInfo().username

describeWithPeers(
  'ssh with a certificate from the embedded Vault',
  ['sshd', 'ssh', 'ssh-add', 'ssh-keygen', 'git'],
  () => {
    let folder: string
    let dev: DevSession
    let sshd: Sshd

    beforeAll(async () => {
      folder = makeFolder()
      dev = await startDevSession(join(folder, 'dev'))
      sshd = await startSshd(folder, join(dev.folder, 'ca.pub'))
    })

    afterAll(async () => {
      await sshd?.stop()
      await dev?.stop()
      removeFolder(folder)
    })

    const ssh = (...args: string[]) => dev.run('ssh', [...sshd.clientOptions, `${userName}@127.0.0.1`, ...args])

    it('lists a certificate that ssh-keygen reads', async () => {
      const line = await dev.runOk('ssh-add', ['-L'])
      expect(line).toMatch(/^ssh-ed25519-cert-v01@openssh\.com AAAA\S+ .*dev@dev.*\n$/)
      const certificate = await dev.runOk('ssh-keygen', ['-L', '-f', '-'], { input: line })
      expect(certificate).toContain('Type: ssh-ed25519-cert-v01@openssh.com user certificate')
      expect(certificate).toMatch(new RegExp(`Principals: \\n\\s+${userName}\\n`))
      expect(certificate).toContain('permit-pty')
    })

    it('logs in to an sshd that trusts the CA alone', async () => {
      expect(await ssh('echo', 'through')).toEqual({ status: 0, stdout: 'through\n', stderr: '' })
      expect(sshd.log()).toMatch(/Accepted publickey for \S+ .* ED25519-CERT .* ID vault-approle-\S+ .* CA ED25519/)
    })

    it('is asked for one signature by one login, though many log in at once', async () => {
      const signsBefore = dev.log('vault-calls').filter(({ path }) => path === '/v1/ssh/sign/dev').length
      const logins = await Promise.all(Array.from({ length: 5 }, () => ssh('true')))
      expect(logins.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0])
      // All of them with the certificate that the list above has fetched.
      expect(signsBefore).toBe(1)
      expect(dev.log('vault-calls').filter(({ path }) => path === '/v1/ssh/sign/dev')).toHaveLength(1)
    })

    it('does not show the identity on a forwarded connection', async () => {
      const forwarded = await dev.run('ssh', ['-A', ...sshd.clientOptions, `${userName}@127.0.0.1`, 'ssh-add', '-L'])
      expect(forwarded.stdout).toContain('The agent has no identities.')
    })

    it('signs files that ssh-keygen verifies against the CA', async () => {
      const [signed, signers] = [join(folder, 'letter'), join(folder, 'signers')]
      const certificate = join(folder, 'dev-cert.pub')
      writeFileSync(certificate, await dev.runOk('ssh-add', ['-L']))
      writeFileSync(signed, 'read me\n')
      await dev.runOk('ssh-keygen', ['-Y', 'sign', '-n', 'file', '-f', certificate, signed])
      writeFileSync(signers, `${userName} cert-authority ${await dev.runOk('cat', [join(dev.folder, 'ca.pub')])}`)
      const verified = await dev.runOk(
        'ssh-keygen',
        ['-Y', 'verify', '-n', 'file', '-f', signers, '-I', userName, '-s', `${signed}.sig`],
        { input: 'read me\n' },
      )
      expect(verified).toMatch(/^Good "file" signature/)
    })

    it('signs a commit of git by the bare key', async () => {
      const repository = join(folder, 'repository')
      // What people have in user.signingkey is a plain key.
      const plainKey = plainKeyOf(parsePublicKeyLine(await dev.runOk('ssh-add', ['-L'])).blob)
      const plain = join(folder, 'plain.pub')
      writeFileSync(plain, formatPublicKeyLine(plainKey.blob, ''))
      const git = (...args: string[]) => dev.runOk('git', ['-C', repository, ...args])
      await dev.runOk('git', ['init', '-q', repository])
      for (const [name, value] of [
        ['user.name', 'Jo'],
        ['user.email', 'jo@example.com'],
        ['gpg.format', 'ssh'],
        ['user.signingkey', plain],
      ] as const) {
        await git('config', name, value)
      }
      await git('commit', '-q', '--allow-empty', '-S', '-m', 'signed')
      writeFileSync(join(folder, 'allowed'), `jo@example.com ${formatPublicKeyLine(plainKey.blob, '')}\n`)
      await git('config', 'gpg.ssh.allowedSignersFile', join(folder, 'allowed'))
      const verified = await dev.run('git', ['-C', repository, 'verify-commit', 'HEAD'])
      expect(verified.stderr).toMatch(/^Good "git" signature for jo@example\.com/)
    })

    it('serves a key that ssh-add gives beside the certificate, and takes it back', async () => {
      const key = join(folder, 'static')
      await dev.runOk('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', key, '-C', 'static'])
      chmodSync(key, 0o600)
      await dev.runOk('ssh-add', ['-q', key])
      const list = (await dev.runOk('ssh-add', ['-L'])).trim().split('\n')
      expect(list.map((line) => line.split(' ')[0])).toEqual([
        'ssh-ed25519-cert-v01@openssh.com',
        'ecdsa-sha2-nistp256',
      ])
      await dev.runOk('ssh-add', ['-q', '-D'])
      expect((await dev.runOk('ssh-add', ['-L'])).trim().split('\n')).toHaveLength(1)
    })

    it('shows added keys in the status, and drops them at SIGUSR1', async () => {
      const key = join(folder, 'dropped')
      await dev.runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key, '-C', 'to be dropped'])
      await dev.runOk('ssh-add', ['-q', '-t', '1h', key])
      const status = JSON.parse(await dev.runOk('latchkey', ['status', '--json']))
      const expiresAt = expect.stringMatching(/Z$/)
      expect(status.ssh).toMatchObject({ addedKeys: 1, added: [{ comment: 'to be dropped', expiresAt }] })
      expect(await dev.runOk('latchkey', ['status'])).toMatch(/to be dropped +SHA256:\S+ +(59m|1h)/)
      process.kill(status.pid, 'SIGUSR1')
      await vi.waitFor(async () => expect(await dev.runOk('ssh-add', ['-l'])).not.toContain('to be dropped'))
      expect((await dev.runOk('ssh-add', ['-l'])).trim().split('\n')).toHaveLength(1)
    })

    it('shows the certificate in the status', async () => {
      const status = JSON.parse(await dev.runOk('latchkey', ['status', '--json']))
      expect(status.ssh.identities).toMatchObject([
        { name: 'dev', vault: 'dev', role: 'dev', state: 'fresh', principals: [userName] },
      ])
      expect(status.vaults).toMatchObject([{ name: 'dev', method: 'approle', state: 'logged-in' }])
    })

    it('drops the certificate at logout and gets another after it', async () => {
      const before = await dev.runOk('ssh-add', ['-L'])
      await dev.runOk('latchkey', ['logout'])
      await dev.runOk('latchkey', ['login'])
      const after = await dev.runOk('ssh-add', ['-L'])
      expect(after.split(' ')[1]).not.toBe(before.split(' ')[1])
      expect((await ssh('true')).status).toBe(0)
    })
  },
)
