import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuiltDaemon } from './built-daemon.ts'
import type { Finished, RunOptions } from './run.ts'

/** The user of the tests, with another home folder as the user database has it: ssh does not look at HOME. */
export interface SshHome {
  /** Runs a command that finds the daemon; it needs `mount:namespace`. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Finished>
}

const enter = 'mount --bind "$1" /etc/passwd && shift && exec "$@"'

/** @param home an existing folder */
export function sshHome(home: string, daemon: BuiltDaemon): SshHome {
  const passwd = join(home, 'passwd')
  const uid = String(process.getuid!())
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => {
      const fields = line.split(':')
      return fields[2] === uid ? fields.with(5, home).join(':') : line
    })
  writeFileSync(passwd, lines.join('\n'))
  return {
    run: (command, args, options = {}) =>
      daemon.run('unshare', ['-m', 'sh', '-c', enter, 'sh', passwd, command, ...args], {
        ...options,
        env: { HOME: home, ...options.env },
      }),
  }
}
