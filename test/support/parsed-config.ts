import type { Environment } from '../../src/core/places/environment.ts'
import { type Config, toConfig, toConfigError } from '../../src/daemon/config/config.ts'
import { readSections } from '../../src/daemon/config/read-sections.ts'
import { settleConfig } from '../../src/daemon/config/settle.ts'
import { readVaultVariables } from '../../src/vault/environment.ts'

/** A configuration without any mistake. @throws {ConfigError} the first mistake */
export function parseConfig(toml: string, file: string, environment: Environment = {}): Config {
  const settled = settleConfig(readSections(toml, environment), new Map(), new Map(), readVaultVariables(environment))
  const [problem] = settled.problems
  if (problem !== undefined) throw toConfigError(problem.mistake, file)
  return toConfig(settled)
}
