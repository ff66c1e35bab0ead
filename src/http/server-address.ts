import { isIPv4 } from 'node:net'

/** A place to connect to. */
export interface Endpoint {
  /** Without the brackets of an IPv6 address. */
  hostname: string
  port: number
}

/** Where a server listens. */
export interface ServerAddress extends Endpoint {
  isTls: boolean
  /** Set if the server listens on a Unix socket: `hostname` is then used for the Host header only. */
  socketPath: string | undefined
}

/** The server of an http or https address. */
export function serverAddress(url: URL): ServerAddress {
  const isTls = url.protocol === 'https:'
  return { isTls, ...endpointOf(url, isTls), socketPath: undefined }
}

/** The host of an address, and its port or that of its scheme. */
export function endpointOf({ hostname, port }: URL, isTls: boolean): Endpoint {
  return {
    // URL keeps the brackets of an IPv6 address; sockets want it without.
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
  }
}

/** Whether what is sent there never leaves the machine. */
export function isLocal({ hostname, socketPath }: Omit<ServerAddress, 'isTls'>): boolean {
  return socketPath !== undefined || hostname === 'localhost' || hostname === '::1' || isLoopback(hostname)
}

const isLoopback = (hostname: string) => isIPv4(hostname) && hostname.startsWith('127.')
