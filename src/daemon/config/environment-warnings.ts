import { type Environment, isSet } from '../../core/places/environment.ts'
import type { Config } from './config.ts'
import type { ConfigFile } from './config-file.ts'
import type { ConfigDefaults } from './section-faults.ts'

/** What config.toml leaves to the environment. */
export function defaultsOf({ BAO_ADDR, VAULT_ADDR }: Environment): ConfigDefaults {
  return { vaultAddress: [BAO_ADDR, VAULT_ADDR].find(isSet) }
}

/**
 * What the daemon's environment says and latchkey does not do, which would be a riddle otherwise.
 * @param path of the configuration file
 */
export function environmentWarnings(
  environment: Environment,
  path: string,
  file: ConfigFile,
  { vaults }: Pick<Config, 'vaults'>,
): readonly string[] {
  const warnings: string[] = []
  if (isSet(environment.LATCHKEY_CONFIG) && file.type === 'missing')
    warnings.push(`LATCHKEY_CONFIG is ${path}, and there is no such file`)
  const { vaultAddress } = defaultsOf(environment)
  const variable = (['BAO_NAMESPACE', 'VAULT_NAMESPACE'] as const).find((name) => isSet(environment[name]))
  if (variable === undefined || vaultAddress === undefined) return warnings
  for (const { name, address, namespace } of vaults) {
    if (address !== vaultAddress || namespace !== undefined) continue
    warnings.push(
      `${variable} is not used for [vault.${name}]: write namespace = ${JSON.stringify(environment[variable])} there, or unset it`,
    )
  }
  return warnings
}
