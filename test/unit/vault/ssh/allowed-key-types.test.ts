import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { keyTypeSetting, keyTypesWithin } from '../../../../src/vault/ssh/allowed-key-types.ts'

it.each<[object, readonly string[]]>([
  [{ ed25519: [0] }, ['ed25519']],
  [{ 'ssh-ed25519': [256] }, ['ed25519']],
  [{ ed25519: [] }, []],
  [{ rsa: [2048, 3072] }, ['rsa-3072']],
  [{ 'ssh-rsa': [4096] }, ['rsa-4096']],
  [{ rsa: [0] }, []],
  [{ ecdsa: [256], ec: [521] }, ['ecdsa-p256', 'ecdsa-p521']],
  [{ 'ecdsa-sha2-nistp384': [0] }, ['ecdsa-p384']],
  [{ rsa: 4096, ed25519: 0 }, ['ed25519', 'rsa-4096']],
  [{ dsa: [1024] }, []],
])('a role with the key lengths %j takes %j', (lengths, settings) => {
  expect(keyTypesWithin(lengths)).toEqual(settings)
})

it.each([
  [generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'ecdsa-p384'],
  [generateKeyPairSync('rsa', { modulusLength: 2048 }), 'ssh-rsa'],
])('a key has the name of the setting that makes it, or else its own: %#', ({ publicKey }, name) => {
  expect(keyTypeSetting(publicKeyFromKeyObject(publicKey))).toBe(name)
})
