import { decodePublicKey, type PublicKey } from '../../ssh/public-key.ts'
import { parsePublicKeyLine } from '../../ssh/public-key-line.ts'
import { SshError } from '../../ssh/wire.ts'
import { vaultPath } from '../address.ts'
import type { VaultClient } from '../client.ts'
import { VaultError } from '../vault-error.ts'

/**
 * Reads the CA key of a mount, which needs no token (`GET MOUNT/public_key`).
 * @param issuer one of several, by its id or name (OpenBao); undefined: the default
 * @throws {VaultError} also VAULT_BAD_RESPONSE: the answer is not one public key
 */
export async function readCaKey(client: VaultClient, mount: string, issuer?: string): Promise<PublicKey> {
  const { text = '' } = await client.request({
    method: 'GET',
    path: issuer === undefined ? vaultPath(mount, 'public_key') : vaultPath(mount, 'issuer', issuer, 'public_key'),
    purpose: { type: 'public', mount },
    isText: true,
  })
  try {
    return decodePublicKey(parsePublicKeyLine(text).blob)
  } catch (cause) {
    if (!(cause instanceof SshError)) throw cause
    throw new VaultError('VAULT_BAD_RESPONSE', `what ${client.name} has for the CA of ${mount} is no public key`, {
      cause,
      hint: 'check mount in config.toml: vault read MOUNT/config/ca',
    })
  }
}
