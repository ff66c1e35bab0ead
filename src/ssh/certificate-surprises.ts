import { formatDuration } from '../core/time/duration.ts'
import { certificateValidity, type SshCertificate } from './certificate.ts'
import { quoted } from './wire.ts'

/** What a CA was asked to certify. Anything absent is left to the CA. */
export interface AskedCertificate {
  principals?: readonly string[] | undefined
  criticalOptions?: Readonly<Record<string, string>> | undefined
  extensions?: Readonly<Record<string, string>> | undefined
  ttlSeconds?: number | undefined
}

/** How much longer than requested a certificate may be valid without a warning, in seconds: clocks differ, and CAs round. */
const tolerableSeconds = 5 * 60
/** How many names a message repeats: a certificate has room for thousands. */
const maxNames = 5
/** PROTOCOL.certkeys, "Extensions". */
const terminalExtension = 'permit-pty'
/** A certificate cannot be recalled: what lives longer than a day, and an hour for backdating, is worth a warning. */
const longLifeSeconds = 25 * 3600

/**
 * Where a certificate goes beyond what was asked for, in words: whom it is for, how long, what it allows, and restrictions,
 * which a role may change into others. The CA's operator may have set up the role that way. Extensions that a role adds are
 * ordinary where none were asked for.
 * @param nowMs by the CA's clock
 */
export function certificateExcess(
  certificate: SshCertificate,
  { principals, criticalOptions = {}, extensions, ttlSeconds }: AskedCertificate,
  nowMs: number,
): string[] {
  const lifeSeconds = lifeSecondsOf(certificate, nowMs)
  return [
    ...principalExcess(certificate.principals, principals),
    ...optionExcess(certificate.criticalOptions, criticalOptions),
    ...(extensions === undefined ? [] : extensionExcess(certificate.extensions, extensions)),
    ...(ttlSeconds === undefined || lifeSeconds <= ttlSeconds + tolerableSeconds
      ? []
      : [`it is valid for ${formatDuration(lifeSeconds)}, though ${formatDuration(ttlSeconds)} was asked for`]),
  ]
}

/**
 * What a person would run into, though it is not more than was asked for.
 * @param nowMs by the CA's clock
 */
export function certificateCautions(
  certificate: SshCertificate,
  { extensions, ttlSeconds }: AskedCertificate,
  nowMs: number,
): string[] {
  const lifeSeconds = lifeSecondsOf(certificate, nowMs)
  return [
    ...terminalCautions(certificate.extensions, extensions),
    ...(ttlSeconds !== undefined || lifeSeconds <= longLifeSeconds
      ? []
      : [`it is valid for ${formatDuration(lifeSeconds)}, far longer than a day: set ttl in config.toml`]),
  ]
}

/** In whole minutes, since a certificate is some seconds old when it arrives. */
const lifeSecondsOf = (certificate: SshCertificate, nowMs: number) =>
  Math.round((certificateValidity(certificate).notAfterMs - nowMs) / 60_000) * 60

function principalExcess(given: readonly string[], asked: readonly string[] | undefined): string[] {
  if (asked === undefined) {
    // sshd treats it as a name like any other; a server that treats it as a pattern lets its holder in as anyone.
    return given.includes('*') ? ['it is for "*", which may mean any user: set principals in config.toml'] : []
  }
  const more = given.filter((name) => !asked.includes(name))
  return more.length === 0 ? [] : [`it is also for ${list(more)}, which was not asked for`]
}

function optionExcess(given: ReadonlyMap<string, string>, asked: Readonly<Record<string, string>>): string[] {
  const more = [...given].filter(([name]) => !Object.hasOwn(asked, name))
  const other = Object.entries(asked).filter(([name, value]) => given.get(name) !== value)
  return [
    ...(more.length === 0 ? [] : [`it is restricted by ${list(more.map(assigned))}, which was not asked for`]),
    ...(other.length === 0 ? [] : [`it is not restricted by ${list(other.map(assigned))}, which was asked for`]),
  ]
}

function extensionExcess(given: ReadonlyMap<string, string>, asked: Readonly<Record<string, string>>): string[] {
  const more = [...given].filter(([name, value]) => !Object.hasOwn(asked, name) || asked[name] !== value)
  return more.length === 0 ? [] : [`it also allows ${list(more.map(assigned))}, which was not asked for`]
}

/** Without it sshd says "PTY allocation request failed", and the shell that starts all the same looks broken. */
function terminalCautions(given: ReadonlyMap<string, string>, asked: Readonly<Record<string, string>> | undefined) {
  const isWanted = asked === undefined || Object.hasOwn(asked, terminalExtension)
  if (given.has(terminalExtension) || !isWanted) return []
  return [
    `it gives ssh no terminal without ${terminalExtension}: set that in default_extensions of the role, or in extensions of config.toml`,
  ]
}

const assigned = ([name, value]: readonly [string, string]) => (value === '' ? name : `${name}=${value}`)

function list(texts: readonly string[]): string {
  const shown = texts.slice(0, maxNames).map(quoted).join(', ')
  return texts.length > maxNames ? `${shown} and ${texts.length - maxNames} more` : shown
}
