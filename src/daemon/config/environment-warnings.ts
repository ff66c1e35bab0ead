import type { ServerVariables, VaultVariables } from '../../vault/environment.ts'
import type { Config } from './config.ts'
import { serverVariablesOf } from './vault-variables.ts'

/** Variables of Vault's clients in the daemon's environment that have no effect, which would be puzzling without a warning. */
export function environmentWarnings(variables: VaultVariables, { vaults }: Pick<Config, 'vaults'>): readonly string[] {
  if (vaults.length === 0) return []
  return [...variables.warnings, ...strayVariables(variables, vaults)]
}

/** Variables about a server that is none of those that are configured, or could be any of them. */
function strayVariables(variables: VaultVariables, vaults: Config['vaults']): readonly string[] {
  const names = namesOf(variables.server)
  const isUsed = vaults.some(({ address }) => serverVariablesOf(address, vaults.length, variables) === variables.server)
  if (names.length === 0 || isUsed) return []
  const reason =
    variables.address === undefined
      ? 'without VAULT_ADDR nobody knows which [vault.…] is meant'
      : `${variables.address.name} is the server that is meant, and no [vault.…] is for it`
  return [`not used: ${names.join(', ')}, because ${reason}`]
}

const namesOf = (server: ServerVariables): readonly string[] =>
  Object.values(server).flatMap((variable?: { name: string }) => variable?.name ?? [])
