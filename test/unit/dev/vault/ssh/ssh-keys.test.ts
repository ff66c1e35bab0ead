import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as shipped from '../../../../../src/dev/vault/ssh/ssh-keys.ts'
import { publicKeyText } from '../../../../../src/dev/vault/ssh/ssh-keys.ts'
import { generateSshKey, parseSshPublicKey } from '../../../../doubles/vault/ssh/key-forms.ts'
import { parsePrivateKeyText, privateKeyText } from '../../../../doubles/vault/ssh/private-key-text.ts'
import { describeWithPeers } from '../../../../support/peers.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'

const ed25519 = generateKeyPairSync('ed25519').privateKey
const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

const isSame = (left: KeyObject, right: KeyObject) => createPublicKey(left).equals(createPublicKey(right))

describe('a generated key', () => {
  it.each([
    ['ed25519', 0, 'ssh-ed25519'],
    ['ssh-ed25519', 0, 'ssh-ed25519'],
    ['ec', 0, 'ecdsa-sha2-nistp256'],
    ['ec', 384, 'ecdsa-sha2-nistp384'],
    ['ecdsa-sha2-nistp521', 0, 'ecdsa-sha2-nistp521'],
    ['rsa', 2048, 'ssh-rsa'],
    ['ssh-rsa', 2048, 'ssh-rsa'],
  ])('of type %s and size %d is %s', async (type, bits, name) => {
    expect(publicKeyText(await generateSshKey(type, bits))).toMatch(new RegExp(`^${name} AAAA\\S+\\n$`))
  })

  it.each([
    ['rsa', 1024, 'refusing to generate weak rsa key: 1024 bits < 2048 bits'],
    ['ec', 255, 'unknown ECDSA key pair algorithm and bits: ec / 255'],
    ['dsa', 0, 'unknown ssh key pair algorithm: dsa'],
    ['constructor', 0, 'unknown ssh key pair algorithm: constructor'],
  ])('cannot be of type %s and size %d', async (type, bits, message) => {
    await expect(generateSshKey(type, bits)).rejects.toThrow(message)
  })
})

describe('a private key as text', () => {
  it.each([
    ['ed25519', ed25519, 'OPENSSH'],
    ['ecdsa', p384, 'EC'],
    ['rsa', rsa, 'RSA'],
  ])('has the form that Vault gives it, and can be read back: %s', (_name, key, form) => {
    const text = privateKeyText(key)
    expect(text.split('\n')[0]).toBe(`-----BEGIN ${form} PRIVATE KEY-----`)
    expect(isSame(parsePrivateKeyText(text), key)).toBe(true)
  })

  it('may be PKCS #8 too', () => {
    const text = String(p384.export({ type: 'pkcs8', format: 'pem' }))
    expect(isSame(parsePrivateKeyText(text), p384)).toBe(true)
  })

  it.each([
    ['no key', 'could not parse private_key provided value: ssh: no key found'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----', 'ssh: not an OpenSSH key'],
  ])('is refused: %s', (text, message) => {
    expect(() => parsePrivateKeyText(text)).toThrow(message)
  })

  it('is refused when its numbers do not belong together', () => {
    const text = privateKeyText(ed25519)
    const bytes = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64')
    bytes[bytes.length - 40]! ^= 1
    const changed = `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`
    expect(() => parsePrivateKeyText(changed)).toThrow('could not parse private_key')
  })
})

describeWithPeers('a private key, read and written by ssh-keygen', ['ssh-keygen'], () => {
  it.each([
    ['ed25519', ed25519],
    ['ecdsa', p384],
    ['rsa', rsa],
  ])('is the same key: %s', (_name, key) => {
    const file = join(temporaryFolder(), 'key')
    writeFileSync(file, privateKeyText(key), { mode: 0o600 })
    expect(execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).split(' ')[1]!.trim()).toBe(
      publicKeyText(key).split(' ')[1]!.trim(),
    )
  })

  it.each(['ed25519', 'ecdsa', 'rsa'])('that ssh-keygen has made is read: %s', (type) => {
    const file = join(temporaryFolder(), 'key')
    execFileSync('ssh-keygen', ['-q', '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), '-N', '', '-f', file])
    const text = execFileSync('cat', [file], { encoding: 'utf8' })
    const line = execFileSync('cat', [`${file}.pub`], { encoding: 'utf8' })
    expect(publicKeyText(parsePrivateKeyText(text)).trim()).toBe(line.split(' ').slice(0, 2).join(' '))
  })

  it('with a passphrase is refused', () => {
    const file = join(temporaryFolder(), 'key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', file])
    const text = execFileSync('cat', [file], { encoding: 'utf8' })
    expect(() => parsePrivateKeyText(text)).toThrow('this private key is passphrase protected')
  })
})

describe('a public key to be signed', () => {
  const line = publicKeyText(ed25519).trim()
  const base64 = line.split(' ')[1]!

  it.each([line, base64, `${line} jo@laptop more`, `${line}\n`, `${base64}\r\n`])('may be %j', (text) => {
    expect(parseSshPublicKey(text).type).toBe('ssh-ed25519')
    expect(shipped.parseSshPublicKey(text).blob).toEqual(parseSshPublicKey(text).blob)
  })

  it.each([
    ['ssh-ed25519 AAAA', 'ssh: short read'],
    ['garbage', 'illegal base64 data at input byte 4'],
    ['ssh-ed25519 AAA$', 'illegal base64 data at input byte 3'],
    ['ssh-ed25519 AA=A', 'illegal base64 data at input byte 2'],
    ['ssh-ed25519 A===', 'illegal base64 data at input byte 1'],
    [`ssh-dss ${Buffer.from('\0\0\0\x07ssh-dss', 'latin1').toString('base64')}`, 'ssh: unknown key algorithm: ssh-dss'],
    [
      `x ${Buffer.concat([Buffer.from(base64, 'base64'), Buffer.from('x')]).toString('base64')}`,
      'ssh: 1 bytes too many',
    ],
    ['', 'ssh: short read'],
  ])('may not be %j', (text, message) => {
    expect(() => parseSshPublicKey(text)).toThrow(message)
    expect(() => shipped.parseSshPublicKey(text)).toThrow()
  })
})
