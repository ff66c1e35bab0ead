import type { ProgramEnd } from '../../core/programs/bounded-program.ts'

/** What became of a key that ssh has offered. */
export interface TriedKey {
  /** The comment or the file, as ssh shows it. */
  name: string
  /** As ssh shows it: `ED25519-CERT`. */
  type: string
  fingerprint: string
  /** `ended`: the server has hung up at it. */
  result: 'accepted' | 'refused' | 'not-signed' | 'ended'
}

/** How a login ended. */
export type LoginOutcome =
  | { type: 'in'; hasTerminal: boolean }
  | { type: 'too-many' }
  | { type: 'denied'; methods: readonly string[]; isPartial: boolean }
  | { type: 'host-changed'; file?: string }
  | { type: 'host-unknown' | 'host-revoked' | 'host-unverified' }
  | { type: 'unreachable'; reason: string }
  | { type: 'unresolved' }
  /** By the last host before. */
  | { type: 'not-forwarded'; reason: string }
  | { type: 'no-common-algorithm'; reason: string }
  | { type: 'closed' | 'timed-out' }
  | { type: 'other'; reason: string }

/** One login, as it is seen in the output of `ssh -v`. */
export interface LoginAttempt {
  /** How many hosts before the last one have let us through. */
  passed: number
  /** At the host where it ended. */
  tried: readonly TriedKey[]
  outcome: LoginOutcome
}

const authenticated = /^Authenticated to .* using "[^"]+"\.$/
const offering = /^debug1: Offering public key: (.*) ([A-Z0-9-]+) (SHA256:[A-Za-z0-9+/]{43})(?: [a-z-]+)*$/

/** @param hops how many hosts are between: each login to one is told in the same output, before the next one begins */
export function readAttempt(complaint: string, end: ProgramEnd, hops: number): LoginAttempt {
  const lines = complaint.split('\n').map((line) => line.replace(/\r$/, ''))
  const logins: string[][] = [[]]
  for (const line of lines) {
    logins.at(-1)!.push(line)
    if (authenticated.test(line)) logins.push([])
  }
  const passed = Math.min(logins.length - 1, hops)
  if (logins.length - 1 > hops) {
    const hasTerminal = !lines.some((line) => line.startsWith('PTY allocation request failed'))
    return { passed, tried: triedKeys(logins[hops]!), outcome: { type: 'in', hasTerminal } }
  }
  const last = logins.at(-1)!
  return { passed, tried: triedKeys(last), outcome: outcomeOf(last, end) }
}

function triedKeys(lines: readonly string[]): readonly TriedKey[] {
  const tried: TriedKey[] = []
  const settle = (result: TriedKey['result'], from: TriedKey['result']) => {
    const key = tried.at(-1)
    if (key?.result === from) key.result = result
  }
  for (const line of lines) {
    const [, name, type, fingerprint] = offering.exec(line) ?? []
    if (name !== undefined && type !== undefined && fingerprint !== undefined)
      tried.push({ name, type, fingerprint, result: 'ended' })
    else if (line.startsWith('debug1: Authentications that can continue:')) settle('refused', 'ended')
    else if (line.startsWith('debug1: Server accepts key:')) settle('accepted', 'ended')
    else if (line.startsWith('sign_and_send_pubkey: signing failed')) settle('not-signed', 'accepted')
  }
  return tried
}

function outcomeOf(lines: readonly string[], end: ProgramEnd): LoginOutcome {
  const match = (pattern: RegExp) => lines.map((line) => pattern.exec(line)).find((found) => found !== null)
  const has = (pattern: RegExp) => match(pattern) !== undefined
  if (has(/: Too many authentication failures/)) return { type: 'too-many' }
  if (has(/WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!/)) {
    const file = match(/^Offending \S+ key in (.*):\d+$/)?.[1]
    return { type: 'host-changed', ...(file === undefined ? {} : { file }) }
  }
  if (has(/WARNING: REVOKED HOST KEY DETECTED!/)) return { type: 'host-revoked' }
  if (has(/^No .*host key is known for .* and you have requested strict checking/)) return { type: 'host-unknown' }
  if (has(/^Host key verification failed\./)) return { type: 'host-unverified' }
  if (has(/^ssh: Could not resolve hostname /)) return { type: 'unresolved' }
  const unreachable = match(/^ssh: connect to host \S+ port \d+: (.*)$/)
  if (unreachable !== undefined) return { type: 'unreachable', reason: unreachable[1]! }
  const forwarding = match(/^channel \d+: open failed: (.*)$/)
  if (forwarding !== undefined && has(/^stdio forwarding failed/))
    return { type: 'not-forwarded', reason: forwarding[1]! }
  const common = match(/^Unable to negotiate with .*: (no matching .*)$/)
  if (common !== undefined) return { type: 'no-common-algorithm', reason: common[1]! }
  const denied = match(/: Permission denied \(([^)]*)\)\.$/)
  if (denied !== undefined) {
    const isPartial = has(/^Authenticated using "[^"]+" with partial success\.$/)
    return { type: 'denied', methods: denied[1]!.split(','), isPartial }
  }
  if (end.how === 'timed-out' || has(/timed out/)) return { type: 'timed-out' }
  if (has(/^(?:kex_exchange_identification|Connection (?:closed|reset)|client_loop: send disconnect)/))
    return { type: 'closed' }
  // What ssh says last and of its own accord.
  const reason = lines.findLast(
    (line) => line.trim() !== '' && !/^(?:debug\d|OpenSSH_|Transferred:|Bytes per)/.test(line),
  )
  return { type: 'other', reason: reason ?? 'ssh has said nothing' }
}
