import { parse, TomlError } from 'smol-toml'
import * as v from 'valibot'
import type { AwsSettings } from '../../aws/config/settings.ts'
import { CodedError } from '../../core/errors.ts'
import { nearestNames } from '../../core/near-names.ts'
import { locateKey } from './config-position.ts'
import { configSchema, type WrittenConfig } from './config-schema.ts'

export type ConfigErrorCode = 'CONFIG_INVALID' | 'CONFIG_UNREADABLE'

export class ConfigError extends CodedError<ConfigErrorCode> {}

type Written<Section extends keyof WrittenConfig> = NonNullable<WrittenConfig[Section]>
type WrittenVault = NonNullable<WrittenConfig['vault']>[string]
type WrittenIdentity = NonNullable<Written<'ssh'>['identity']>[string]

/** One `[vault.NAME]`, as it is written, but with an address and a login method. */
export type VaultConfig = WrittenVault & {
  name: string
  address: string
  auth: NonNullable<WrittenVault['auth']>
  timeout: number
}

/** One `[ssh.identity.NAME]` with its defaults. */
export type IdentityConfig = WrittenIdentity & {
  name: string
  vault: string
  mount: string
  renew: NonNullable<WrittenIdentity['renew']>
  forwarding: boolean
}

/** The whole configuration: validated, with defaults, names resolved. Durations are in seconds. */
export interface Config {
  vaults: readonly VaultConfig[]
  identities: readonly IdentityConfig[]
  awsProfiles: AwsSettings['profiles']
  awsSources: AwsSettings['sources']
  keychain: { store: 'auto' | 'os' | 'file' | 'memory'; file?: string | undefined }
  prompt: { program?: string | undefined; terminal: boolean; log?: string | undefined }
  logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export interface ConfigDefaults {
  /** What BAO_ADDR or VAULT_ADDR says: the address of a vault that has none. */
  vaultAddress?: string | undefined
}

/**
 * Reads config.toml.
 * @param file its path, for messages only
 * @throws {ConfigError} CONFIG_INVALID with `file:line:column` of the first mistake and its reason
 */
export function parseConfig(toml: string, file: string, defaults: ConfigDefaults = {}): Config {
  const invalid = (path: readonly string[], reason: string, hint = `edit ${file}`): ConfigError => {
    const { line, column } = locateKey(toml, path)
    return new ConfigError('CONFIG_INVALID', `${file}:${line}:${column}: ${path.join('.')}: ${reason}`, { hint })
  }
  const written = validate(parseToml(toml, file), invalid)

  const vaults = Object.entries(written.vault ?? {}).map(([name, vault]): VaultConfig => {
    const address = vault.address ?? defaults.vaultAddress
    if (address === undefined) throw invalid(['vault', name], 'no address: set address, or VAULT_ADDR for the daemon')
    if (vault.client_cert_file !== undefined && vault.client_key_file === undefined) {
      throw invalid(['vault', name, 'client_cert_file'], 'needs client_key_file beside it')
    }
    if (vault.client_key_file !== undefined && vault.client_cert_file === undefined) {
      throw invalid(['vault', name, 'client_key_file'], 'needs client_cert_file beside it')
    }
    return { ...vault, name, address, auth: vault.auth ?? { method: 'token' }, timeout: vault.timeout ?? 10 }
  })
  const vaultNames = vaults.map(({ name }) => name)

  const identities = Object.entries(written.ssh?.identity ?? {}).map(([name, identity]): IdentityConfig => {
    const path = ['ssh', 'identity', name]
    const vault = identity.vault ?? (vaultNames.length === 1 ? vaultNames[0] : undefined)
    if (vault === undefined)
      throw invalid(
        path,
        vaultNames.length === 0 ? 'there is no [vault.…] section' : `say which vault: ${vaultNames.join(', ')}`,
      )
    if (!vaultNames.includes(vault))
      throw invalid([...path, 'vault'], unknownName(`vault "${vault}"`, vault, vaultNames))
    return {
      ...identity,
      name,
      vault,
      mount: identity.mount ?? 'ssh',
      renew: identity.renew ?? 'when-used',
      forwarding: identity.forwarding ?? false,
    }
  })

  const { profile: awsProfiles = {}, source: awsSources = {} } = written.aws ?? {}
  const awsNames = [...Object.keys(awsSources), ...Object.keys(awsProfiles)]
  for (const [name, profile] of Object.entries(awsProfiles)) {
    const path = ['aws', 'profile', name]
    if (Object.hasOwn(awsSources, name)) throw invalid(path, 'a source has the same name')
    if (!awsNames.includes(profile.source))
      throw invalid([...path, 'source'], unknownName(`source or profile "${profile.source}"`, profile.source, awsNames))
    if (profile.account === undefined && !profile.role.startsWith('arn:')) {
      throw invalid([...path, 'role'], 'needs account beside it, or write the whole role ARN')
    }
  }

  const { store = 'auto', file: keychainFile } = written.keychain ?? {}
  if (keychainFile !== undefined && store !== 'file') throw invalid(['keychain', 'file'], 'needs store = "file"')
  return {
    vaults,
    identities,
    awsProfiles,
    awsSources,
    keychain: { store, file: keychainFile },
    prompt: { ...written.prompt, terminal: written.prompt?.terminal ?? true },
    logLevel: written.log?.level ?? 'info',
  }
}

/** The deepest key that has a meaning is `ssh.identity.NAME.extensions.KEY`. */
const maxDepth = 8

function parseToml(toml: string, file: string): unknown {
  try {
    return parse(toml, { maxDepth })
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [reason = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n')
    throw new ConfigError('CONFIG_INVALID', `${file}:${error.line}:${error.column}: ${reason}`, {
      cause: error,
      hint: `edit ${file}`,
    })
  }
}

type InvalidAt = (path: readonly string[], reason: string) => ConfigError

function validate(document: unknown, invalid: InvalidAt): WrittenConfig {
  const impossible = findImpossibleKey(document)
  if (impossible !== undefined) throw invalid(impossible.path, impossible.reason)
  const result = v.safeParse(configSchema, document)
  if (result.success) return result.output
  const issue = deepest(result.issues)
  const path = (issue.path ?? []).map((item) => String(item.key))
  const key = path.at(-1) ?? ''
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    throw invalid(path, unknownName(`key "${key}"`, key, knownKeys(configSchema, path)))
  }
  throw invalid(path, issue.received === 'undefined' ? 'is missing' : readable(issue))
}

/**
 * A key that valibot's records leave out without a word, so that what is written under it would not be there; or one
 * deeper than any that has a meaning, before something that calls itself for each level runs out of stack.
 */
function findImpossibleKey(value: unknown, depth = 0): { path: readonly string[]; reason: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    if (['__proto__', 'prototype', 'constructor'].includes(key)) {
      return { path: [key], reason: 'this name is not possible' }
    }
    if (depth === maxDepth) return { path: [key], reason: 'no key is nested so deeply' }
    const below = findImpossibleKey(inner, depth + 1)
    if (below !== undefined) return { ...below, path: [key, ...below.path] }
  }
  return undefined
}

type Issue = v.BaseIssue<unknown>

/** Of several mistakes the first; of a choice the branch that came closest. */
function deepest([first]: readonly [Issue, ...Issue[]]): Issue {
  return first.issues === undefined ? first : deepest(first.issues)
}

function readable(issue: Issue): string {
  if (issue.type === 'picklist' || issue.type === 'variant' || issue.type === 'literal') {
    return `must be one of ${issue.expected?.replace(/[()]/g, '').replaceAll(' | ', ', ')}`
  }
  return issue.kind === 'schema' ? `expected ${issue.expected?.toLowerCase()}, not ${issue.received}` : issue.message
}

/** The keys that the schema has where `path` leads, without its last part. */
function knownKeys(schema: unknown, path: readonly string[]): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  if ('wrapped' in schema) return knownKeys(schema.wrapped, path)
  if ('options' in schema && Array.isArray(schema.options)) {
    return [...new Set(schema.options.flatMap((option) => knownKeys(option, path)))]
  }
  const [key, ...rest] = path
  if ('entries' in schema && typeof schema.entries === 'object' && schema.entries !== null) {
    const entries: Readonly<Record<string, unknown>> = { ...schema.entries }
    return rest.length === 0 ? Object.keys(entries) : knownKeys(entries[key!], rest)
  }
  return 'value' in schema ? knownKeys(schema.value, rest) : []
}

function unknownName(what: string, name: string, known: readonly string[]): string {
  const near = nearestNames(name, known)
  return near.length === 0 ? `unknown ${what}` : `unknown ${what}: did you mean ${near.join(' or ')}?`
}
