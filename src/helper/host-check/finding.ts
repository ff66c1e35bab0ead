import type { HostObservation, ProgramSaid } from './observation.ts'

/** What was found, in words. */
export interface Finding {
  type:
    | 'good'
    /** A login by a certificate fails of it. */
    | 'bad'
    /** It could not be looked at. */
    | 'unseen'
    | 'note'
  text: string
  /** What mends it, where that is known. */
  hint?: string
}

/** A CA that certifies users. */
export interface OwnCa {
  vault: string
  mount: string
  /** The line of a public key, without a comment. */
  key: string
  fingerprint: string
  /** Another issuer of its mount, which certifies none of the identities now. */
  isSpare?: true
}

/** A CA that could not be read. */
export interface UnreadCa {
  vault: string
  mount: string
  error: { message: string; hint?: string }
}

/** An identity of ours that may log in there. */
export interface OwnIdentity {
  name: string
  /** Of the plain key. */
  keyType: string
  /** Those that it has, or asks for. */
  principals: readonly string[]
}

/** What the rules look at. */
export interface HostFacts {
  host: HostObservation
  /** Of `sshd -T`; each in small letters. */
  settings: ReadonlyMap<string, readonly string[]>
  cas: readonly OwnCa[]
  /** Those of which nothing can be said. */
  unreadCas: readonly UnreadCa[]
  identities: readonly OwnIdentity[]
}

/** What is known on this side. */
export type OwnFacts = Pick<HostFacts, 'cas' | 'unreadCas' | 'identities'>

/** A setting that has one value; undefined where it is not told, or none. */
export function settingOf({ settings }: HostFacts, name: string): string | undefined {
  const value = settings.get(name)?.[0]
  return value === 'none' || value === '' ? undefined : value
}

/** A setting that is a list with commas. */
export function listOf(facts: HostFacts, name: string): readonly string[] | undefined {
  return settingOf(facts, name)?.split(',')
}

/** Why a file could not be read; undefined where it was. */
export function readFault({ lines, status }: ProgramSaid): string | undefined {
  if (status === 0) return undefined
  const why = lines.filter((line) => line !== '').at(-1) ?? `status ${status}`
  return why.replace(/^.*: /, '')
}

/** What a path is that sshd takes for a missing file, as the end of a sentence; undefined: it may be a file. */
export function missingFile(fault: string): string | undefined {
  if (/no such file/i.test(fault)) return 'does not exist'
  return /is a directory/i.test(fault) ? 'is a folder' : undefined
}

/** Somewhat less than what the script reads of a file, at whose end it strips blank lines. */
const wholeBytes = 65_000

/** Whether a file has more than was read of it. */
export function isCut({ lines }: ProgramSaid): boolean {
  return Buffer.byteLength(lines.join('\n')) > wholeBytes
}
