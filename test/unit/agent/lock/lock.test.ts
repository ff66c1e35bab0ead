import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  createLock,
  type Lock,
  type LockConnection,
  type LockRecord,
  type PassphraseHash,
} from '../../../../src/agent/lock/lock.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { settle } from '../../../support/agent-issuer.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const secret = (text: string | Uint8Array) => new Secret<Uint8Array>(Buffer.from(text))

// As good as scrypt for what is tested here, and a hundred attempts take no time.
const quickHash: PassphraseHash = async (passphrase, salt) =>
  createHash('sha256').update(salt).update(passphrase.expose()).digest()

function setUp() {
  const clock = fakeClock()
  return { clock, ...locking(createLock({ clock, hash: quickHash })) }
}

/** A lock, and a way to unlock it on a connection of its own each time. */
function locking(lock: Lock) {
  const unlock = (passphrase: Secret<Uint8Array>, origin?: string) => lock.connect(origin).unlock(passphrase)
  return { lock: { ...lock, unlock }, connect: (origin?: string) => lock.connect(origin) }
}

/** Waits for the hash to be done and the delay of a wrong passphrase to begin. */
async function delayed(clock: { pendingTimers(): number }): Promise<void> {
  while (clock.pendingTimers() === 0) await settle()
}

/** The delay of one wrong attempt, in ms. */
async function delayOf({ clock, lock }: ReturnType<typeof setUp>): Promise<number> {
  let answered = false
  const attempt = lock.unlock(secret('wrong')).then((isOpen) => {
    answered = true
    return isOpen
  })
  await delayed(clock)
  let waitedMs = 0
  while (!answered) {
    clock.advance(100)
    waitedMs += 100
    await settle()
  }
  expect(await attempt).toBe(false)
  return waitedMs
}

describe('a lock', () => {
  it('hashes with scrypt unless told otherwise', async () => {
    const { lock } = locking(createLock({ clock: fakeClock() }))
    expect(await lock.lock(secret('x'))).toBe(true)
    expect(await lock.unlock(secret('x'))).toBe(true)
  })

  it('locks with a passphrase and unlocks with the same', async () => {
    const { lock } = setUp()
    expect(lock.isLocked()).toBe(false)
    expect(await lock.lock(secret('x'))).toBe(true)
    expect(lock.isLocked()).toBe(true)
    expect(await lock.unlock(secret('x'))).toBe(true)
    expect(lock.isLocked()).toBe(false)
  })

  it('accepts any bytes as a passphrase, including NUL and bytes that are not text', async () => {
    const { lock } = setUp()
    const bytes = Buffer.of(0, 0xff, 0, 1)
    await lock.lock(secret(bytes))
    expect(await lock.unlock(secret(bytes))).toBe(true)
  })

  it('does not take an empty passphrase', async () => {
    const { lock } = setUp()
    expect(await lock.lock(secret(''))).toBe(false)
    expect(lock.isLocked()).toBe(false)
  })

  it('locks only once', async () => {
    const { lock } = setUp()
    expect(await Promise.all([lock.lock(secret('first')), lock.lock(secret('second'))])).toEqual([true, false])
    expect(await lock.unlock(secret('first'))).toBe(true)
  })

  it('holds while its passphrase is hashed, and ends if that fails', async () => {
    const waiting: (() => void)[] = []
    const hash: PassphraseHash = () => new Promise((_, reject) => waiting.push(() => reject(new Error('no memory'))))
    const lock = createLock({ clock: fakeClock(), hash })
    const locked = lock.lock(secret('x'))
    expect([lock.isLocked(), await lock.lockForPerson()]).toEqual([true, false])
    waiting[0]!()
    await expect(locked).rejects.toThrow('no memory')
    expect(lock.isLocked()).toBe(false)
  })

  it('tells who waits for it, once, at once, and nobody who has taken that back', async () => {
    const { lock } = setUp()
    const told: string[] = []
    lock.onceLocked(() => void told.push('first'))
    lock.onceLocked(() => void told.push('never'))()
    expect(await lock.lock(secret(''))).toBe(false)
    expect(told).toEqual([])
    const locked = lock.lock(secret('p'))
    expect(told).toEqual(['first'])
    await locked
    lock.onceLocked(() => void told.push('second'))
    expect([await lock.lock(secret('p')), await lock.lockForPerson()]).toEqual([false, false])
    expect(told).toEqual(['first'])
    await lock.unlock(secret('p'))
    await lock.lockForPerson()
    expect(told).toEqual(['first', 'second'])
  })

  it('for a person is opened by no passphrase, and waits for a wrong one as always', async () => {
    const { clock, lock } = setUp()
    expect(await lock.open()).toBe(false)
    expect(await lock.lockForPerson()).toBe(true)
    expect([lock.isLocked(), lock.isForPerson(), await lock.lockForPerson()]).toEqual([true, true, false])
    expect(await delayOf({ clock, lock, connect: lock.connect })).toBe(100)
    expect(lock.isLocked()).toBe(true)
    expect(await lock.open()).toBe(true)
    expect([lock.isLocked(), lock.isForPerson()]).toEqual([false, false])
  })

  it('with a passphrase is not opened without it', async () => {
    const { lock } = setUp()
    await lock.lock(secret('a'))
    expect([lock.isForPerson(), await lock.open(), lock.isLocked()]).toEqual([false, false, true])
  })

  it('tells how it is locked, for the next start, before it says that it is', async () => {
    const kept: (LockRecord | undefined)[] = []
    let done = () => {}
    const keep = (record: LockRecord | undefined) => {
      kept.push(record)
      return new Promise<void>((resolve) => {
        done = resolve
      })
    }
    const { lock } = locking(createLock({ clock: fakeClock(), hash: quickHash, keep }))
    const changes: [() => Promise<boolean>, unknown][] = [
      [
        () => lock.lock(secret('x')),
        { type: 'passphrase', salt: expect.any(Uint8Array), hash: expect.any(Uint8Array) },
      ],
      [() => lock.unlock(secret('x')), undefined],
      [lock.lockForPerson, { type: 'person' }],
      [lock.open, undefined],
    ]
    for (const [index, [change, record]] of changes.entries()) {
      let isTold = false
      const changed = change().then((isDone) => {
        isTold = true
        return isDone
      })
      while (kept.length === index) await settle()
      expect([isTold, lock.isLocked(), kept[index]]).toEqual([false, record !== undefined, record])
      done()
      expect(await changed).toBe(true)
    }
  })

  it.each(['x', undefined])('is as it was before a restart: %s', async (passphrase) => {
    let kept: LockRecord | undefined
    const keep = async (record: LockRecord | undefined) => {
      kept = record
    }
    const before = createLock({ clock: fakeClock(), hash: quickHash, keep })
    await (passphrase === undefined ? before.lockForPerson() : before.lock(secret(passphrase)))
    const clock = fakeClock()
    const after = createLock({ clock, hash: quickHash, keep })
    after.resume(undefined)
    expect(after.isLocked()).toBe(false)
    after.resume(kept)
    expect([after.isLocked(), after.isForPerson()]).toEqual([true, passphrase === undefined])
    const world = { clock, ...locking(after) }
    expect(await delayOf(world)).toBe(100)
    expect(await (passphrase === undefined ? after.open() : world.lock.unlock(secret(passphrase)))).toBe(true)
    expect([after.isLocked(), kept]).toEqual([false, undefined])
  })

  it('does not unlock when nothing is locked, and answers at once', async () => {
    const { lock, clock } = setUp()
    expect(await lock.unlock(secret('x'))).toBe(false)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('answers a wrong passphrase with a growing delay, until a right one comes', async () => {
    const world = setUp()
    await world.lock.lock(secret('x'))
    expect(await delayOf(world)).toBe(100)
    expect(await delayOf(world)).toBe(200)
    expect(await delayOf(world)).toBe(300)
    expect(world.lock.isLocked()).toBe(true)
    expect(await world.lock.unlock(secret('x'))).toBe(true)
    await world.lock.lock(secret('x'))
    expect(await delayOf(world)).toBe(100)
  })

  it('never waits longer than 10 s', async () => {
    const world = setUp()
    await world.lock.lock(secret('x'))
    let last = 0
    for (let attempt = 0; attempt < 102; attempt += 1) last = await delayOf(world)
    expect(last).toBe(10_000)
  })

  it('tries passphrases one after the other, so that many connections guess no faster than one', async () => {
    const { lock, clock } = setUp()
    await lock.lock(secret('x'))
    const answers: string[] = []
    const wrong = lock.unlock(secret('wrong')).then(() => answers.push('wrong'))
    const right = lock.unlock(secret('x')).then((isOpen) => answers.push(isOpen ? 'right' : 'refused'))
    await delayed(clock)
    expect(lock.isLocked()).toBe(true)
    clock.advance(100)
    await Promise.all([wrong, right])
    expect(answers).toEqual(['wrong', 'right'])
  })

  it('does not wait for a passphrase when it closes', async () => {
    const { lock, clock } = setUp()
    await lock.lock(secret('x'))
    void lock.unlock(secret('wrong'))
    await delayed(clock)
    expect(await lock.lock(secret('y'))).toBe(false)
  })

  it('hashes one passphrase at a time, and none once it is open', async () => {
    let hashing = 0
    let most = 0
    const hash: PassphraseHash = async (passphrase, salt) => {
      hashing += 1
      most = Math.max(most, hashing)
      await settle()
      hashing -= 1
      return quickHash(passphrase, salt)
    }
    const { lock } = locking(createLock({ clock: fakeClock(), hash }))
    await lock.lock(secret('x'))
    expect(await Promise.all(Array.from({ length: 40 }, () => lock.unlock(secret('x'))))).toContain(true)
    expect(most).toBe(1)
  })

  it('fails the waiting attempt when it cannot hash, and goes on', async () => {
    let isBroken = false
    const hash: PassphraseHash = (passphrase, salt) =>
      isBroken ? Promise.reject(new Error('no memory')) : quickHash(passphrase, salt)
    const { lock } = locking(createLock({ clock: fakeClock(), hash }))
    await lock.lock(secret('x'))
    isBroken = true
    await expect(lock.unlock(secret('x'))).rejects.toThrow('no memory')
    isBroken = false
    expect(await lock.unlock(secret('x'))).toBe(true)
  })
})

describe('those who wait to unlock', () => {
  /** Forty wrong guesses, the first of which is being answered. */
  async function crowded() {
    const world = setUp()
    await world.lock.lock(secret('x'))
    const crowd = Array.from({ length: 40 }, () => world.connect())
    for (const connection of crowd) void connection.unlock(secret('wrong'))
    await delayed(world.clock)
    return { ...world, crowd }
  }

  it('wait for one delay with the right passphrase, whatever came before', async () => {
    const { lock, clock, crowd } = await crowded()
    for (const connection of crowd.slice(0, 20)) connection.close()
    const right = lock.unlock(secret('x'))
    clock.advance(10_000)
    expect(await right).toBe(true)
    expect(lock.isLocked()).toBe(false)
  })

  it('wait for one delay even beside connections that guess again and again', async () => {
    const { lock, clock, connect } = setUp()
    await lock.lock(secret('x'))
    const guessAgain = async (connection: LockConnection) => {
      while (lock.isLocked()) await connection.unlock(secret('wrong'))
    }
    const guessing = Array.from({ length: 20 }, () => guessAgain(connect()))
    await delayed(clock)
    const right = lock.unlock(secret('x'))
    for (let delay = 0; delay < 3; delay += 1) await settle()
    clock.advance(10_000)
    expect(await right).toBe(true)
    await Promise.all(guessing)
  })

  it('wait for one delay even beside a process that guesses on a new connection each time', async () => {
    const { lock, clock, connect } = setUp()
    await lock.lock(secret('x'))
    void connect('pid 1').unlock(secret('wrong'))
    await delayed(clock)
    const right = lock.unlock(secret('x'), 'pid 2')
    void connect('pid 1').unlock(secret('wrong'))
    clock.advance(10_000)
    expect(await right).toBe(true)
  })

  it('are not tried once they have gone, and count as wrong', async () => {
    const { lock, clock, connect } = setUp()
    await lock.lock(secret('x'))
    const first = lock.unlock(secret('wrong'))
    await delayed(clock)
    const gone = connect()
    const right = gone.unlock(secret('x'))
    gone.close()
    expect(await right).toBe(false)
    clock.advance(100)
    expect(await first).toBe(false)
    await settle()
    expect(lock.isLocked()).toBe(true)
    expect(await delayOf({ lock, clock, connect })).toBe(300)
  })

  it('are all answered at once when it opens', async () => {
    const { lock, clock, connect } = setUp()
    await lock.lock(secret('x'))
    void lock.unlock(secret('wrong'))
    await delayed(clock)
    const late = connect().unlock(secret('also wrong'))
    const right = lock.unlock(secret('x'))
    clock.advance(100)
    expect(await Promise.all([right, late])).toEqual([true, false])
    expect(clock.pendingTimers()).toBe(0)
  })

  it('are at most 32: beyond that, the oldest connections are refused at once', async () => {
    const { lock, clock, connect } = setUp()
    await lock.lock(secret('x'))
    const refused: number[] = []
    for (let number = 0; number < 40; number += 1) {
      void connect()
        .unlock(secret('wrong'))
        .then(() => refused.push(number))
    }
    await delayed(clock)
    // The first is being tried.
    expect(refused).toEqual([1, 2, 3, 4, 5, 6, 7])
  })
})
