import { vaultPath } from '../../address.ts'
import { VaultError } from '../../vault-error.ts'

/** How a browser leaves the login. `client`: to latchkey; `direct`: to the server; `device`: it goes nowhere. */
export type CallbackMode = 'client' | 'direct' | 'device'

/** What config.toml says about it. */
export interface ReturnSettings {
  mount: string
  mode: CallbackMode
  /** As the provider and the role have it. */
  redirectUri: string | undefined
  port: number | undefined
}

/** Where to listen, on loopback. */
export interface ListenPlace {
  /** The first that is free is taken. */
  ports: readonly number[]
  path: string
  /** Where the browser takes this machine to be, if not on loopback: with any port but the scheme's own. */
  host?: string
}

const defaultPort = 8250
/** Vault compares everything but the port of an address on loopback (RFC 8252 §7.3), and so must providers. */
const tried = 10
const callbackPath = '/oidc/callback'

/**
 * Where the browser can come back to. An address that is configured is meant as it is: then no other port is tried, nor
 * where a port is configured.
 */
export function listenPlace({ mode, redirectUri, port }: ReturnSettings): ListenPlace {
  const anyPort: ListenPlace = { ports: [0], path: callbackPath }
  if (mode !== 'client') return anyPort
  if (redirectUri === undefined) {
    return {
      ports: port === undefined ? Array.from({ length: tried }, (_, index) => defaultPort + index) : [port],
      path: callbackPath,
    }
  }
  const { hostname, host, port: written, pathname } = new URL(redirectUri)
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  if (!isHere) return { ports: [port ?? defaultPort], path: pathname, host }
  return { ports: [port ?? (written === '' ? defaultPort : Number(written))], path: pathname }
}

/**
 * The `redirect_uri` of a login.
 * @param port where latchkey listens
 * @param address of the server, as it is configured
 * @throws {VaultError} VAULT_CONFIG: no browser reaches a server by that address
 */
export function redirectUriOf({ mode, mount, redirectUri }: ReturnSettings, port: number, address: string): string {
  if (redirectUri !== undefined) return redirectUri
  switch (mode) {
    case 'client':
      return `http://localhost:${port}${callbackPath}`
    case 'direct':
      if (/^https?:\/\//.test(address)) {
        return `${address.replace(/\/+$/, '')}/v1/${vaultPath(`auth/${mount}`, 'oidc', 'callback')}`
      }
      throw new VaultError('VAULT_CONFIG', `no browser reaches the server at ${address}`, {
        hint: 'set redirect_uri of auth in config.toml to what the role has in allowed_redirect_uris',
      })
    case 'device':
      return ''
  }
}
