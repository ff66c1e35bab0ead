import { describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { LoadedConfig } from '../config/load-config.ts'

/** Loads and applies the configuration, one refresh at a time. */
export interface ConfigRefresh {
  /** Resolves when the contents of the file at the time of the call are in effect. @throws what `load` or `apply` throws */
  refresh(): Promise<void>
  /** Something may have changed. */
  touch(): void
  /** As `refresh`, but what cannot be applied is logged, and what is in effect stays so. */
  catchUp(): Promise<void>
  isRunning(): boolean
  stop(): void
}

/** What a refresh needs. */
export interface ConfigRefreshDeps {
  clock: Clock
  log: Logger
  /** What was applied last. */
  former: () => LoadedConfig | undefined
  load: () => Promise<LoadedConfig>
  apply: (loaded: LoadedConfig) => Promise<void>
}

/**
 * A program that writes a file in place empties it first. So a file that has become empty is not believed for this long,
 * in ms. Together with the time that the watch takes, an edit still takes effect within a second.
 */
const emptyMs = 500

/** Refreshes nothing until it is called. */
export function createConfigRefresh({ clock, log, former, load, apply }: ConfigRefreshDeps): ConfigRefresh {
  let running: Promise<void> | undefined
  let isDue = false
  let isStopped = false
  let emptySinceMs: number | undefined
  let cancelLook = () => {}
  let logged = new Set<string>()

  const once = async (): Promise<void> => {
    const loaded = await load()
    if (isStopped || isPassing(loaded)) return
    await apply(loaded)
    logged = logFaults(loaded, logged, log)
  }

  /** Whether the file has just become empty. */
  const isPassing = ({ hasText }: LoadedConfig): boolean => {
    const wasEmpty = former()?.hasText !== true
    if (hasText || wasEmpty) emptySinceMs = undefined
    else emptySinceMs ??= clock.uptime()
    const leftMs = emptySinceMs === undefined ? 0 : emptySinceMs + emptyMs - clock.uptime()
    if (leftMs <= 0) return false
    cancelLook()
    cancelLook = clock.after(leftMs, touch)
    return true
  }

  const refresh = async (): Promise<void> => {
    isDue = true
    running ??= (async () => {
      try {
        while (isDue) {
          isDue = false
          await once()
        }
      } finally {
        running = undefined
      }
    })()
    await running
  }

  const catchUp = (): Promise<void> =>
    refresh().catch((error: unknown) =>
      log.error('the configuration cannot be applied', { code: errorCode(error), reason: describeError(error) }),
    )

  const touch = (): void => void catchUp()

  return {
    refresh,
    touch,
    catchUp,
    isRunning: () => running !== undefined,
    stop() {
      isStopped = true
      cancelLook()
    },
  }
}

/** Logs each fault once, for as long as it lasts. @returns the messages that have been logged */
function logFaults({ faults, warnings }: LoadedConfig, logged: ReadonlySet<string>, log: Logger): Set<string> {
  for (const { section, effect, error } of faults) {
    if (!logged.has(error.message))
      log.error('config.toml', { code: error.code, section, effect, reason: error.message, hint: error.hint })
  }
  for (const warning of warnings) if (!logged.has(warning)) log.warn('config.toml', { reason: warning })
  return new Set([...faults.map(({ error }) => error.message), ...warnings])
}
