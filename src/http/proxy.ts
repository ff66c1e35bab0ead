import { BlockList, isIP, isIPv4 } from 'node:net'
import { type Environment, isSet } from '../core/places/environment.ts'
import { Secret } from '../core/secret.ts'
import { HttpError } from './http-error.ts'
import { type Endpoint, endpointOf, isLocal, type ServerAddress } from './server-address.ts'

/** A proxy that is asked for a tunnel (CONNECT, RFC 9110 §9.3.6). */
export interface HttpProxy extends Endpoint {
  isTls: boolean
  /** The value of Proxy-Authorization. */
  authorization: Secret<string> | undefined
  /** How messages name it: the variable that it comes from, and its address without user and password. */
  text: string
}

/**
 * The proxy for a server, as Go's programs read it (golang.org/x/net/http/httpproxy): HTTPS_PROXY, or https_proxy, unless
 * NO_PROXY, or no_proxy, names the server. Plain HTTP is never sent through one, nor is what stays on this machine.
 * @throws {HttpError} HTTP_CONFIG: the variable names nothing that can be used
 */
export function proxyFor(server: ServerAddress, environment: Environment): HttpProxy | undefined {
  const variable = ['HTTPS_PROXY', 'https_proxy'].find((name) => isSet(environment[name]))
  if (variable === undefined || !server.isTls || isLocal(server)) return undefined
  const exceptions = [environment.NO_PROXY, environment.no_proxy].find(isSet) ?? ''
  return isExcepted(server, exceptions) ? undefined : parseProxy(environment[variable]!, variable)
}

/**
 * Reads the address of a proxy, `http://[user:password@]host[:port]`, or `https://…`; without a scheme it is http.
 * @param variable where it comes from, for messages
 * @throws {HttpError} HTTP_CONFIG
 */
export function parseProxy(written: string, variable: string): HttpProxy {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const credentials = url === undefined ? undefined : decoded(`${url.username}:${url.password}`)
  if (url === undefined || credentials === undefined || !['http:', 'https:'].includes(url.protocol)) {
    // The text is not repeated: it may hold a password.
    throw new HttpError('proxy-unusable', `${variable} is not the address of an HTTP proxy, such as http://proxy:3128`)
  }
  const isTls = url.protocol === 'https:'
  return {
    isTls,
    ...endpointOf(url, isTls),
    authorization: credentials === ':' ? undefined : new Secret(`Basic ${Buffer.from(credentials).toString('base64')}`),
    text: `${variable} (${url.protocol}//${url.host})`,
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Whether NO_PROXY names a server: `*`, an address, a network, or a name with the ones below it; each with a port or without. */
export function isExcepted({ hostname, port }: Endpoint, noProxy: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '')
  return noProxy.split(',').some((entry) => fits(entry.trim().toLowerCase(), host, port))
}

function fits(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return isInNetwork(host, entry)
  const { name, givenPort } = splitPort(entry)
  if (name === '' || (givenPort !== undefined && givenPort !== port)) return false
  if (isIP(name) !== 0 || isIP(host) !== 0) return isSameAddress(name, host)
  const domain = name.replace(/^\*?\./, '')
  return host.endsWith(`.${domain}`) || (host === domain && domain === name)
}

/** `host`, `host:8200`, `::1`, `[::1]:8200`. */
function splitPort(entry: string): { name: string; givenPort: number | undefined } {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(entry) ?? []
  const name = bracketed ?? plain ?? entry
  return { name, givenPort: port === undefined ? undefined : Number(port) }
}

const family = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6')

function isSameAddress(left: string, right: string): boolean {
  if (isIP(left) === 0 || isIP(right) === 0) return false
  const list = new BlockList()
  list.addAddress(left, family(left))
  return list.check(right, family(right))
}

function isInNetwork(host: string, network: string): boolean {
  const [, address = '', prefix] = /^(.*)\/(\d{1,3})$/.exec(network) ?? []
  const bits = Number(prefix)
  if (isIP(host) === 0 || isIP(address) === 0 || !(bits <= (isIPv4(address) ? 32 : 128))) return false
  const list = new BlockList()
  list.addSubnet(address, bits, family(address))
  return list.check(host, family(host))
}
