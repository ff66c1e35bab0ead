import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { Secret } from '../core/secret.ts'

/** Whether the agent is locked, and by which passphrase. One per daemon. */
export interface Lock {
  isLocked(): boolean
  /** @returns false when it is locked already, or the passphrase is empty */
  lock(passphrase: Secret<Uint8Array>): Promise<boolean>
  /**
   * Compares and opens. A wrong passphrase is answered late, later each time; attempts are tried one after the other,
   * so that many connections guess no faster than one. Nobody else waits.
   * @returns false when the passphrase is wrong, or nothing is locked
   */
  unlock(passphrase: Secret<Uint8Array>): Promise<boolean>
}

const saltBytes = 16
const hashBytes = 32
// OpenSSH's delays: 0.1 s for each failure, up to 10 s.
const delayStepMs = 100
const maxCountedFailures = 100

/** Makes a hash that is slow to guess against. */
export type PassphraseHash = (passphrase: Secret<Uint8Array>, salt: Uint8Array) => Promise<Uint8Array>

export function createLock({ clock, hash = hashWithScrypt }: { clock: Clock; hash?: PassphraseHash }): Lock {
  let locked: { salt: Uint8Array; hash: Uint8Array } | undefined
  let failures = 0
  let queue: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(attempt: () => Promise<T>): Promise<T> => {
    const result = queue.then(attempt)
    queue = result.catch(() => {})
    return result
  }

  return {
    isLocked: () => locked !== undefined,
    lock: (passphrase) =>
      inTurn(async () => {
        if (locked !== undefined || passphrase.expose().length === 0) return false
        const salt = randomBytes(saltBytes)
        locked = { salt, hash: await hash(passphrase, salt) }
        return true
      }),
    unlock: (passphrase) =>
      inTurn(async () => {
        if (locked === undefined) return false
        if (timingSafeEqual(await hash(passphrase, locked.salt), locked.hash)) {
          locked = undefined
          failures = 0
          return true
        }
        failures = Math.min(failures + 1, maxCountedFailures)
        await new Promise<void>((resolve) => clock.after(failures * delayStepMs, resolve))
        return false
      }),
  }
}

/** scrypt with Node's parameters: 16 MiB and some 50 ms for each guess. */
const hashWithScrypt: PassphraseHash = (passphrase, salt) =>
  new Promise((resolve, reject) => {
    scrypt(passphrase.expose(), salt, hashBytes, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
