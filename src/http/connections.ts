import { type ClientRequest, Agent as HttpAgent, request as requestHttp } from 'node:http'
import { openConnection, type Route } from './connect.ts'
import type { ServerAddress } from './server-address.ts'
import { type TlsSettings, tlsConnectOptions } from './tls.ts'

/** The head of a request. */
export interface RequestHead {
  method: string
  /** From the root of the server, encoded. */
  path: string
  headers: Readonly<Record<string, string>>
  /** False: the request gets a connection of its own, so that it is not lost on an idle one that the server just closed. */
  mayReuse: boolean
}

/** The connections to one server. How they are made is decided in connect.ts. */
export interface Connections {
  /**
   * Begins a request on an existing connection or on a new one, which is given to it when something can be sent over it:
   * after the handshake, and after the server's certificate has been checked.
   * @param abandoned gives up a connection that is being made
   */
  start(head: RequestHead, abandoned: AbortSignal): ClientRequest
  /** Closes the idle ones. */
  close(): void
}

/** Idle connections are closed before servers and firewalls drop them. */
const idleMs = 30_000

/** @throws {HttpError} HTTP_CONFIG when a certificate or key cannot be read */
export function openConnections(address: ServerAddress, tls: TlsSettings, route: Route): Connections {
  const tlsOptions = address.isTls ? tlsConnectOptions(address.hostname, tls) : undefined
  const agentOf = (keepAlive: boolean) => {
    const agent = new HttpAgent({ keepAlive, ...(keepAlive ? { timeout: idleMs, maxFreeSockets: 2 } : {}) })
    agent.createConnection = (options: object, callback) => {
      const { abandoned } = options as { abandoned: AbortSignal }
      openConnection(address, tlsOptions, route, abandoned).then(
        (socket) => callback!(null, socket),
        // The types want a socket along with an error; Node looks at the error alone.
        (error: Error) => callback!(error, undefined as never),
      )
      return undefined
    }
    return agent
  }
  const reusing = agentOf(true)
  const single = agentOf(false)
  const { hostname, port, isTls } = address

  return {
    start({ method, path, headers, mayReuse }, abandoned) {
      const agent = mayReuse ? reusing : single
      const options = { method, path, headers, agent, hostname, port, defaultPort: isTls ? 443 : 80, abandoned }
      return requestHttp(options)
    },
    close() {
      reusing.destroy()
      single.destroy()
    },
  }
}
