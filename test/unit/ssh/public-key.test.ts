import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodePublicKey,
  fingerprint,
  plainKeyOf,
  publicFieldsOf,
  publicKeyBits,
  publicKeyFromKeyObject,
  toKeyObject,
} from '../../../src/ssh/public-key.ts'
import { SshWriter } from '../../../src/ssh/wire.ts'
import {
  certificateBlob,
  certificateVector,
  plainBlob,
  sshErrorCodeOf,
  truncations,
  vectorKeys,
  withTrailingByte,
} from '../../support/ssh-vectors.ts'

const rsaBlob = (bits: number, e = Buffer.of(1, 0, 1)) => {
  const n = Buffer.alloc(Math.ceil(bits / 8), 0xff)
  n[0] = 0xff >> (n.length * 8 - bits)
  return new SshWriter().string('ssh-rsa').mpint(e).mpint(n).bytes()
}

describe('a public key', () => {
  it.each(vectorKeys)('of ssh-keygen is read and written back the same: %s', (name) => {
    const blob = plainBlob(name)
    const key = decodePublicKey(blob)
    expect(Buffer.from(key.blob).equals(blob)).toBe(true)
    expect(certificateVector(`${name}.pub`).startsWith(`${key.type} `)).toBe(true)
    const fields = publicFieldsOf(key).write(new SshWriter()).bytes()
    expect(Buffer.from(fields)).toEqual(Buffer.from(blob.subarray(4 + key.type.length)))
  })

  it.each(vectorKeys)('has the fingerprint and the size that ssh-keygen prints: %s', (name) => {
    const [bits, sha256] = certificateVector(`${name}.fingerprint`).split(' ')
    const key = decodePublicKey(plainBlob(name))
    expect(fingerprint(key.blob)).toBe(sha256)
    expect(publicKeyBits(key)).toBe(Number(bits))
  })

  it.each(vectorKeys.filter((name) => name !== 'rsa1024'))(
    'has that fingerprint in its certificate too: %s',
    (name) => {
      expect(fingerprint(certificateBlob(name))).toBe(fingerprint(plainBlob(name)))
      expect(plainKeyOf(certificateBlob(name)).blob).toEqual(decodePublicKey(plainBlob(name)).blob)
    },
  )

  it.each(vectorKeys)('can be converted to node:crypto and back: %s', (name) => {
    const key = decodePublicKey(plainBlob(name))
    if (key.application !== undefined) {
      expect(key.application).toBe('ssh:')
      expect(toKeyObject(key).type).toBe('public')
      return
    }
    expect(publicKeyFromKeyObject(toKeyObject(key))).toEqual(key)
  })

  it('is taken from a private key', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    expect(publicKeyFromKeyObject(privateKey)).toEqual(publicKeyFromKeyObject(publicKey))
  })

  it('of a kind that SSH does not have is refused', () => {
    const { publicKey } = generateKeyPairSync('ed448')
    expect(sshErrorCodeOf(() => publicKeyFromKeyObject(publicKey))).toBe('KEY_TYPE_UNKNOWN')
    const { publicKey: curve } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
    expect(sshErrorCodeOf(() => publicKeyFromKeyObject(curve))).toBe('KEY_TYPE_UNKNOWN')
  })

  it.each(vectorKeys)('that is cut short is refused wherever it is cut: %s', (name) => {
    for (const cut of truncations(plainBlob(name))) {
      expect(sshErrorCodeOf(() => decodePublicKey(cut))).toBe('WIRE_TRUNCATED')
    }
  })

  it.each(vectorKeys)('with one byte too many is refused: %s', (name) => {
    expect(sshErrorCodeOf(() => decodePublicKey(withTrailingByte(plainBlob(name))))).toBe('WIRE_TRAILING_BYTES')
  })

  it.each(['ssh-dss', 'ssh-mldsa44-ed25519@openssh.com', 'ssh-ed25519-cert-v01@openssh.com', ''])(
    'of the type %j is not known here',
    (type) => {
      expect(sshErrorCodeOf(() => decodePublicKey(new SshWriter().string(type).bytes()))).toBe('KEY_TYPE_UNKNOWN')
    },
  )

  it('of Ed25519 has 32 bytes', () => {
    for (const length of [0, 31, 33]) {
      const blob = new SshWriter().string('ssh-ed25519').string(Buffer.alloc(length)).bytes()
      expect(sshErrorCodeOf(() => decodePublicKey(blob))).toBe('KEY_INVALID')
    }
  })

  it('of a curve names that curve and has an uncompressed point', () => {
    const blob = (curve: string, point: Uint8Array) =>
      new SshWriter().string('ecdsa-sha2-nistp256').string(curve).string(point).bytes()
    const point = Buffer.alloc(65, 1)
    expect(sshErrorCodeOf(() => decodePublicKey(blob('nistp384', point)))).toBe('KEY_INVALID')
    // 0x02 begins a compressed point.
    expect(sshErrorCodeOf(() => decodePublicKey(blob('nistp256', Buffer.alloc(33, 2))))).toBe('KEY_INVALID')
    expect(sshErrorCodeOf(() => decodePublicKey(blob('nistp256', point)))).toBe('KEY_INVALID')
  })

  it('whose point is not on its curve makes no key', () => {
    const point = Buffer.alloc(65, 1)
    point[0] = 4
    const blob = new SshWriter().string('ecdsa-sha2-nistp256').string('nistp256').string(point).bytes()
    expect(sshErrorCodeOf(() => toKeyObject(decodePublicKey(blob)))).toBe('KEY_INVALID')
  })

  it('of RSA has 1024 to 16384 bits', () => {
    expect(publicKeyBits(decodePublicKey(rsaBlob(1024)))).toBe(1024)
    expect(publicKeyBits(decodePublicKey(rsaBlob(16384)))).toBe(16384)
    expect(sshErrorCodeOf(() => decodePublicKey(rsaBlob(1023)))).toBe('KEY_SIZE_UNKNOWN')
    expect(sshErrorCodeOf(() => decodePublicKey(rsaBlob(16385)))).toBe('KEY_SIZE_UNKNOWN')
  })

  it.each([
    ['one', Buffer.of(1)],
    ['zero', Buffer.of()],
    ['even', Buffer.of(1, 0, 0)],
    ['longer than OpenSSL takes', Buffer.alloc(9, 0xff)],
  ])('of RSA is refused when its exponent is %s', (_, e) => {
    expect(sshErrorCodeOf(() => decodePublicKey(rsaBlob(2048, e)))).toBe('KEY_INVALID')
  })

  it('is what node:crypto says it is', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const again = toKeyObject(publicKeyFromKeyObject(publicKey))
    expect(again.equals(createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })))).toBe(true)
  })

  it('made of random bytes is refused with an SshError and nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...vectorKeys), fc.nat(), fc.integer({ min: 1, max: 255 }), (name, place, change) => {
        const blob = Buffer.from(plainBlob(name))
        blob[place % blob.length]! ^= change
        sshErrorCodeOf(() => toKeyObject(decodePublicKey(blob)))
        sshErrorCodeOf(() => fingerprint(blob))
      }),
      { seed: 2, numRuns: 500 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(sshErrorCodeOf(() => decodePublicKey(bytes))).toBeDefined()
        expect(sshErrorCodeOf(() => plainKeyOf(bytes))).toBeDefined()
      }),
      { seed: 3, numRuns: 500 },
    )
  })
})
