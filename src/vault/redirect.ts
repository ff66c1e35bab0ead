import type { VaultAddress } from './address.ts'
import { VaultError } from './vault-error.ts'

/** The statuses that the Go client follows, and 308, which means the same as 307. */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 307 || status === 308
}

/**
 * The path that a redirect leads to, where it stays with the same scheme, host and port. Anything else is refused: the
 * token must not go to a host that nobody configured, nor leave TLS.
 * @param path the path that was asked for
 * @param server how messages name the server
 * @throws {VaultError} VAULT_REDIRECTED
 */
export function redirectPath(
  location: string | undefined,
  path: string,
  address: VaultAddress,
  server: string,
): string {
  const base = `${address.origin}${path}`
  if (location === undefined || !URL.canParse(location, base)) {
    throw new VaultError('VAULT_REDIRECTED', `${server} redirects to nowhere`, {
      hint: 'check address in config.toml: this is not how a vault answers',
    })
  }
  const target = new URL(location, base)
  if (target.origin === address.origin) return target.pathname + target.search
  const losesTls = address.isTls && target.protocol !== 'https:'
  throw new VaultError(
    'VAULT_REDIRECTED',
    losesTls
      ? `${server} redirects to ${target.host} without TLS`
      : `${server} redirects to another server: ${target.protocol}//${target.host}`,
    {
      hint: losesTls
        ? 'check address in config.toml, and api_addr of the server'
        : `if that is the active node of the same vault, set address in config.toml to "${target.origin}" or to its load balancer`,
    },
  )
}
