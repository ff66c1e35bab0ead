import { normalize } from 'node:path/posix'
import { isLocal, type ServerAddress, serverAddress } from '../http/server-address.ts'
import { VaultError } from './vault-error.ts'

/** Where a vault listens; `unix://` is HTTP over a socket, with `localhost` as Host. */
export interface VaultAddress extends ServerAddress {
  /** As it was written, for messages. */
  text: string
  /** Scheme, host and port for a redirect to be compared with. */
  origin: string
  /** Path of a proxy in front of the server, without a slash at its end; usually empty. */
  basePath: string
}

/**
 * Reads `https://host:8200`, `http://…` or `unix:///path` as VAULT_ADDR has it.
 * @throws {VaultError} VAULT_CONFIG
 */
export function parseVaultAddress(text: string): VaultAddress {
  if (text.startsWith('unix://')) return socketAddress(text)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw invalid('not an http://, https:// or unix:// address')
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalid('it may not hold a user, a query or a fragment')
  }
  checkPath(url)
  return {
    ...serverAddress(url),
    text,
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ''),
  }
}

/** What people copy from a browser or from an API call: a server answers it with 404 or 403, as it does a wrong mount. */
function checkPath({ origin, pathname }: URL): void {
  const base = /^(.*)\/v1\/?$/.exec(pathname)?.[1]
  if (base !== undefined) {
    throw invalid('it ends in /v1, which latchkey adds itself', `write address = "${origin}${base}" in config.toml`)
  }
  if (/^\/ui(\/|$)|\/ui\/vault(\/|$)/.test(pathname)) {
    throw invalid('it is the address of the web page, at /ui', `write address = "${origin}" in config.toml`)
  }
}

function socketAddress(text: string): VaultAddress {
  const socketPath = text.slice('unix://'.length)
  if (!socketPath.startsWith('/')) throw invalid('a socket needs an absolute path, as in unix:///run/vault.sock')
  return {
    text,
    isTls: false,
    origin: 'http://localhost',
    hostname: 'localhost',
    port: 80,
    socketPath,
    basePath: '',
  }
}

// The text is not repeated: it may hold a password.
const invalid = (reason: string, hint = 'edit address of the [vault.…] section in config.toml') =>
  new VaultError('VAULT_CONFIG', `the vault's address cannot be used: ${reason}`, { hint })

/**
 * A server and a namespace on it, always spelled in the same way: tokens for one destination are never sent to another.
 * URL has taken care of capitals and of the scheme's own port; the slash at the end is gone.
 */
export function destinationOf({ origin, basePath, socketPath }: VaultAddress, namespace: string | undefined): string {
  const server = socketPath === undefined ? `${origin}${basePath}` : `unix://${normalize(socketPath)}`
  const within = (namespace ?? '').replace(/^\/+|\/+$/g, '')
  return within === '' ? server : `${server} ${within}`
}

/** Whether two addresses lead to the same server. One that cannot be read leads nowhere. */
export function isSameServer(left: string, right: string): boolean {
  return isSameDestination({ address: left }, { address: right })
}

/** Whether a token for one may go to the other. An address that cannot be read is nobody's. */
export function isSameDestination(left: VaultPlace, right: VaultPlace): boolean {
  try {
    const [one, other] = [left, right].map((place) => destinationOf(parseVaultAddress(place.address), place.namespace))
    return one === other
  } catch (error) {
    if (error instanceof VaultError) return false
    throw error
  }
}

/** A server as it is written, and a namespace on it. */
export interface VaultPlace {
  address: string
  namespace?: string | undefined
}

/** Whether others can read, and change, what is sent to an address and back. One that cannot be read leads nowhere. */
export function isReadableOnItsWay(text: string): boolean {
  try {
    const address = parseVaultAddress(text)
    return !address.isTls && !isLocal(address)
  } catch (error) {
    if (error instanceof VaultError) return false
    throw error
  }
}

/** Whether an address says its port itself, be it that of its scheme. */
export function hasPort(address: string): boolean {
  return /^https?:\/\/[^/]*:\d+(\/|$)/.test(address)
}

/**
 * The API path of a call: the mount, whose slashes stay, then segments that are encoded whole, so that no name can
 * reach another path.
 * @throws {VaultError} VAULT_CONFIG for an empty segment, `.` or `..`
 */
export function vaultPath(mount: string, ...segments: readonly string[]): string {
  const parts = [...partsOf(mount), ...segments]
  const wrong = parts.find((part) => !isVaultName(part))
  if (wrong === undefined) return parts.map(encodeURIComponent).join('/')
  const what = wrong === '' ? 'a part of it is empty' : `${wrong} is no part of one`
  const mounts = parts[0] === 'auth' ? 'vault auth list' : 'vault secrets list'
  throw new VaultError('VAULT_CONFIG', `${JSON.stringify(parts.join('/'))} is not a path in a vault: ${what}`, {
    // Each part may come from config.toml, a command line or a person who was asked.
    hint: `see the mounts with: ${mounts}, then write the mount, or the name after it, as it is called there`,
  })
}

const partsOf = (path: string) => path.replace(/^\/+|\/+$/g, '').split('/')

/** Whether a text can be a part of a path, such as the name of a role. */
export const isVaultName = (text: string): boolean => text !== '' && text !== '.' && text !== '..'

/** Whether a text can be the path of a mount, with or without slashes around it. */
export const isMountPath = (text: string): boolean => partsOf(text).every(isVaultName)
