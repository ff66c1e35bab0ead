import type { PublicKey } from '../../ssh/public-key.ts'
import { equalBytes } from '../../ssh/wire.ts'
import { isVaultError } from '../../vault/vault-error.ts'
import type { RunningVault } from '../running/running-vault.ts'

/** One of the CAs of a mount. */
export interface MountIssuer {
  key: PublicKey
  /** It certifies none of the identities now. */
  isSpare: boolean
}

/**
 * Reads all CAs of a mount, as far as they can be listed now. Those in force have signed the certificates that the identities
 * hold; for an identity without one it is the default of the mount, which a role may pass over.
 * @param names of the identities; undefined: all of the mount
 * @param mountHint what to do where the mount has no CA
 * @throws {VaultError}
 */
export async function readIssuersOf(
  vault: RunningVault,
  mount: string,
  names: readonly string[] | undefined,
  mountHint: string,
): Promise<readonly MountIssuer[]> {
  const [byDefault, all] = await Promise.allSettled([
    vault.readCaKey(mount, undefined, mountHint),
    vault.readCaKeys(mount, { named: [], known: [] }),
  ])
  const listed = all.status === 'fulfilled' ? all.value.keys : []
  if (byDefault.status === 'rejected') {
    // With other issuers a mount may do without a default.
    if (listed.length === 0 || !isVaultError(byDefault.reason, 'VAULT_CA_MISSING')) throw byDefault.reason
  }
  if (all.status === 'rejected') throw all.reason
  const usual = byDefault.status === 'fulfilled' ? [byDefault.value] : []
  const keys = [...usual, ...listed.filter((key) => !hasKey(usual, key))]
  const inForce = keysInForce(keys, usual, signersOf(vault, mount, names))
  return keys.map((key) => ({ key, isSpare: inForce.length > 0 && !hasKey(inForce, key) }))
}

/** Who has signed what the identities hold; undefined for one that holds nothing. */
function signersOf({ identities }: RunningVault, mount: string, names: readonly string[] | undefined) {
  return identities
    .filter(({ config }) => config.mount === mount && (names?.includes(config.name) ?? true))
    .map(({ key }) => key.status().certificate?.signatureKey)
}

function keysInForce(
  keys: readonly PublicKey[],
  usual: readonly PublicKey[],
  signers: readonly (PublicKey | undefined)[],
): readonly PublicKey[] {
  const signing = keys.filter((key) => signers.some((signer) => signer !== undefined && hasKey([key], signer)))
  const isKnownOfAll = signers.length > 0 && signers.every((signer) => signer !== undefined && hasKey(keys, signer))
  return isKnownOfAll ? signing : [...usual, ...signing]
}

const hasKey = (keys: readonly PublicKey[], { blob }: PublicKey) => keys.some((key) => equalBytes(key.blob, blob))
