import { type ConfirmPolicy, stricterConfirm } from '../../agent/keys/key-store.ts'
import type { AwsSettings } from '../../aws/config/settings.ts'
import { CodedError } from '../../core/errors.ts'
import type { LogLevel } from '../../core/log.ts'
import { readVaultVariables } from '../../vault/environment.ts'
import type { PlacedMistake } from './read-sections.ts'
import { type SectionsAround, sectionsAround, vaultOf } from './section-faults.ts'
import { type Section, sectionsOf, type Written } from './sections.ts'
import { namespaceOf, serverVariablesOf } from './vault-variables.ts'

/** `CONFIG_INVALID`: the contents are wrong. `CONFIG_UNREADABLE`: a file cannot be read, or must not be trusted. */
export type ConfigErrorCode = 'CONFIG_INVALID' | 'CONFIG_UNREADABLE'

/** What is wrong with a configuration file, in words that name the place. */
export class ConfigError extends CodedError<ConfigErrorCode> {}

/** One `[vault.NAME]`, as written, but always with an address and a login method. */
export type VaultConfig = Omit<Written<'vault'>, 'namespace' | 'server_name'> & {
  name: string
  address: string
  auth: NonNullable<Written<'vault'>['auth']>
  /** The file does not say how to log in. */
  isOpen: boolean
  /** Undefined: the root. */
  namespace?: string | undefined
  server_name?: string | undefined
  timeout: number
  max_retries: number
  srv_lookup: boolean
}

/** One `[ssh.identity.NAME]` with its defaults. */
export type IdentityConfig = Omit<Written<'identity'>, 'forwarding'> & {
  name: string
  vault: string
  mount: string
  renew: NonNullable<Written<'identity'>['renew']>
  forward: 'never' | 'allow'
  confirm: ConfirmPolicy
  list_key: boolean
  socket: boolean
  key_type: string
}

/** One `[ssh.upstream.NAME]` with its defaults. */
export type UpstreamConfig = Written<'upstream'> & {
  name: string
  adds: NonNullable<Written<'upstream'>['adds']>
  forward: 'never' | 'allow'
  confirm: ConfirmPolicy
}

/** One `[ssh.host_ca.NAME]` with its defaults. */
export interface HostCaConfig {
  name: string
  vault: string
  mount: string
  hosts: readonly string[]
  /** Besides the default one. */
  issuers: readonly string[]
  /** For `ssh host-sign`. */
  role: string | undefined
}

/** `[ssh]` with its defaults, and what is in it besides the identities. */
export interface SshSettings {
  /** Undefined: where ssh has them. */
  knownHosts: readonly string[] | undefined
  order: NonNullable<Written<'ssh'>['order']>
  unboundMax: number | undefined
  addedKeysForwarded: NonNullable<Written<'ssh'>['added_keys_forwarded']>
  /** Of added keys that come without one, in seconds; undefined: until they are removed. */
  lifetime: number | undefined
  /** By the fingerprints of added keys. */
  addedKeys: Readonly<Record<string, Written<'addedKey'>>>
  upstreams: readonly UpstreamConfig[]
}

/** `[keychain]` with its defaults. */
export interface KeychainSettings {
  store: 'auto' | 'os' | 'file' | 'memory'
  file?: string | undefined
}

/** `[prompt]` with its defaults. */
export interface PromptSettings {
  program?: string | undefined
  terminal: boolean
  log?: string | undefined
}

/** The part of a configuration that runs, with defaults filled in and names resolved. Durations are in seconds. */
export interface Config {
  vaults: readonly VaultConfig[]
  identities: readonly IdentityConfig[]
  hostCas: readonly HostCaConfig[]
  ssh: SshSettings
  awsProfiles: AwsSettings['profiles']
  awsSources: AwsSettings['sources']
  awsBrowser: AwsSettings['browser']
  /** Undefined if the section is switched off: secrets must not go to another store than was meant. */
  keychain: KeychainSettings | undefined
  prompt: PromptSettings
  logLevel: LogLevel
}

/** Fills in the defaults of sections that have been settled. */
export function toConfig(settled: SectionsAround): Config {
  const { sections, off } = settled
  const [ssh, keychain, prompt, log] = [
    sectionsOf(sections, 'ssh')[0]?.written,
    sectionsOf(sections, 'keychain')[0]?.written,
    sectionsOf(sections, 'prompt')[0]?.written,
    sectionsOf(sections, 'log')[0]?.written,
  ]
  return {
    vaults: sectionsOf(sections, 'vault').map((section) => vaultConfig(section, settled)),
    identities: sectionsOf(sections, 'identity').map((section) => {
      const { forwarding, ...written } = section.written
      const forward = written.forward ?? (forwarding === true ? 'allow' : 'never')
      return {
        ...written,
        name: section.name,
        vault: vaultOf(section, settled)!,
        mount: written.mount ?? 'ssh',
        renew: written.renew ?? 'when-used',
        ...forwardingOf(written, forward),
        list_key: written.list_key ?? false,
        socket: written.socket ?? false,
        // Every role accepts it, and it signs fastest.
        key_type: written.key_type ?? 'ed25519',
      }
    }),
    hostCas: sectionsOf(sections, 'hostCa').map((section) => ({
      name: section.name,
      vault: vaultOf(section, settled)!,
      mount: section.written.mount ?? 'ssh',
      hosts: section.written.hosts,
      issuers: section.written.issuers ?? [],
      role: section.written.role,
    })),
    ssh: {
      knownHosts: ssh?.known_hosts,
      order: ssh?.order ?? 'identities-first',
      unboundMax: ssh?.unbound_max,
      addedKeysForwarded: ssh?.added_keys_forwarded ?? 'all',
      lifetime: ssh?.lifetime,
      addedKeys: byName(sectionsOf(sections, 'addedKey')),
      upstreams: sectionsOf(sections, 'upstream').map(({ name, written }) => ({
        ...written,
        name,
        adds: written.adds ?? [],
        ...forwardingOf(written, written.forward ?? 'never'),
      })),
    },
    awsProfiles: byName(sectionsOf(sections, 'profile')),
    awsSources: byName(sectionsOf(sections, 'source')),
    awsBrowser: sectionsOf(sections, 'console')[0]?.written.browser,
    keychain: off.has('keychain') ? undefined : { store: keychain?.store ?? 'auto', file: keychain?.file },
    prompt: { ...prompt, terminal: prompt?.terminal ?? true },
    logLevel: log?.level ?? 'info',
  }
}

function vaultConfig({ name, written }: Section<'vault'>, { names, defaults }: SectionsAround): VaultConfig {
  const variables = serverVariablesOf(written.address, names.vault.size, defaults)
  return {
    ...written,
    name,
    address: written.address ?? defaults.address!.value,
    auth: written.auth ?? { method: 'token' },
    isOpen: written.auth === undefined,
    namespace: namespaceOf(written, variables),
    server_name: written.server_name ?? variables.serverName?.value,
    timeout: written.timeout ?? defaults.timeoutSeconds ?? 10,
    max_retries: written.max_retries ?? defaults.maxRetries ?? 2,
    srv_lookup: written.srv_lookup ?? defaults.srvLookup ?? false,
  }
}

/** `confirm` is `allow`, and what is forwarded is confirmed at least. */
function forwardingOf(
  { confirm = 'never' }: { confirm?: ConfirmPolicy | undefined },
  forward: 'never' | 'confirm' | 'allow',
): Pick<IdentityConfig, 'forward' | 'confirm'> {
  return {
    forward: forward === 'never' ? 'never' : 'allow',
    confirm: stricterConfirm(confirm, forward === 'confirm' ? 'forwarded' : 'never'),
  }
}

/** What runs where nothing is configured. */
export const nothingConfigured: Config = toConfig(sectionsAround(new Map(), new Set(), readVaultVariables({})))

function byName<Value>(sections: readonly { name: string; written: Value }[]): Record<string, Value> {
  return Object.fromEntries(sections.map(({ name, written }) => [name, written]))
}

/** The error for a mistake: `FILE:LINE:COLUMN: path.of.the.key: reason`. @param file the path of config.toml */
export function toConfigError({ path, reason, hint, line, column }: PlacedMistake, file: string): ConfigError {
  const what = path.length === 0 ? reason : `${path.join('.')}: ${reason}`
  return new ConfigError('CONFIG_INVALID', `${file}:${line}:${column}: ${what}`, { hint: hint ?? `edit ${file}` })
}
