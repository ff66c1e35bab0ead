import { readOr } from '../read-or.ts'
import { equalBytes, SshReader } from '../wire.ts'
import { formatHostName, type HostName } from './host-name.ts'
import { formatKnownHost, type KnownHost, parseKnownHost } from './known-host.ts'

/** A name under which keys are to be known. */
export interface PinnedName extends HostName {
  /** Present: it is hashed, with as many random bytes as SHA-1 has (OpenSSH's hostfile.c). */
  newSalt?: (() => Uint8Array) | undefined
}

/** A line that stands in the way. */
export interface HostConflict {
  /** From 1. */
  line: number
  name: HostName
  /** It is about more names than those that stand in it in full. */
  isPattern: boolean
  /** Whoever takes out each line that is about the name, whole, loses what is known of other names. */
  isShared: boolean
}

/** What becomes of a known_hosts file. */
export type PinOutcome =
  | { type: 'pinned'; text: string; added: number }
  /** A name has another key: who has it may be the machine that was there before, or somebody else. */
  | { type: 'conflict'; conflicts: readonly HostConflict[] }
  /** One of the keys is nobody's any more. */
  | { type: 'revoked'; line: number }

interface ParsedLine {
  line: number
  known: KnownHost
  isHashed: boolean
  /** As they stand there. */
  type: string
  base64: string
}

/** One whose key can be read. */
interface LineWithKey extends ParsedLine {
  blob: Uint8Array
}

/**
 * Adds the keys of a host to a known_hosts file, a line for each of its names and keys as ssh does; what is there already is
 * not added again, and no other line changes. Any other key under one of the names is a conflict, whatever its type: ssh would
 * go on trusting any machine that has it.
 * @param text as latin1, so that each character is a byte
 * @param keys blobs of plain keys
 */
export function pinKeys(text: string, names: readonly PinnedName[], keys: readonly Uint8Array[]): PinOutcome {
  const lines = linesOf(text)
  const isOurs = ({ blob }: LineWithKey) => keys.some((key) => equalBytes(key, blob))
  const revoked = withKeys(lines.filter(({ known }) => known.role === 'revoked')).find(isOurs)
  if (revoked !== undefined) return { type: 'revoked', line: revoked.line }
  const hosts = lines.filter(({ known }) => known.role === 'host')
  const conflicts: HostConflict[] = []
  const missing: string[] = []
  for (const { newSalt, ...name } of names) {
    // Of all the lines of a large file, the keys of few are wanted.
    const own = withKeys(hosts.filter(({ known }) => known.isAbout(name)))
    const isShared = own.some(({ known, isHashed }) => !isHashed && isAboutOthers(known, names))
    for (const { line, known, isHashed } of own.filter((each) => !isOurs(each))) {
      const isPattern = !isHashed && !known.names.some((one) => isSameName(one, name))
      conflicts.push({ line, name, isPattern, isShared })
    }
    for (const key of keys)
      if (!own.some(({ blob }) => equalBytes(blob, key))) missing.push(formatKnownHost(name, key, newSalt?.()))
  }
  if (conflicts.length > 0) return { type: 'conflict', conflicts }
  const start = text === '' || text.endsWith('\n') || missing.length === 0 ? text : `${text}\n`
  return { type: 'pinned', text: `${start}${missing.join('')}`, added: missing.length }
}

const isAboutOthers = ({ names: all, hasMore }: KnownHost, names: readonly HostName[]) =>
  hasMore || all.some((one) => !names.some((name) => isSameName(one, name)))

const isSameName = (one: HostName, other: HostName) => formatHostName(one) === formatHostName(other)

/** The lines that ssh would read (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
function linesOf(text: string): readonly ParsedLine[] {
  return text.split('\n').flatMap((written, index) => {
    const fields = written.trim().split(/[ \t]+/)
    const own = fields[0]?.startsWith('@') ? 2 : 1
    const known = parseKnownHost(fields.slice(0, own))
    const [type, base64] = fields.slice(own)
    if (known === undefined || type === undefined || base64 === undefined) return []
    return [{ line: index + 1, known, isHashed: fields[own - 1]!.startsWith('|'), type, base64 }]
  })
}

/** Those that ssh does not skip for their key. */
function withKeys(lines: readonly ParsedLine[]): readonly LineWithKey[] {
  return lines.flatMap((line) => {
    const blob = blobOf(line.type, line.base64)
    return blob === undefined ? [] : [{ ...line, blob }]
  })
}

function blobOf(type: string, base64: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  const blob = Buffer.from(base64, 'base64')
  return readOr(undefined, () => (new SshReader(blob).text() === type ? blob : undefined))
}
