import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CodedError } from '../../../src/core/errors.ts'
import {
  type CertificateFields,
  decodeCertificate,
  encodeCertificate,
  type SshCertificate,
} from '../../../src/ssh/certificate.ts'
import { checkExcess, checkUserCertificate } from '../../../src/ssh/certificate-check.ts'
import { decodePublicKey, fingerprint, publicKeyFromKeyObject } from '../../../src/ssh/public-key.ts'
import { signData } from '../../../src/ssh/signature.ts'
import { certificateBlob, plainBlob } from '../../support/ssh-vectors.ts'

const nowMs = Date.UTC(2026, 5, 1)
const rolePath = 'ssh-ops/roles/ops'
const seconds = (ms: number) => BigInt(ms / 1000)
const publicKey = decodePublicKey(plainBlob('ed25519'))
const ca = generateKeyPairSync('ed25519').privateKey

function certify(changes: Partial<CertificateFields> = {}, signer = ca): SshCertificate {
  const fields: CertificateFields = {
    publicKey,
    nonce: Buffer.alloc(32),
    serial: 1n,
    certificateType: 'user',
    keyId: 'jo',
    principals: ['jo'],
    validAfter: seconds(nowMs - 30_000),
    validBefore: seconds(nowMs + 60_000),
    criticalOptions: new Map(),
    extensions: new Map(),
    signatureKey: publicKeyFromKeyObject(ca),
    ...changes,
  }
  return decodeCertificate(encodeCertificate(fields, (data) => signData(signer, 'ssh-ed25519', data)))
}

function refusal(certificate: SshCertificate, skewMs?: number): CodedError | undefined {
  try {
    checkUserCertificate(certificate, { publicKey, nowMs, rolePath, ...(skewMs === undefined ? {} : { skewMs }) })
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError)
    return error as CodedError
  }
}

const code = (certificate: SshCertificate, skewMs?: number) => refusal(certificate, skewMs)?.code

describe('the principals that were asked for', () => {
  const checked = (given: readonly string[], principals: readonly string[]) => () =>
    checkUserCertificate(certify({ principals: given }), { publicKey, nowMs, rolePath, principals })

  it.each([
    [['bob'], ['bob']],
    [['root', 'bob'], ['bob']],
    [['jo'], []],
  ])('%j pass if %j was asked for', (given, asked) => {
    expect(checked(given, asked)).not.toThrow()
  })

  it.each([
    [['root', 'alice'], ['bob']],
    [['*'], ['bob']],
    [['bob'], ['bob', 'deploy']],
    [['BOB'], ['bob']],
    [['a', 'root'], ['a,root']],
  ])('%j are refused if %j was asked for', (given, asked) => {
    expect(checked(given, asked)).toThrow(expect.objectContaining({ code: 'CERTIFICATE_FOR_OTHERS' }))
  })

  it.each([[[]], [['']], [[' ']], [['jo', '']]])('%j are refused whatever was asked for', (given) => {
    expect(checked(given, [])).toThrow(expect.objectContaining({ code: 'CERTIFICATE_WITHOUT_PRINCIPALS' }))
  })
})

describe('a certificate that is larger than anybody accepts', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `user${index}`)

  it('is refused', () => {
    expect(code(certify({ principals: names(255) }))).toBeUndefined()
    expect(code(certify({ principals: names(256) }))).toBe('CERTIFICATE_TOO_LARGE')
    expect(code(certify({ keyId: 'x'.repeat(31_000) }))).toBeUndefined()
    expect(code(certify({ keyId: 'x'.repeat(33_000) }))).toBe('CERTIFICATE_TOO_LARGE')
  })
})

describe('a certificate from the CA', () => {
  it.each([
    'ed25519',
    'by-ecdsa256',
    'by-ecdsa384',
    'by-ecdsa521',
    'by-rsa-sha256',
    'by-rsa-sha512',
    'bare',
    'forever',
  ])('from ssh-keygen passes: %s', (name) => {
    expect(code(decodeCertificate(certificateBlob(name)))).toBeUndefined()
  })

  it('certifies our key', () => {
    const other = decodePublicKey(plainBlob('ecdsa256'))
    expect(code(certify({ publicKey: other }))).toBe('CERTIFICATE_OF_ANOTHER_KEY')
  })

  it('is for a user', () => {
    expect(code(decodeCertificate(certificateBlob('host')))).toBe('CERTIFICATE_FOR_A_HOST')
  })

  it('names at least one user, and none that is empty', () => {
    expect(code(decodeCertificate(certificateBlob('anyone')))).toBe('CERTIFICATE_WITHOUT_PRINCIPALS')
    expect(code(certify({ principals: ['jo', ''] }))).toBe('CERTIFICATE_WITHOUT_PRINCIPALS')
  })

  it('names no template that was not filled in', () => {
    const error = refusal(certify({ principals: ['jo', '{{identity.entity.name}}'] }))
    expect(error?.code).toBe('CERTIFICATE_TEMPLATE_UNRENDERED')
    expect(error?.message).toContain('{{identity.entity.name}}')
  })

  it('has not expired', () => {
    expect(code(certify({ validBefore: seconds(nowMs) }))).toBe('CERTIFICATE_EXPIRED')
    expect(code(certify({ validBefore: seconds(nowMs + 1000) }))).toBeUndefined()
  })

  it('may begin a little later, for a clock that is behind, and no more', () => {
    const until = { validBefore: seconds(nowMs + 3_600_000) }
    expect(code(certify({ validAfter: seconds(nowMs + 300_000), ...until }))).toBeUndefined()
    const error = refusal(certify({ validAfter: seconds(nowMs + 301_000), ...until }))
    expect(error?.code).toBe('CERTIFICATE_NOT_YET_VALID')
    expect(error?.message).toContain('2026-06-01T00:05:01Z')
    expect(code(certify({ validAfter: seconds(nowMs + 1000), ...until }), 0)).toBe('CERTIFICATE_NOT_YET_VALID')
    const beyond = { validAfter: 2n ** 64n - 2n, validBefore: 2n ** 64n - 1n }
    expect(code(certify(beyond))).toBe('CERTIFICATE_NOT_YET_VALID')
  })

  it('has no critical option that sshd does not know', () => {
    const known = new Map([
      ['force-command', '/bin/date'],
      ['source-address', '10.0.0.0/8'],
      ['verify-required', ''],
    ])
    expect(code(certify({ criticalOptions: known }))).toBeUndefined()
    const error = refusal(decodeCertificate(certificateBlob('options')))
    expect(error?.code).toBe('CERTIFICATE_OPTION_UNKNOWN')
    expect(error?.message).toContain('unheard-of@example.com')
  })

  it('was signed by the key that it names', () => {
    const other = generateKeyPairSync('ed25519').privateKey
    expect(code(certify({}, other))).toBe('CERTIFICATE_SIGNATURE_INVALID')
    expect(code({ ...certify(), signature: Buffer.of(1) })).toBe('CERTIFICATE_SIGNATURE_INVALID')
  })

  it('was not signed with SHA-1, and the refusal says how to fix that', () => {
    const error = refusal(decodeCertificate(certificateBlob('by-rsa-sha1')))
    expect(error?.code).toBe('CERTIFICATE_SIGNATURE_INVALID')
    expect(error?.hint).toContain('algorithm_signer=rsa-sha2-256')
  })

  it('is refused with a hint each time', () => {
    const refused = [
      certify({ publicKey: decodePublicKey(plainBlob('ecdsa256')) }),
      certify({ certificateType: 'host' }),
      certify({ principals: [] }),
      certify({ principals: ['{{x}}'] }),
      certify({ validBefore: 1n }),
      certify({ validAfter: seconds(nowMs + 10_000_000), validBefore: seconds(nowMs + 20_000_000) }),
      certify({ criticalOptions: new Map([['x@example.com', '']]) }),
      certify({}, generateKeyPairSync('ed25519').privateKey),
    ]
    for (const certificate of refused) {
      const hint = refusal(certificate)?.hint
      expect(hint).toMatch(/\w/)
      // A command is one to run as it stands.
      expect(hint?.includes('vault read') === true || hint?.includes('vault write') === true).toBe(
        hint?.includes(rolePath),
      )
    }
  })
})

describe('a CA that is named', () => {
  const ours = fingerprint(publicKeyFromKeyObject(ca).blob)
  const other = `SHA256:${'A'.repeat(43)}`
  const checked = (certificate: SshCertificate, cas: readonly string[] | undefined) => () =>
    checkUserCertificate(certificate, { publicKey, nowMs, rolePath, cas })

  it('may sign, and no other', () => {
    for (const cas of [undefined, [ours], [other, ours]]) expect(checked(certify(), cas)).not.toThrow()
    for (const cas of [[other], []])
      expect(checked(certify(), cas)).toThrow(
        expect.objectContaining({ code: 'CERTIFICATE_OF_ANOTHER_CA', message: expect.stringContaining(ours) }),
      )
  })

  it('is not believed for its name alone', () => {
    const forged = certify({}, generateKeyPairSync('ed25519').privateKey)
    expect(checked(forged, [ours])).toThrow(expect.objectContaining({ code: 'CERTIFICATE_SIGNATURE_INVALID' }))
  })
})

describe('a certificate with more than was asked for', () => {
  const checked = (asked: Parameters<typeof checkExcess>[1]) => () =>
    checkExcess(certify({ principals: ['jo', 'root'] }), asked, { nowMs, rolePath })

  it('is refused, and says what is more', () => {
    expect(checked({ principals: ['jo', 'root'] })).not.toThrow()
    expect(checked({ principals: ['jo'], criticalOptions: { 'force-command': 'id' } })).toThrow(
      expect.objectContaining({
        code: 'CERTIFICATE_MORE_THAN_ASKED',
        message: expect.stringMatching(/also for "root".*; it is not restricted by "force-command=id"/),
        hint: expect.stringContaining('vault read ssh-ops/roles/ops'),
      }),
    )
  })
})
