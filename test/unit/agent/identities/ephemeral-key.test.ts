import { describe, expect, it } from 'vitest'
import { createEphemeralKey } from '../../../../src/agent/identities/ephemeral-key.ts'
import { keyTypes } from '../../../../src/ssh/keys/key-types.ts'
import { verifySignature } from '../../../../src/ssh/signature.ts'
import { sshErrorCodeOf } from '../../../support/ssh-vectors.ts'

const sha512 = 4
const made = keyTypes.filter(({ privateKeys }) => privateKeys !== undefined).map(({ name }) => name)
const data = Buffer.from('signed')

describe('an ephemeral key', () => {
  it('exists for every type whose private keys are supported here', () => {
    expect(made).toHaveLength(5)
  })

  it.each(made)('signs by its own type, and reports each signature: %s', async (name) => {
    let signatures = 0
    const { publicKey, signer } = await createEphemeralKey(name, () => {
      signatures += 1
    })
    expect(publicKey.type).toBe(name)
    expect(verifySignature(publicKey, data, await signer.sign(data, sha512))).toBe(true)
    await signer.sign(data, sha512)
    expect(signatures).toBe(2)
  })

  it('takes its turn in the thread pool if signing is slow', async () => {
    const slow = await Promise.all(made.map(async (name) => (await createEphemeralKey(name, () => {})).signer.usesPool))
    expect(Object.fromEntries(made.map((name, index) => [name, slow[index]]))).toEqual({
      'ssh-ed25519': false,
      'ecdsa-sha2-nistp256': false,
      'ecdsa-sha2-nistp384': true,
      'ecdsa-sha2-nistp521': true,
      'ssh-rsa': true,
    })
  })

  it('is a new one each time', async () => {
    const [a, b] = [
      await createEphemeralKey('ssh-ed25519', () => {}),
      await createEphemeralKey('ssh-ed25519', () => {}),
    ]
    expect(Buffer.from(a.publicKey.blob).equals(b.publicKey.blob)).toBe(false)
  })

  it.each(['sk-ssh-ed25519@openssh.com', 'ssh-dss'])('is not made of a type that is not supported here: %s', (name) => {
    expect(sshErrorCodeOf(() => void createEphemeralKey(name, () => {}))).toBe('KEY_TYPE_UNKNOWN')
  })
})
