import type { Environment } from '../core/places/environment.ts'
import type { Route } from '../http/connect.ts'
import { parseProxy, proxyFor } from '../http/proxy.ts'
import type { ServerAddress } from '../http/server-address.ts'
import { type ResolveSrv, srvEndpoints } from '../http/srv.ts'
import type { Roots } from '../http/tls.ts'
import { hasPort, parseVaultAddress } from './address.ts'
import { readVaultVariables } from './environment.ts'

/** What decides how a vault and the nodes that it redirects to are reached. */
export interface RouteOptions {
  /** As it is configured. */
  address: string
  /** Whether SRV records say where it is. */
  srvLookup: boolean
  environment: Environment
  /** Whom a proxy that speaks TLS is trusted by; absent: Node's own certificates. */
  proxyRoots: Roots | undefined
  resolveSrv: ResolveSrv
  /** Uniform in [0, 1). */
  random: () => number
}

/**
 * How servers are reached: through the proxy of VAULT_PROXY_ADDR, else of HTTPS_PROXY. SRV records count for the configured
 * address alone, and where it has no port (draft-andrews-http-srv-02).
 */
export function createRouteTo(options: RouteOptions): (server: ServerAddress) => Route {
  const { address, srvLookup, environment, proxyRoots, resolveSrv, random } = options
  const configured = parseVaultAddress(address)
  const hasSrv = srvLookup && !hasPort(address) && configured.socketPath === undefined
  const { proxy } = readVaultVariables(environment)

  const proxyTo = (server: ServerAddress) => {
    if (proxy === undefined) return proxyFor(server, environment)
    return server.isTls ? parseProxy(proxy.value, proxy.name) : undefined
  }

  return (server) => {
    const isConfigured = server.hostname === configured.hostname && server.port === configured.port
    return {
      proxy: proxyTo(server),
      proxyRoots,
      locate: hasSrv && isConfigured ? () => srvEndpoints(server, resolveSrv, random) : undefined,
    }
  }
}
