import { describe, expect, it } from 'vitest'
import { CodedError } from '../../../../src/core/errors.ts'
import { failureLine, failureText, HelperError, statusOf } from '../../../../src/helper/fast/failure.ts'
import { IpcError } from '../../../../src/ipc/ipc-error.ts'

describe('exit statuses', () => {
  it.each([
    [new HelperError('USAGE', ''), 2],
    [new HelperError('PERSON_NEEDED', ''), 3],
    [new HelperError('PROGRAM_NOT_RUN', ''), 126],
    [new HelperError('PROGRAM_MISSING', ''), 127],
    [new HelperError('CANCELLED', ''), 130],
    [new IpcError('DAEMON_NOT_RUNNING', ''), 1],
    [new HelperError('BAD_REPLY', ''), 1],
    [new HelperError('REFUSED', ''), 1],
    [new HelperError('TIMED_OUT', ''), 1],
    [new HelperError('OUTPUT_FAILED', ''), 1],
    [new HelperError('SERVICE_FAILED', ''), 1],
    [new Error('anything'), 1],
    ['anything', 1],
  ])('%o ends with %i', (error, status) => {
    expect(statusOf(error)).toBe(status)
  })
})

describe('a failure', () => {
  const error = new CodedError('X', 'role dev refused', { hint: 'latchkey status' })

  it('is one line for a caller that shows one', () => {
    expect(failureLine(error)).toBe('latchkey: role dev refused; hint: latchkey status\n')
  })

  it('is two lines for a person', () => {
    expect(failureText(error)).toBe('latchkey: role dev refused\nhint: latchkey status\n')
  })

  it('has no hint where there is none', () => {
    expect(failureLine(new Error('no disk'))).toBe('latchkey: no disk\n')
    expect(failureText('odd')).toBe('latchkey: odd\n')
  })

  it('stays one line whatever another program put into its text', () => {
    const forged = new CodedError('X', 'a\nlatchkey: all is well\r\u001b[2K', { hint: 'b\u0000\u2028c\u202e' })
    expect(failureLine(forged)).toBe('latchkey: a latchkey: all is well [2K; hint: b c\n')
  })
})
