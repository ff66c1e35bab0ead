import { decodePublicKey } from '../../ssh/public-key.ts'
import { SshReader, SshWriter } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'

/** `restrict-destination-v00@openssh.com` (PROTOCOL.agent §2): where an added key may be used. */
export const restrictDestinationName = 'restrict-destination-v00@openssh.com'

/** A host, as a constraint names it: by its keys. */
export interface ConstrainedHost {
  /** For a key of a CA, the certificate must name this. */
  hostname: string
  /** Plain keys, of the host itself or of a CA that certifies it. */
  keys: readonly { blob: Uint8Array; isCa: boolean }[]
}

/** One way that a key may be used: from one host, to another one. */
export interface DestinationConstraint {
  /** Undefined: from this machine. */
  from: ConstrainedHost | undefined
  to: ConstrainedHost
  /** A pattern for the user there, with `*` and `?`; undefined: any. */
  user: string | undefined
}

/** OpenSSH's AGENT_MAX_DEST_CONSTRAINTS. */
const maxConstraints = 1024
/** OpenSSH has this bound from 10.4 on, against patterns that take for ever. */
const maxUserLength = 256

/**
 * Reads the contents of the constraint.
 * @throws {AgentError} CONSTRAINT_UNSUPPORTED: it says what cannot be kept, or nothing that makes sense
 * @throws {SshError} WIRE_…, KEY_…
 */
export function readDestinations(contents: Uint8Array): readonly DestinationConstraint[] {
  const reader = new SshReader(contents)
  const constraints: DestinationConstraint[] = []
  while (reader.remaining > 0) {
    if (constraints.length >= maxConstraints) throw unsupported(`more than ${maxConstraints} destinations`)
    constraints.push(readDestination(new SshReader(reader.string())))
  }
  return constraints
}

function readDestination(reader: SshReader): DestinationConstraint {
  const from = readHop(new SshReader(reader.string()))
  const to = readHop(new SshReader(reader.string()))
  refuseExtensions(reader)
  reader.end()
  const isFromHere = from.hostname === '' && from.keys.length === 0
  if (from.user !== '' || (!isFromHere && !isComplete(from))) throw unsupported('a destination from half a host')
  if (!isComplete(to)) throw unsupported('half a destination')
  if (to.user.length > maxUserLength) throw unsupported('too long a pattern for users')
  const host = ({ hostname, keys }: ConstrainedHost): ConstrainedHost => ({ hostname, keys })
  return { from: isFromHere ? undefined : host(from), to: host(to), user: to.user === '' ? undefined : to.user }
}

const isComplete = ({ hostname, keys }: ConstrainedHost) => hostname !== '' && keys.length > 0

function readHop(reader: SshReader): ConstrainedHost & { user: string } {
  const user = reader.text()
  const hostname = reader.text()
  refuseExtensions(reader)
  const keys: ConstrainedHost['keys'][number][] = []
  // Copied: the message held the private key, and is overwritten.
  while (reader.remaining > 0)
    keys.push({ blob: Uint8Array.from(decodePublicKey(reader.string()).blob), isCa: reader.boolean() })
  return { user, hostname, keys }
}

/** Reserved for what is to come: none of it is known here. */
function refuseExtensions(reader: SshReader): void {
  if (reader.string().length > 0) throw unsupported('a destination with extensions')
}

/** Writes what `readDestinations` reads. */
export function writeDestinations(constraints: readonly DestinationConstraint[]): Uint8Array {
  const whole = new SshWriter()
  for (const { from, to, user = '' } of constraints)
    whole.string(new SshWriter().string(hop(from)).string(hop(to, user)).string('').bytes())
  return whole.bytes()
}

function hop({ hostname, keys }: ConstrainedHost = { hostname: '', keys: [] }, user = ''): Uint8Array {
  const writer = new SshWriter().string(user).string(hostname).string('')
  for (const { blob, isCa } of keys) writer.string(blob).boolean(isCa)
  return writer.bytes()
}

const unsupported = (what: string) =>
  new AgentError('CONSTRAINT_UNSUPPORTED', `the constraint ${restrictDestinationName} has ${what}`)
