import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { isKeyAlone } from '../../../../src/ssh/key-files/only-key.ts'

const pem = String(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }))
const openssh = '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n'
const putty = 'PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: none\r\nPrivate-MAC: 00ff\r\n'
const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'

it.each([pem, openssh, putty, parameters + pem, `\ufeff${pem}\n\n`])('nothing but a key: %#', (text) => {
  expect(isKeyAlone(Buffer.from(text))).toBe(true)
})

it.each([
  `${pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
  `the password of the safe is 1234\n${openssh}`,
  `${putty}a note`,
  pem.slice(0, -10),
])('more than a key: %#', (text) => {
  expect(isKeyAlone(Buffer.from(text))).toBe(false)
})
