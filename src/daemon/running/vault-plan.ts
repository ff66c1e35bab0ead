import { isDeepStrictEqual } from 'node:util'
import type { VaultError } from '../../vault/vault-error.ts'
import type { IdentityConfig, VaultConfig } from '../config/config.ts'
import type { VaultFiles } from '../config/vault-files.ts'

/** All that one `[vault.NAME]` runs by. */
export interface VaultPlan {
  config: VaultConfig
  files: VaultFiles
  /** PEM certificates that are trusted beside the usual ones, where `ca_file` names no others. */
  extraCa: string | undefined
  /** Why this vault does not get the token that the command lines use. */
  tokenRefusal: VaultError | undefined
}

/**
 * What becomes of a vault that runs. `reconnected`: the same login at the same server, reached in another way, so that
 * token, keys and certificates stay. `replaced`: nothing of the former one may be used any more.
 */
export type VaultChange = 'kept' | 'reconnected' | 'replaced'

/** Compares what a vault runs by with what it should run by. */
export function vaultChange(former: VaultPlan, next: VaultPlan): VaultChange {
  if (!isDeepStrictEqual(loginOf(former), loginOf(next))) return 'replaced'
  return isDeepStrictEqual(connectionOf(former), connectionOf(next)) ? 'kept' : 'reconnected'
}

const loginOf = ({ config: { name, address, namespace, auth }, tokenRefusal }: VaultPlan) => ({
  name,
  address,
  namespace,
  auth,
  refusal: tokenRefusal?.message,
})

const connectionOf = ({ config: { timeout, server_name }, files, extraCa }: VaultPlan) => ({
  timeout,
  server_name,
  files: files.version,
  extraCa: files.ca === undefined ? extraCa : undefined,
})

/** Tells whether an identity may keep its key and its certificate, as long as its vault is not replaced. */
export function isSameIdentity(former: IdentityConfig, next: IdentityConfig): boolean {
  return isDeepStrictEqual(former, next)
}
