import { type Environment, isSet } from '../core/places/environment.ts'
import { parseDurationSeconds } from '../core/time/duration.ts'

/** A variable that is set. */
export interface Variable {
  name: string
  value: string
}

/** What the environment says about one server: that of BAO_ADDR or VAULT_ADDR. */
export interface ServerVariables {
  namespace?: Variable | undefined
  /** A file. */
  caCert?: Variable | undefined
  /** PEM. */
  caCertBytes?: Variable | undefined
  /** A folder. */
  caPath?: Variable | undefined
  clientCert?: Variable | undefined
  clientKey?: Variable | undefined
  serverName?: Variable | undefined
}

/** What the environment says to the clients of OpenBao and Vault, as far as it counts here. */
export interface VaultVariables {
  address?: Variable | undefined
  server: ServerVariables
  timeoutSeconds?: number | undefined
  maxRetries?: number | undefined
  srvLookup?: boolean | undefined
  /** For every server, whatever NO_PROXY says. */
  proxy?: Variable | undefined
  /** What is set and does not count, and why. */
  warnings: readonly string[]
}

/**
 * A variable as the clients read it: a BAO_ that is there wins over the VAULT_ of the same name, even where it is empty
 * (OpenBao, api/env.go, ReadBaoVariable).
 * @param name without its prefix
 */
export function vaultVariable(environment: Environment, name: string): Variable | undefined {
  const chosen = environment[`BAO_${name}`] === undefined ? `VAULT_${name}` : `BAO_${name}`
  const value = environment[chosen]
  return isSet(value) ? { name: chosen, value } : undefined
}

/** Reads all of them (OpenBao and Vault, api/client.go, ReadEnvironment). */
export function readVaultVariables(environment: Environment): VaultVariables {
  const read = (name: string) => vaultVariable(environment, name)
  const timeout = parsed(read('CLIENT_TIMEOUT'), timeoutSeconds, 'a duration from 1s to 10m')
  const retries = parsed(read('MAX_RETRIES'), wholeNumber, 'a whole number')
  const srvLookup = parsed(read('SRV_LOOKUP'), truth, 'true or false')
  return {
    address: read('ADDR'),
    server: {
      namespace: read('NAMESPACE'),
      caCert: read('CACERT'),
      caCertBytes: read('CACERT_BYTES'),
      caPath: read('CAPATH'),
      clientCert: read('CLIENT_CERT'),
      clientKey: read('CLIENT_KEY'),
      serverName: read('TLS_SERVER_NAME'),
    },
    timeoutSeconds: timeout.value,
    maxRetries: retries.value,
    srvLookup: srvLookup.value,
    proxy: read('PROXY_ADDR') ?? read('HTTP_PROXY'),
    warnings: [
      ...[timeout, retries, srvLookup].flatMap(({ warning }) => warning ?? []),
      ...unread.flatMap(([name, reason]) => {
        const variable = read(name)
        return variable === undefined ? [] : [`${variable.name} is not used: ${reason}`]
      }),
      ...skipVerifyWarnings(read('SKIP_VERIFY')),
    ],
  }
}

/** What these clients read and latchkey does not. */
const unread: readonly (readonly [name: string, reason: string])[] = [
  ['AGENT_ADDR', 'write the address of the agent as address of a [vault.…] section'],
  ['CLIENT_CERT_BYTES', 'name a file in client_cert_file'],
  ['CLIENT_KEY_BYTES', 'name a file in client_key_file'],
  ['DISABLE_REDIRECTS', 'a token goes to no other server than redirect_hosts and the certificate allow'],
  ['HEADERS', 'latchkey sends no headers of others'],
  ['MFA', 'codes are asked for'],
  ['RATE_LIMIT', 'latchkey asks as rarely as it can, and obeys what the server says'],
  ['WRAP_TTL', 'wrapped answers are of no use here'],
]

function skipVerifyWarnings(variable: Variable | undefined): readonly string[] {
  if (variable === undefined || truth(variable.value) === false) return []
  return [
    `${variable.name} is refused: a server whose certificate nobody checks may be anybody, and gets tokens and passwords; name its CA in ca_file`,
  ]
}

function parsed<Value>(
  variable: Variable | undefined,
  parse: (text: string) => Value | undefined,
  kind: string,
): { value?: Value | undefined; warning?: string } {
  if (variable === undefined) return {}
  const value = parse(variable.value)
  return value === undefined ? { warning: `${variable.name} is not used: it is not ${kind}` } : { value }
}

/** Seconds, or a duration (parseutil.ParseDurationSecond), within the bounds of `timeout` in config.toml. */
function timeoutSeconds(text: string): number | undefined {
  const seconds = wholeNumber(text) ?? parseDurationSeconds(text)
  return seconds !== undefined && seconds >= 1 && seconds <= 600 ? seconds : undefined
}

const wholeNumber = (text: string): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined)

/** As Go's strconv.ParseBool. */
function truth(text: string): boolean | undefined {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true
  return /^(0|f|F|false|FALSE|False)$/.test(text) ? false : undefined
}
