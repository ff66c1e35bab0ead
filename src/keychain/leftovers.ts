import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describeError } from '../core/errors.ts'
import { isTemporaryOf, removeOwnFile } from '../core/files/atomic-file.ts'
import { withProcessLock } from '../core/files/process-lock.ts'
import type { Logger } from '../core/log.ts'
import type { Clock } from '../core/time/clock.ts'
import { withDeadline } from '../core/time/deadline.ts'
import { findPathFault } from '../core/trust/path-trust.ts'
import { lockOf, resolveLink } from './file-store.ts'
import { isTemporaryKeyFile } from './passphrase.ts'

/** In ms. Another daemon writes for milliseconds; one that was stopped must not keep this one from starting. */
const patienceMs = 2_000

/**
 * Removes what killed writers of a keychain file have left: older versions of it, which hold keys that have been deleted
 * since, unfinished key files, and locks. It holds the lock of the writers, so that nothing is taken from one that lives.
 * @throws nothing: what could not be removed is reported in the log
 */
export async function sweepKeychain(path: string, { clock, log }: { clock: Clock; log: Logger }): Promise<void> {
  const target = await resolveLink(path)
  const [folder, name, lock] = [dirname(target), basename(target), lockOf(target)]
  const isTemporary = (each: string) =>
    isTemporaryOf(each, name) || isTemporaryOf(each, basename(choiceFileOf(target))) || isTemporaryKeyFile(each, name)
  const present = await readdir(folder).catch(() => [])
  if (!present.some((each) => isTemporary(each) || each.startsWith(basename(lock)))) return
  // The keychain itself says what is wrong there when it is used.
  if (findPathFault(target) !== undefined) return
  const sweep = async () => {
    for (const each of (await readdir(folder)).filter(isTemporary)) await removeOwnFile(join(folder, each))
  }
  try {
    await withDeadline(clock, patienceMs, (patience) => withProcessLock(lock, sweep, patience))
  } catch (error) {
    log.warn('what killed writers of the keychain have left is still there', { folder, reason: describeError(error) })
  }
}

/** Where it is recorded that the OS keychain is used instead of a file. */
export const choiceFileOf = (path: string) => `${path}.store`
