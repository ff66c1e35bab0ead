import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import { createUnlockQueue, type Guess, type Guesser } from './unlock-queue.ts'

/** Whether the agent is locked, and by which passphrase. One per daemon. */
export interface Lock {
  isLocked(): boolean
  /** Never waits for attempts to unlock. @returns false if it is locked already, or the passphrase is empty */
  lock(passphrase: Secret<Uint8Array>): Promise<boolean>
  /** Locks it so that no passphrase opens it, but `open` alone. @returns false if it is locked already */
  lockForPerson(): Promise<boolean>
  /** Calls once when it is locked next. @returns takes that back */
  onceLocked(listener: () => void): () => void
  /** @returns whether it is locked so that `open` opens it */
  isForPerson(): boolean
  /** Opens what `lockForPerson` has locked. @returns false if that is not so */
  open(): Promise<boolean>
  /** Is locked as it was before a restart, if it was. */
  resume(record: LockRecord | undefined): void
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

/** What opens a locked agent: the hash of a passphrase, from which no key is made, or a person. */
export type LockRecord = { type: 'passphrase'; salt: Uint8Array; hash: Uint8Array } | { type: 'person' }

/** Keeps for the next start how the agent is locked; undefined: it is not. It never rejects: the agent is locked anyway. */
export type KeepLock = (record: LockRecord | undefined) => Promise<void>

/** In bytes, as in a `LockRecord`. */
export const saltBytes = 16
/** In bytes, as in a `LockRecord`. */
export const hashBytes = 32
// OpenSSH's delays: 0.1 s for each failure, up to 10 s.
const delayStepMs = 100
const maxCountedFailures = 100

/** Makes a hash that is slow to guess against. */
export type PassphraseHash = (passphrase: Secret<Uint8Array>, salt: Uint8Array) => Promise<Uint8Array>

/** What a lock needs. */
export interface LockDeps {
  clock: Clock
  hash?: PassphraseHash
  /** Absent: the lock ends with the process. Told of each change, in their order. */
  keep?: KeepLock | undefined
}

const forgetful: KeepLock = async () => {}

/** Creates a lock that is open. */
export function createLock({ clock, hash = hashWithScrypt, keep = forgetful }: LockDeps): Lock {
  let locked: { salt: Uint8Array; hash: Uint8Array; isForPerson: boolean } | undefined
  let isLocking = false
  let failures = 0
  let isTrying = false
  let connections = 0
  const queue = createUnlockQueue()
  const listeners = new Set<() => void>()

  const tellLocked = (): void => {
    const told = [...listeners]
    listeners.clear()
    for (const listener of told) listener()
  }

  const fail = (): void => {
    failures = Math.min(failures + 1, maxCountedFailures)
  }

  /** Counts a guess as wrong without trying it: hanging up must not make guessing cheaper. */
  const giveUp = (guess: Guess): void => {
    fail()
    guess.settle(false)
  }

  const open = async (): Promise<true> => {
    locked = undefined
    failures = 0
    for (const guess of queue.clear()) guess.settle(false)
    await keep(undefined)
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

  const lockBy = (record: LockRecord): void => {
    // By a hash that no passphrase is known to have: a guess is as wrong, and waits as long, as any other.
    const { salt, hash: expected } =
      record.type === 'passphrase' ? record : { salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) }
    locked = { salt, hash: expected, isForPerson: record.type === 'person' }
  }

  const lockAs = async (record: LockRecord): Promise<true> => {
    lockBy(record)
    tellLocked()
    await keep(record)
    return true
  }

  const lockWith = async (passphrase: Secret<Uint8Array>): Promise<boolean> => {
    if (locked !== undefined || isLocking || passphrase.expose().length === 0) return false
    isLocking = true
    tellLocked()
    try {
      const salt = randomBytes(saltBytes)
      const record: LockRecord = { type: 'passphrase', salt, hash: await hash(passphrase, salt) }
      return await lockAs(record)
    } finally {
      isLocking = false
    }
  }

  return {
    // Also while the passphrase is hashed: who locks it does not wait for that.
    isLocked: () => locked !== undefined || isLocking,
    lock: lockWith,
    lockForPerson: async () => locked === undefined && !isLocking && (await lockAs({ type: 'person' })),
    onceLocked(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    isForPerson: () => locked?.isForPerson === true,
    open: async () => locked?.isForPerson === true && (await open()),
    resume: (record) => void (record !== undefined && lockBy(record)),
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

/**
 * 16 MiB and about a fifth of a second (OWASP's Password Storage Cheat Sheet, the row with the second least memory): who can
 * read the record can guess without our delays.
 */
const scryptCost = { N: 2 ** 14, r: 8, p: 5 }

const hashWithScrypt: PassphraseHash = (passphrase, salt) =>
  new Promise((resolve, reject) => {
    const done = (error: Error | null, key: Buffer) => (error === null ? resolve(key) : reject(error))
    scrypt(passphrase.expose(), salt, hashBytes, scryptCost, done)
  })
