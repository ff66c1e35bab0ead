import { certificateValidity, decodeCertificate, isSignatureValid, type SshCertificate } from './certificate.ts'
import { keyTypeOfCertificate } from './keys/key-types.ts'
import { SshReader } from './wire.ts'

/** What a host has proved, if it is a certificate. @throws {SshError} CERTIFICATE_INVALID, WIRE_… */
export function hostCertificate(blob: Uint8Array): SshCertificate | undefined {
  return keyTypeOfCertificate(new SshReader(blob).text()) === undefined ? undefined : decodeCertificate(blob)
}

/** What ssh demands of a host's certificate (sshkey_cert_check_host): for a host, now, without conditions, and signed. */
export function isHostCertificateUsable(certificate: SshCertificate, nowMs: number): boolean {
  const { notBeforeMs, notAfterMs } = certificateValidity(certificate)
  const isNow = notBeforeMs <= nowMs && nowMs < notAfterMs
  const { certificateType, criticalOptions } = certificate
  return certificateType === 'host' && isNow && criticalOptions.size === 0 && isSignatureValid(certificate)
}
