import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.ts'
import { findProgram } from './peers.ts'
import { runOk } from './run.ts'

export interface Sshd {
  port: number
  hostKeyFile: string
  /** Options for ssh that make it trust this host and use nothing of the user's own. */
  clientOptions: readonly string[]
  /** All that sshd logged until now. */
  log(): string
  stop(): Promise<void>
}

export interface SshdOptions {
  hostKey?: string
  /** Lines of sshd_config before its own, so that they count. */
  settings?: readonly string[]
  /** It ends a connection after the first key that it does not take. */
  isStrict?: boolean
}

/** Makes the key of a host in a folder. @returns the file */
export async function makeHostKey(folder: string): Promise<string> {
  const file = join(folder, 'host-key')
  await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file])
  return file
}

/** Newer sshds do not count the first six keys that they are only asked about. */
const countsQuestions = 'PubkeyAuthOptions max-pk-ok:0'

const strictSettings = (hostKey: string): readonly string[] => {
  const test = ['-t', '-f', '/dev/null', '-h', hostKey, '-o', countsQuestions.replace(' ', '=')]
  const isKnown = spawnSync(findProgram('sshd')!, test).status === 0
  return ['MaxAuthTries 1', ...(isKnown ? [countsQuestions] : [])]
}

/** Starts Debian's sshd on a free loopback port. It trusts the CA and nothing else. */
export async function startSshd(
  folder: string,
  caPublicKeyFile: string,
  { hostKey: given, settings = [], isStrict = false }: SshdOptions = {},
): Promise<Sshd> {
  const hostKey = given ?? (await makeHostKey(folder))
  // Where it was not started as a service, nobody made its folder; as an ordinary user it needs none.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const config = join(folder, 'sshd-config')
  const port = await freePort()
  writeFileSync(
    config,
    [
      // Of two values sshd takes the first.
      ...settings,
      ...(isStrict ? strictSettings(hostKey) : []),
      `HostKey ${hostKey}`,
      `ListenAddress 127.0.0.1:${port}`,
      `TrustedUserCAKeys ${caPublicKeyFile}`,
      'AuthorizedKeysFile none',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'StrictModes no',
      'UsePAM no',
      `PidFile ${join(folder, 'sshd.pid')}`,
      'LogLevel VERBOSE',
      '',
    ].join('\n'),
  )
  const sshd = spawn(findProgram('sshd')!, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  const lines: string[] = []
  await listening(sshd, lines)
  const knownHosts = join(folder, 'known-hosts')
  writeFileSync(knownHosts, '')
  return {
    port,
    hostKeyFile: hostKey,
    clientOptions: `-F none -p ${port} -o UserKnownHostsFile=${knownHosts} -o IdentityFile=none
      -o StrictHostKeyChecking=no -o BatchMode=yes -o LogLevel=ERROR`.split(/\s+/),
    log: () => lines.join('\n'),
    async stop() {
      const closed = once(sshd, 'close')
      sshd.kill('SIGTERM')
      await closed
    },
  }
}

async function listening(sshd: ChildProcess, lines: string[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    createInterface(sshd.stderr!).on('line', (line) => {
      lines.push(line)
      if (line.includes('Server listening')) resolve()
    })
    sshd.on('error', reject)
    sshd.on('close', () => reject(new Error(`sshd ended:\n${lines.join('\n')}`)))
  })
}
