import type { PublicKey } from '../../ssh/public-key.ts'
import type { VaultClient } from '../client.ts'
import { isVaultError, type VaultError } from '../vault-error.ts'
import { readCaKey } from './ca-key.ts'
import type { ListIssuers } from './issuer-list.ts'

/** Which CA keys of a mount are wanted. */
export interface WantedCaKeys {
  /** Issuers by name or id, besides the default. */
  named: readonly string[]
  /** The issuers that were listed before, for when they cannot be listed now. */
  known: readonly string[]
}

/** The CA keys of a mount. */
export interface CaKeys {
  /** Each once; none: the server says that it has none any more. */
  keys: readonly PublicKey[]
  /** All issuers, as far as they could be listed, now or before. */
  issuers: readonly string[]
  /** What was wanted by name and is not there. */
  missing: readonly VaultError[]
}

const hint = 'see the mounts with: vault secrets list, then edit mount of the [ssh.host_ca.…] section in config.toml'

/**
 * Reads the keys of all issuers of a mount: each without a token. An issuer that was listed and is gone is left out.
 * @throws {VaultError} the server is away, or its answer is no key: then nothing is known, and nothing has changed
 */
export async function readCaKeys(
  client: VaultClient,
  listIssuers: ListIssuers,
  mount: string,
  { named, known }: WantedCaKeys,
): Promise<CaKeys> {
  const listed = await listIssuers(mount)
  const issuers = listed ?? known
  const byName = listed === undefined ? [undefined, ...named] : named
  const [ofNames, ofIssuers] = await Promise.all(
    [byName, issuers].map((wanted) => Promise.all(wanted.map((issuer) => readIfThere(client, mount, issuer)))),
  )
  const keys = new Map<string, PublicKey>()
  for (const { key } of [...ofNames!, ...ofIssuers!])
    if (key !== undefined) keys.set(Buffer.from(key.blob).toString('base64'), key)
  // With other issuers a mount may do without a default.
  const missing = ofNames!.flatMap(({ missing: error }, index) =>
    byName[index] === undefined && keys.size > 0 ? [] : (error ?? []),
  )
  return {
    keys: [...keys.values()],
    issuers: issuers.filter((_, index) => ofIssuers![index]!.key !== undefined),
    missing,
  }
}

/** What is there of an issuer. */
type Found = { key: PublicKey; missing?: never } | { key?: never; missing: VaultError }

async function readIfThere(client: VaultClient, mount: string, issuer: string | undefined): Promise<Found> {
  try {
    return { key: await readCaKey(client, mount, issuer, hint) }
  } catch (error) {
    // 403 is what is said of paths that nothing is known of.
    if (isVaultError(error, 'VAULT_CA_MISSING') && error.status !== 403) return { missing: error }
    throw error
  }
}
