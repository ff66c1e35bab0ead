import { type Environment, isSet } from '../../core/places/environment.ts'
import { sectionHeader } from '../../core/text/section-name.ts'
import type { Config } from './config.ts'
import type { ConfigDefaults } from './section-faults.ts'

/** The settings that config.toml leaves to the environment. */
export function defaultsOf({ BAO_ADDR, VAULT_ADDR }: Environment): ConfigDefaults {
  return { vaultAddress: [BAO_ADDR, VAULT_ADDR].find(isSet) }
}

/** Settings in the daemon's environment that latchkey ignores, which would be puzzling without a warning. */
export function environmentWarnings(environment: Environment, { vaults }: Pick<Config, 'vaults'>): readonly string[] {
  const warnings: string[] = []
  const { vaultAddress } = defaultsOf(environment)
  const variable = (['BAO_NAMESPACE', 'VAULT_NAMESPACE'] as const).find((name) => isSet(environment[name]))
  if (variable === undefined || vaultAddress === undefined) return warnings
  for (const { name, address, namespace } of vaults) {
    if (address !== vaultAddress || namespace !== undefined) continue
    warnings.push(
      `${variable} is not used for ${sectionHeader('vault', name)}: write namespace = ${JSON.stringify(environment[variable])} there, or unset it`,
    )
  }
  return warnings
}
