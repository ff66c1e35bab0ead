import { type HostName, parseHostName } from '../../ssh/known-hosts/host-name.ts'
import { hasWildcard, matchesWildcards } from '../../ssh/known-hosts/wildcards.ts'

/** Where a connection leads, as far as it is known. */
export interface Destination {
  /** `SHA256:…` of the key that the host has proved. */
  readonly fingerprint: string
  /** What the host may be called; empty where nothing that is trusted has its key. */
  readonly names: readonly HostName[]
}

/**
 * How well patterns fit a destination, the more the better; `misfit` where it is another host; `unknown` where its names
 * would have to be known.
 */
export type Fit = number | 'misfit' | 'unknown'

/** Which hosts a key is for: the setting `hosts`. */
export interface HostPatterns {
  /** @param destination it does not change: another object is another one */
  fit(destination: Destination): Fit
  /** The names among them that are written out in full. */
  names: readonly string[]
  /** The ports among them. */
  ports: readonly number[]
}

type Pattern = { isNegated: boolean } & (
  | { type: 'fingerprint'; fingerprint: string }
  | { type: 'name'; host: string; port?: number }
)

/** What a fit is worth: a key before a name, a name before a pattern, and a port before none. */
const worth = { fingerprint: 1e6, literal: 1e4, port: 0.5 } as const
const fingerprintForm = /^SHA256:[A-Za-z0-9+/]{43}$/
/** Longer than any name. */
const maxLength = 256

/** What is wrong with one of the patterns, as its end of a sentence; undefined if nothing is. */
export function hostPatternMistake(text: string): string | undefined {
  if (text.length > maxLength) return `longer than ${maxLength} characters`
  const isRead = parsePattern(text) !== undefined
  return isRead
    ? undefined
    : 'not a host: write a name, a pattern such as "*.example.com", "[name]:port", or "SHA256:…"'
}

/** What is wrong with patterns that all begin with `!`: there is nothing from which they could leave something out. */
export const onlyExcludes = 'names no host: "*" is every host that is not left out'

/** Reads the setting. What `hostPatternMistake` refuses must not be in it. */
export function hostPatterns(texts: readonly string[]): HostPatterns {
  const patterns = texts.map(parsePattern).filter((pattern) => pattern !== undefined)
  const wanted = patterns.filter(({ isNegated }) => !isNegated)
  const unwanted = patterns.filter(({ isNegated }) => isNegated)
  const named = wanted.filter((pattern) => pattern.type === 'name')
  const weigh = (destination: Destination): Fit => {
    if (unwanted.some((pattern) => fitOf(pattern, destination) > 0)) return 'misfit'
    const best = Math.max(0, ...wanted.map((pattern) => fitOf(pattern, destination)))
    if (best > 0) return best
    return destination.names.length === 0 && named.length > 0 ? 'unknown' : 'misfit'
  }
  // Each list of a connection asks about the same one, some for every key.
  const weighed = new WeakMap<Destination, Fit>()
  return {
    names: named.filter(({ host }) => !hasWildcard(host)).map(({ host }) => host),
    ports: named.flatMap(({ port }) => port ?? []),
    fit(destination) {
      const known = weighed.get(destination)
      if (known !== undefined) return known
      const fit = weigh(destination)
      weighed.set(destination, fit)
      return fit
    },
  }
}

function parsePattern(text: string): Pattern | undefined {
  const isNegated = text.startsWith('!')
  const rest = isNegated ? text.slice(1) : text
  if (fingerprintForm.test(rest)) return { isNegated, type: 'fingerprint', fingerprint: rest }
  const name = parseHostName(rest)
  return name === undefined || /[,!]/.test(rest) ? undefined : { isNegated, type: 'name', ...name }
}

/** @returns 0 where it does not fit */
function fitOf(pattern: Pattern, { fingerprint, names }: Destination): number {
  if (pattern.type === 'fingerprint') return pattern.fingerprint === fingerprint ? worth.fingerprint : 0
  const { host, port } = pattern
  const isFit = names.some((name) => (port ?? name.port) === name.port && matchesWildcards(name.host, host))
  if (!isFit) return 0
  const ofHost = hasWildcard(host) ? 1 + host.replace(/[*?]/g, '').length : worth.literal
  return ofHost + (port === undefined ? 0 : worth.port)
}
