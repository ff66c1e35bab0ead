import { type Environment, isSet } from '../../core/places/environment.ts'
import { sectionHeader } from '../../core/text/section-name.ts'
import { readVaultVariables } from '../../vault/environment.ts'
import type { AwsFiles } from '../aws-files.ts'
import { type Config, ConfigError, toConfig, toConfigError } from './config.ts'
import type { ConfigFile } from './config-file.ts'
import { environmentWarnings } from './environment-warnings.ts'
import { nameWarnings } from './name-warnings.ts'
import { type ConfigReading, readSections } from './read-sections.ts'
import type { Mistake } from './schema-mistakes.ts'
import { type ConfigDefaults, namesOther, sectionsAround } from './section-faults.ts'
import { type Section, type Sections, sectionKey, sectionsOf } from './sections.ts'
import { type SettledConfig, settleConfig } from './settle.ts'
import { readVaultFiles, type VaultFiles, type VaultFilesDeps, type VaultReach } from './vault-files.ts'
import { type PemSource, type PemSources, pemSources } from './vault-pems.ts'
import { namespaceOf, serverVariablesOf } from './vault-variables.ts'

/** A part of config.toml that has no effect, and what happens instead. */
export interface ConfigFault {
  /** Such as `vault.corp`; undefined if it is the whole file, or in no section. */
  section: string | undefined
  effect: 'off' | 'former' | 'ignored'
  error: ConfigError
}

/** The usable part of config.toml and of the files that it names. */
export interface LoadedConfig {
  sections: Sections
  config: Config
  /** By the names of the vaults. */
  vaultFiles: ReadonlyMap<string, VaultFiles>
  faults: readonly ConfigFault[]
  /** What is ignored or seems odd, though it is not an error. */
  warnings: readonly string[]
  /** False until the file could be read, or was found to be missing, for the first time. */
  isRead: boolean
  /** True if the file has text in it. */
  hasText: boolean
  /** All files that this depends on. */
  paths: readonly string[]
}

/** What loading needs. */
export interface LoadConfigDeps extends VaultFilesDeps {
  /** The path of config.toml. */
  path: string
  home: string
  readConfigFile: (path: string) => Promise<ConfigFile>
  /** Where profiles of config.toml may find their sources, too. */
  awsFiles?: AwsFiles
}

/**
 * Reads everything, without calling a server.
 * @param former what has been running; undefined at the start
 */
export async function loadConfig(former: LoadedConfig | undefined, deps: LoadConfigDeps): Promise<LoadedConfig> {
  const { path, environment, home } = deps
  const file = await deps.readConfigFile(path)
  const variables = readVaultVariables(environment)
  const reading = readingOf(file, former, environment)
  const { names } = sectionsAround(reading.sections, reading.wrong, variables)
  const elsewhere = sectionsOf(reading.sections, 'profile').some((section) => namesOther(section, names))
  const awsFiles = elsewhere ? deps.awsFiles : undefined
  const defaults = { ...variables, awsProfiles: await profilesIn(awsFiles) }
  const reachOf = (section: Section<'vault'>) => vaultReach(section, names.vault.size, defaults, home)
  const read = new Map<Section, VaultFiles>()
  const fileFaults = new Map<string, Mistake>()
  for (const section of sectionsOf(reading.sections, 'vault')) {
    const outcome = await readVaultFiles(section, reachOf(section), deps)
    if ('fault' in outcome) fileFaults.set(sectionKey(section), outcome.fault)
    else read.set(section, outcome.files)
  }
  const settled = settleConfig(reading, former?.sections ?? new Map(), fileFaults, defaults)
  const config = toConfig(settled)
  const vaults = sectionsOf(settled.sections, 'vault')
  const named = [...sectionsOf(reading.sections, 'vault'), ...vaults].flatMap((one) => pathsOf(reachOf(one).sources))
  return {
    sections: settled.sections,
    config,
    vaultFiles: new Map(vaults.map((one) => [one.name, read.get(one) ?? former!.vaultFiles.get(one.name)!])),
    faults: [...missingFault(file, path, environment), ...faultsOf(file, settled, former, path)],
    warnings: [
      ...goneWarnings(file, former, path),
      ...environmentWarnings(defaults, config),
      ...formerNames(settled.sections),
      ...nameWarnings(config),
    ],
    isRead: former?.isRead === true || isReadable(file, reading),
    hasText: file.type === 'text' && file.text !== '',
    paths: [...new Set([path, ...named, ...(awsFiles === undefined ? [] : Object.values(awsFiles.paths))])],
  }
}

/** None in files that cannot be read, which is told when credentials are asked for. */
async function profilesIn(files: AwsFiles | undefined): Promise<ReadonlySet<string>> {
  try {
    return new Set((await files?.read())?.profiles.keys())
  } catch (error) {
    if (error instanceof ConfigError) return new Set()
    throw error
  }
}

/** An address that is missing is a mistake by itself, which is found later. */
function vaultReach(section: Section<'vault'>, vaults: number, defaults: ConfigDefaults, home: string): VaultReach {
  const { address } = section.written
  const variables = serverVariablesOf(address, vaults, defaults)
  return {
    address: address ?? defaults.address?.value ?? 'https://127.0.0.1:8200',
    namespace: namespaceOf(section.written, variables),
    sources: pemSources(section, variables, home),
  }
}

const pathsOf = (sources: PemSources): readonly string[] =>
  Object.values(sources).flatMap((source?: PemSource) =>
    source === undefined || source.type === 'text' ? [] : source.value,
  )

/** The fault that switches a section off, or keeps all sections from being known. */
export function whyOff({ faults, isRead }: LoadedConfig, section: string): ConfigError | undefined {
  return faults.find((fault) => fault.effect === 'off' && (fault.section === section || !isRead))?.error
}

const unknown: Omit<ConfigReading, 'isWhole'> = {
  sections: new Map(),
  mistakes: [],
  isWrong: () => false,
  wrong: new Set(),
  locate: () => ({ line: 1, column: 1 }),
}

function readingOf(file: ConfigFile, former: LoadedConfig | undefined, environment: Environment): ConfigReading {
  if (file.type === 'text') return readSections(file.text, environment)
  // If there was a file before, its absence is more likely an accident, or the first half of a replacement.
  return { ...unknown, isWhole: file.type === 'missing' && former === undefined }
}

const isToml = ({ mistakes }: ConfigReading) => mistakes.every(({ path }) => path.length > 0)
const isReadable = (file: ConfigFile, reading: ConfigReading) => file.type !== 'unreadable' && isToml(reading)

function faultsOf(
  file: ConfigFile,
  { problems }: SettledConfig,
  former: LoadedConfig | undefined,
  path: string,
): readonly ConfigFault[] {
  const effect = former?.isRead === true ? 'former' : 'off'
  if (file.type === 'unreadable') return [{ section: undefined, effect, error: file.error }]
  return problems.map((problem) => ({
    section: problem.section,
    effect: problem.mistake.path.length === 0 ? effect : problem.effect,
    error: toConfigError(problem.mistake, path),
  }))
}

/** A missing file is an empty configuration, unless it was named: then it is another one that was meant. */
function missingFault(file: ConfigFile, path: string, { LATCHKEY_CONFIG }: Environment): readonly ConfigFault[] {
  if (file.type !== 'missing' || !isSet(LATCHKEY_CONFIG)) return []
  const error = new ConfigError('CONFIG_UNREADABLE', `LATCHKEY_CONFIG is ${path}, and there is no such file`, {
    hint: 'correct LATCHKEY_CONFIG where the daemon is started, or write the file',
  })
  return [{ section: undefined, effect: 'ignored', error }]
}

function formerNames(sections: Sections): readonly string[] {
  return sectionsOf(sections, 'identity').flatMap(({ name, written: { forwarding } }) => {
    if (forwarding === undefined) return []
    const now = forwarding ? '"allow"' : '"never"'
    return [`forwarding of ${sectionHeader('ssh', 'identity', name)} is called forward now: write forward = ${now}`]
  })
}

function goneWarnings(file: ConfigFile, former: LoadedConfig | undefined, path: string): readonly string[] {
  if (file.type !== 'missing' || former === undefined || former.sections.size === 0) return []
  return [`${path} is gone: its settings stay in effect until it is back, or the daemon is restarted`]
}
