import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { plainKeyOf } from '../../src/ssh/public-key.ts'
import { formatPublicKeyLine, parsePublicKeyLine } from '../../src/ssh/public-key-line.ts'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { type Sshd, startSshd } from '../support/sshd.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const userName = userInfo().username
/** An edit of config.toml takes effect within a second. */
const patience = { timeout: 20_000, interval: 100 }

describeWithPeers('an agent on another machine', ['sshd', 'ssh', 'ssh-add', 'ssh-keygen', 'git', 'pamtester'], () => {
  let folder: string
  let dev: DevSession
  let sshd: Sshd
  let config: string
  const at = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = makeFolder()
    dev = await startDevSession(at('dev'))
    sshd = await startSshd(folder, join(dev.folder, 'ca.pub'))
    config = readFileSync(dev.env.LATCHKEY_CONFIG!, 'utf8')
  })

  afterAll(async () => {
    await sshd?.stop()
    await dev?.stop()
    removeFolder(folder)
  })

  /** The line of the identity's plain key. An edit of its section makes another one. */
  const plainLine = async () => {
    const [first = ''] = (await dev.runOk('ssh-add', ['-L'])).split('\n')
    const listed = parsePublicKeyLine(first)
    return `${formatPublicKeyLine(plainKeyOf(listed.blob).blob, '')}\n`
  }
  const configure = async (settings: string, isDone: () => Promise<void>) => {
    writeFileSync(dev.env.LATCHKEY_CONFIG!, config.replace('[ssh.identity.dev]\n', `[ssh.identity.dev]\n${settings}`))
    await vi.waitFor(isDone, patience)
  }
  const there = (command: string) => dev.run('ssh', ['-A', ...sshd.clientOptions, `${userName}@127.0.0.1`, command])
  const status = async () => JSON.parse(await dev.runOk('latchkey', ['status', '--json']))

  const commit = async () => {
    const git = `git -C ${at('repository')} -c user.name=Jo -c user.email=jo@example.com -c gpg.format=ssh`
    await runOk('git', ['init', '-q', at('repository')])
    writeFileSync(at('identity.pub'), await plainLine())
    return there(`${git} -c user.signingkey=${at('identity.pub')} commit -q --allow-empty -S -m signed`)
  }

  it('is not shown the identity by default, which the status says', async () => {
    expect((await there('ssh-add -L')).stdout).toContain('The agent has no identities.')
    const reasons = (await status()).ssh.notices.map(({ reason }: { reason: string }) => reason)
    expect(reasons).toContain('identity dev was not shown on a forwarded connection: forward = "allow" shows it')
  })

  it('logs in further with it where that is allowed, and signs no commit', async () => {
    await configure('forward = "allow"\n', async () => {
      expect((await there('ssh-add -l')).stdout).toContain('dev: dev@dev')
    })
    const further = sshd.clientOptions.join(' ')
    expect(await there(`ssh ${further} ${userName}@127.0.0.1 echo further`)).toMatchObject({ stdout: 'further\n' })
    expect((await commit()).status).not.toBe(0)
    const [{ reason, host, key }] = (await status()).ssh.notices
    expect(reason).toBe('a forwarded connection asked identity dev for sshsig:git: it signs login')
    const fingerprintOf = async (file: string) => (await runOk('ssh-keygen', ['-l', '-f', file])).split(' ')[1]
    expect(host).toBe(await fingerprintOf(`${sshd.hostKeyFile}.pub`))
    expect(key).toBe(await fingerprintOf(at('identity.pub')))
  })

  it('signs a commit where that is allowed, too', async () => {
    await configure('forward = "allow"\nsign = ["login", "sshsig:git"]\n', async () => {
      expect(await commit()).toMatchObject({ status: 0 })
    })
    writeFileSync(at('allowed'), `jo@example.com ${await plainLine()}`)
    const verify = ['-c', `gpg.ssh.allowedSignersFile=${at('allowed')}`, 'verify-commit', 'HEAD']
    expect((await dev.run('git', ['-C', at('repository'), ...verify])).stderr).toContain('Good "git" signature')
  })

  // pam(7) reads its services in /etc/pam.d alone: another folder is put in its place for this one process.
  it.runIf(process.getuid?.() === 0)('is who sudo takes it for by an added key, unless that only logs in', async () => {
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('added')])
    await dev.runOk('ssh-add', ['-q', at('added')])
    mkdirSync(at('pam.d'))
    // Anywhere below /tmp the module would not trust the file.
    writeFileSync(at('pam.d/latchkey'), 'auth required pam_ssh_agent_auth.so file=/etc/pam.d/keys\n')
    writeFileSync(at('pam.d/keys'), readFileSync(at('added.pub')), { mode: 0o600 })
    const pamtester = `pamtester -I ruser=${userName} latchkey ${userName} authenticate`
    const sudo = () => there(`unshare -m sh -c 'mount --bind ${at('pam.d')} /etc/pam.d && ${pamtester}'`)
    expect(await sudo()).toMatchObject({ status: 0 })
    // The module knows no certificates, so that it takes an identity by its bare key.
    await dev.runOk('ssh-add', ['-q', '-D'])
    await configure('forward = "allow"\nsign = ["login", "sudo"]\nlist_key = true\n', async () => {
      writeFileSync(at('pam.d/keys'), await plainLine())
      expect(await sudo()).toMatchObject({ status: 0 })
    })
    await dev.runOk('ssh-add', ['-q', at('added')])
    writeFileSync(at('pam.d/keys'), readFileSync(at('added.pub')))
    const former = config
    config = `${former}\n[ssh]\nadded_keys_forwarded = "login"\n`
    await configure('forward = "never"\n', async () => {
      expect((await sudo()).status).not.toBe(0)
    })
    expect((await status()).ssh.notices).toContainEqual(
      expect.objectContaining({ reason: 'a forwarded connection asked keys of ssh-add for sudo: it signs login' }),
    )
  })
})
