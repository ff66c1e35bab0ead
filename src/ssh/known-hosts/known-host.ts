import { createHmac } from 'node:crypto'
import { SshReader } from '../wire.ts'
import { defaultPort, formatHostName, type HostName, parseHostName } from './host-name.ts'
import { hasWildcard, matchesWildcards } from './wildcards.ts'

/** What a line of known_hosts says of its key (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  /** The key is the host's own; or a CA's, whose certificates the host may show; or nobody's any more. */
  role: 'host' | 'cert-authority' | 'revoked'
  /** The names that stand there in full. */
  names: readonly HostName[]
  /** Whether there may be more names than those: the others are hashed, or patterns. */
  hasMore: boolean
  /** How much work a guess is, in ten microseconds at most. */
  weight: number
  /** Whether it is about this host at this port. */
  isAbout(name: HostName): boolean
}

const roles: Readonly<Record<string, KnownHost['role']>> = {
  '@cert-authority': 'cert-authority',
  '@revoked': 'revoked',
}
/** Names have 253 characters at most (RFC 1035 §2.3.4). */
const maxPatternLength = 512
/** As many as a hash of SHA-1 has: ssh skips a line with another salt (OpenSSH's hostfile.c). */
export const saltBytes = 20
/** `|1|salt|hash`, each in base64 (OpenSSH's hostfile.c). */
const hashedHost = /^\|1\|([A-Za-z0-9+/]+={0,2})\|([A-Za-z0-9+/]+={0,2})$/

/** Reads what precedes the key in a line: hosts, and perhaps a marker. @returns undefined where ssh would skip the line */
export function parseKnownHost(fields: readonly string[]): KnownHost | undefined {
  const [first, second, ...more] = fields
  if (first === undefined || first.startsWith('#') || more.length > 0) return undefined
  const isMarked = first.startsWith('@')
  const role = isMarked ? roles[first] : 'host'
  const hosts = isMarked ? second : first
  if (role === undefined || hosts === undefined || (!isMarked && second !== undefined)) return undefined
  return { role, ...parseHosts(hosts) }
}

/** Writes a line as ssh does. @param salt present: the name is hashed, as with HashKnownHosts */
export function formatKnownHost(name: HostName, keyBlob: Uint8Array, salt?: Uint8Array): string {
  const host = formatHostName(name)
  const hosts = salt === undefined ? host : `|1|${base64(salt)}|${hashOf(salt, host)}`
  return `${hosts} ${new SshReader(keyBlob).text()} ${base64(keyBlob)}\n`
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
/** In base64: of so many hashes as a large file needs, the bytes would cost more than the hashing. */
const hashOf = (salt: Uint8Array, host: string) => createHmac('sha1', salt).update(host).digest('base64')

function parseHosts(hosts: string): Omit<KnownHost, 'role'> {
  const [, salt, hash] = hashedHost.exec(hosts) ?? []
  return salt === undefined || hash === undefined ? parsePatterns(hosts) : hashed(salt, hash)
}

function hashed(saltText: string, hashText: string): Omit<KnownHost, 'role'> {
  const salt = Buffer.from(saltText, 'base64')
  const hash = base64(Buffer.from(hashText, 'base64'))
  const isAbout = (name: HostName) => salt.length === saltBytes && hashOf(salt, formatHostName(name)) === hash
  return { names: [], hasMore: true, weight: 1, isAbout }
}

/** Patterns between commas; a name that matches one after `!` is excluded whatever else it matches. */
function parsePatterns(hosts: string): Omit<KnownHost, 'role'> {
  const patterns = hosts
    .toLowerCase()
    .split(',')
    .filter((pattern) => pattern.length <= maxPatternLength)
  const excluded = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1))
  const included = patterns.filter((pattern) => !pattern.startsWith('!'))
  const isAbout = (name: HostName): boolean => {
    const written = formatHostName(name)
    const matches = (pattern: string) => matchesWildcards(written, pattern)
    return included.some(matches) && !excluded.some(matches)
  }
  const names = included
    .filter((pattern) => !hasWildcard(pattern))
    .map(parseHostName)
    .filter((name) => name !== undefined)
    .map(({ host, port = defaultPort }) => ({ host, port }))
    .filter(isAbout)
  const wildcards = patterns.filter(hasWildcard).length
  return { names, hasMore: included.some(hasWildcard), weight: Math.max(1, wildcards), isAbout }
}
