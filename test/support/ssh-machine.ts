import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'
import { findProgram } from './peers.ts'
import { type Finished, run, runOk } from './run.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A machine as far as sshd goes: its own /etc/ssh, in mount namespaces that only it sees. */
export interface SshMachine {
  /** Runs a program there; systemctl does nothing but write down what it is told. */
  run(command: string, ...args: string[]): Promise<Finished>
  /** What sshd has in force for a user. */
  inForce(user: string, keyword: string): Promise<string>
  /** All files with their contents, modes and owners. */
  files(): ReadonlyMap<string, string>
  /** What systemctl was told to reload. */
  reloads(): string
  /** Starts its sshd, which ends with the test. @returns the port */
  startSshd(): Promise<number>
}

/** What enters the namespace: the folder becomes /etc/ssh, and the program takes the place of the shell. */
const enter = 'mount --bind "$1" /etc/ssh && PATH=$2:$PATH:/usr/sbin && shift 2 && exec "$@"'

/**
 * Makes a machine.
 * @param hostKey the file of its host key
 * @param contents by path below /etc/ssh; sshd_config has settings that the tests need at its beginning
 * @param options.hasCapitals its sshd -T writes keywords with capitals, as from OpenSSH 10.6 on
 * @param options.passwd what its getent prints, for whatever user
 */
export function makeSshMachine(
  hostKey: string,
  contents: Readonly<Record<string, string>>,
  { hasCapitals = false, passwd }: { hasCapitals?: boolean; passwd?: string } = {},
): SshMachine {
  const folder = temporaryFolder()
  const etc = join(folder, 'etc-ssh')
  const programs = join(folder, 'programs')
  for (const own of [join(etc, 'sshd_config.d'), programs]) mkdirSync(own, { recursive: true })
  // Where sshd was not started as a service, nobody made its folder.
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  copyFileSync(hostKey, join(etc, 'ssh_host_ed25519_key'))
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(etc, path)), { recursive: true })
    writeFileSync(join(etc, path), text)
  }
  const told = join(folder, 'told')
  writeFileSync(told, '')
  const systemctl = `#!/bin/sh\ncase $1 in -q) [ "$3" = ssh.service ] ;; *) echo "$*" >>${told} ;; esac\n`
  writeFileSync(join(programs, 'systemctl'), systemctl, { mode: 0o755 })
  if (hasCapitals) {
    const real = findProgram('sshd')!
    const sshd = `#!/bin/sh\ncase $1 in -T) ${real} "$@" | sed 's/^./\\U&/' ;; *) exec ${real} "$@" ;; esac\n`
    writeFileSync(join(programs, 'sshd'), sshd, { mode: 0o755 })
  }
  if (passwd !== undefined) writeFileSync(join(programs, 'getent'), `#!/bin/sh\necho '${passwd}'\n`, { mode: 0o755 })
  const inside = (...command: string[]) => ['-m', 'sh', '-c', enter, 'sh', etc, programs, ...command]
  return {
    run: (command, ...args) => run('unshare', inside(command, ...args)),
    async inForce(user, keyword) {
      const context = `user=${user},host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22`
      const lines = (await runOk('unshare', inside('sshd', '-T', '-C', context))).split('\n')
      return lines.find((line) => line.toLowerCase().startsWith(`${keyword} `))!.slice(keyword.length + 1)
    },
    files: () =>
      new Map(
        readdirSync(etc, { recursive: true, encoding: 'utf8' })
          .filter((path) => statSync(join(etc, path)).isFile())
          .sort()
          .map((path) => {
            const { mode, uid, gid } = statSync(join(etc, path))
            return [path, `${(mode & 0o7777).toString(8)} ${uid}:${gid}\n${readFileSync(join(etc, path), 'utf8')}`]
          }),
      ),
    reloads: () => readFileSync(told, 'utf8'),
    async startSshd() {
      const port = await freePort()
      const options = ['-D', '-e', '-p', String(port), '-o', 'ListenAddress=127.0.0.1', '-o', 'UsePAM=no']
      const sshd = spawn('unshare', inside(findProgram('sshd')!, ...options, '-o', 'PidFile=none'), {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      onTestFinished(async () => {
        const closed = once(sshd, 'close')
        if (sshd.kill('SIGTERM')) await closed
      })
      await listening(sshd)
      return port
    },
  }
}

async function listening(sshd: ChildProcess): Promise<void> {
  const lines: string[] = []
  await new Promise<void>((resolve, reject) => {
    createInterface(sshd.stderr!).on('line', (line) => {
      lines.push(line)
      if (line.includes('Server listening')) resolve()
    })
    sshd.on('error', reject)
    sshd.on('close', () => reject(new Error(`sshd ended:\n${lines.join('\n')}`)))
  })
}
