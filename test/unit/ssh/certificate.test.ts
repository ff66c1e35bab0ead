import { generateKeyPairSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { identityForHost, identityForUser, parseCertificate } from 'sshpk'
import { describe, expect, it } from 'vitest'
import { formatUtc } from '../../../src/core/time/utc-time.ts'
import {
  type CertificateFields,
  certificateValidity,
  decodeCertificate,
  encodeCertificate,
  isSignatureValid,
  type SshCertificate,
} from '../../../src/ssh/certificate.ts'
import { keyTypeNamed } from '../../../src/ssh/keys/key-types.ts'
import { decodePublicKey, fingerprint, publicKeyFromKeyObject } from '../../../src/ssh/public-key.ts'
import { signData } from '../../../src/ssh/signature.ts'
import { SshReader, SshWriter } from '../../../src/ssh/wire.ts'
import {
  certificateBlob,
  certificateVector,
  plainBlob,
  sshErrorCodeOf,
  truncations,
  withTrailingByte,
} from '../../support/ssh-vectors.ts'

const ofEachKeyType = ['ed25519', 'ecdsa256', 'ecdsa384', 'ecdsa521', 'rsa2048', 'sk-ed25519', 'sk-ecdsa256']
const byEachCa = ['by-ecdsa256', 'by-ecdsa384', 'by-ecdsa521', 'by-rsa-sha256', 'by-rsa-sha512']
const all = [...ofEachKeyType, ...byEachCa, 'by-rsa-sha1', 'host', 'anyone', 'forever', 'options', 'bare']

const signatureAlgorithm = ({ signature }: SshCertificate) => new SshReader(signature).text()

/** What `ssh-keygen -L` prints of the certificate, but for the values of options that it does not know. */
function describeLikeKeygen(certificate: SshCertificate): string {
  const type = keyTypeNamed(certificate.publicKey.type)
  const label = `${type.family.toUpperCase()}${type.privateKeys === undefined ? '-SK' : ''}-CERT`
  const caLabel = keyTypeNamed(certificate.signatureKey.type).family.toUpperCase()
  const { notBeforeMs, notAfterMs } = certificateValidity(certificate)
  const isForever = certificate.validAfter === 0n && certificate.validBefore === 2n ** 64n - 1n
  const localTime = (ms: number) => formatUtc(ms).slice(0, -1)
  const valid = isForever ? 'forever' : `from ${localTime(notBeforeMs)} to ${localTime(notAfterMs)}`
  const block = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [`${title}: (none)`] : [`${title}: `, ...lines.map((line) => `        ${line}`)]
  const options = (map: ReadonlyMap<string, string>) =>
    [...map].map(([name, value]) => (value === '' ? name : `${name} ${value}`))
  return [
    `Type: ${certificate.type} ${certificate.certificateType} certificate`,
    `Public key: ${label} ${fingerprint(certificate.blob)}`,
    `Signing CA: ${caLabel} ${fingerprint(certificate.signatureKey.blob)} (using ${signatureAlgorithm(certificate)})`,
    `Key ID: "${certificate.keyId}"`,
    `Serial: ${certificate.serial}`,
    `Valid: ${valid}`,
    ...block('Principals', certificate.principals),
    ...block('Critical Options', options(certificate.criticalOptions)),
    ...block('Extensions', options(certificate.extensions)),
  ]
    .map((line) => `        ${line}\n`)
    .join('')
}

const withKnownValues = (text: string) =>
  text
    .replace(/unheard-of@example\.com UNKNOWN OPTION: \w+ \(len 5\)/, 'unheard-of@example.com x')
    .replace(/login@example\.com UNKNOWN OPTION: \w+ \(len 6\)/, 'login@example.com jo')

describe('a certificate of ssh-keygen', () => {
  it.each(all)('is read as ssh-keygen -L reads it: %s', (name) => {
    const certificate = decodeCertificate(certificateBlob(name))
    expect(describeLikeKeygen(certificate)).toBe(withKnownValues(certificateVector(`${name}.txt`)))
  })

  it.each(ofEachKeyType)('holds the plain key: %s', (name) => {
    expect(decodeCertificate(certificateBlob(name)).publicKey).toEqual(decodePublicKey(plainBlob(name)))
  })

  it.each(all.filter((name) => name !== 'by-rsa-sha1'))('has the signature of its CA: %s', (name) => {
    expect(isSignatureValid(decodeCertificate(certificateBlob(name)))).toBe(true)
  })

  it('that was signed with SHA-1 counts as not signed', () => {
    expect(isSignatureValid(decodeCertificate(certificateBlob('by-rsa-sha1')))).toBe(false)
  })

  it('no longer has a valid signature when a bit of it changes', () => {
    const blob = certificateBlob('ed25519')
    for (let place = 40; place < blob.length; place += 7) {
      const changed = Uint8Array.from(blob)
      changed[place]! ^= 1
      let certificate: SshCertificate
      try {
        certificate = decodeCertificate(changed)
      } catch {
        continue
      }
      expect(isSignatureValid(certificate)).toBe(false)
    }
  })

  it.each(ofEachKeyType)('that is cut short is refused wherever it is cut: %s', (name) => {
    for (const cut of truncations(certificateBlob(name))) {
      expect(sshErrorCodeOf(() => decodeCertificate(cut))).toBe('WIRE_TRUNCATED')
    }
  })

  it.each(all)('with one byte too many is refused: %s', (name) => {
    expect(sshErrorCodeOf(() => decodeCertificate(withTrailingByte(certificateBlob(name))))).toBe('WIRE_TRAILING_BYTES')
  })

  it('with a changed byte is read or refused with an SshError', () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.nat(), fc.integer({ min: 1, max: 255 }), (name, place, change) => {
        const blob = Uint8Array.from(certificateBlob(name))
        blob[place % blob.length]! ^= change
        sshErrorCodeOf(() => isSignatureValid(decodeCertificate(blob)))
      }),
      { seed: 4, numRuns: 1000 },
    )
  })

  it('is not made of random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const typed = new SshWriter().string('ssh-ed25519-cert-v01@openssh.com').raw(bytes).bytes()
        expect(sshErrorCodeOf(() => decodeCertificate(bytes))).toBeDefined()
        expect(sshErrorCodeOf(() => decodeCertificate(typed))).toBeDefined()
      }),
      { seed: 5, numRuns: 500 },
    )
  })
})

describe('sshpk, a second reader of certificates,', () => {
  // sshpk knows no FIDO certificates. It is asked to read only: what it writes is not what it read.
  it.each(all.filter((name) => !name.startsWith('sk-')))('agrees about %s', (name) => {
    const ours = decodeCertificate(certificateBlob(name))
    const theirs = parseCertificate(certificateVector(`${name}-cert.pub`), 'openssh')
    expect(`SHA256:${theirs.subjectKey.fingerprint('sha256').toString('base64').slice(7)}`).toBe(
      fingerprint(ours.publicKey.blob),
    )
    expect(theirs.issuerKey!.fingerprint('sha256').toString('base64')).toBe(fingerprint(ours.signatureKey.blob))
    expect(BigInt(`0x${theirs.serial.toString('hex')}`)).toBe(ours.serial)
    const identity = ours.certificateType === 'user' ? identityForUser : identityForHost
    // Nobody is written as a wildcard there, which is what CVE-2024-7594 made of it.
    const principals = ours.principals.length === 0 ? ['*'] : ours.principals
    expect(theirs.subjects.map(String)).toEqual(principals.map((principal) => String(identity(principal))))
    if (name !== 'forever') {
      const { notBeforeMs, notAfterMs } = certificateValidity(ours)
      expect(theirs.validFrom.getTime()).toBe(notBeforeMs)
      expect(theirs.validUntil.getTime()).toBe(notAfterMs)
    }
    // sshpk believes in SHA-1; we do not.
    expect(theirs.isSignedByKey(theirs.issuerKey!)).toBe(name === 'by-rsa-sha1' || isSignatureValid(ours))
  })
})

const ca = generateKeyPairSync('ed25519').privateKey
const fields: CertificateFields = {
  publicKey: decodePublicKey(plainBlob('ecdsa256')),
  nonce: randomBytes(32),
  serial: 7n,
  certificateType: 'user',
  keyId: 'jo',
  principals: ['jo', 'ubuntu'],
  validAfter: 1000n,
  validBefore: 2000n,
  criticalOptions: new Map([['force-command', '/bin/date']]),
  extensions: new Map([
    ['permit-pty', ''],
    ['permit-X11-forwarding', ''],
  ]),
  signatureKey: publicKeyFromKeyObject(ca),
}
const signByCa = (data: Uint8Array) => signData(ca, 'ssh-ed25519', data)

/** A certificate whose field `name` holds these bytes instead. */
function forge(
  name: 'certificateType' | 'principals' | 'criticalOptions' | 'extensions',
  bytes: Uint8Array,
): Uint8Array {
  const empty = new Uint8Array(0)
  return new SshWriter()
    .string('ecdsa-sha2-nistp256-cert-v01@openssh.com')
    .string('nonce')
    .raw(fields.publicKey.blob.subarray(4 + fields.publicKey.type.length))
    .uint64(0n)
    .raw(name === 'certificateType' ? bytes : Buffer.of(0, 0, 0, 1))
    .string('')
    .string(name === 'principals' ? bytes : empty)
    .uint64(0n)
    .uint64(1n)
    .string(name === 'criticalOptions' ? bytes : empty)
    .string(name === 'extensions' ? bytes : empty)
    .string('')
    .string(fields.signatureKey.blob)
    .string('')
    .bytes()
}

const options = (...entries: readonly (readonly [string, Uint8Array])[]) =>
  entries.reduce((writer, [name, value]) => writer.string(name).string(value), new SshWriter()).bytes()

describe('encoding a certificate', () => {
  it('is undone by decoding it', () => {
    const blob = encodeCertificate(fields, signByCa)
    const certificate = decodeCertificate(blob)
    expect(certificate).toMatchObject({
      ...fields,
      nonce: expect.anything(),
      type: 'ecdsa-sha2-nistp256-cert-v01@openssh.com',
    })
    expect(Buffer.from(certificate.nonce).equals(fields.nonce)).toBe(true)
    expect(isSignatureValid(certificate)).toBe(true)
  })

  it('puts options in the order of their names', () => {
    const { extensions } = decodeCertificate(encodeCertificate(fields, signByCa))
    expect([...extensions.keys()]).toEqual(['permit-X11-forwarding', 'permit-pty'])
  })

  it('by another key than the one that it names is noticed', () => {
    const other = generateKeyPairSync('ed25519').privateKey
    const blob = encodeCertificate(fields, (data) => signData(other, 'ssh-ed25519', data))
    expect(isSignatureValid(decodeCertificate(blob))).toBe(false)
  })
})

describe('the fields of a certificate', () => {
  it('name a user or a host', () => {
    const blob = forge('certificateType', Buffer.of(0, 0, 0, 3))
    expect(sshErrorCodeOf(() => decodeCertificate(blob))).toBe('CERTIFICATE_INVALID')
  })

  it('do not name an option twice, which readers would interpret differently', () => {
    const twice = options(['permit-pty', new Uint8Array(0)], ['permit-pty', new Uint8Array(0)])
    expect(sshErrorCodeOf(() => decodeCertificate(forge('extensions', twice)))).toBe('CERTIFICATE_INVALID')
    expect(sshErrorCodeOf(() => decodeCertificate(forge('criticalOptions', twice)))).toBe('CERTIFICATE_INVALID')
  })

  it('may hold an extension in its own format, but no such critical option', () => {
    const own = options(['tag@example.com', Buffer.of(1, 2, 3)])
    expect(decodeCertificate(forge('extensions', own)).extensions.get('tag@example.com')).toBe('010203')
    expect(sshErrorCodeOf(() => decodeCertificate(forge('criticalOptions', own)))).toBe('WIRE_TRUNCATED')
    const trailing = options(['force-command', withTrailingByte(new SshWriter().string('x').bytes())])
    expect(sshErrorCodeOf(() => decodeCertificate(forge('criticalOptions', trailing)))).toBe('WIRE_TRAILING_BYTES')
  })

  it('name their principals in whole strings', () => {
    expect(sshErrorCodeOf(() => decodeCertificate(forge('principals', Buffer.of(0, 0, 0, 9, 1))))).toBe(
      'WIRE_TRUNCATED',
    )
  })

  it('of a kind that is not a certificate are refused by name', () => {
    expect(sshErrorCodeOf(() => decodeCertificate(plainBlob('ed25519')))).toBe('KEY_TYPE_UNKNOWN')
  })

  it('that are valid for ever end with the calendar', () => {
    const { notBeforeMs, notAfterMs } = certificateValidity(decodeCertificate(certificateBlob('forever')))
    expect(notBeforeMs).toBe(0)
    expect(formatUtc(notAfterMs)).toBe('9999-12-31T23:59:59Z')
  })
})
