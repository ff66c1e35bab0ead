import { describe, expect, it } from 'vitest'
import { createEphemeralKey } from '../../../../src/agent/identities/ephemeral-key.ts'
import { keyTypes } from '../../../../src/ssh/keys/key-types.ts'
import { verifySignature } from '../../../../src/ssh/signature.ts'
import { sshErrorCodeOf } from '../../../support/ssh-vectors.ts'

const sha512 = 4
const made = keyTypes.filter(({ privateKeys }) => privateKeys !== undefined).map(({ name }) => name)
const data = Buffer.from('signed')

describe('an ephemeral key', () => {
  it('is there for every type whose private keys are held here', () => {
    expect(made).toHaveLength(5)
  })

  it.each(made)('signs as what it is, and says so each time: %s', async (name) => {
    let signatures = 0
    const { publicKey, signer } = await createEphemeralKey(name, () => {
      signatures += 1
    })
    expect(publicKey.type).toBe(name)
    expect(verifySignature(publicKey, data, await signer.sign(data, sha512))).toBe(true)
    await signer.sign(data, sha512)
    expect(signatures).toBe(2)
  })

  it('takes its turn in the thread pool where signing is slow', async () => {
    const slow = await Promise.all(made.map(async (name) => (await createEphemeralKey(name, () => {})).signer.usesPool))
    expect(Object.fromEntries(made.map((name, index) => [name, slow[index]]))).toEqual({
      'ssh-ed25519': false,
      'ecdsa-sha2-nistp256': false,
      'ecdsa-sha2-nistp384': true,
      'ecdsa-sha2-nistp521': true,
      'ssh-rsa': true,
    })
  })

  it('is another one each time', async () => {
    const [a, b] = [
      await createEphemeralKey('ssh-ed25519', () => {}),
      await createEphemeralKey('ssh-ed25519', () => {}),
    ]
    expect(Buffer.from(a.publicKey.blob).equals(b.publicKey.blob)).toBe(false)
  })

  it.each(['sk-ssh-ed25519@openssh.com', 'ssh-dss'])('is not made of a type that is not held here: %s', (name) => {
    expect(sshErrorCodeOf(() => void createEphemeralKey(name, () => {}))).toBe('KEY_TYPE_UNKNOWN')
  })
})
