import { createECDH, generateKeyPairSync, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeCertificate } from '../../../src/ssh/certificate.ts'
import { importPrivateKey, readPrivateKeyFields } from '../../../src/ssh/private-key.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../../../src/ssh/public-key.ts'
import { signData, verifySignature } from '../../../src/ssh/signature.ts'
import { SshReader, SshWriter } from '../../../src/ssh/wire.ts'
import { privateKeyFields, privateNumbers } from '../../support/agent-messages.ts'
import { sshErrorCodeOf, truncations } from '../../support/ssh-vectors.ts'

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey
const rsaKey = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey
const keys: readonly [string, KeyObject, string][] = [
  ['ssh-ed25519', generateKeyPairSync('ed25519').privateKey, 'ssh-ed25519'],
  ['ecdsa-sha2-nistp256', ec('P-256'), 'ecdsa-sha2-nistp256'],
  ['ecdsa-sha2-nistp384', ec('P-384'), 'ecdsa-sha2-nistp384'],
  ['ecdsa-sha2-nistp521', ec('P-521'), 'ecdsa-sha2-nistp521'],
  ['ssh-rsa', rsaKey(1024), 'rsa-sha2-512'],
  ['ssh-rsa of an odd length', rsaKey(1031), 'rsa-sha2-256'],
]
const [, ed25519] = keys[0]!
const [, p256] = keys[1]!
const [, rsa] = keys[4]!

const importBytes = (bytes: Uint8Array) => importPrivateKey(readPrivateKeyFields(new SshReader(bytes)))
const codeOf = (bytes: Uint8Array) => sshErrorCodeOf(() => importBytes(bytes))

const ca = generateKeyPairSync('ed25519').privateKey

function certify(publicKey: PublicKey, signer = ca): Uint8Array {
  const fields = {
    publicKey,
    nonce: Buffer.alloc(32),
    serial: 1n,
    certificateType: 'user',
    keyId: 'jo',
    principals: ['jo'],
    validAfter: 0n,
    validBefore: 2n ** 64n - 1n,
    criticalOptions: new Map(),
    extensions: new Map(),
    signatureKey: publicKeyFromKeyObject(ca),
  } as const
  return encodeCertificate(fields, (data) => signData(signer, 'ssh-ed25519', data))
}

describe('a private key on the wire', () => {
  it.each(keys)('becomes a key that signs: %s', (_, key, algorithm) => {
    const { privateKey, publicKey, blob } = importBytes(privateKeyFields(key))
    expect(publicKey).toEqual(publicKeyFromKeyObject(key))
    expect(Buffer.from(blob).equals(publicKey.blob)).toBe(true)
    const data = Buffer.from('signed')
    expect(verifySignature(publicKey, data, signData(privateKey, algorithm, data))).toBe(true)
  })

  it.each(keys)('with its certificate is listed as the certificate: %s', (_, key, algorithm) => {
    const certificate = certify(publicKeyFromKeyObject(key))
    const imported = importBytes(privateKeyFields(key, { certificate }))
    expect(Buffer.from(imported.blob).equals(certificate)).toBe(true)
    expect(imported.publicKey).toEqual(publicKeyFromKeyObject(key))
    const data = Buffer.from('signed')
    expect(verifySignature(imported.publicKey, data, signData(imported.privateKey, algorithm, data))).toBe(true)
  })

  it('leaves what follows it unread', () => {
    const reader = new SshReader(Buffer.concat([privateKeyFields(ed25519), Buffer.of(1, 2, 3)]))
    readPrivateKeyFields(reader)
    expect(reader.remaining).toBe(3)
  })

  it.each(keys)('that is cut short is refused wherever it is cut: %s', (_, key) => {
    for (const cut of truncations(privateKeyFields(key))) expect(codeOf(cut)).toBe('WIRE_TRUNCATED')
  })

  it('of a type that is not supported here is refused', () => {
    for (const type of ['ssh-dss', 'ssh-ed448', 'sk-ssh-ed25519@openssh.com', 'sk-ssh-ed25519-cert-v01@openssh.com']) {
      expect(codeOf(new SshWriter().string(type).string('').bytes())).toBe('KEY_TYPE_UNKNOWN')
    }
  })

  it('with a changed byte is refused with an SshError, or is still whole', () => {
    const all = keys.map(([, key]) => privateKeyFields(key))
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, place, change) => {
        const changed = Uint8Array.from(bytes)
        changed[place % changed.length]! ^= change
        sshErrorCodeOf(() => importBytes(changed))
      }),
      { seed: 8, numRuns: 400 },
    )
  })
})

describe('an Ed25519 key', () => {
  const { x, d } = privateNumbers(ed25519) as { x: Uint8Array; d: Uint8Array }
  const other = privateNumbers(generateKeyPairSync('ed25519').privateKey).x!

  it.each([
    ['whose point is another', { point: other }],
    ['whose second half is another point', { secret: Buffer.concat([d, other]) }],
    ['whose point and second half are another', { point: other, secret: Buffer.concat([d, other]) }],
    ['without its second half', { secret: d }],
    ['with a byte too many', { secret: Buffer.concat([d, x, Buffer.of(0)]) }],
    ['without a secret', { secret: Buffer.alloc(0) }],
    ['without a point', { point: Buffer.alloc(0) }],
  ])('%s is refused', (_, changes) => {
    expect(codeOf(privateKeyFields(ed25519, { changes }))).toBe('KEY_INVALID')
  })
})

describe('an ECDSA key', () => {
  const otherPoint = publicKeyFromKeyObject(ec('P-256')).blob.subarray(-65)

  it.each([
    ['whose point is another', { point: otherPoint }],
    ['whose number is zero', { d: Buffer.alloc(0) }],
    ['whose number is too long', { d: Buffer.alloc(33, 1) }],
  ])('%s is refused', (_, changes) => {
    expect(codeOf(privateKeyFields(p256, { changes }))).toBe('KEY_INVALID')
  })

  it.each([
    ['ecdsa-sha2-nistp256', 'prime256v1', 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'],
    [
      'ecdsa-sha2-nistp384',
      'secp384r1',
      'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    ],
    [
      'ecdsa-sha2-nistp521',
      'secp521r1',
      '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
    ],
  ])('%s has a number below the order of its curve (SEC 2 §2)', (name, opensslName, order) => {
    const sshName = name.replace('ecdsa-sha2-', '')
    const number = (value: bigint) => Buffer.from(value.toString(16).padStart(order.length, '0'), 'hex')
    const largest = BigInt(`0x${order}`) - 1n
    // OpenSSL's ECDH checks the range by its own table.
    const ecdh = createECDH(opensslName)
    ecdh.setPrivateKey(number(largest))
    const point = ecdh.getPublicKey()
    const fields = (d: bigint) => new SshWriter().string(name).string(sshName).string(point).mpint(number(d)).bytes()
    const blob = new SshWriter().string(name).string(sshName).string(point).bytes()
    expect(Buffer.from(importBytes(fields(largest)).publicKey.blob)).toEqual(blob)
    for (const d of [0n, largest + 1n, largest + 2n]) {
      expect(() => ecdh.setPrivateKey(number(d))).toThrow()
      expect(codeOf(fields(d))).toBe('KEY_INVALID')
    }
  })

  it('that names another curve is refused', () => {
    const fields = new SshWriter().string('ecdsa-sha2-nistp256').string('nistp384').string('').mpint(Buffer.of(1))
    expect(codeOf(fields.bytes())).toBe('KEY_INVALID')
  })

  it('with a number that begins with zeros is taken', () => {
    const point = Buffer.from(
      '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
      'hex',
    )
    // One times the generator is the generator.
    const fields = privateKeyFields(p256, { changes: { d: Buffer.of(1), point } })
    expect(importBytes(fields).publicKey.type).toBe('ecdsa-sha2-nistp256')
  })
})

describe('an RSA key', () => {
  const numbers = privateNumbers(rsa) as Record<'n' | 'e' | 'd' | 'iqmp' | 'p' | 'q', Uint8Array>
  const plusTwo = (bytes: Uint8Array) => {
    const changed = Uint8Array.from(bytes)
    changed[changed.length - 1]! ^= 2
    return changed
  }

  const toBigInt = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  /** The private exponent changed so that modulo `prime` - 1 it stays the same. */
  const plusOrder = (prime: Uint8Array) => {
    const text = (toBigInt(numbers.d) + toBigInt(prime) - 1n).toString(16)
    return Buffer.from(text.padStart(text.length + (text.length % 2), '0'), 'hex')
  }

  it.each([
    ['with another prime', { p: plusTwo(numbers.p) }],
    ['with another modulus', { n: plusTwo(numbers.n) }],
    ['with another private exponent', { d: plusTwo(numbers.d) }],
    ['with an exponent that is right for one prime only', { d: plusOrder(numbers.p) }],
    ['with an exponent that is right for the other prime only', { d: plusOrder(numbers.q) }],
    ['with another public exponent', { e: Buffer.of(3) }],
    ['with another coefficient', { iqmp: plusTwo(numbers.iqmp) }],
    ['with its primes swapped, but not its coefficient', { p: numbers.q, q: numbers.p }],
    ['with the primes one and n', { p: Buffer.of(1), q: numbers.n }],
    ['with a prime of zero', { p: Buffer.alloc(0) }],
    ['with a private exponent longer than the modulus', { d: Buffer.concat([Buffer.of(1), numbers.n]) }],
    ['with a coefficient longer than the prime', { iqmp: Buffer.concat([Buffer.of(1), numbers.p]) }],
    // Apache MINA sshd 2.20 does this.
    ['with e and n swapped', { e: numbers.n, n: numbers.e }],
  ])('%s is refused', (_, changes) => {
    const isSmall = 'n' in changes && changes.n === numbers.e
    expect(codeOf(privateKeyFields(rsa, { changes }))).toBe(isSmall ? 'KEY_SIZE_UNKNOWN' : 'KEY_INVALID')
  })

  it('with numbers of a hundred thousand bytes is refused without any arithmetic', () => {
    const huge = Buffer.alloc(100_000, 0x7f)
    const started = process.cpuUsage()
    expect(codeOf(privateKeyFields(rsa, { changes: { p: huge, q: huge } }))).toBe('KEY_INVALID')
    // Multiplying them would take a minute.
    expect(process.cpuUsage(started).user).toBeLessThan(5_000_000)
  })

  it('has at least 1024 bits', () => {
    const { n, e, d, iqmp, p, q } = privateNumbers(rsaKey(1016))
    const fields = [n, e, d, iqmp, p, q].reduce(
      (writer, part) => writer.mpint(part!),
      new SshWriter().string('ssh-rsa'),
    )
    expect(codeOf(fields.bytes())).toBe('KEY_SIZE_UNKNOWN')
  })
})

describe('a certificate with its key', () => {
  it.each(keys)('must certify that key: %s', (_, key) => {
    const { type } = publicKeyFromKeyObject(key)
    const others: Record<string, () => KeyObject> = {
      'ssh-ed25519': () => generateKeyPairSync('ed25519').privateKey,
      'ecdsa-sha2-nistp256': () => ec('P-256'),
      'ecdsa-sha2-nistp384': () => ec('P-384'),
      'ecdsa-sha2-nistp521': () => ec('P-521'),
      'ssh-rsa': () => rsaKey(1024),
    }
    const certificate = certify(publicKeyFromKeyObject(others[type]!()))
    // An RSA key falls over its numbers already: the modulus is the certificate's.
    const expected = type === 'ssh-rsa' ? 'KEY_INVALID' : 'CERTIFICATE_OF_ANOTHER_KEY'
    expect(codeOf(privateKeyFields(key, { certificate }))).toBe(expected)
  })

  it('is refused for an Ed25519 key whose secret is of another key', () => {
    const certificate = certify(publicKeyFromKeyObject(ed25519))
    const { d, x } = privateNumbers(generateKeyPairSync('ed25519').privateKey)
    const secret = Buffer.concat([d!, x!])
    expect(codeOf(privateKeyFields(ed25519, { certificate, changes: { secret } }))).toBe('CERTIFICATE_OF_ANOTHER_KEY')
  })

  it('must be of the type that was announced', () => {
    const certificate = certify(publicKeyFromKeyObject(p256))
    expect(codeOf(privateKeyFields(ed25519, { certificate }))).toBe('CERTIFICATE_INVALID')
  })

  it('must be signed by the CA that it names', () => {
    const certificate = certify(publicKeyFromKeyObject(ed25519), generateKeyPairSync('ed25519').privateKey)
    expect(codeOf(privateKeyFields(ed25519, { certificate }))).toBe('CERTIFICATE_SIGNATURE_INVALID')
  })

  it('must not be a plain key', () => {
    const certificate = publicKeyFromKeyObject(ed25519).blob
    expect(codeOf(privateKeyFields(ed25519, { certificate }))).toBe('KEY_TYPE_UNKNOWN')
  })
})

describe('wiping a private key', () => {
  it.each(keys)('leaves none of its secret numbers in the message: %s', (_, key) => {
    const bytes = privateKeyFields(key)
    const fields = readPrivateKeyFields(new SshReader(bytes))
    const { privateKey } = importPrivateKey(fields)
    fields.fields.wipe()
    const { d, iqmp, p, q } = privateNumbers(key)
    for (const secret of [d, iqmp, p, q]) {
      if (secret !== undefined) expect(Buffer.from(bytes).includes(Buffer.from(secret))).toBe(false)
    }
    // The key itself is elsewhere.
    expect(privateKey.equals(key)).toBe(true)
  })
})
