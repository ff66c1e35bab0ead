import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import { toIamError } from '../../../../src/aws/iam/iam-errors.ts'
import { terminalCommands } from '../../../support/terminal-commands.ts'

/** An error as the SDK makes it of an answer. */
function answered(name: string, message: string, status = 409) {
  return Object.assign(new Error(message), { name, $fault: 'client', $metadata: { httpStatusCode: status } })
}

const failure = (error: unknown, secrets: string[] = []) => ({ error, action: 'DoIt', endpoint: 'IAM', secrets })

describe('what IAM says', () => {
  it.each([
    ['EntityAlreadyExistsException', 'AWS_ENTITY_EXISTS'],
    ['EntityAlreadyExists', 'AWS_ENTITY_EXISTS'],
    ['NoSuchEntityException', 'AWS_ENTITY_MISSING'],
    ['LimitExceededException', 'AWS_QUOTA_REACHED'],
    ['EntityTemporarilyUnmodifiableException', 'AWS_ENTITY_BUSY'],
    ['ConcurrentModificationException', 'AWS_ENTITY_BUSY'],
  ])('%s is %s, in its own words', (name, code) => {
    const error = toIamError(failure(answered(name, 'the thing with wJalr')))
    expect(error).toMatchObject({ code, message: 'AWS refused DoIt: the thing with wJalr' })
    expect(error.hint !== undefined).toBe(code === 'AWS_ENTITY_BUSY')
  })

  it('of two codes is no quotation of them', () => {
    const error = toIamError(failure(answered('InvalidAuthenticationCodeException', 'Code 123456 is bad', 403)))
    expect(error).toMatchObject({ code: 'AWS_MFA_CODE_REFUSED', message: expect.not.stringContaining('123456') })
  })

  it('is shown without what was sent in confidence', () => {
    const error = toIamError(failure(answered('NoSuchEntityException', 'no secret-key here\u001b[2J'), ['secret-key']))
    expect(error.message).not.toContain('secret-key')
    expect(terminalCommands(error.message)).toEqual([])
  })

  it('is that of STS where both say it', () => {
    expect(toIamError(failure(answered('AccessDenied', 'no', 403))).code).toBe('AWS_DENIED')
    expect(toIamError(failure(answered('Throttling', 'slow down', 400))).code).toBe('AWS_THROTTLED')
    expect(toIamError(failure(new Error('socket closed'))).code).toBe('AWS_BAD_RESPONSE')
    const own = new AwsError('AWS_UNREACHABLE', 'away')
    expect(toIamError(failure(own))).toBe(own)
  })
})
