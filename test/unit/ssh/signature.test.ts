import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import { parseKey, parseSignature, type Signature } from 'sshpk'
import { describe, expect, it } from 'vitest'
import { type PublicKey, publicFieldsOf, publicKeyFromKeyObject } from '../../../src/ssh/public-key.ts'
import { signData, signDataInPool, verifySignature } from '../../../src/ssh/signature.ts'
import { SshReader, SshWriter } from '../../../src/ssh/wire.ts'
import { sshErrorCodeOf, truncations, withTrailingByte } from '../../support/ssh-vectors.ts'

const data = Buffer.from('what is signed')
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey

const cases: readonly [string, KeyObject][] = [
  ['ssh-ed25519', ed25519],
  ['ecdsa-sha2-nistp256', curve('P-256')],
  ['ecdsa-sha2-nistp384', curve('P-384')],
  ['ecdsa-sha2-nistp521', curve('P-521')],
  ['rsa-sha2-256', rsa],
  ['rsa-sha2-512', rsa],
]

describe('a signature', () => {
  it.each(cases)('names its algorithm and is verified: %s', (algorithm, key) => {
    const publicKey = publicKeyFromKeyObject(key)
    const signature = signData(key, algorithm, data)
    expect(new SshReader(signature).text()).toBe(algorithm)
    expect(verifySignature(publicKey, data, signature)).toBe(true)
    expect(verifySignature(publicKey, Buffer.from('something else'), signature)).toBe(false)
  })

  it.each(cases)('made off the main thread is just as valid: %s', async (algorithm, key) => {
    const signature = await signDataInPool(key, algorithm, data)
    expect(verifySignature(publicKeyFromKeyObject(key), data, signature)).toBe(true)
  })

  it.each(cases)('is read by sshpk in the same way: %s', (algorithm, key) => {
    const blob = Buffer.from(publicKeyFromKeyObject(key).blob)
    const theirs = parseKey(blob, 'rfc4253')
    const hash = algorithm === 'rsa-sha2-256' ? 'sha256' : algorithm === 'rsa-sha2-512' ? 'sha512' : undefined
    const verifier = theirs.createVerify(hash)
    verifier.update(data)
    const type = theirs.type as 'rsa' | 'ecdsa' | 'ed25519'
    const signature: Signature = parseSignature(Buffer.from(signData(key, algorithm, data)), type, 'ssh')
    expect(verifier.verify(signature)).toBe(true)
  })

  it('of ECDSA keeps its numbers positive and short, whatever their first bits', () => {
    const key = curve('P-256')
    const publicKey = publicKeyFromKeyObject(key)
    // Enough that some have a leading zero and some a leading one bit.
    for (let count = 0; count < 64; count += 1) {
      const message = Buffer.of(count)
      expect(verifySignature(publicKey, message, signData(key, 'ecdsa-sha2-nistp256', message))).toBe(true)
    }
  })

  it('of RSA is accepted with its leading zeros dropped', () => {
    const publicKey = publicKeyFromKeyObject(rsa)
    for (let count = 0; ; count += 1) {
      const message = Buffer.from(String(count))
      const raw = sign('sha512', message, rsa)
      if (raw[0] !== 0) continue
      const short = new SshWriter().string('rsa-sha2-512').string(raw.subarray(1)).bytes()
      expect(verifySignature(publicKey, message, short)).toBe(true)
      break
    }
  })

  it.each(cases)('that is cut or lengthened is not valid: %s', (algorithm, key) => {
    const publicKey = publicKeyFromKeyObject(key)
    const signature = signData(key, algorithm, data)
    for (const cut of truncations(signature)) expect(verifySignature(publicKey, data, cut)).toBe(false)
    expect(verifySignature(publicKey, data, withTrailingByte(signature))).toBe(false)
  })

  it('longer than its key is not valid', () => {
    const publicKey = publicKeyFromKeyObject(rsa)
    const long = new SshWriter().string('rsa-sha2-256').string(Buffer.alloc(129, 1)).bytes()
    expect(verifySignature(publicKey, data, long)).toBe(false)
  })

  it('by an algorithm of another key type is not valid', () => {
    const publicKey = publicKeyFromKeyObject(ed25519)
    expect(verifySignature(publicKey, data, signData(rsa, 'rsa-sha2-512', data))).toBe(false)
  })

  it('with SHA-1 is made when asked for, and never accepted', () => {
    const signature = signData(rsa, 'ssh-rsa', data)
    expect(new SshReader(signature).text()).toBe('ssh-rsa')
    expect(verifySignature(publicKeyFromKeyObject(rsa), data, signature)).toBe(false)
  })

  it('by an unknown algorithm is refused', () => {
    expect(sshErrorCodeOf(() => signData(ed25519, 'ssh-dss', data))).toBe('SIGNATURE_INVALID')
  })

  it('of random bytes is not valid', () => {
    const keys = cases.map(([, key]) => publicKeyFromKeyObject(key))
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.uint8Array({ maxLength: 200 }), (key, bytes) => {
        expect(verifySignature(key, data, bytes)).toBe(false)
        const named = new SshWriter().string(key.type).string(bytes).bytes()
        expect(verifySignature(key, data, named)).toBe(false)
      }),
      { seed: 6, numRuns: 300 },
    )
  })
})

describe('a signature of a FIDO key', () => {
  const application = 'ssh:'
  const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()
  const touched = 1

  /** What a device signs (PROTOCOL.u2f) and how ssh sends it. */
  function deviceSignature(key: KeyObject, message: Uint8Array, type: string): Uint8Array {
    const counter = 9
    const signed = new SshWriter().raw(sha256(application)).byte(touched).uint32(counter).raw(sha256(message)).bytes()
    const inner = new SshReader(signData(key, type, signed))
    inner.string()
    return new SshWriter().string(`sk-${type}@openssh.com`).string(inner.string()).byte(touched).uint32(counter).bytes()
  }

  function fidoKey(key: KeyObject): PublicKey {
    const plain = publicKeyFromKeyObject(key)
    const type = `sk-${plain.type}@openssh.com`
    const fields = publicFieldsOf(plain).write(new SshWriter().string(type))
    return { type, blob: fields.string(application).bytes(), application }
  }

  it.each([
    ['ssh-ed25519', ed25519],
    ['ecdsa-sha2-nistp256', curve('P-256')],
  ])('is verified over what the device signed: %s', (type, key) => {
    const signature = deviceSignature(key, data, type)
    const publicKey = fidoKey(key)
    expect(verifySignature(publicKey, data, signature)).toBe(true)
    expect(verifySignature(publicKey, Buffer.from('something else'), signature)).toBe(false)
    expect(verifySignature({ ...publicKey, application: 'ssh:other' }, data, signature)).toBe(false)
    for (const cut of truncations(signature)) expect(verifySignature(publicKey, data, cut)).toBe(false)
  })
})
