import { isDeepStrictEqual } from 'node:util'
import type { Roots } from '../../http/tls.ts'
import type { VaultError } from '../../vault/vault-error.ts'
import type { IdentityConfig, VaultConfig } from '../config/config.ts'
import type { VaultFiles } from '../config/vault-files.ts'

/** Everything that determines how one `[vault.NAME]` runs. */
export interface VaultPlan {
  config: VaultConfig
  files: VaultFiles
  /** What is trusted where the vault has no certificates of its own; undefined: Node's. */
  roots: Roots | undefined
  /** Why this vault does not get the token that the command lines use. */
  tokenRefusal: VaultError | undefined
}

/**
 * What happens to a running vault. `reconnected`: the same login at the same server, but other connection settings, so
 * token, keys and certificates stay. `replaced`: nothing of the former one may be used any more.
 */
export type VaultChange = 'kept' | 'reconnected' | 'replaced'

/** Compares the plan of a running vault with the plan that it should have. */
export function vaultChange(former: VaultPlan, next: VaultPlan): VaultChange {
  if (!isDeepStrictEqual(loginOf(former), loginOf(next))) return 'replaced'
  return isDeepStrictEqual(connectionOf(former), connectionOf(next)) ? 'kept' : 'reconnected'
}

const loginOf = ({ config: { name, address, namespace, auth, isOpen }, tokenRefusal }: VaultPlan) => ({
  name,
  address,
  namespace,
  auth,
  isOpen,
  refusal: tokenRefusal?.message,
})

const connectionOf = ({ config, files, roots }: VaultPlan) => ({
  timeout: config.timeout,
  server_name: config.server_name,
  max_retries: config.max_retries,
  srv_lookup: config.srv_lookup,
  redirect_hosts: config.redirect_hosts,
  files: files.version,
  roots: files.ca === undefined ? roots : undefined,
})

/** Whether an identity may keep its key and its certificate, as long as its vault is not replaced. */
export function isSameIdentity(former: IdentityConfig, next: IdentityConfig): boolean {
  return isDeepStrictEqual(former, next)
}
