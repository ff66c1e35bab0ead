import { isPrintable } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { SshCertificate } from '../../ssh/certificate.ts'
import { checkHostCertificate } from '../../ssh/host-certificate-check.ts'
import type { PublicKey } from '../../ssh/public-key.ts'
import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'
import { vaultPath } from '../address.ts'
import type { VaultClient } from '../client.ts'
import type { TokenSource } from '../token/token-source.ts'
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
  // OpenBao says which of its issuers has signed; the key of that comes from elsewhere than the certificate.
  const issuer = answer.data?.issuer_id
  const hint = `look at it: vault read ${shellWord(`${mount}/config/ca`)}`
  const ca = await readCaKey(client, mount, isPrintable(issuer) ? issuer : undefined, hint)
  checkHostCertificate(certificate, {
    publicKey,
    principals,
    ca,
    nowMs: nowMs() + skewOf(answer, certificate, nowMs()),
    rolePath: `${mount}/roles/${role}`,
  })
  return certificate
}
