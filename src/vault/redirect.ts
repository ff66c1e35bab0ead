import { type ServerAddress, serverAddress } from '../http/server-address.ts'
import type { VaultAddress } from './address.ts'
import { VaultError } from './vault-error.ts'

/** The statuses that the Go client follows, and 308, which means the same as 307. */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 307 || status === 308
}

/** Where a redirect leads, and under which condition the token may go there. */
export type RedirectTarget =
  | { type: 'same-server'; path: string }
  | {
      type: 'other-server'
      path: string
      address: ServerAddress
      /** Scheme, host and port. */
      origin: string
      /** `named`: it may have the token under its own name. Else its certificate must be for the configured host as well. */
      isNamed: boolean
    }

/** A redirect, and what it is judged by. */
export interface Redirect {
  location: string | undefined
  /** The path that was asked for. */
  path: string
  address: VaultAddress
  /** Hosts, with a port or without, that may have the token. */
  redirectHosts: readonly string[]
  /** How messages name the server. */
  server: string
}

/**
 * Decides about a redirect. To the same scheme, host and port it is followed. To another server it is followed where the
 * configuration names that host, or over TLS, where the certificate will tell; never out of TLS.
 * @throws {VaultError} VAULT_REDIRECTED
 */
export function redirectTarget({ location, path, address, redirectHosts, server }: Redirect): RedirectTarget {
  const base = `${address.origin}${path}`
  if (location === undefined || !URL.canParse(location, base)) {
    throw new VaultError('VAULT_REDIRECTED', `${server} redirects to nowhere`, {
      hint: 'check address in config.toml: this is not how a vault answers',
    })
  }
  const url = new URL(location, base)
  const target = url.pathname + url.search
  if (url.origin === address.origin) return { type: 'same-server', path: target }
  if (url.protocol !== 'https:' && (address.isTls || url.protocol !== 'http:')) {
    throw new VaultError('VAULT_REDIRECTED', `${server} redirects to ${url.host} without TLS`, {
      hint: 'check address in config.toml, and api_addr of the server',
    })
  }
  const to = serverAddress(url)
  const names = [url.hostname, `${url.hostname}:${to.port}`]
  const isNamed = redirectHosts.some((host) => names.includes(host.toLowerCase()))
  // A socket has no name that a certificate could be for, and plain HTTP no certificate.
  if (isNamed || (url.protocol === 'https:' && address.socketPath === undefined)) {
    return { type: 'other-server', path: target, address: to, origin: url.origin, isNamed }
  }
  throw new VaultError('VAULT_REDIRECTED', `${server} redirects to another server: ${url.origin}`, {
    hint: `if that is a node of the same vault, set redirect_hosts = ["${url.host}"] in config.toml`,
  })
}
