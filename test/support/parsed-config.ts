import { type Config, toConfig, toConfigError } from '../../src/daemon/config/config.ts'
import { readSections } from '../../src/daemon/config/read-sections.ts'
import type { ConfigDefaults } from '../../src/daemon/config/section-faults.ts'
import { settleConfig } from '../../src/daemon/config/settle.ts'

/** A configuration without any mistake. @throws {ConfigError} the first mistake */
export function parseConfig(toml: string, file: string, defaults: ConfigDefaults = {}): Config {
  const settled = settleConfig(readSections(toml), new Map(), new Map(), defaults)
  const [problem] = settled.problems
  if (problem !== undefined) throw toConfigError(problem.mistake, file)
  return toConfig(settled)
}
