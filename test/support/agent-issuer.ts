import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { CodedError } from '../../src/core/errors.ts'
import type { Clock } from '../../src/core/time/clock.ts'
import {
  type CertificateFields,
  decodeCertificate,
  encodeCertificate,
  type SshCertificate,
} from '../../src/ssh/certificate.ts'
import type {
  CertificateIssuer,
  CertificateStanding,
  IssuedCertificate,
  IssueFailure,
} from '../../src/ssh/certificate-issuer.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../src/ssh/public-key-line.ts'
import { signData } from '../../src/ssh/signature.ts'

/** A CA in this process that issues by hand: a test lets each call succeed or fail. */
export interface TestIssuer extends CertificateIssuer {
  readonly calls: readonly { publicKey: PublicKey; signal: AbortSignal }[]
  /** Settles the oldest call that is open. @param clockSkewMs how far the CA's clock is ahead of ours @param by another CA */
  succeed(
    changes?: Partial<CertificateFields>,
    clockSkewMs?: number,
    warnings?: readonly string[],
    by?: KeyObject,
  ): SshCertificate
  /** From now on a certificate that it has issued stands so. */
  stand(certificate: SshCertificate, standing: CertificateStanding): void
  /** The next list that has a certificate looks whether it still stands so, and that takes this. */
  nextLook(look: Promise<void>): void
  fail(error: Error): void
}

/** What the failures of a test issuer mean, by their code; others pass. */
const failures: ReadonlyMap<string, IssueFailure> = new Map([
  ['VAULT_DENIED', 'lasting'],
  ['VAULT_LOGIN_NEEDED', 'login'],
])

const ca = generateKeyPairSync('ed25519').privateKey

/** What sshd must trust (TrustedUserCAKeys) to take certificates from here. */
export const testCaBlob = publicKeyFromKeyObject(ca).blob
export const testCaLine = formatPublicKeyLine(testCaBlob, 'test CA')

/** A certificate of our CA: for user jo, from 30 s ago, for an hour from now. */
export function certifyForTest(
  publicKey: PublicKey,
  clock: Clock,
  changes: Partial<CertificateFields> = {},
  by = ca,
): SshCertificate {
  const nowSeconds = BigInt(Math.floor(clock.now() / 1000))
  const fields: CertificateFields = {
    publicKey,
    nonce: randomBytes(32),
    serial: 1n,
    certificateType: 'user',
    keyId: 'jo',
    principals: ['jo'],
    validAfter: nowSeconds - 30n,
    validBefore: nowSeconds + 3600n,
    criticalOptions: new Map(),
    extensions: new Map([['permit-pty', '']]),
    signatureKey: publicKeyFromKeyObject(by),
    ...changes,
  }
  return decodeCertificate(encodeCertificate(fields, (data) => signData(by, 'ssh-ed25519', data)))
}

export function createTestIssuer(clock: Clock): TestIssuer {
  const calls: { publicKey: PublicKey; signal: AbortSignal }[] = []
  const open: { resolve(issued: IssuedCertificate): void; reject(error: Error): void; publicKey: PublicKey }[] = []
  const take = () => {
    const call = open.shift()
    if (call === undefined) throw new Error('no call to the issuer is open')
    return call
  }
  const looks: Promise<void>[] = []
  const standings = new Map<SshCertificate, CertificateStanding>()
  return {
    calls,
    look: () => undefined,
    nextLook: (look) => void looks.push(look),
    stand: (certificate, standing) => void standings.set(certificate, standing),
    issue(publicKey, signal) {
      calls.push({ publicKey, signal })
      return new Promise((resolve, reject) => {
        open.push({ resolve, reject, publicKey })
      })
    },
    succeed(changes = {}, clockSkewMs = 0, warnings = [], by = ca) {
      const { resolve, publicKey } = take()
      const certificate = certifyForTest(publicKey, clock, changes, by)
      resolve({
        certificate,
        clockSkewMs,
        warnings,
        standing: () => standings.get(certificate) ?? 'current',
        look: () => looks.shift(),
      })
      return certificate
    },
    fail: (error) => take().reject(error),
    failureOf: (error) => (error instanceof CodedError ? (failures.get(error.code) ?? 'passing') : 'passing'),
  }
}

/** Lets everything run that is ready. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
