import { isAbsolute, join } from 'node:path'
import { type Environment, isSet } from './environment.ts'

const set = (value: string | undefined) => (isSet(value) ? value : undefined)
/** A relative path in an XDG variable is ignored, as the specification demands: it would mean another folder everywhere. */
const absolute = (value: string | undefined) => (value !== undefined && isAbsolute(value) ? value : undefined)

/** The folder of the sockets: LATCHKEY_RUNTIME_DIR; else `latchkey` in XDG_RUNTIME_DIR; else (macOS) in the home folder. */
export function runtimeFolder(environment: Environment, home: string): string {
  const own = set(environment.LATCHKEY_RUNTIME_DIR)
  if (own !== undefined) return own
  const runtime = absolute(environment.XDG_RUNTIME_DIR)
  return runtime === undefined ? join(home, '.latchkey', 'run') : join(runtime, 'latchkey')
}

/** LATCHKEY_CONFIG, else `latchkey/config.toml` in XDG_CONFIG_HOME or `~/.config`. */
export function configFile(environment: Environment, home: string): string {
  return (
    set(environment.LATCHKEY_CONFIG) ??
    join(absolute(environment.XDG_CONFIG_HOME) ?? join(home, '.config'), 'latchkey', 'config.toml')
  )
}

/** What must outlive the daemon and is not configuration: `latchkey` in XDG_STATE_HOME or `~/.local/state`. */
export function stateFolder(environment: Environment, home: string): string {
  return join(absolute(environment.XDG_STATE_HOME) ?? join(home, '.local', 'state'), 'latchkey')
}

/** The two files that the AWS CLI and the SDKs share. */
export interface AwsFilePaths {
  config: string
  credentials: string
}

/** Where the files of the AWS tools are: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else in `~/.aws`. */
export function awsFilePaths(environment: Environment, home: string): AwsFilePaths {
  const named = (variable: 'AWS_CONFIG_FILE' | 'AWS_SHARED_CREDENTIALS_FILE') => {
    const path = set(environment[variable])
    return path === undefined ? undefined : expandHome(withVariables(path, environment), home)
  }
  return {
    config: named('AWS_CONFIG_FILE') ?? join(home, '.aws', 'config'),
    credentials: named('AWS_SHARED_CREDENTIALS_FILE') ?? join(home, '.aws', 'credentials'),
  }
}

/**
 * Puts variables into a path as botocore does in those of its files, since no shell has done so for what a service or a
 * desktop sets (configloader, raw_config_parse: expandvars, then expanduser). One that is not set stays as it is written.
 */
function withVariables(path: string, environment: Environment): string {
  return path.replace(/\$(?:(\w+)|\{([^}]*)\})/g, (written, plain?: string, braced?: string) => {
    const name = plain ?? braced!
    return Object.hasOwn(environment, name) ? (environment[name] ?? written) : written
  })
}

/** The SSH agent's socket in the runtime folder. */
export const agentSocketName = 'agent.sock'
/** The local API's socket in the runtime folder. */
export const apiSocketName = 'api.sock'

/**
 * The `@cert-authority` lines of the host CAs in the runtime folder, for GlobalKnownHostsFile of ssh_config.
 * @param folder the runtime folder
 */
export function hostCaFile(folder: string): string {
  return join(folder, 'known_hosts')
}

/** The private copies of the AWS config file for commands that run, in the runtime folder. */
export function awsConfigCopies(folder: string): { folder: string; prefix: string } {
  return { folder, prefix: 'aws-config' }
}

/** Expands a leading `~/` to the home folder. */
export function expandHome(path: string, home: string): string {
  return path.startsWith('~/') ? join(home, path.slice(2)) : path
}
