import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { describeWithPeers } from '../support/peers.ts'
import { run, runOk } from '../support/run.ts'
import { type Sshd, startSshd } from '../support/sshd.ts'
import {
  makeSoftToken,
  type SoftToken,
  type StockAgent,
  skProvider,
  startStockAgent,
  tokenProvider,
} from '../support/stock-agent.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const userName = userInfo().username
/** An edit of config.toml takes effect within a second. */
const patience = { timeout: 20_000, interval: 100 }
const skEnv = { SSH_SK_PROVIDER: skProvider }

let folder: string
let dev: DevSession
let sshd: Sshd
let elsewhere: Sshd
let config: string
const at = (name: string) => join(folder, name)

/** Two servers, and a daemon: whatever is in `authorized` may log in. */
async function startWorld() {
  folder = makeFolder()
  mkdirSync(at('elsewhere'))
  dev = await startDevSession(at('dev'))
  config = readFileSync(dev.env.LATCHKEY_CONFIG!, 'utf8')
  writeFileSync(at('authorized'), '')
  const settings = [`AuthorizedKeysFile ${at('authorized')}`]
  const ca = join(dev.folder, 'ca.pub')
  sshd = await startSshd(folder, ca, { settings })
  elsewhere = await startSshd(at('elsewhere'), ca, { settings })
}

async function stopWorld() {
  await sshd?.stop()
  await elsewhere?.stop()
  await dev?.stop()
  removeFolder(folder)
}

const list = async () => (await dev.run('ssh-add', ['-L'])).stdout
/** Writes sections, and waits until they are in effect. */
const configure = async (sections: string, agents: readonly object[]) => {
  writeFileSync(dev.env.LATCHKEY_CONFIG!, `${config}\n${sections}`)
  await vi.waitFor(async () => expect((await status()).ssh.upstreams).toMatchObject(agents), patience)
}
const status = async () => JSON.parse(await dev.runOk('latchkey', ['status', '--json']))
const section = (name: string, socket: string, more = '') => `[ssh.upstream.${name}]\nsocket = "${socket}"\n${more}`

/** Logs in with one key alone, by its public half. */
async function login(server: Sshd, publicKey: string) {
  writeFileSync(at('offered.pub'), publicKey)
  writeFileSync(at('authorized'), publicKey)
  const options = server.clientOptions.map((option) =>
    option === 'IdentityFile=none' ? `IdentityFile=${at('offered.pub')}` : option,
  )
  return dev.run('ssh', [...options, '-o', 'IdentitiesOnly=yes', `${userName}@127.0.0.1`, 'echo in'])
}

const programs = ['sshd', 'ssh', 'ssh-add', 'ssh-agent', 'ssh-keygen']

describeWithPeers(
  'keys in hardware, held by a stock ssh-agent',
  [...programs, 'softhsm2-util', 'openssl', `library:${tokenProvider}`, `library:${skProvider}`],
  () => {
    let agent: StockAgent
    let token: SoftToken
    const takes = (...adds: readonly string[]) =>
      configure(section('card', agent.socket, `adds = ${JSON.stringify(adds)}\n`), [{ name: 'card', adds }])
    const addToken = () => dev.run('ssh-add', ['-s', tokenProvider], { env: token.pinEnv })
    const addSk = (...options: readonly string[]) => dev.run('ssh-add', [...options, at('sk')], { env: skEnv })

    beforeAll(async () => {
      await startWorld()
      mkdirSync(at('token'))
      token = await makeSoftToken(at('token'))
      // The dialog of that agent: whether a use is allowed is in a file.
      writeFileSync(at('confirm'), `#!/bin/sh\necho "$1" >> ${at('asked')}\ntest -e ${at('allowed')}\n`, {
        mode: 0o700,
      })
      const dialog = { SSH_ASKPASS: at('confirm'), SSH_ASKPASS_REQUIRE: 'force' }
      agent = await startStockAgent(at('stock.sock'), { ...token.env, ...dialog })
      await runOk('ssh-keygen', ['-q', '-t', 'ed25519-sk', '-N', '', '-C', 'touched', '-f', at('sk')], { env: skEnv })
      await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'theirs', '-f', at('theirs')])
      await agent.add('-q', at('theirs'))
    })
    afterAll(async () => {
      await agent?.stop()
      await stopWorld()
    })

    it('are refused where no agent takes them, and the status names the setting', async () => {
      await configure(section('card', agent.socket), [{ name: 'card', adds: [] }])
      expect(await addToken()).toMatchObject({ status: 1, stderr: expect.stringContaining('agent refused operation') })
      expect(await addSk()).toMatchObject({ status: 1, stderr: expect.stringContaining('agent refused operation') })
      const reasons = (await status()).ssh.notices.map(({ reason }: { reason: string }) => reason)
      expect(reasons).toEqual([
        expect.stringContaining('adds = ["sk"] in the [ssh.upstream.NAME]'),
        expect.stringContaining('adds = ["pkcs11"] in the [ssh.upstream.NAME]'),
      ])
    })

    it('of a PKCS #11 token are added by ssh-add -s, log in, and go by ssh-add -e', async () => {
      await takes('sk', 'pkcs11')
      expect(await addToken()).toMatchObject({ status: 0, stderr: expect.stringContaining('Card added') })
      const line = /ecdsa-sha2-nistp256 .* token\n/.exec(await list())
      expect(await login(sshd, line![0])).toMatchObject({ stdout: 'in\n' })
      expect(readFileSync(join(dev.folder, 'daemon.log'), 'utf8')).not.toContain('4711')
      expect(await dev.run('ssh-add', ['-e', tokenProvider])).toMatchObject({ status: 0 })
      expect(await list()).not.toContain(line![0])
    })

    it('of a security key are added by ssh-add, log in, and go by ssh-add -d', async () => {
      await takes('sk')
      expect(await addSk()).toMatchObject({ status: 0, stderr: expect.stringContaining('Identity added') })
      const publicKey = readFileSync(at('sk.pub'), 'utf8')
      expect(publicKey).toMatch(/^sk-ssh-ed25519@openssh.com /)
      expect(await login(sshd, publicKey)).toMatchObject({ stdout: 'in\n' })
      await dev.runOk('ssh-add', ['-d', at('sk.pub')])
      expect(await list()).not.toContain('touched')
    })

    it('keep their constraints', async () => {
      const hostKey = readFileSync(`${sshd.hostKeyFile}.pub`, 'utf8')
      writeFileSync(at('constrained-hosts'), `here ${hostKey}`)
      expect(await addSk('-H', at('constrained-hosts'), '-h', 'here')).toMatchObject({ status: 0 })
      const publicKey = readFileSync(at('sk.pub'), 'utf8')
      expect(await login(sshd, publicKey)).toMatchObject({ stdout: 'in\n' })
      expect((await login(elsewhere, publicKey)).stderr).toContain('Permission denied')
      await dev.runOk('ssh-add', ['-d', at('sk.pub')])
    })

    it('end with their lifetime, and are confirmed as ssh-add -c wants, by the agent that holds them', async () => {
      const publicKey = readFileSync(at('sk.pub'), 'utf8')
      expect(await addSk('-c', '-t', '3600')).toMatchObject({ status: 0 })
      expect((await login(sshd, publicKey)).stderr).toContain('Permission denied')
      writeFileSync(at('allowed'), '')
      expect(await login(sshd, publicKey)).toMatchObject({ stdout: 'in\n' })
      expect(readFileSync(at('asked'), 'utf8').match(/Allow use of key touched\?/g)).toHaveLength(2)
      // Added again it has the new constraints alone.
      expect(await addSk('-t', '1')).toMatchObject({ status: 0 })
      await vi.waitFor(async () => expect(await list()).not.toContain('touched'), patience)
      expect(await agent.add('-l')).not.toContain('touched')
    })

    it('go with ssh-add -D, if they were added by way of latchkey', async () => {
      await takes('sk', 'pkcs11')
      await addToken()
      await addSk()
      expect((await status()).ssh.upstreams).toMatchObject([{ added: 2 }])
      expect(await dev.run('ssh-add', ['-D'])).toMatchObject({ status: 0 })
      expect(await agent.add('-l')).toMatch(/^256 \S+ theirs \(ED25519\)\n$/)
    })

    it('go with SIGUSR1 to the daemon, too', async () => {
      await addSk()
      process.kill((await status()).pid, 'SIGUSR1')
      await vi.waitFor(async () => expect(await agent.add('-l')).toMatch(/^256 \S+ theirs \(ED25519\)\n$/), patience)
    })

    it('are neither added nor used while latchkey is locked', async () => {
      await addSk()
      await dev.runOk('latchkey', ['lock'], { input: 'p\n' })
      expect(await addToken()).toMatchObject({ status: 1 })
      expect(await dev.run('ssh-add', ['-T', at('sk.pub')])).toMatchObject({ status: 1 })
      expect(await dev.run('ssh-add', ['-D'])).toMatchObject({ status: 1 })
      await dev.runOk('latchkey', ['unlock'], { input: 'p\n' })
      await dev.runOk('ssh-add', ['-T', at('sk.pub')])
      await dev.runOk('ssh-add', ['-D'])
    })

    it('have certificates of Vault for a time, while they are there', async () => {
      await addSk()
      const key = (await dev.runOk('ssh-add', ['-l'])).split('\n').find((line) => line.includes('touched'))!
      const identity = `[ssh.identity.hardware]\nrole = "dev"\nprincipals = ["${userName}"]\nsocket = true\n`
      const card = section('card', agent.socket, 'adds = ["sk", "pkcs11"]\n')
      await configure(`${identity}upstream_key = "${key.split(' ')[1]}"\n${card}`, [{ name: 'card' }])
      const certificate = () => list().then((lines) => lines.split('\n').find((line) => line.includes('hardware: ')))
      await vi.waitFor(
        async () => expect(await certificate()).toMatch(/^sk-ssh-ed25519-cert-v01@openssh.com /),
        patience,
      )
      // The plain key is authorised nowhere.
      const before = sshd.log()
      const listed = `${await certificate()}\n`
      writeFileSync(at('offered-cert.pub'), listed)
      const options = sshd.clientOptions.map((option) =>
        option === 'IdentityFile=none' ? `IdentityFile=${at('offered-cert.pub')}` : option,
      )
      writeFileSync(at('authorized'), '')
      const logIn = (...more: readonly string[]) =>
        dev.run('ssh', [...options, '-o', 'IdentitiesOnly=yes', ...more, `${userName}@127.0.0.1`, 'echo in'])
      expect(await logIn()).toMatchObject({ stdout: 'in\n' })
      expect(sshd.log().slice(before.length)).toContain('Accepted publickey for')
      expect(sshd.log().slice(before.length)).toContain('ED25519-SK-CERT')
      // The identity's own socket has nothing else.
      const own = dev.env.SSH_AUTH_SOCK!.replace(/agent\.sock$/, 'agent-hardware.sock')
      const alone = await run('ssh-add', ['-L'], { env: { SSH_AUTH_SOCK: own } })
      expect(alone.stdout).toBe(listed)
      expect(await logIn('-o', `IdentityAgent=${own}`)).toMatchObject({ stdout: 'in\n' })
      const explain = () => dev.runOk('latchkey', ['ssh', 'explain', ...sshd.clientOptions, `${userName}@127.0.0.1`])
      expect(await explain()).toMatch(/hardware: certificate[\s\S]*touched: key[\s\S]*the agent card has it/)
      await dev.runOk('ssh-add', ['-D'])
      expect(await certificate()).toBeUndefined()
      expect(await explain()).toMatch(/left out:\n {2}hardware: no agent lists the key SHA256:\S+ of identity hardware/)
      const { ssh } = await status()
      const shown = ssh.identities.find(({ name }: { name: string }) => name === 'hardware')
      expect(shown).toMatchObject({ state: 'fresh', error: { code: 'UPSTREAM_KEY_AWAY' } })
      await takes('sk', 'pkcs11')
    })

    it('are not added from another machine', async () => {
      writeFileSync(at('authorized'), await list())
      const remote = `SSH_ASKPASS=${token.pinEnv.SSH_ASKPASS} SSH_ASKPASS_REQUIRE=force ssh-add -s ${tokenProvider}`
      const target = `${userName}@127.0.0.1`
      expect(await dev.run('ssh', ['-A', ...sshd.clientOptions, target, remote])).toMatchObject({ status: 1 })
      expect((await status()).ssh.notices[0].reason).toBe('a forwarded connection asked for add-token')
      expect(await agent.add('-l')).not.toContain('ECDSA')
    })
  },
)

describeWithPeers('gpg-agent behind ours', [...programs, 'gpg', 'gpg-agent', 'gpgconf'], () => {
  let home: Readonly<Record<string, string>>
  let socket: string
  const gpg = (program: string, ...args: readonly string[]) => runOk(program, args, { env: home })

  beforeAll(async () => {
    await startWorld()
    home = { GNUPGHOME: at('gnupg') }
    mkdirSync(at('gnupg'), { mode: 0o700 })
    const key = ['--passphrase', '', '--quick-generate-key', 'jo@example.com', 'ed25519', 'auth', 'never']
    await gpg('gpg', '--batch', '--quiet', ...key)
    const keys = await gpg('gpg', '--list-keys', '--with-keygrip', '--with-colons')
    writeFileSync(at('gnupg/sshcontrol'), `${/^grp:*([0-9A-F]{40}):/m.exec(keys)![1]}\n`)
    writeFileSync(at('gnupg/gpg-agent.conf'), 'enable-ssh-support\n')
    await gpg('gpgconf', '--kill', 'gpg-agent')
    await gpg('gpgconf', '--launch', 'gpg-agent')
    socket = (await gpg('gpgconf', '--list-dirs', 'agent-ssh-socket')).trim()
  })
  afterAll(async () => {
    await run('gpgconf', ['--kill', 'gpg-agent'], { env: home })
    await stopWorld()
  })

  it('lists its key, logs in with it, and keeps it at ssh-add -D', async () => {
    await configure(section('gpg', socket, 'adds = ["pkcs11"]\n'), [{ name: 'gpg' }])
    const own = await runOk('ssh-add', ['-L'], { env: { SSH_AUTH_SOCK: socket } })
    expect(await list()).toContain(own)
    expect(await login(sshd, own)).toMatchObject({ stdout: 'in\n' })
    // It can hold no token of PKCS #11.
    expect(await dev.run('ssh-add', ['-e', tokenProvider])).toMatchObject({ status: 1 })
    await dev.runOk('ssh-add', ['-D'])
    expect(await list()).toContain(own)
  })
})
