import type { SshCertificate } from '../certificate.ts'
import { hostCertificate, isHostCertificateUsable } from '../host-certificate.ts'
import { plainKeyOf } from '../public-key.ts'
import { findKnownHosts } from './find-known-hosts.ts'
import { defaultPort, type HostName } from './host-name.ts'
import type { KnownHost } from './known-host.ts'
import { hasWildcard, matchesWildcards } from './wildcards.ts'

/** Which names of hosts are tried where known_hosts does not have them in full. They are believed only where it agrees. */
export interface NameGuesses {
  hosts: readonly string[]
  /** Besides the usual one. */
  ports: readonly number[]
  /** The host that the client was told to connect to. */
  asked?: { host: string; port?: number | undefined } | undefined
}

/** Who has proved a key, according to known_hosts. */
export interface TrustedHost {
  /** Empty: nobody who is known. */
  names: readonly HostName[]
  /** Nobody any more, whatever else is known. */
  isRevoked: boolean
}

/** What is not written out in full is tried with each guess: others wait meanwhile. */
const maxWork = 5_000
/** OpenSSH's SSHKEY_CERT_MAX_PRINCIPALS. */
const maxPrincipals = 256
/** RFC 1035 §2.3.4, and a few for good measure: a host has chosen what its certificate says. */
const maxNameLength = 256

/**
 * The names that a host may be called by that has proved its key.
 * @param files the contents of all known_hosts files
 * @param hostKeyBlob the key, or a host certificate, whose CA may be trusted for some names
 * @param nowMs wall-clock time in ms since the epoch
 * @throws {SshError} the blob is no key
 */
export function trustedNames(
  files: readonly Buffer[],
  hostKeyBlob: Uint8Array,
  guesses: NameGuesses,
  nowMs: number,
): TrustedHost {
  const certificate = hostCertificate(hostKeyBlob)
  const linesOf = (blob: Uint8Array) => files.flatMap((file) => findKnownHosts(file, blob))
  const own = linesOf(plainKeyOf(hostKeyBlob).blob)
  const ofCa = certificate === undefined ? [] : linesOf(certificate.signatureKey.blob)
  if ([...own, ...ofCa].some(({ role }) => role === 'revoked')) return { names: [], isRevoked: true }
  const names = new Map<string, HostName>()
  const add = (name: HostName) => names.set(`${name.port} ${name.host}`, name)
  let left = maxWork
  const tryGuesses = (line: KnownHost, hosts: Iterable<string>) => {
    for (const host of hosts)
      for (const port of new Set([defaultPort, ...guesses.ports, guesses.asked?.port ?? defaultPort])) {
        left -= line.weight
        if (left >= 0 && line.isAbout({ host, port })) add({ host, port })
      }
  }
  const guessed = new Set([...(guesses.asked === undefined ? [] : [guesses.asked.host]), ...guesses.hosts])
  for (const line of own) {
    if (line.role !== 'host') continue
    line.names.forEach(add)
    if (line.hasMore) tryGuesses(line, guessed)
  }
  if (certificate !== undefined && isHostCertificateUsable(certificate, nowMs)) {
    const certified = new Set(certifiedNames(certificate, guessed))
    for (const line of ofCa) if (line.role === 'cert-authority') tryGuesses(line, certified)
  }
  return { names: withAskedPort([...names.values()], guesses.asked), isRevoked: false }
}

/** ssh takes the key of a name at the usual port for its other ports too: the port that it was told counts then. */
function withAskedPort(names: readonly HostName[], asked: NameGuesses['asked']): readonly HostName[] {
  const { host, port } = asked ?? {}
  if (host === undefined || port === undefined || names.some((name) => name.host === host && name.port === port))
    return names
  return names.flatMap((name) => (name.host === host && name.port === defaultPort ? [{ host, port }, name] : [name]))
}

/** The names in a certificate, and those of the guesses that its wildcards fit. */
function certifiedNames({ principals }: SshCertificate, guessed: Iterable<string>): readonly string[] {
  if (principals.length > maxPrincipals || principals.some((name) => name.length > maxNameLength)) return []
  const patterns = principals.map((name) => name.toLowerCase())
  const names = patterns.filter((name) => !hasWildcard(name))
  return [...names, ...[...guessed].filter((host) => patterns.some((pattern) => matchesWildcards(host, pattern)))]
}
