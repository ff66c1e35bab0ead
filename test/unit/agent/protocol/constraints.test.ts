import { describe, expect, it } from 'vitest'
import { AgentError } from '../../../../src/agent/agent-error.ts'
import { readConstraints } from '../../../../src/agent/protocol/constraints.ts'
import { type CodedError, errorCode } from '../../../../src/core/errors.ts'
import { SshReader } from '../../../../src/ssh/wire.ts'
import { confirm, extensionConstraint, lifetime } from '../../../support/agent-messages.ts'

const read = (...constraints: Uint8Array[]) => readConstraints(new SshReader(Buffer.concat(constraints)))

function refusal(...constraints: Uint8Array[]): CodedError {
  try {
    read(...constraints)
  } catch (error) {
    return error as CodedError
  }
  throw new Error('the constraints were accepted')
}

describe('constraints of an added key', () => {
  it('may be none', () => {
    expect(read()).toEqual({ lifetimeSeconds: undefined, mustConfirm: false })
  })

  it('may be a lifetime, of any uint32', () => {
    expect(read(lifetime(60))).toEqual({ lifetimeSeconds: 60, mustConfirm: false })
    expect(read(lifetime(2 ** 32 - 1))).toEqual({ lifetimeSeconds: 4_294_967_295, mustConfirm: false })
    expect(read(lifetime(0))).toEqual({ lifetimeSeconds: 0, mustConfirm: false })
  })

  it('may want each use to be confirmed', () => {
    expect(read(confirm)).toEqual({ lifetimeSeconds: undefined, mustConfirm: true })
    expect(read(confirm, lifetime(60))).toEqual({ lifetimeSeconds: 60, mustConfirm: true })
  })

  it('are refused when one is given twice', () => {
    expect(refusal(lifetime(60), lifetime(60)).code).toBe('CONSTRAINT_REPEATED')
    expect(refusal(confirm, confirm).code).toBe('CONSTRAINT_REPEATED')
  })

  it.each([
    ['a destination', extensionConstraint('restrict-destination-v00@openssh.com')],
    ['certificates of a token', extensionConstraint('associated-certs-v00@openssh.com')],
    ['a FIDO provider', extensionConstraint('sk-provider@openssh.com')],
    ['an extension nobody knows', extensionConstraint('x@example.com')],
    ['the most signatures of XMSS', Buffer.of(3, 0, 0, 0, 1)],
    ['a number nobody knows', Buffer.of(0)],
  ])('that cannot be enforced fail the request, alone or after another: %s', (_, constraint) => {
    expect(refusal(constraint)).toBeInstanceOf(AgentError)
    expect(refusal(constraint).code).toBe('CONSTRAINT_UNSUPPORTED')
    expect(refusal(lifetime(60), constraint).code).toBe('CONSTRAINT_UNSUPPORTED')
  })

  it('that ssh-add has an option for are refused with what to leave out', () => {
    expect(refusal(extensionConstraint('restrict-destination-v00@openssh.com')).hint).toContain('-h')
  })

  it('that are cut short fail the request', () => {
    expect(errorCode(refusal(lifetime(60).subarray(0, 3)))).toBe('WIRE_TRUNCATED')
    expect(errorCode(refusal(Buffer.of(255, 0, 0, 0, 5, 1)))).toBe('WIRE_TRUNCATED')
  })
})
