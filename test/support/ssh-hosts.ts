import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runOk } from './run.ts'
import type { SshWorld } from './ssh-world.ts'
import { makeHostKey, type Sshd } from './sshd.ts'

/** How ssh knows a host: by its name, by the hash of its name, by its address and port, or by a CA of hosts. */
export type HostKind = 'name' | 'hash' | 'port' | 'certificate'

/** Hosts that each take the certificates of one identity, and end a connection after the first key that is another. */
export interface SshHosts {
  /** For `ssh -F`: all hosts under their names. */
  configFile: string
  sshdOf(name: string): Sshd
  /**
   * config.toml with an identity for each host, which has the host's first label for its name.
   * @param more further settings of all identities, or by identity
   */
  toml(more?: string | Readonly<Record<string, string>>): string
}

interface Host {
  name: string
  identity: string
  kind: HostKind
  sshd: Sshd
}

const extensions = ['permit-pty', 'permit-agent-forwarding', 'permit-port-forwarding']
const isByPort = ({ kind }: Host) => kind === 'port'
/** What `hosts` of its identity has: with a pattern a hash is proved by the command line of ssh alone. */
const patternOf = (host: Host) => {
  if (isByPort(host)) return addressOf(host)
  return host.kind === 'hash' ? `${host.identity}.*` : host.name
}
const addressOf = ({ sshd }: Host) => `[127.0.0.1]:${sshd.port}`
const publicKeyOf = ({ sshd }: Host) => readFileSync(`${sshd.hostKeyFile}.pub`, 'utf8')

/** @param folder a folder for the files of the hosts, which must end with the world */
export async function startSshHosts(
  world: SshWorld,
  folder: string,
  kinds: Readonly<Record<string, HostKind>>,
): Promise<SshHosts> {
  const at = (name: string) => join(folder, name)
  mkdirSync(folder, { recursive: true })
  await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('host-ca')])

  const startHost = async ([name, kind]: [string, HostKind]): Promise<Host> => {
    const identity = name.split('.')[0]!
    const principal = `for-${identity}`
    const principals = at(`${name}.principals`)
    writeFileSync(principals, `${principal}\n`)
    const settings = [`AuthorizedPrincipalsFile ${principals}`, 'Subsystem sftp internal-sftp']
    const keys = at(`${name}.keys`)
    mkdirSync(keys)
    const hostKey = await makeHostKey(keys)
    if (kind === 'certificate') {
      await runOk('ssh-keygen', ['-q', '-s', at('host-ca'), '-h', '-I', name, '-n', name, `${hostKey}.pub`])
      settings.push(`HostCertificate ${hostKey}-cert.pub`)
    }
    await world.writeRole(identity, {
      allowed_users: principal,
      default_user: principal,
      default_extensions: Object.fromEntries(extensions.map((extension) => [extension, ''])),
    })
    return { name, identity, kind, sshd: await world.startSshd(at(name), { hostKey, settings, isStrict: true }) }
  }

  const hosts = await Promise.all(Object.entries(kinds).map(startHost))

  const knownBy = (kind: HostKind, nameOf: (host: Host) => string) =>
    hosts.filter((host) => host.kind === kind).map((host) => `${nameOf(host)} ${publicKeyOf(host)}`)
  writeFileSync(at('known-hosts'), knownBy('hash', ({ name }) => name).join(''))
  await runOk('ssh-keygen', ['-q', '-H', '-f', at('known-hosts')])
  const clear = [...knownBy('name', ({ name }) => name), ...knownBy('port', addressOf)]
  const hostCa = `@cert-authority *.example ${readFileSync(at('host-ca.pub'), 'utf8')}`
  appendFileSync(at('known-hosts'), [...clear, hostCa].join(''))

  const sections = hosts.map((host) => {
    const alias = isByPort(host) ? '' : `HostKeyAlias ${host.name}\n`
    return `Host ${host.name}\nHostName 127.0.0.1\nPort ${host.sshd.port}\n${alias}`
  })
  const forAll = `Host *\nUser ${world.userName}\nUserKnownHostsFile ${at('known-hosts')}\nGlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes\nIdentityFile none\nBatchMode yes\nLogLevel ERROR\n`
  writeFileSync(at('ssh-config'), [...sections, forAll].join(''))

  return {
    configFile: at('ssh-config'),
    sshdOf: (name) => hosts.find((host) => host.name === name)!.sshd,
    toml(more = '') {
      const settingsOf = (host: Host) => {
        const wanted = typeof more === 'string' ? more : (more[host.identity] ?? '')
        return `hosts = ["${patternOf(host)}"]\n${wanted}`
      }
      const identities = Object.fromEntries(hosts.map((host) => [host.identity, settingsOf(host)]))
      return `${world.toml(identities)}[ssh]\nknown_hosts = ["${at('known-hosts')}"]\n`
    },
  }
}
