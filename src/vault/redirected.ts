import type { TlsSettings } from '../http/tls.ts'
import type { RedirectTarget } from './redirect.ts'
import type { VaultTransport } from './vault-transport.ts'

/** The connections to where a server redirects to: the active node of a cluster, which stays the same for long. */
export interface Redirected {
  /** @throws {VaultError} VAULT_CONFIG when a proxy on the way cannot be used */
  transportTo(target: Extract<RedirectTarget, { type: 'other-server' }>): VaultTransport
  /** Closes the idle connections. */
  close(): void
}

/** What decides about the TLS of a target. */
export interface RedirectedOptions {
  /** Of the configured server. */
  tls: TlsSettings
  hostname: string
  open(target: Extract<RedirectTarget, { type: 'other-server' }>, tls: TlsSettings): VaultTransport
}

/** Keeps the connections to one target, the last. */
export function createRedirected({ tls, hostname, open }: RedirectedOptions): Redirected {
  let last: { origin: string; transport: VaultTransport } | undefined

  const tlsFor = (isNamed: boolean): TlsSettings => {
    if (isNamed) return { ...tls, serverName: undefined }
    // With a name of its own the configured server is recognised by that, wherever it is.
    return tls.serverName === undefined ? { ...tls, alsoFor: hostname } : tls
  }

  return {
    transportTo(target) {
      if (last?.origin === target.origin) return last.transport
      last?.transport.close()
      last = { origin: target.origin, transport: open(target, tlsFor(target.isNamed)) }
      return last.transport
    },
    close: () => last?.transport.close(),
  }
}
