import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import { createUnlockQueue, type Guess, type Guesser } from './unlock-queue.ts'

/** Whether the agent is locked, and by which passphrase. One per daemon. */
export interface Lock {
  isLocked(): boolean
  /** Never waits for attempts to unlock. @returns false if it is locked already, or the passphrase is empty */
  lock(passphrase: Secret<Uint8Array>): Promise<boolean>
  /** Locks it so that no passphrase opens it, but `open` alone. @returns false if it is locked already */
  lockForPerson(): Promise<boolean>
  /** @returns whether it is locked so that `open` opens it */
  isForPerson(): boolean
  /** Opens what `lockForPerson` has locked. @returns false if that is not so */
  open(): boolean
  /** Registers a connection that may want to unlock, in the order of arrival. @param origin such as its process */
  connect(origin: string | undefined): LockConnection
}

/** One connection's way to unlock. */
export interface LockConnection {
  /**
   * Compares the passphrase and unlocks. A wrong one is answered with a delay, which grows each time; attempts are tried
   * one at a time, so that many connections guess no faster than one. Among the connections that have guessed wrong least
   * often, the newest comes first: a right passphrase waits for one delay, 10 s at most. Other requests do not wait.
   * @returns false if the passphrase is wrong, the agent is not locked, or too many attempts wait
   */
  unlock(passphrase: Secret<Uint8Array>): Promise<boolean>
  /** The connection has closed: its waiting attempts are not tried, and count as wrong. */
  close(): void
}

const saltBytes = 16
const hashBytes = 32
// OpenSSH's delays: 0.1 s for each failure, up to 10 s.
const delayStepMs = 100
const maxCountedFailures = 100

/** Makes a hash that is slow to guess against. */
export type PassphraseHash = (passphrase: Secret<Uint8Array>, salt: Uint8Array) => Promise<Uint8Array>

/** Creates a lock that is open. */
export function createLock({ clock, hash = hashWithScrypt }: { clock: Clock; hash?: PassphraseHash }): Lock {
  let locked: { salt: Uint8Array; hash: Uint8Array; isForPerson: boolean } | undefined
  let isLocking = false
  let failures = 0
  let isTrying = false
  let connections = 0
  const queue = createUnlockQueue()

  const fail = (): void => {
    failures = Math.min(failures + 1, maxCountedFailures)
  }

  /** Counts a guess as wrong without trying it: hanging up must not make guessing cheaper. */
  const giveUp = (guess: Guess): void => {
    fail()
    guess.settle(false)
  }

  const open = (): true => {
    locked = undefined
    failures = 0
    for (const guess of queue.clear()) guess.settle(false)
    return true
  }

  const attempt = async ({ by, passphrase }: Guess, { salt, hash: expected }: NonNullable<typeof locked>) => {
    if (timingSafeEqual(await hash(passphrase, salt), expected)) return open()
    queue.countWrong(by)
    fail()
    await new Promise<void>((resolve) => clock.after(failures * delayStepMs, resolve))
    return false
  }

  const tryNext = (): void => {
    if (isTrying || locked === undefined) return
    const guess = queue.next()
    if (guess === undefined) return
    isTrying = true
    const tried = attempt(guess, locked).finally(() => {
      isTrying = false
      tryNext()
    })
    guess.settle(tried)
  }

  const lockWith = async (passphrase: Secret<Uint8Array>, isForPerson: boolean): Promise<boolean> => {
    if (locked !== undefined || isLocking || passphrase.expose().length === 0) return false
    isLocking = true
    try {
      const salt = randomBytes(saltBytes)
      locked = { salt, hash: await hash(passphrase, salt), isForPerson }
      return true
    } finally {
      isLocking = false
    }
  }

  return {
    isLocked: () => locked !== undefined,
    lock: (passphrase) => lockWith(passphrase, false),
    // By a passphrase that nobody knows: a guess is as wrong, and waits as long, as any other.
    lockForPerson: () => lockWith(new Secret(randomBytes(hashBytes)), true),
    isForPerson: () => locked?.isForPerson === true,
    open: () => locked?.isForPerson === true && open(),
    connect(origin) {
      connections += 1
      const by: Guesser = { number: connections, origin }
      by.origin ??= by
      return {
        unlock: async (passphrase) =>
          locked !== undefined &&
          (await new Promise<boolean>((settle) => {
            const refused = queue.add({ by, passphrase, settle })
            if (refused !== undefined) giveUp(refused)
            tryNext()
          })),
        close() {
          for (const guess of queue.leave(by)) giveUp(guess)
        },
      }
    },
  }
}

/** scrypt with Node's default parameters: 16 MiB and about 50 ms for each guess. */
const hashWithScrypt: PassphraseHash = (passphrase, salt) =>
  new Promise((resolve, reject) => {
    scrypt(passphrase.expose(), salt, hashBytes, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
