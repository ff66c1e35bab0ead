import { watch } from 'node:fs'
import { basename } from 'node:path'
import { errorCode } from '../../core/errors.ts'
import type { Clock } from '../../core/time/clock.ts'
import { stepsOfPath } from './steps-of-path.ts'

/** Reports soon after something has happened to a file or to a folder or link on its path. */
export interface FileWatch {
  /** Watches these files from now on. To be called again after each change: a changed link may lead elsewhere. */
  follow(paths: readonly string[]): void
  close(): void
}

/**
 * Watches the entries of one folder.
 * @param onEntry called with the name of the entry that changed; undefined if the system does not say
 * @param onEnd called when the folder is not watched any more
 * @throws the system's error, such as ENOSPC if there are too many watches
 */
export type WatchFolder = (
  folder: string,
  onEntry: (name: string | undefined) => void,
  onEnd: () => void,
) => { close(): void }

/** What the watch needs. */
export interface FileWatchDeps {
  clock: Clock
  /** Something may have changed. Called once for changes that come together. */
  onChange: () => void
  watchFolder?: WatchFolder
}

/** An editor writes, renames and sets the mode within this time. */
const settleMs = 100
/** A writer that never pauses does not delay the report for longer than this. */
const longestSettleMs = 400
/** How often to report a possible change if folders cannot be watched. */
const pollMs = 500

/**
 * Watches all folders on the paths of some files, not the files themselves: editors replace a file with another one, and a
 * link to a whole folder may be redirected. If folders cannot be watched, it reports twice a second that something may
 * have changed.
 */
export function createFileWatch({ clock, onChange, watchFolder = watchSystemFolder }: FileWatchDeps): FileWatch {
  let watched: { close(): void }[] = []
  let cancelSettle = () => {}
  let cancelPoll = () => {}
  let firstMs: number | undefined

  const change = () => {
    firstMs = undefined
    onChange()
  }
  const touch = () => {
    firstMs ??= clock.uptime()
    cancelSettle()
    const leftMs = firstMs + longestSettleMs - clock.uptime()
    cancelSettle = clock.after(Math.max(0, Math.min(settleMs, leftMs)), change)
  }
  const poll = () => {
    cancelPoll()
    cancelPoll = clock.after(pollMs, () => {
      onChange()
      poll()
    })
  }
  const end = () => {
    cancelSettle()
    cancelPoll()
    for (const one of watched.splice(0)) one.close()
  }

  return {
    follow(paths) {
      // The new ones first, so that nothing is missed between them.
      const former = watched
      watched = []
      cancelPoll()
      for (const [folder, names] of entriesOf(paths)) {
        const onEntry = (name: string | undefined) => {
          if (name === undefined || names.has(name)) touch()
        }
        try {
          watched.push(watchFolder(folder, onEntry, poll))
        } catch (error) {
          // A folder that we may not even list, such as /home with mode 711, is not ours to change.
          if (errorCode(error) !== 'EACCES') poll()
        }
      }
      for (const one of former) one.close()
    },
    close: end,
  }
}

function entriesOf(paths: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const entries = new Map<string, Set<string>>()
  for (const path of paths) {
    for (const [folder, names] of stepsOfPath(path)) {
      // A folder that is removed is reported by its own name.
      entries.set(folder, new Set([...(entries.get(folder) ?? [basename(folder)]), ...names]))
    }
  }
  return entries
}

const watchSystemFolder: WatchFolder = (folder, onEntry, onEnd) =>
  watch(folder, { persistent: false }, (_, name) => onEntry(name ?? undefined)).on('error', onEnd)
