import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { makeHostKey, type Sshd, startSshd } from '../support/sshd.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const userName = userInfo().username
/** An edit of config.toml takes effect within a second. */
const patience = { timeout: 20_000, interval: 100 }
const identities = Array.from({ length: 10 }, (_, index) => index)
/** How a host is known to ssh, and what of it is in `hosts` of the identity. */
const ways = ['port', 'name', 'hash', 'certificate', 'fingerprint'] as const
type Way = (typeof ways)[number]

interface Host {
  way: Way
  identity: number
  sshd: Sshd
  /** The name that known_hosts has. */
  name: string
}

describeWithPeers('ssh to fifty servers that end after one try', ['sshd', 'ssh', 'ssh-add', 'ssh-keygen'], () => {
  let folder: string
  let dev: DevSession
  let hosts: readonly Host[] = []
  const at = (name: string) => join(folder, name)
  const publicKey = ({ sshd }: Host) => readFileSync(`${sshd.hostKeyFile}.pub`, 'utf8').trim()

  const startHost = async (way: Way, identity: number): Promise<Host> => {
    const name = `h${identity}.${way}.i${identity}.example`
    const own = at(name)
    mkdirSync(own)
    const hostKey = await makeHostKey(own)
    const settings = [`AuthorizedPrincipalsFile ${join(own, 'principals')}`]
    writeFileSync(join(own, 'principals'), `for-${identity}\n`)
    if (way === 'certificate') {
      await runOk('ssh-keygen', ['-q', '-s', at('host-ca'), '-h', '-I', name, '-n', name, `${hostKey}.pub`])
      settings.push(`HostCertificate ${hostKey}-cert.pub`)
    }
    return {
      way,
      identity,
      name,
      sshd: await startSshd(own, join(dev.folder, 'ca.pub'), { hostKey, settings, isStrict: true }),
    }
  }

  /** What `hosts` of an identity has of a host. */
  const patternOf = async (host: Host): Promise<string> => {
    switch (host.way) {
      case 'port':
        return `[127.0.0.1]:${host.sshd.port}`
      case 'name':
        return `*.name.i${host.identity}.example`
      // A hash is not found by a pattern.
      case 'hash':
        return host.name
      case 'certificate':
        return `h?.certificate.i${host.identity}.*`
      case 'fingerprint':
        return (await runOk('ssh-keygen', ['-l', '-f', `${host.sshd.hostKeyFile}.pub`])).split(' ')[1]!
    }
  }

  const writeKnownHosts = async () => {
    const lines = (way: Way, nameOf: (host: Host) => string) =>
      hosts.filter((host) => host.way === way).map((host) => `${nameOf(host)} ${publicKey(host)}\n`)
    const plain = [
      ...lines('port', ({ sshd }) => `[127.0.0.1]:${sshd.port}`),
      ...lines('name', ({ name }) => name),
      ...lines('fingerprint', ({ name }) => name),
      `@cert-authority *.example ${readFileSync(at('host-ca.pub'), 'utf8')}`,
    ]
    writeFileSync(at('known-hosts'), plain.join(''))
    writeFileSync(at('hashed-hosts'), lines('hash', ({ name }) => name).join(''))
    await runOk('ssh-keygen', ['-q', '-H', '-f', at('hashed-hosts')])
  }

  const vault = async (path: string, body: unknown) => {
    const { VAULT_ADDR, VAULT_TOKEN } = dev.env as { VAULT_ADDR: string; VAULT_TOKEN: string }
    const headers = { 'X-Vault-Token': VAULT_TOKEN }
    const answer = await fetch(`${VAULT_ADDR}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(answer.ok).toBe(true)
  }

  const configure = async () => {
    await vault('sys/policies/acl/ssh-dev', { policy: 'path "ssh/sign/*" { capabilities = ["update"] }' })
    const sections = [`[ssh]\nknown_hosts = ${JSON.stringify([at('known-hosts'), at('hashed-hosts')])}\n`]
    for (const identity of identities) {
      const principal = `for-${identity}`
      const role = { key_type: 'ca', allow_user_certificates: true, allowed_users: principal, default_user: principal }
      await vault(`ssh/roles/i${identity}`, { ...role, default_extensions: { 'permit-pty': '' }, ttl: '30m' })
      const patterns = await Promise.all(hosts.filter((host) => host.identity === identity).map(patternOf))
      const settings = `vault = "dev"\nrole = "i${identity}"\nhosts = ${JSON.stringify(patterns)}\n`
      sections.push(`[ssh.identity.i${identity}]\n${settings}`)
    }
    appendFileSync(dev.env.LATCHKEY_CONFIG!, sections.join('\n'))
    const list = async () => (await dev.runOk('ssh-add', ['-l'])).trim().split('\n')
    await vi.waitFor(async () => expect(await list()).toHaveLength(11), patience)
  }

  const options = ({ sshd, way, name }: Host) =>
    `-F none -p ${sshd.port} -o UserKnownHostsFile="${at('known-hosts')} ${at('hashed-hosts')}" -o BatchMode=yes
      -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o IdentityFile=none -o LogLevel=ERROR
      ${way === 'port' ? '' : `-o HostKeyAlias=${name}`}`

  const login = (host: Host, more = '') =>
    dev.run('bash', ['-c', `exec ssh ${options(host).replaceAll('\n', ' ')} ${more} ${userName}@127.0.0.1 echo in`])

  beforeAll(async () => {
    folder = makeFolder()
    dev = await startDevSession(at('dev'))
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('host-ca')])
    hosts = await Promise.all(ways.flatMap((way) => identities.map((identity) => startHost(way, identity))))
    await writeKnownHosts()
    await configure()
  }, 120_000)

  afterAll(async () => {
    await Promise.all(hosts.map(({ sshd }) => sshd.stop()))
    await dev?.stop()
    removeFolder(folder)
  })

  for (const way of ways) {
    it(`logs in at the first try to each of ten that are known by ${way}`, async () => {
      const tried = hosts.filter((one) => one.way === way)
      const logins = await Promise.all(tried.map((host) => login(host)))
      // What the start files of the login shell complain of is not looked at.
      expect(logins).toMatchObject(tried.map(() => ({ status: 0, stdout: 'in\n' })))
    }, 60_000)
  }

  it('would be turned away with all identities in a row', async () => {
    // Nobody knows this host, so the first identity is tried, which is for another.
    const [host] = hosts.filter(({ way, identity }) => way === 'name' && identity === 9) as [Host]
    const elsewhere = at('nothing')
    writeFileSync(elsewhere, '')
    const config = readFileSync(dev.env.LATCHKEY_CONFIG!, 'utf8')
    writeFileSync(dev.env.LATCHKEY_CONFIG!, config.replace(/^known_hosts = .*$/m, `known_hosts = ["${elsewhere}"]`))
    await vi.waitFor(async () => expect((await login(host)).status).toBe(255), patience)
    expect((await login(host)).stderr).toMatch(/Too many authentication failures|Permission denied/)
    writeFileSync(dev.env.LATCHKEY_CONFIG!, config)
    await vi.waitFor(async () => expect((await login(host)).status).toBe(0), patience)
  }, 60_000)
})
