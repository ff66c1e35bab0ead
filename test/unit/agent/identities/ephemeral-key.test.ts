import { describe, expect, it } from 'vitest'
import { createEphemeralKey } from '../../../../src/agent/identities/ephemeral-key.ts'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { keyGenerators } from '../../../../src/ssh/keys/key-types.ts'
import { publicKeyBits } from '../../../../src/ssh/public-key.ts'
import { verifySignature } from '../../../../src/ssh/signature.ts'
import { sshErrorCodeOf } from '../../../support/ssh-vectors.ts'

const sha512 = 4
const data = Buffer.from('signed')
const makeKey = (keyType: string, onSign = () => {}, slowKeys = createTurns(1)) =>
  createEphemeralKey({ keyType, slowKeys, onSign })

describe('an ephemeral key', () => {
  it('is one of the types of config.toml', () => {
    expect(keyGenerators.map(({ name }) => name)).toEqual([
      'ed25519',
      'ecdsa-p256',
      'ecdsa-p384',
      'ecdsa-p521',
      'rsa-3072',
      'rsa-4096',
    ])
  })

  it.each([
    ['ed25519', 'ssh-ed25519', 256],
    ['ecdsa-p256', 'ecdsa-sha2-nistp256', 256],
    ['ecdsa-p384', 'ecdsa-sha2-nistp384', 384],
    ['ecdsa-p521', 'ecdsa-sha2-nistp521', 521],
    ['rsa-3072', 'ssh-rsa', 3072],
    ['rsa-4096', 'ssh-rsa', 4096],
  ])('%s signs as %s with %i bits, and reports each signature', { timeout: 60_000 }, async (keyType, name, bits) => {
    let signatures = 0
    const { publicKey, signer } = await makeKey(keyType, () => {
      signatures += 1
    })
    expect([publicKey.type, publicKeyBits(publicKey)]).toEqual([name, bits])
    expect(verifySignature(publicKey, data, await signer.sign(data, sha512))).toBe(true)
    await signer.sign(data, sha512)
    expect(signatures).toBe(2)
  })

  it('is made in the background, and takes its turn in the thread pool, where it is not fast', async () => {
    const names = ['ed25519', 'ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa-3072']
    const made = names.map((name) => makeKey(name))
    expect(made.map((key) => key instanceof Promise)).toEqual([false, false, true, true, true])
    const usesPool = await Promise.all(made.map(async (key) => (await key).signer.usesPool))
    expect(usesPool).toEqual([false, false, true, true, true])
  })

  it('waits its turn where making it takes long, and only there', async () => {
    const taken = createTurns(1)
    let end = () => {}
    const other = taken.run(() => new Promise<void>((resolve) => (end = resolve)))
    let isMade = false
    const slow = Promise.resolve(makeKey('rsa-3072', undefined, taken)).then(() => (isMade = true))
    expect((await makeKey('ecdsa-p521', undefined, taken)).publicKey.type).toBe('ecdsa-sha2-nistp521')
    expect(isMade).toBe(false)
    end()
    await Promise.all([other, slow])
    expect(isMade).toBe(true)
  })

  it('is a new one each time', async () => {
    const [a, b] = [await makeKey('ed25519'), await makeKey('ed25519')]
    expect(Buffer.from(a.publicKey.blob).equals(b.publicKey.blob)).toBe(false)
  })

  it.each(['ssh-ed25519', 'rsa-2048'])('is not made of a type that config.toml does not know: %s', (name) => {
    expect(sshErrorCodeOf(() => void makeKey(name))).toBe('KEY_TYPE_UNKNOWN')
  })
})
