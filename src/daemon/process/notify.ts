import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Environment } from '../../core/places/environment.ts'
import { runBounded } from '../../core/programs/bounded-program.ts'
import type { Clock } from '../../core/time/clock.ts'
import { findTrustedProgram } from '../../core/trust/program-trust.ts'

/** Tells the person at the desktop something; in the log where there is no desktop. Callers say nothing twice. */
export type Notify = (text: string) => void

/** What it needs. */
export interface NotifyDeps {
  clock: Clock
  log: Logger
  /** The daemon's, for the program and the desktop. */
  environment: Environment
  platform: NodeJS.Platform
}

const limitMs = 5_000

/** Creates it. It never throws. */
export function createNotify({ clock, log, environment, platform }: NotifyDeps): Notify {
  return (text) => {
    const command = notifier(text, environment, platform)
    if (command === undefined) return log.warn('a person is needed', { reason: text })
    const [path, args] = command
    const bounds = { clock, environment, limitMs, maxBytes: 4_096, ends: [], isGroup: true }
    runBounded(path, args, bounds).then(
      ({ end }) => {
        if (end.how !== 'exited' || end.status !== 0) log.warn('a person is needed', { reason: text })
      },
      (error: unknown) => log.warn('a person is needed', { reason: text, notification: describeError(error) }),
    )
  }
}

function notifier(text: string, environment: Environment, platform: NodeJS.Platform): [string, string[]] | undefined {
  const { PATH, DISPLAY, WAYLAND_DISPLAY, DBUS_SESSION_BUS_ADDRESS } = environment
  if (platform === 'darwin') {
    const path = findTrustedProgram('osascript', PATH)
    // The text is an argument, never a part of the script.
    const script = 'on run argv\ndisplay notification (item 1 of argv) with title "latchkey"\nend run'
    return path === undefined ? undefined : [path, ['-e', script, text]]
  }
  if ([DISPLAY, WAYLAND_DISPLAY, DBUS_SESSION_BUS_ADDRESS].every((value) => (value ?? '') === '')) return undefined
  const path = findTrustedProgram('notify-send', PATH)
  return path === undefined ? undefined : [path, ['--app-name=latchkey', '--', 'latchkey', text]]
}
