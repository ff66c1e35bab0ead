import { shellWord } from '../../core/text/shell-word.ts'
import { decodePublicKey, type PublicKey } from '../../ssh/public-key.ts'
import { parsePublicKeyLine } from '../../ssh/public-key-line.ts'
import { SshError } from '../../ssh/wire.ts'
import { vaultPath } from '../address.ts'
import type { VaultClient } from '../client.ts'
import { isVerdict, VaultError } from '../vault-error.ts'

/**
 * Reads the CA key of a mount, which needs no token (`GET MOUNT/public_key`).
 * @param issuer one of several, by its id or name (OpenBao); undefined: the default
 * @param mountHint what to do where the mount has no CA
 * @throws {VaultError} also VAULT_CA_MISSING; VAULT_BAD_RESPONSE: the answer is not one public key
 */
export async function readCaKey(
  client: VaultClient,
  mount: string,
  issuer?: string,
  mountHint = 'see the mounts with: vault secrets list',
): Promise<PublicKey> {
  const text = await readText(client, mount, issuer, mountHint)
  try {
    return decodePublicKey(parsePublicKeyLine(text).blob)
  } catch (cause) {
    if (!(cause instanceof SshError)) throw cause
    throw new VaultError('VAULT_BAD_RESPONSE', `vault ${client.name}: its CA of ${mount}/ is no public key`, {
      cause,
      hint: `look at it: vault read ${shellWord(`${mount}/config/ca`)}`,
    })
  }
}

async function readText(
  client: VaultClient,
  mount: string,
  issuer: string | undefined,
  mountHint: string,
): Promise<string> {
  const path = issuer === undefined ? vaultPath(mount, 'public_key') : vaultPath(mount, 'issuer', issuer, 'public_key')
  try {
    const { text = '' } = await client.request({
      method: 'GET',
      path,
      purpose: { type: 'public', mount },
      isText: true,
    })
    return text
  } catch (cause) {
    // A mount that does not exist wants a token (403), as all paths that nothing is known of; one without a CA has no key.
    if (!isVerdict(cause, 400, 403, 404) || cause.code === 'VAULT_NAMESPACE') throw cause
    const what = issuer === undefined ? 'no SSH CA' : `no issuer ${issuer} of an SSH CA`
    throw new VaultError('VAULT_CA_MISSING', `vault ${client.name}: it has ${what} at ${mount}/`, {
      cause,
      status: cause.status,
      hint: issuer === undefined ? mountHint : `see its issuers with: vault list ${shellWord(`${mount}/issuers`)}`,
    })
  }
}
