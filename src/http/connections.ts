import { type ClientRequest, Agent as HttpAgent, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { type TlsSettings, tlsAgentOptions } from './tls.ts'

/** Where a server listens. */
export interface ServerAddress {
  isTls: boolean
  /** Without the brackets of an IPv6 address. */
  hostname: string
  port: number
  /** Set if the server listens on a Unix socket: `hostname` is then used for the Host header only. */
  socketPath: string | undefined
}

/** The server of an http or https address. */
export function serverAddress({ protocol, hostname, port }: URL): ServerAddress {
  const isTls = protocol === 'https:'
  return {
    isTls,
    // URL keeps the brackets of an IPv6 address; sockets want it without.
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    socketPath: undefined,
  }
}

/** The head of a request. */
export interface RequestHead {
  method: string
  /** From the root of the server, encoded. */
  path: string
  headers: Readonly<Record<string, string>>
  /** False: the request gets a connection of its own, so that it is not lost on an idle one that the server just closed. */
  mayReuse: boolean
}

/** The connections to one server. How they are made, for example through a proxy, is decided here. */
export interface Connections {
  /** Begins a request on an existing connection or on a new one. */
  start(head: RequestHead): ClientRequest
  /** Closes the idle ones. */
  close(): void
}

/** Idle connections are closed before servers and firewalls drop them. */
const idleMs = 30_000

/** @throws {HttpError} HTTP_CONFIG when a certificate or key cannot be read */
export function openConnections({ isTls, hostname, port, socketPath }: ServerAddress, tls: TlsSettings): Connections {
  const tlsOptions = isTls ? tlsAgentOptions(tls) : {}
  const agent = (keepAlive: boolean) => {
    const options = { keepAlive, ...(keepAlive ? { timeout: idleMs, maxFreeSockets: 2 } : {}) }
    return isTls ? new HttpsAgent({ ...options, ...tlsOptions }) : new HttpAgent(options)
  }
  const reusing = agent(true)
  const single = agent(false)
  const server = { hostname, port, ...(socketPath === undefined ? {} : { socketPath }) }

  return {
    start({ method, path, headers, mayReuse }) {
      const options = { method, path, headers, agent: mayReuse ? reusing : single, ...server }
      return isTls ? requestHttps(options) : requestHttp(options)
    },
    close() {
      reusing.destroy()
      single.destroy()
    },
  }
}
