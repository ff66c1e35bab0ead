import { isSameServer } from '../../vault/address.ts'
import type { ServerVariables, VaultVariables } from '../../vault/environment.ts'
import type { Written } from './sections.ts'

/**
 * What the environment says about the server of a `[vault.…]`. The variables are about one server, and do not say which:
 * that of BAO_ADDR or VAULT_ADDR, or without those the only one that is configured (docs/adr/0024).
 * @param address as written; absent: that of the environment
 * @param vaults how many are configured
 */
export function serverVariablesOf(
  address: string | undefined,
  vaults: number,
  { address: own, server }: VaultVariables,
): ServerVariables {
  const isMeant = own === undefined ? vaults === 1 : address === undefined || isSameServer(address, own.value)
  return isMeant ? server : {}
}

/** The namespace of a vault; an empty one in config.toml is the root, whatever the environment says. */
export function namespaceOf({ namespace }: Written<'vault'>, variables: ServerVariables): string | undefined {
  const chosen = namespace ?? variables.namespace?.value
  return chosen === '' ? undefined : chosen
}
