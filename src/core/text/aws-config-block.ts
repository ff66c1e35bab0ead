import { scriptWord } from './shell-word.ts'

/** What the AWS tools are told about a profile that latchkey serves. */
export interface AwsConfigBlock {
  name: string
  region?: string | undefined
  /** Absolute path of the command. */
  latchkey: string
}

/**
 * A profile of `~/.aws/config`: its region and the program that gives its credentials. No other settings are read alike by
 * every SDK (AWS SDKs and Tools Reference Guide, "Process credential provider").
 * @returns undefined for a name that no quoting makes readable for every SDK
 */
export function awsConfigBlock({ name, region, latchkey }: AwsConfigBlock): string | undefined {
  const header = profileHeader(name)
  if (header === undefined) return undefined
  return `${header}\n${region === undefined ? '' : `region = ${region}\n`}${credentialProcess(name, latchkey)}\n`
}

/**
 * The line that names the program. botocore splits it with shlex, the other SDKs pass it to a shell: both read words in
 * single quotes in the same way.
 */
export function credentialProcess(name: string, latchkey: string): string {
  return `credential_process = ${scriptWord(latchkey)} aws credentials ${scriptWord(name)}`
}

/** The header of a profile in the config file; undefined for a name that no quoting makes readable for every SDK. */
export function profileHeader(name: string): string | undefined {
  if (name === 'default') return '[default]'
  // The SDK for JavaScript takes these characters without quotes (shared-ini-file-loader).
  if (/^[\w@.%:/+][\w@.%:/+-]*$/.test(name)) return `[profile ${name}]`
  // botocore splits the header with shlex, the others strip the quotes and know no escapes. A leading hyphen is an option.
  return /["\\\]]|^-/.test(name) ? undefined : `[profile "${name}"]`
}
