import { quoted, type SshReader, type SshWriter } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'
import {
  type DestinationConstraint,
  readDestinations,
  restrictDestinationName,
  writeDestinations,
} from './destination-constraints.ts'

/** What an added key may be used for, and for how long (RFC 9987 §5.2.7). */
export interface KeyConstraints {
  /** Counted from now; undefined: as long as the agent runs. */
  lifetimeSeconds: number | undefined
  /** Whether a person has to confirm each use. */
  mustConfirm: boolean
  /** Where it may be used; undefined: everywhere. */
  destinations: readonly DestinationConstraint[] | undefined
}

const numbers = { lifetime: 1, confirm: 2, extension: 255 } as const

/**
 * Reads all constraints up to the end of the message. A constraint that cannot be enforced fails the whole request: a key
 * that was sent with a limit must never be held without it (CVE-2026-39832).
 * @throws {AgentError} CONSTRAINT_UNSUPPORTED, CONSTRAINT_REPEATED
 * @throws {SshError} WIRE_TRUNCATED
 */
export function readConstraints(reader: SshReader): KeyConstraints {
  let lifetimeSeconds: number | undefined
  let mustConfirm = false
  let destinations: KeyConstraints['destinations']
  while (reader.remaining > 0) {
    const number = reader.byte()
    switch (number) {
      case numbers.lifetime:
        if (lifetimeSeconds !== undefined) throw new AgentError('CONSTRAINT_REPEATED', 'a lifetime is given twice')
        lifetimeSeconds = reader.uint32()
        break
      case numbers.confirm:
        if (mustConfirm) throw new AgentError('CONSTRAINT_REPEATED', 'to confirm each use is asked for twice')
        mustConfirm = true
        break
      case numbers.extension: {
        const name = reader.text()
        if (name !== restrictDestinationName) throw unsupported(quoted(name))
        if (destinations !== undefined) throw new AgentError('CONSTRAINT_REPEATED', 'destinations are given twice')
        destinations = readDestinations(reader.string())
        break
      }
      default:
        throw unsupported(`number ${number}`)
    }
  }
  // None at all is no limit (OpenSSH's identity_permitted).
  return { lifetimeSeconds, mustConfirm, destinations: destinations?.length === 0 ? undefined : destinations }
}

/** True if there is anything to write: a key without constraints is added with another message. */
export function hasConstraints({ lifetimeSeconds, mustConfirm, destinations }: KeyConstraints): boolean {
  return lifetimeSeconds !== undefined || mustConfirm || destinations !== undefined
}

/** Writes what `readConstraints` reads. */
export function writeConstraints(
  writer: SshWriter,
  { lifetimeSeconds, mustConfirm, destinations }: KeyConstraints,
): SshWriter {
  if (lifetimeSeconds !== undefined) writer.byte(numbers.lifetime).uint32(lifetimeSeconds)
  if (mustConfirm) writer.byte(numbers.confirm)
  if (destinations === undefined) return writer
  return writer.byte(numbers.extension).string(restrictDestinationName).string(writeDestinations(destinations))
}

function unsupported(constraint: string): AgentError {
  return new AgentError('CONSTRAINT_UNSUPPORTED', `the constraint ${constraint} is not supported`)
}
