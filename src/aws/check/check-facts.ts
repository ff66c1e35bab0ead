/** A key that stands in one of the AWS tools' own files. */
export interface FileKey {
  file: 'config' | 'credentials'
  accessKeyId: string
  isTemporary: boolean
}

/** What a `credential_process` line runs. */
export type HelperLine = {
  /** The words that must be programs: what is run, and latchkey where another program runs it. */
  programs: readonly string[]
} & (
  | {
      type: 'own'
      /** Whose credentials it asks for, or is probably to ask for; absent where it does not say. */
      profile?: string
      /** Why it gets none, whatever it asks for; follows the name of the key. */
      mistake?: string
    }
  | { type: 'foreign' }
)

/** A profile as the AWS tools' own files have it. */
export interface FileProfile {
  name: string
  keys: readonly FileKey[]
  helper?: HelperLine
  /** The other keys through which credentials come. */
  origins: readonly string[]
  region?: string
}

/** What the environment of the command says. Values of secrets are not in here. */
export interface EnvironmentFacts {
  accessKeyId?: string
  /** AWS_VAULT: the command runs in `latchkey aws exec`, or in another tool like it. */
  isGiven: boolean
  /** Other variables that are set and from which credentials come. */
  others: readonly string[]
}

/** A profile as the daemon lists it. */
export interface ListedFacts {
  name: string
  definedIn: 'config.toml' | 'aws-files'
  /** What assumes its role, where config.toml says so. */
  source?: string
  roleArn?: string
  /** The source whose key its credentials come from; absent where its configuration is wrong. */
  keyOf?: string
}

/** What botocore refuses a whole file for. */
export interface FileMistake {
  /** Counted from 1. */
  line: number
  /** No values, which may be secrets. */
  what: string
}

/** A long-term key in the keychain. */
export interface StoredKey {
  source: string
  accessKeyId: string
  /** The key that it is replacing, or has replaced, where that is not finished. Times are UTC with whole seconds and Z. */
  rotation?: { state: 'under-way' | 'retired'; formerKeyId: string; retiredAt?: string }
}

/** A source that profiles get their credentials from. */
export interface SourceFacts {
  source: string
  mfaSerial?: string
  /** The profiles that get credentials from it without a code. */
  withoutMfa: readonly string[]
}

/** What AWS says of the user behind a key. Times are in ms since the epoch. */
export interface UserFacts {
  source: string
  arn: string
  /** How old a key may become. */
  maxKeyAgeMs: number
  /** Absent where the user may not list them. */
  keys?: readonly UserKey[]
  /** Serials of the devices; absent where the user may not list them. */
  devices?: readonly string[]
}

/** A key that IAM lists. */
export interface UserKey {
  accessKeyId: string
  isActive: boolean
  createdAtMs: number
  /** `unknown`: the user may not ask. */
  use: { type: 'used'; atMs: number } | { type: 'never' | 'unknown' }
}

/** A role of which AWS said whom it trusts. */
export interface RoleFacts {
  profile: string
  roleArn: string
  /** The principals that it trusts without a code. */
  open: readonly string[]
}

/** All that the rules look at. */
export interface CheckFacts {
  nowMs: number
  /** Absolute paths of the AWS tools' own files. */
  paths: { config: string; credentials: string }
  /** The folder of the config file, where it does not exist. */
  missingFolder?: string
  /** Absolute path of the command. */
  latchkey: string
  profiles: readonly FileProfile[]
  mistakes: { config: readonly FileMistake[]; credentials: readonly FileMistake[] }
  /** The lines, counted from 1, of these files that look like a key and belong to none. */
  stray: { config: readonly number[]; credentials: readonly number[] }
  /** Why a program that a `credential_process` line names cannot be run. */
  programFaults: ReadonlyMap<string, string>
  environment: EnvironmentFacts
  listed: readonly ListedFacts[]
  sources: readonly SourceFacts[]
  stored: readonly StoredKey[]
  /** The sources with a long-term key: in the keychain, be it one that cannot be read now, or in plain text in a file. */
  keyed: ReadonlySet<string>
  users: readonly UserFacts[]
  roles: readonly RoleFacts[]
}
