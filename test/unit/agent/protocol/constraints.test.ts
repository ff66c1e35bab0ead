import { describe, expect, it } from 'vitest'
import { AgentError } from '../../../../src/agent/agent-error.ts'
import { readConstraints } from '../../../../src/agent/protocol/constraints.ts'
import { writeDestinations } from '../../../../src/agent/protocol/destination-constraints.ts'
import { type CodedError, errorCode } from '../../../../src/core/errors.ts'
import { SshReader } from '../../../../src/ssh/wire.ts'
import { confirm, extensionConstraint, lifetime } from '../../../support/agent-messages.ts'
import { plainBlob } from '../../../support/ssh-vectors.ts'

const none = { lifetimeSeconds: undefined, mustConfirm: false, destinations: undefined }
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
    expect(read()).toEqual(none)
  })

  it('may be a lifetime, of any uint32', () => {
    expect(read(lifetime(60))).toEqual({ lifetimeSeconds: 60, mustConfirm: false, destinations: undefined })
    expect(read(lifetime(2 ** 32 - 1))).toEqual({
      lifetimeSeconds: 4_294_967_295,
      mustConfirm: false,
      destinations: undefined,
    })
    expect(read(lifetime(0))).toEqual({ lifetimeSeconds: 0, mustConfirm: false, destinations: undefined })
  })

  it('may want each use to be confirmed', () => {
    expect(read(confirm)).toEqual({ lifetimeSeconds: undefined, mustConfirm: true, destinations: undefined })
    expect(read(confirm, lifetime(60))).toEqual({ lifetimeSeconds: 60, mustConfirm: true, destinations: undefined })
  })

  it('are refused when one is given twice', () => {
    expect(refusal(lifetime(60), lifetime(60)).code).toBe('CONSTRAINT_REPEATED')
    expect(refusal(confirm, confirm).code).toBe('CONSTRAINT_REPEATED')
  })

  it.each([
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

  it('may name destinations, once', () => {
    const destinations = [
      {
        from: undefined,
        to: { hostname: 'a', keys: [{ blob: Uint8Array.from(plainBlob('ed25519')), isCa: true }] },
        user: 'r*',
      },
      {
        from: { hostname: 'a', keys: [{ blob: Uint8Array.from(plainBlob('ed25519')), isCa: true }] },
        to: { hostname: 'b', keys: [{ blob: Uint8Array.from(plainBlob('ecdsa256')), isCa: false }] },
        user: undefined,
      },
    ]
    const constraint = extensionConstraint('restrict-destination-v00@openssh.com', writeDestinations(destinations))
    expect(read(constraint)).toEqual({ ...none, destinations })
    expect(refusal(constraint, constraint).code).toBe('CONSTRAINT_REPEATED')
    // As OpenSSH has it: no destination is no limit.
    expect(read(extensionConstraint('restrict-destination-v00@openssh.com'))).toEqual(none)
  })

  it('have no longer a pattern for users than can be looked at in time', () => {
    const withUser = (length: number) =>
      extensionConstraint(
        'restrict-destination-v00@openssh.com',
        writeDestinations([
          {
            from: undefined,
            to: { hostname: 'a', keys: [{ blob: Uint8Array.from(plainBlob('ed25519')), isCa: false }] },
            user: '*'.repeat(length),
          },
        ]),
      )
    expect(read(withUser(256)).destinations).toHaveLength(1)
    expect(refusal(withUser(257)).code).toBe('CONSTRAINT_UNSUPPORTED')
  })

  it('that are cut short fail the request', () => {
    expect(errorCode(refusal(lifetime(60).subarray(0, 3)))).toBe('WIRE_TRUNCATED')
    expect(errorCode(refusal(Buffer.of(255, 0, 0, 0, 5, 1)))).toBe('WIRE_TRUNCATED')
  })
})
