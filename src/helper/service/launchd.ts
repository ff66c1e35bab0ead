import { join } from 'node:path'
import { displayLine } from '../../core/text/display-text.ts'
import { HelperError } from '../fast/failure.ts'
import { markContent } from './service-file.ts'
import { notInstalled, type ServiceManager } from './service-manager.ts'
import { fillPlist, type TemplateValues } from './template.ts'

const label = 'local.latchkey'

/** What a person runs to replace the running daemon with the installed one. */
export const launchdRestart = (uid: number) => `launchctl kickstart -k gui/${uid}/${label}`

/** Whose agent it is, and what its property list is made from. */
export interface LaunchdOptions {
  home: string
  uid: number
  values: TemplateValues
  /** A file of packaging/launchd. */
  readTemplate: (name: string) => string
}

/**
 * launchd's manager of the user's agents: the daemon runs from login on and binds its sockets itself, because launchd
 * hands sockets over only through a C function. Written from launchctl(1) and launchd.plist(5); not tested on macOS.
 */
export function createLaunchd({ home, uid, values, readTemplate }: LaunchdOptions): ServiceManager {
  const path = join(home, 'Library', 'LaunchAgents', `${label}.plist`)
  const log = join(home, 'Library', 'Logs', 'latchkey.log')
  const domain = `gui/${uid}`
  const bootOut = ['launchctl', 'bootout', `${domain}/${label}`] as const
  return {
    name: 'launchd',
    files: [
      {
        path,
        // The XML declaration and the document type stay in front. A comment must not hold `--`.
        content: markContent(
          fillPlist(readTemplate(`${label}.plist`), { ...values, log }),
          (text) => `<!-- ${text} -->`,
          2,
        ),
      },
    ],
    // A loaded agent keeps its former file until it is unloaded.
    installCommands: [{ line: bootOut, mayFail: true }, { line: ['launchctl', 'bootstrap', domain, path] }],
    uninstallCommands: [{ line: bootOut, mayFail: true }],
    cleanUpCommands: [],
    restartHint: launchdRestart(uid),
    logHint: `tail ${log}`,
    async check(run) {
      const { status, stderr } = await run('launchctl', ['print', domain])
      if (status === 0) return
      throw new HelperError(
        'SERVICE_FAILED',
        `launchd does not manage services for this user: ${displayLine(stderr)}`,
        {
          hint: 'latchkey daemon, started by whatever starts programs at login here',
        },
      )
    },
    async parts(run) {
      const { status, stdout } = await run('launchctl', ['print', `${domain}/${label}`])
      if (status !== 0) return [{ name: label, state: notInstalled }]
      return [{ name: label, state: /^\s*state = (.+)$/m.exec(stdout)?.[1] ?? 'loaded' }]
    },
  }
}
