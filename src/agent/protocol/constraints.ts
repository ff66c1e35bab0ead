import { quoted, type SshReader, type SshWriter } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'

/** What an added key may be used for, and for how long (RFC 9987 §5.2.7). */
export interface KeyConstraints {
  /** Counted from now; undefined: as long as the agent runs. */
  lifetimeSeconds: number | undefined
  /** Whether a person has to confirm each use. */
  mustConfirm: boolean
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
      case numbers.extension:
        throw unsupported(quoted(reader.text()), 'add the key without -h')
      default:
        throw unsupported(`number ${number}`)
    }
  }
  return { lifetimeSeconds, mustConfirm }
}

/** True if there is anything to write: a key without constraints is added with another message. */
export function hasConstraints({ lifetimeSeconds, mustConfirm }: KeyConstraints): boolean {
  return lifetimeSeconds !== undefined || mustConfirm
}

/** Writes what `readConstraints` reads. */
export function writeConstraints(writer: SshWriter, { lifetimeSeconds, mustConfirm }: KeyConstraints): SshWriter {
  if (lifetimeSeconds !== undefined) writer.byte(numbers.lifetime).uint32(lifetimeSeconds)
  return mustConfirm ? writer.byte(numbers.confirm) : writer
}

function unsupported(constraint: string, hint?: string): AgentError {
  return new AgentError('CONSTRAINT_UNSUPPORTED', `the constraint ${constraint} is not supported`, { hint })
}
