import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../../../src/agent/keys/keyring.ts'
import { errorCode } from '../../../../src/core/errors.ts'
import type { PrivateKey } from '../../../../src/ssh/private-key.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { verifySignature } from '../../../../src/ssh/signature.ts'
import { certifyForTest } from '../../../support/agent-issuer.ts'
import { unconstrained } from '../../../support/agent-stubs.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const forEver = unconstrained
const forSeconds = (lifetimeSeconds: number) => ({ ...unconstrained, lifetimeSeconds })

function toPrivateKey(privateKey: KeyObject): PrivateKey {
  const publicKey = publicKeyFromKeyObject(privateKey)
  return { privateKey, publicKey, blob: publicKey.blob }
}

const newKey = () => toPrivateKey(generateKeyPairSync('ed25519').privateKey)
const [a, b, c] = [newKey(), newKey(), newKey()]

function setUp() {
  const clock = fakeClock()
  const keyring = createKeyring({ clock })
  const comments = () => keyring.identities().map(({ comment }) => comment)
  return { clock, keyring, comments }
}

describe('a keyring', () => {
  it('lists keys in the order in which they came', () => {
    const { keyring, comments } = setUp()
    keyring.add(b, 'b', forEver)
    keyring.add(a, 'a', forEver)
    keyring.add(c, 'c', forEver)
    expect(comments()).toEqual(['b', 'a', 'c'])
    expect(keyring.describe()).toHaveLength(3)
  })

  it('gives the same list until something changes', () => {
    const { keyring } = setUp()
    keyring.add(a, 'a', forEver)
    const list = keyring.identities()
    expect(keyring.identities()).toBe(list)
    keyring.add(b, 'b', forEver)
    expect(keyring.identities()).not.toBe(list)
  })

  it('signs with the key of exactly the blob that is named', async () => {
    const { keyring } = setUp()
    const certificate = certifyForTest(b.publicKey, fakeClock())
    keyring.add(a, 'a', forEver)
    keyring.add({ ...b, blob: certificate.blob }, 'b', forEver)
    const data = Buffer.from('signed')
    const byPlain = await keyring.signer(a.blob)!.sign(data, 0)
    expect(verifySignature(a.publicKey, data, byPlain)).toBe(true)
    const byCertificate = await keyring.signer(certificate.blob)!.sign(data, 0)
    expect(verifySignature(b.publicKey, data, byCertificate)).toBe(true)
    // The plain key was not added.
    expect(keyring.signer(b.blob)).toBeUndefined()
  })

  it('holds a key and its certificate as two identities', () => {
    const { keyring, comments } = setUp()
    const certificate = certifyForTest(a.publicKey, fakeClock())
    keyring.add(a, 'plain', forEver)
    keyring.add({ ...a, blob: certificate.blob }, 'certified', forEver)
    expect(comments()).toEqual(['plain', 'certified'])
    expect(keyring.remove(a.blob)).toBe(true)
    expect(comments()).toEqual(['certified'])
  })

  it('replaces a key that is added again in its place, with its comment and lifetime', () => {
    const { keyring, comments, clock } = setUp()
    keyring.add(a, 'a', forSeconds(10))
    keyring.add(b, 'b', forEver)
    keyring.add(a, 'a again', forSeconds(60))
    expect(comments()).toEqual(['a again', 'b'])
    clock.advance(30_000)
    expect(comments()).toEqual(['a again', 'b'])
    keyring.add(a, 'a for ever', forEver)
    clock.advance(3_600_000)
    expect(comments()).toEqual(['a for ever', 'b'])
  })

  it('removes one key, or all', () => {
    const { keyring, comments } = setUp()
    keyring.add(a, 'a', forEver)
    keyring.add(b, 'b', forEver)
    expect(keyring.remove(c.blob)).toBe(false)
    expect(keyring.remove(a.blob)).toBe(true)
    expect(keyring.remove(a.blob)).toBe(false)
    expect(comments()).toEqual(['b'])
    keyring.removeAll()
    expect(comments()).toEqual([])
    expect(keyring.signer(b.blob)).toBeUndefined()
    keyring.removeAll()
  })

  it('keeps no view of the message that a key came in', () => {
    const { keyring } = setUp()
    const blob = Uint8Array.from(a.blob)
    keyring.add({ ...a, blob }, 'a', forEver)
    blob.fill(0)
    expect(keyring.identities()[0]?.keyBlob).toEqual(Uint8Array.from(a.blob))
  })

  it('takes no more keys than a client would list, but may replace one of them', () => {
    const { keyring } = setUp()
    // What matters is the blob: making so many keys would take long.
    const fake = (index: number): PrivateKey => ({ ...a, blob: Buffer.from(`key ${index}`) })
    for (let index = 0; index < 2048; index += 1) keyring.add(fake(index), '', forEver)
    let code: string | undefined
    try {
      keyring.add(fake(2048), '', forEver)
    } catch (error) {
      code = errorCode(error)
    }
    expect(code).toBe('KEYRING_FULL')
    keyring.add(fake(7), 'again', forEver)
    expect(keyring.describe()).toHaveLength(2048)
  })
})

describe('an added certificate', () => {
  it('is listed until it ends, and again where the clock was set back', () => {
    const { keyring, clock, comments } = setUp()
    keyring.add({ ...a, notAfterMs: clock.now() + 1_000 }, 'ends', forEver)
    keyring.add(b, 'stays', forEver)
    keyring.add({ ...c, notAfterMs: clock.now() + 2_000 }, 'ends later', forEver)
    expect(comments()).toEqual(['ends', 'stays', 'ends later'])
    const list = keyring.identities()
    clock.advance(999)
    expect(keyring.identities()).toBe(list)
    clock.advance(1)
    expect(comments()).toEqual(['stays', 'ends later'])
    expect(keyring.signer(a.blob)).toBeDefined()
    expect(keyring.describe().map(({ isEnded }) => isEnded)).toEqual([true, false, false])
    clock.advance(1_000)
    expect(comments()).toEqual(['stays'])
  })

  it('is listed again where the clock was set back', () => {
    let nowMs = 5_000
    const keyring = createKeyring({ clock: { ...fakeClock(), now: () => nowMs } })
    keyring.add({ ...a, notAfterMs: 5_000 }, 'ended', forEver)
    expect(keyring.identities()).toEqual([])
    nowMs = 4_999
    expect(keyring.identities()).toHaveLength(1)
  })
})

describe('a lifetime', () => {
  it('is the default of the configuration for a key that comes without one', () => {
    const clock = fakeClock()
    let seconds: number | undefined = 60
    const keyring = createKeyring({ clock, defaultLifetimeSeconds: () => seconds })
    keyring.add(a, 'a', forEver)
    keyring.add(b, 'b', forSeconds(120))
    seconds = undefined
    keyring.add(c, 'c', forEver)
    const atMs = clock.now()
    expect(keyring.describe().map(({ expiresAtMs }) => expiresAtMs)).toEqual([atMs + 60_000, atMs + 120_000, undefined])
    clock.advance(60_000)
    expect(keyring.identities().map(({ comment }) => comment)).toEqual(['b', 'c'])
  })

  it('ends a key for lists, signatures and removal alike', () => {
    const { keyring, clock } = setUp()
    keyring.add(a, 'a', forSeconds(60))
    clock.advance(59_999)
    expect(keyring.signer(a.blob)).toBeDefined()
    expect(keyring.describe()).toHaveLength(1)
    clock.advance(1)
    expect(keyring.identities()).toEqual([])
    expect(keyring.signer(a.blob)).toBeUndefined()
    expect(keyring.remove(a.blob)).toBe(false)
    expect(keyring.describe()).toHaveLength(0)
  })

  it('is checked when a key is used, although its timer stood still in suspend', () => {
    let uptimeMs = 0
    const keyring = createKeyring({ clock: { ...fakeClock(), uptime: () => uptimeMs, after: () => () => {} } })
    keyring.add(a, 'a', forSeconds(60))
    keyring.add(b, 'b', forEver)
    uptimeMs = 60_000
    expect(keyring.signer(a.blob)).toBeUndefined()
    expect(keyring.identities().map(({ comment }) => comment)).toEqual(['b'])
  })

  it('takes the key out of memory without anybody asking', () => {
    const { keyring, clock } = setUp()
    keyring.add(a, 'a', forSeconds(60))
    keyring.add(b, 'b', forSeconds(120))
    expect(clock.pendingTimers()).toBe(1)
    clock.advance(60_000)
    expect(clock.pendingTimers()).toBe(1)
    clock.advance(60_000)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('removes it even if the timer fired a moment before the clock', () => {
    const clock = fakeClock()
    let behindMs = 0
    const keyring = createKeyring({ clock: { ...clock, uptime: () => clock.uptime() - behindMs } })
    keyring.add(a, 'a', forSeconds(60))
    // The uptime that Linux tells is rounded down to 10 ms.
    behindMs = 10
    clock.advance(60_000)
    expect(clock.pendingTimers()).toBe(1)
    clock.advance(10)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('of a key that was removed arms no timer', () => {
    const { keyring, clock } = setUp()
    keyring.add(a, 'a', forSeconds(60))
    keyring.remove(a.blob)
    expect(clock.pendingTimers()).toBe(0)
    keyring.add(a, 'a', forSeconds(60))
    keyring.removeAll()
    expect(clock.pendingTimers()).toBe(0)
  })

  it('may be as long as a uint32 of seconds', () => {
    const { keyring, clock } = setUp()
    keyring.add(a, 'a', forSeconds(2 ** 32 - 1))
    clock.advance(365 * 86_400_000)
    expect(keyring.describe()).toHaveLength(1)
  })

  it('of zero ends the key at once', () => {
    const { keyring } = setUp()
    keyring.add(a, 'a', forSeconds(0))
    expect(keyring.describe()).toHaveLength(0)
  })

  it('costs no clock reading while no key has one', () => {
    let looks = 0
    const clock = fakeClock()
    const keyring = createKeyring({
      clock: {
        ...clock,
        uptime() {
          looks += 1
          return clock.uptime()
        },
      },
    })
    keyring.add(a, 'a', forEver)
    keyring.signer(a.blob)
    keyring.identities()
    expect(looks).toBe(0)
  })
})

describe('a keyring reports that keys were let go', () => {
  function counting() {
    const clock = fakeClock()
    let released = 0
    const keyring = createKeyring({
      clock,
      onKeysReleased: () => {
        released += 1
      },
    })
    return { clock, keyring, released: () => released }
  }

  it('when one is replaced', () => {
    const { keyring, released } = counting()
    keyring.add(a, 'a', forEver)
    keyring.add(b, 'b', forEver)
    expect(released()).toBe(0)
    keyring.add(a, 'again', forEver)
    expect(released()).toBe(1)
  })

  it('when one is removed, but not when there was none', () => {
    const { keyring, released } = counting()
    keyring.add(a, 'a', forEver)
    keyring.remove(b.blob)
    expect(released()).toBe(0)
    keyring.remove(a.blob)
    expect(released()).toBe(1)
  })

  it('when all are removed, but not when there were none', () => {
    const { keyring, released } = counting()
    keyring.removeAll()
    expect(released()).toBe(0)
    keyring.add(a, 'a', forEver)
    keyring.removeAll()
    expect(released()).toBe(1)
  })

  it('when the lifetime of one is over, even if nobody asks', () => {
    const { clock, keyring, released } = counting()
    keyring.add(a, 'a', forSeconds(10))
    clock.advance(10_001)
    expect(released()).toBe(1)
  })
})
