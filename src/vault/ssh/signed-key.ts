import { certificateValidity, decodeCertificate, type SshCertificate } from '../../ssh/certificate.ts'
import { parsePublicKeyLine } from '../../ssh/public-key-line.ts'
import { SshError } from '../../ssh/wire.ts'
import type { VaultAnswer } from '../answer.ts'
import { VaultError } from '../vault-error.ts'

/** The certificate in the answer to `sign`. @throws {VaultError} VAULT_BAD_RESPONSE */
export function decodeSigned({ data, status }: VaultAnswer, vault: string): SshCertificate {
  try {
    return decodeCertificate(parsePublicKeyLine(String(data?.signed_key)).blob)
  } catch (cause) {
    if (!(cause instanceof SshError)) throw cause
    throw new VaultError('VAULT_BAD_RESPONSE', `vault ${vault} did not answer with a certificate: ${cause.message}`, {
      cause,
      status,
      hint: 'check mount in config.toml: it must be that of an ssh secrets engine',
    })
  }
}

/**
 * How far our clock is from the CA's, by the Date of the answer. A Date at which the certificate would not be valid comes
 * not from the CA's clock, but from a proxy on the way: then nothing is known.
 */
export function skewOf({ clockSkewMs }: VaultAnswer, certificate: SshCertificate, nowMs: number): number {
  if (clockSkewMs === undefined) return 0
  const { notBeforeMs, notAfterMs } = certificateValidity(certificate)
  const serverMs = nowMs + clockSkewMs
  return serverMs < notBeforeMs || serverMs >= notAfterMs ? 0 : clockSkewMs
}
