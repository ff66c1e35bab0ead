import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createLock, type PassphraseHash } from '../../../src/agent/lock.ts'
import { Secret } from '../../../src/core/secret.ts'
import { settle } from '../../support/agent-issuer.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const secret = (text: string | Uint8Array) => new Secret<Uint8Array>(Buffer.from(text))

// As good as scrypt for what is tested here, and a hundred attempts take no time.
const quickHash: PassphraseHash = async (passphrase, salt) =>
  createHash('sha256').update(salt).update(passphrase.expose()).digest()

function setUp() {
  const clock = fakeClock()
  return { clock, lock: createLock({ clock, hash: quickHash }) }
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
  it('hashes with scrypt unless it is told otherwise', async () => {
    const lock = createLock({ clock: fakeClock() })
    expect(await lock.lock(secret('x'))).toBe(true)
    expect(await lock.unlock(secret('x'))).toBe(true)
  })

  it('closes with a passphrase and opens with the same', async () => {
    const { lock } = setUp()
    expect(lock.isLocked()).toBe(false)
    expect(await lock.lock(secret('x'))).toBe(true)
    expect(lock.isLocked()).toBe(true)
    expect(await lock.unlock(secret('x'))).toBe(true)
    expect(lock.isLocked()).toBe(false)
  })

  it('takes any bytes for a passphrase, also NUL and what is no text', async () => {
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

  it('closes once', async () => {
    const { lock } = setUp()
    expect(await Promise.all([lock.lock(secret('first')), lock.lock(secret('second'))])).toEqual([true, false])
    expect(await lock.unlock(secret('first'))).toBe(true)
  })

  it('does not open what is open, and says so at once', async () => {
    const { lock, clock } = setUp()
    expect(await lock.unlock(secret('x'))).toBe(false)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('answers a wrong passphrase late, later each time, until a right one comes', async () => {
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
})
