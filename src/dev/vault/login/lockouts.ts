import { DevVaultError, permissionDenied } from '../errors.ts'
import type { DevVaultState } from '../state.ts'

/** The defaults of Vault's user lockout: from the sixth attempt on, for 15 minutes. */
const lockoutThreshold = 5
/** How long a name is locked out, and after how long failures no longer count. */
const lockoutMs = 15 * 60_000

/** Guards logins against guessing. */
export interface Lockouts {
  /**
   * Runs a login attempt for a name. While the name is locked out the attempt is not made, and the answer does not say so.
   * @throws {DevVaultError} PERMISSION_DENIED while locked out, else what `attempt` throws
   */
  guard<T>(mountAccessor: string, name: string, attempt: () => Promise<T>): Promise<T>
}

/** Counts failed logins by mount and name. Only refusals with INVALID_CREDENTIALS count. */
export function createLockouts(deps: {
  state: Pick<DevVaultState, 'failedLogins'>
  changed: () => void
  now: () => number
}): Lockouts {
  const { state, changed, now } = deps
  const isOver = (lastAtMs: number) => now() - lastAtMs >= lockoutMs
  return {
    async guard(mountAccessor, name, attempt) {
      const key = `${mountAccessor}/${name}`
      const failed = state.failedLogins[key]
      if (failed !== undefined && failed.count >= lockoutThreshold && !isOver(failed.lastAtMs)) throw permissionDenied()
      try {
        const result = await attempt()
        if (state.failedLogins[key] !== undefined) {
          delete state.failedLogins[key]
          changed()
        }
        return result
      } catch (error) {
        if (error instanceof DevVaultError && error.code === 'INVALID_CREDENTIALS') {
          // Read again: other attempts may have failed while this one was checked.
          const before = state.failedLogins[key]
          const count = before === undefined || isOver(before.lastAtMs) ? 0 : before.count
          state.failedLogins[key] = { count: count + 1, lastAtMs: now() }
          changed()
        }
        throw error
      }
    },
  }
}
