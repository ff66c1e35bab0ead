import { isPrintable } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { SshCertificate } from '../../ssh/certificate.ts'
import { checkHostCertificate } from '../../ssh/host-certificate-check.ts'
import type { PublicKey } from '../../ssh/public-key.ts'
import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'
import { equalBytes } from '../../ssh/wire.ts'
import { vaultPath } from '../address.ts'
import type { VaultClient } from '../client.ts'
import type { TokenSource } from '../token/token-source.ts'
import { isVaultError } from '../vault-error.ts'
import { readCaKey } from './ca-key.ts'
import { decodeSigned, skewOf } from './signed-key.ts'

/** What is asked of the CA. */
export interface HostSigning {
  mount: string
  role: string
  /** The names of the host. */
  principals: readonly string[]
  /** Absent: the role's. */
  ttlSeconds?: number | undefined
}

/**
 * Has the key of a host certified (`POST MOUNT/sign/ROLE` with `cert_type=host`), because a person wants it. The certificate has
 * been checked.
 * @throws {VaultError} a refusal with advice; VAULT_LOGIN_NEEDED; {SshError} CERTIFICATE_…: it is not what was asked for
 */
export async function signHostKey(
  client: VaultClient,
  tokens: Pick<TokenSource, 'withAccess'>,
  publicKey: PublicKey,
  { mount, role, principals, ttlSeconds }: HostSigning,
  nowMs: () => number,
): Promise<SshCertificate> {
  const answer = await tokens.withAccess((access) =>
    client.request({
      method: 'POST',
      path: vaultPath(mount, 'sign', role),
      purpose: { type: 'sign-host', mount, role },
      ...access,
      body: {
        public_key: formatPublicKeyLine(publicKey.blob, ''),
        cert_type: 'host',
        valid_principals: principals.join(','),
        ...(ttlSeconds === undefined ? {} : { ttl: ttlSeconds }),
      },
    }),
  )
  const certificate = decodeSigned(answer, client.name)
  const ca = await readSigner(client, mount, certificate, answer.data?.issuer_id)
  checkHostCertificate(certificate, {
    publicKey,
    principals,
    ca,
    nowMs: nowMs() + skewOf(answer, certificate, nowMs()),
    rolePath: `${mount}/roles/${role}`,
  })
  return certificate
}

/**
 * The key of the CA that should have signed. It comes from elsewhere than the certificate.
 * @param issuerId OpenBao says which of the issuers of the mount has signed, if it is not the default
 */
async function readSigner(client: VaultClient, mount: string, certificate: SshCertificate, issuerId: unknown) {
  const hint = `look at it: vault read ${shellWord(`${mount}/config/ca`)}`
  const byDefault = await readCaKey(client, mount, undefined, hint).catch((error: unknown) => {
    // With other issuers a mount may do without a default.
    if (isVaultError(error, 'VAULT_CA_MISSING') && isPrintable(issuerId)) return undefined
    throw error
  })
  const isOther = byDefault === undefined || !equalBytes(byDefault.blob, certificate.signatureKey.blob)
  return isOther && isPrintable(issuerId) ? await readCaKey(client, mount, issuerId, hint) : byDefault!
}
