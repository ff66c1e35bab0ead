import { createHmac, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type CertificateFields, encodeCertificate } from '../../../../src/ssh/certificate.ts'
import { type NameGuesses, trustedNames } from '../../../../src/ssh/known-hosts/trusted-names.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { signData } from '../../../../src/ssh/signature.ts'

const newKey = () => generateKeyPairSync('ed25519').privateKey
const [hostKey, caKey, otherKey] = [newKey(), newKey(), newKey()]
const blobOf = (key: KeyObject) => publicKeyFromKeyObject(key).blob
const lineOf = (hosts: string, key: KeyObject) =>
  `${hosts} ssh-ed25519 ${Buffer.from(blobOf(key)).toString('base64')}\n`
const nowMs = Date.UTC(2026, 0, 2)
const at = (host: string, port = 22) => ({ host, port })
const noGuesses: NameGuesses = { hosts: [], ports: [] }

const hashed = (name: string) => {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

function certificate(fields: Partial<CertificateFields> = {}, signer = caKey): Uint8Array {
  const seconds = BigInt(nowMs / 1000)
  return encodeCertificate(
    {
      publicKey: publicKeyFromKeyObject(hostKey),
      nonce: randomBytes(32),
      serial: 1n,
      certificateType: 'host',
      keyId: 'host',
      principals: ['db.corp.example', '*.web.example'],
      validAfter: seconds - 60n,
      validBefore: seconds + 60n,
      criticalOptions: new Map(),
      extensions: new Map(),
      signatureKey: publicKeyFromKeyObject(caKey),
      ...fields,
    },
    (data) => signData(signer, 'ssh-ed25519', data),
  )
}

const namesOf = (text: string, blob: Uint8Array, guesses: Partial<NameGuesses> = {}) =>
  trustedNames([Buffer.from(text)], blob, { ...noGuesses, ...guesses }, nowMs).names

describe('the names of a host that has proved a key', () => {
  it('are those that known_hosts has for it, in all files', () => {
    const files = [lineOf('a.example', hostKey), lineOf('b.example', otherKey), lineOf('[c.example]:2222', hostKey)]
    expect(
      trustedNames(
        files.map((text) => Buffer.from(text)),
        blobOf(hostKey),
        noGuesses,
        nowMs,
      ),
    ).toEqual({
      names: [at('a.example'), at('c.example', 2222)],
      isRevoked: false,
    })
  })

  it('are none where nothing has it, and no guess is believed then', () => {
    expect(namesOf(lineOf('a.example', otherKey), blobOf(hostKey), { hosts: ['a.example'] })).toEqual([])
  })

  it('are those guesses that a hash proves, at each port that could be meant', () => {
    const text = ['a.example', '[b.example]:2222', '[c.example]:2200', 'd.example']
      .map((name) => lineOf(hashed(name), hostKey))
      .join('')
    const guesses = {
      hosts: ['a.example', 'b.example', 'x.example'],
      ports: [2222],
      asked: { host: 'c.example', port: 2200 },
    }
    expect(namesOf(text, blobOf(hostKey), guesses)).toEqual([
      at('a.example'),
      at('b.example', 2222),
      at('c.example', 2200),
    ])
  })

  it('are those guesses that a pattern fits', () => {
    const asked = { host: 'a.example' }
    expect(namesOf(lineOf('*.example', hostKey), blobOf(hostKey), { hosts: ['b.other'], asked })).toEqual([
      at('a.example'),
    ])
  })

  it('are at the port that ssh was told, too, where known_hosts names none', () => {
    const asked = { host: 'a.example', port: 2222 }
    expect(namesOf(lineOf('a.example', hostKey), blobOf(hostKey), { asked })).toEqual([
      at('a.example', 2222),
      at('a.example'),
    ])
    expect(namesOf(lineOf('b.example', hostKey), blobOf(hostKey), { asked })).toEqual([at('b.example')])
  })

  it('stop being guessed when that becomes too much work', () => {
    const text = lineOf(hashed('last.example'), hostKey)
    const many = Array.from({ length: 6_000 }, (_, index) => `host${index}.example`)
    expect(namesOf(text, blobOf(hostKey), { hosts: ['last.example', ...many] })).toEqual([at('last.example')])
    expect(namesOf(text, blobOf(hostKey), { hosts: [...many, 'last.example'] })).toEqual([])
  })
})

describe('the names of a host with a certificate', () => {
  const trusted = lineOf('@cert-authority *.corp.example,*.web.example', caKey)

  it('are those in it for which known_hosts trusts its CA, and guesses that its wildcards fit', () => {
    const guesses = { hosts: ['one.web.example', 'one.other.example'], asked: { host: 'two.web.example' } }
    expect(namesOf(trusted, certificate(), guesses)).toEqual([
      at('db.corp.example'),
      at('two.web.example'),
      at('one.web.example'),
    ])
  })

  it('are those of its key, too', () => {
    expect(namesOf(lineOf('by-key.example', hostKey), certificate())).toEqual([at('by-key.example')])
  })

  it('are none of those in it for which the CA is not trusted', () => {
    expect(namesOf(lineOf('@cert-authority *.web.example', caKey), certificate())).toEqual([])
    expect(namesOf(lineOf('*.corp.example', caKey), certificate(), { hosts: ['db.corp.example'] })).toEqual([])
    expect(namesOf(lineOf('@cert-authority *', otherKey), certificate())).toEqual([])
  })

  it.each([
    ['it has expired', certificate({ validBefore: BigInt(nowMs / 1000) })],
    ['it is not valid yet', certificate({ validAfter: BigInt(nowMs / 1000) + 1n })],
    ['it is for a user', certificate({ certificateType: 'user' })],
    ['it has a condition', certificate({ criticalOptions: new Map([['force-command', 'x']]) })],
    ['somebody else has signed it', certificate({}, otherKey)],
    ['it names nobody', certificate({ principals: [] })],
    ['it names too many', certificate({ principals: Array.from({ length: 300 }, () => 'db.corp.example') })],
    ['a name in it is too long', certificate({ principals: ['db.corp.example', `*${'a*'.repeat(200)}`] })],
  ])('are none where %s', (_, blob) => {
    expect(namesOf(trusted, blob, { hosts: ['db.corp.example'] })).toEqual([])
  })
})

describe('a host whose key is revoked', () => {
  it('has no names, whether by its own key or by that of its CA', () => {
    const own = lineOf('a.example', hostKey)
    const nobody = { names: [], isRevoked: true }
    const find = (text: string, blob: Uint8Array) => trustedNames([Buffer.from(text)], blob, noGuesses, nowMs)
    expect(find(own + lineOf('@revoked *', hostKey), blobOf(hostKey))).toEqual(nobody)
    expect(find(own + lineOf('@revoked *', caKey), certificate())).toEqual(nobody)
    expect(find(own + lineOf('@revoked *', otherKey), certificate())).toMatchObject({ isRevoked: false })
  })
})
