/** A host as ssh knows it: a name or an address, in lower case, and a port. */
export interface HostName {
  host: string
  port: number
}

/** The port of SSH (RFC 4253 §4.1); known_hosts leaves it out. */
export const defaultPort = 22

/**
 * Reads `name` or `[name]:port` (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). The name may hold wildcards.
 * @returns undefined if it is neither; without a port in it, `port` is absent
 */
export function parseHostName(text: string): { host: string; port?: number } | undefined {
  const [, bracketed, digits] = /^\[([^[\]]+)\]:(\d{1,5})$/.exec(text) ?? []
  if (bracketed === undefined) return /^[^[\]\s]+$/.test(text) ? { host: text.toLowerCase() } : undefined
  const port = Number(digits)
  return port >= 1 && port <= 65_535 ? { host: bracketed.toLowerCase(), port } : undefined
}

/** How known_hosts writes it: `name`, or `[name]:port` where the port is not the usual one. */
export function formatHostName({ host, port }: HostName): string {
  return port === defaultPort ? host : `[${host}]:${port}`
}
