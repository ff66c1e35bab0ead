import type { Environment } from '../../core/places/environment.ts'
import { sectionHeader } from '../../core/text/section-name.ts'
import { isSameDestination, isSameServer } from '../address.ts'
import { vaultVariable } from '../environment.ts'
import { VaultError } from '../vault-error.ts'

/** A `[vault.NAME]` with `method = "token"` and no `token_file`: it uses the token that the command lines would use. */
export interface SharedTokenUser {
  name: string
  address: string
  namespace?: string | undefined
}

/**
 * Works out which vaults must not get the token of BAO_TOKEN or VAULT_TOKEN, of the token helper or of `~/.vault-token`.
 * There is only one such token, and it does not say where it belongs: it belongs to the server of BAO_ADDR or VAULT_ADDR,
 * and without those to the only vault that is configured to use it. Among several namespaces of that server it belongs to
 * the one of BAO_NAMESPACE or VAULT_NAMESPACE.
 * @param environment the daemon's
 * @returns why not, by the name of the vault
 */
export function refuseSharedToken(
  users: readonly SharedTokenUser[],
  environment: Environment,
): ReadonlyMap<string, VaultError> {
  const variable = vaultVariable(environment, 'ADDR')
  const namespace = vaultVariable(environment, 'NAMESPACE')?.value
  const candidates = variable === undefined ? users : users.filter((user) => isSameServer(user.address, variable.value))
  const named = candidates.filter((user) => isSameDestination(user, { address: variable?.value ?? '', namespace }))
  const owners = isOneDestination(candidates) ? candidates : named
  const refused = users.filter((user) => !owners.includes(user))
  return new Map(
    refused.map(({ name }) => [name, variable === undefined ? ambiguous(name, users) : ofAnother(name, variable.name)]),
  )
}

function isOneDestination(users: readonly SharedTokenUser[]): boolean {
  const [first, ...others] = users
  return first !== undefined && others.every((user) => isSameDestination(user, first))
}

const hintFor = (name: string) =>
  `give it a token of its own in config.toml: ${sectionHeader('vault', name)} auth = { method = "token", token_file = "/path/to/token" }`

function ofAnother(name: string, variable: string): VaultError {
  const message = `vault ${name}: the token of this machine is for the server of ${variable}, not for this one`
  return new VaultError('VAULT_CONFIG', message, { hint: hintFor(name) })
}

function ambiguous(name: string, users: readonly SharedTokenUser[]): VaultError {
  const names = users.map((user) => user.name).join(', ')
  const message = `vault ${name}: the token of this machine could be for any of ${names}, so none of them gets it`
  return new VaultError('VAULT_CONFIG', message, { hint: hintFor(name) })
}
