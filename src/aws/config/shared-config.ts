import { type IniEntry, type IniSection, parseIni } from './ini.ts'
import { configHeader, credentialsHeader, type HeaderName, looseText } from './profile-header.ts'
import { type ServicesSection, servicesIn } from './services-section.ts'

/** One profile of `~/.aws/config` and `~/.aws/credentials` together. */
export interface SharedProfile {
  name: string
  /** Keys in lower case. Empty values, nested keys and the secret ones are left out. */
  values: ReadonlyMap<string, string>
  /** A key stands in one of the files in plaintext. It is not used. */
  hasPlaintextKey: boolean
  /** It is temporary: another tool, such as Leapp, writes it and takes it away again. */
  isTemporaryKey: boolean
  /** The keys that the two files have with different values: that of the credentials file counts. */
  overridden: readonly string[]
}

/** What latchkey takes from the files that the AWS CLI and the SDKs share. */
export interface SharedConfig {
  profiles: ReadonlyMap<string, SharedProfile>
  /** Sections of the config file written `[x]` that should be `[profile x]`: the AWS CLI does not see them. */
  misnamed: readonly string[]
  /** The `[services …]` sections, by their names. */
  services: ReadonlyMap<string, ServicesSection>
}

/** What stands in the two files. */
export interface SharedConfigTexts {
  /** `~/.aws/config`; absent where there is no such file. */
  config?: string | undefined
  /** `~/.aws/credentials`. */
  credentials?: string | undefined
}

/** The keys whose values must not be kept in memory just because a file happened to be read. */
const secretKeys: ReadonlySet<string> = new Set(['aws_secret_access_key', 'aws_session_token', 'aws_security_token'])

/**
 * Reads both shared files as botocore does, for the profiles that it sees (test/vectors/aws-config has the cases, with
 * what botocore made of them). For the rest it is as tolerant as the most tolerant SDK.
 */
export function parseSharedConfig({ config = '', credentials = '' }: SharedConfigTexts): SharedConfig {
  const sections = parseIni(config)
  const inConfig = profilesIn(sections, configHeader)
  const inCredentials = profilesIn(parseIni(credentials), credentialsHeader)
  const names = new Set([...inConfig.keys(), ...inCredentials.keys()])
  return {
    profiles: new Map([...names].map((name) => [name, join(name, inConfig.get(name), inCredentials.get(name))])),
    services: servicesIn(sections),
    misnamed: sections.flatMap(({ header }) => (isMisnamed(header) ? [looseText(header)] : [])),
  }
}

type Values = Map<string, string>

/** The credentials file wins, key by key. */
function join(name: string, ofConfig: Values = new Map(), ofCredentials: Values = new Map()): SharedProfile {
  const all = new Map([...ofConfig, ...ofCredentials])
  const shown = ([key, value]: [string, string]) => value !== '' && !secretKeys.has(key)
  const hasValue = (key: string) => (all.get(key) ?? '') !== ''
  const isOther = ([key, value]: [string, string]) => ofConfig.has(key) && ofConfig.get(key) !== value
  return {
    name,
    values: new Map([...all].filter(shown)),
    hasPlaintextKey: hasValue('aws_secret_access_key'),
    isTemporaryKey: hasValue('aws_session_token') || hasValue('aws_security_token'),
    overridden: [...ofCredentials].filter((entry) => shown(entry) && isOther(entry)).map(([key]) => key),
  }
}

/** Each section under its profile's name. `[DEFAULT]` is not one itself: every other section begins with its entries. */
function profilesIn(
  sections: readonly IniSection[],
  nameOf: (header: string) => HeaderName | undefined,
): ReadonlyMap<string, Values> {
  const defaults = sections.filter(({ header }) => header === 'DEFAULT').flatMap(({ entries }) => entries)
  const byHeader = new Map<string, IniEntry[]>()
  for (const { header, entries } of sections) {
    if (header !== 'DEFAULT') byHeader.set(header, [...(byHeader.get(header) ?? defaults), ...entries])
  }
  const exact = new Map<string, Values>()
  const loose = new Map<string, Values>()
  for (const [header, entries] of byHeader) {
    const found = nameOf(header)
    // Of two spellings of one name only the later one counts.
    if (found !== undefined) (found.isExact ? exact : loose).set(found.name, valuesOf(entries))
  }
  return new Map([...loose, ...exact])
}

function valuesOf(entries: readonly IniEntry[]): Values {
  return new Map(entries.map(({ key, value }) => [key, plainValue(key, value)]))
}

/**
 * A nested block, whose first line is empty, is not a value that is wanted here. Some SDKs read ` # …` after a value as a
 * comment and some, botocore among them, as part of the value. No value that is read here can contain it, except the
 * command line of a program.
 */
function plainValue(key: string, value: string): string {
  if (value.startsWith('\n')) return ''
  return key === 'credential_process' ? value : withoutComment(value)
}

/** A value up to a # or ; that is first or after a blank. */
export function withoutComment(value: string): string {
  for (const { index } of value.matchAll(/[#;]/g)) {
    if (index === 0 || /\s/.test(value[index - 1]!)) return value.slice(0, index).trimEnd()
  }
  return value
}

function isMisnamed(header: string): boolean {
  const text = looseText(header)
  return configHeader(header) === undefined && /^\S+$/.test(text) && !['plugins', 'preview', 'DEFAULT'].includes(text)
}
