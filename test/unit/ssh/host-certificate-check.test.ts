import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { type CertificateFields, decodeCertificate, encodeCertificate } from '../../../src/ssh/certificate.ts'
import { checkHostCertificate, type ExpectedHostCertificate } from '../../../src/ssh/host-certificate-check.ts'
import { decodePublicKey, publicKeyFromKeyObject } from '../../../src/ssh/public-key.ts'
import { signData } from '../../../src/ssh/signature.ts'
import { plainBlob } from '../../support/ssh-vectors.ts'

const nowMs = Date.UTC(2026, 5, 1)
const seconds = (ms: number) => BigInt(ms / 1000)
const publicKey = decodePublicKey(plainBlob('ed25519'))
const ca = generateKeyPairSync('ed25519').privateKey
const other = generateKeyPairSync('ed25519').privateKey
const expected: ExpectedHostCertificate = {
  publicKey,
  principals: ['db.example', 'www.example'],
  ca: publicKeyFromKeyObject(ca),
  nowMs,
  rolePath: 'ssh-host/roles/host',
}

function check(changes: Partial<CertificateFields> = {}, signer = ca) {
  const fields: CertificateFields = {
    publicKey,
    nonce: Buffer.alloc(32),
    serial: 1n,
    certificateType: 'host',
    keyId: 'db',
    principals: ['www.example', 'db.example'],
    validAfter: seconds(nowMs - 30_000),
    validBefore: seconds(nowMs + 60_000),
    criticalOptions: new Map(),
    extensions: new Map(),
    signatureKey: publicKeyFromKeyObject(signer),
    ...changes,
  }
  const certificate = decodeCertificate(encodeCertificate(fields, (data) => signData(signer, 'ssh-ed25519', data)))
  checkHostCertificate(certificate, expected)
}

it('a certificate of the key, for the names in any order, by the CA, passes', () => {
  expect(check).not.toThrow()
})

it.each<[string, Partial<CertificateFields>, string]>([
  ['CERTIFICATE_OF_ANOTHER_KEY', { publicKey: publicKeyFromKeyObject(other) }, 'check the vault address'],
  ['CERTIFICATE_FOR_A_USER', { certificateType: 'user' }, 'check the vault address'],
  ['CERTIFICATE_WITHOUT_PRINCIPALS', { principals: [] }, 'vault read ssh-host/roles/host'],
  ['CERTIFICATE_FOR_OTHERS', { principals: ['db.example'] }, 'vault read ssh-host/roles/host'],
  ['CERTIFICATE_FOR_OTHERS', { principals: ['db.example', 'www.example', '*'] }, 'vault read ssh-host/roles/host'],
  ['CERTIFICATE_EXPIRED', { validBefore: seconds(nowMs) }, 'timedatectl'],
  [
    'CERTIFICATE_NOT_YET_VALID',
    { validAfter: seconds(nowMs + 600_000), validBefore: seconds(nowMs + 900_000) },
    'timedatectl',
  ],
  ['CERTIFICATE_OPTION_UNKNOWN', { criticalOptions: new Map([['force-command', 'true']]) }, 'default_critical_options'],
  ['CERTIFICATE_SIGNATURE_INVALID', { signatureKey: publicKeyFromKeyObject(other) }, 'check the vault address'],
])('one is refused as %s', (code, changes, hint) => {
  let error: unknown
  try {
    check(changes)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({ code, hint: expect.stringContaining(hint) })
})

it('one that another CA has signed is refused, however good it is', () => {
  expect(() => check({}, other)).toThrow(/is signed by SHA256:\S+, not by the CA of its mount, SHA256:/)
})
