import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createKeySigner } from '../../../../src/agent/keys/key-signer.ts'
import { errorCode } from '../../../../src/core/errors.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { verifySignature } from '../../../../src/ssh/signature.ts'
import { SshReader } from '../../../../src/ssh/wire.ts'

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
const data = Buffer.from('signed')

function signerOf(key: KeyObject) {
  const publicKey = publicKeyFromKeyObject(key)
  return { publicKey, signer: createKeySigner({ keyBlob: publicKey.blob, comment: '' }, key, publicKey) }
}

const algorithmOf = (signature: Uint8Array) => new SshReader(signature).text()

describe('a signer', () => {
  it.each([
    ['ssh-ed25519', generateKeyPairSync('ed25519').privateKey],
    ['ecdsa-sha2-nistp256', ec('P-256')],
  ])('signs at once with a fast key, whatever the flags: %s', (algorithm, key) => {
    const { signer, publicKey } = signerOf(key)
    for (const flags of [0, 2, 4, 0xffffffff]) {
      const signature = signer.sign(data, flags)
      if (signature instanceof Promise) throw new Error('a promise on the fast path')
      expect(algorithmOf(signature)).toBe(algorithm)
      expect(verifySignature(publicKey, data, signature)).toBe(true)
    }
  })

  it.each([
    ['ecdsa-sha2-nistp384', ec('P-384')],
    ['ecdsa-sha2-nistp521', ec('P-521')],
  ])('signs off the main thread with a slow key: %s', async (algorithm, key) => {
    const { signer, publicKey } = signerOf(key)
    const signing = signer.sign(data, 6)
    expect(signing).toBeInstanceOf(Promise)
    const signature = await signing
    expect(algorithmOf(signature)).toBe(algorithm)
    expect(verifySignature(publicKey, data, signature)).toBe(true)
  })

  it.each([
    [0, 'ssh-rsa'],
    [1, 'ssh-rsa'],
    [2, 'rsa-sha2-256'],
    [4, 'rsa-sha2-512'],
    [6, 'rsa-sha2-256'],
    [5, 'rsa-sha2-512'],
  ])('signs with RSA off the main thread, by the flags: %i is %s', async (flags, algorithm) => {
    const { signer, publicKey } = signerOf(rsa)
    const signing = signer.sign(data, flags)
    expect(signing).toBeInstanceOf(Promise)
    const signature = await signing
    expect(algorithmOf(signature)).toBe(algorithm)
    // SHA-1 is made for servers that know nothing else, and believed by nobody here.
    expect(verifySignature(publicKey, data, signature)).toBe(algorithm !== 'ssh-rsa')
  })

  it.each([8, 0x80000000, 12])('refuses RSA flags that it does not know: %i', (flags) => {
    let code: string | undefined
    try {
      void signerOf(rsa).signer.sign(data, flags)
    } catch (error) {
      code = errorCode(error)
    }
    expect(code).toBe('SIGN_FLAGS_UNSUPPORTED')
  })
})
