/** One profile of `~/.aws/config` and `~/.aws/credentials` together. */
export interface SharedProfile {
  name: string
  /** Keys in lower case. Nested keys and the secret ones are left out. */
  values: ReadonlyMap<string, string>
  /** A long-term key stands in one of the files in plaintext. It is not used. */
  hasPlaintextKey: boolean
}

/** What latchkey takes from the files that the AWS CLI and the SDKs share. */
export interface SharedConfig {
  profiles: ReadonlyMap<string, SharedProfile>
  /** Sections of the config file written `[x]` that should be `[profile x]`: the AWS CLI does not see them. */
  misnamed: readonly string[]
}

/** What stands in the two files. */
export interface SharedConfigTexts {
  /** `~/.aws/config`; absent where there is no such file. */
  config?: string | undefined
  /** `~/.aws/credentials`. */
  credentials?: string | undefined
}

/** The words of a key pair that must not be kept in memory because a file happened to be read. */
const secretKeys: ReadonlySet<string> = new Set(['aws_secret_access_key', 'aws_session_token', 'aws_security_token'])

/**
 * Reads both shared files (AWS SDKs and Tools Reference Guide, "Format of the shared config and credentials files").
 * It is as tolerant as the most tolerant SDK: what none of them understands is skipped, so that a mistake in one
 * profile does not take the others away.
 */
export function parseSharedConfig({ config = '', credentials = '' }: SharedConfigTexts): SharedConfig {
  const profiles = new Map<string, { values: Map<string, string>; hasPlaintextKey: boolean }>()
  const misnamed: string[] = []
  const add = (name: string, values: ReadonlyMap<string, string>) => {
    const profile = profiles.get(name) ?? { values: new Map<string, string>(), hasPlaintextKey: false }
    profiles.set(name, profile)
    if (values.has('aws_secret_access_key')) profile.hasPlaintextKey = true
    for (const [key, value] of values) if (!secretKeys.has(key)) profile.values.set(key, value)
  }

  const configSections = parseSections(config)
  // `[profile default]` wins over `[default]` where both are written.
  const hasLongDefault = configSections.some(({ header }) => profileName(header) === 'default')
  for (const { header, values } of configSections) {
    const name = profileName(header)
    if (name !== undefined) add(name, values)
    else if (header === 'default') {
      if (!hasLongDefault) add('default', values)
    } else if (/^\S+$/.test(header) && header !== 'plugins' && header !== 'preview') misnamed.push(header)
  }
  // The credentials file is read last because its values win.
  for (const { header, values } of parseSections(credentials)) add(unquoted(header), values)

  return {
    profiles: new Map([...profiles].map(([name, profile]) => [name, { name, ...profile }])),
    misnamed,
  }
}

/** The name in a header of the config file: `profile dev` or `profile "a b"`; undefined for other kinds of section. */
export function profileName(header: string): string | undefined {
  const match = /^profile\s+(.+)$/.exec(header)
  return match === null ? undefined : unquoted(match[1]!)
}

/** A name without the quotes that botocore wants around one with blanks. */
export function unquoted(name: string): string {
  return /^(["'])(.*)\1$/.exec(name)?.[2] ?? name
}

/** The text between the brackets of a section's first line, or undefined for any other line. */
export function sectionHeader(line: string): string | undefined {
  const text = line.trimStart()
  const end = text.startsWith('[') ? text.indexOf(']') : -1
  return end < 0 ? undefined : text.slice(1, end).trim()
}

interface Section {
  header: string
  values: Map<string, string>
}

function parseSections(text: string): Section[] {
  const sections: Section[] = []
  let current: Section | undefined
  // A key without a value opens a nested block: the deeper lines below it belong to it.
  let nestedUnder: number | undefined
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue
    const header = sectionHeader(line)
    if (header !== undefined) {
      current = { header, values: new Map() }
      sections.push(current)
      nestedUnder = undefined
      continue
    }
    const indent = line.search(/\S/)
    if (nestedUnder !== undefined && indent > nestedUnder) continue
    nestedUnder = undefined
    const key = line
      .slice(0, Math.max(line.indexOf('='), 0))
      .trim()
      .toLowerCase()
    if (current === undefined || key === '') continue
    const value = withoutComment(key, line.slice(line.indexOf('=') + 1).trim())
    if (value === '') nestedUnder = indent
    else current.values.set(key, value)
  }
  return sections
}

// No pattern with a run of blanks before what may not come: a long line of them would take the square of its length.
// Some SDKs take ` # …` after a value for a comment and some for a part of it. No value that is read here can hold
// it, but the line of a program can.
function withoutComment(key: string, value: string): string {
  if (key === 'credential_process') return value
  return value.slice(0, commentStart(value)).trimEnd()
}

/** Where a comment begins in a value: at a # or ; that is first or after a blank; else at its end. */
export function commentStart(value: string): number {
  for (const { index } of value.matchAll(/[#;]/g)) {
    if (index === 0 || /\s/.test(value[index - 1]!)) return index
  }
  return value.length
}
