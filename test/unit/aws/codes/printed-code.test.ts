import { describe, expect, it } from 'vitest'
import { printedCode } from '../../../../src/aws/codes/printed-code.ts'
import type { ProgramEnd } from '../../../../src/core/programs/bounded-program.ts'

const done: ProgramEnd = { how: 'exited', status: 0 }
const read = (lines: readonly string[], end: ProgramEnd = done, complaint = '') =>
  printedCode({ end, lines, complaint }, 60_000)

describe('the code that a command prints', () => {
  it.each([
    [['123456'], '123456'],
    [['', '  123456  ', ''], '123456'],
    // As ykman without --single, beside an account id.
    [['Amazon Web Services:jo@111122223333  123456'], '123456'],
    [['code 123456', 'again 123456'], '123456'],
  ])('is its only number of six digits: %j', (lines, code) => {
    expect(read(lines)).toEqual({ code })
  })

  it.each([
    [[], 'printed no code of six digits'],
    [['12345', '1234567', '1234 56'], 'printed no code of six digits'],
    [['aws 123456', 'other 654321'], 'printed more than one number of six digits'],
  ])('is not guessed: %j', (lines, reason) => {
    expect(read(lines)).toEqual({ reason })
  })

  it.each<[ProgramEnd, string, string]>([
    [{ how: 'exited', status: 2 }, '', 'ended with exit status 2'],
    [
      { how: 'exited', status: 2 },
      'ERROR: Failed\u001b[2J connecting.\nPlug it in\n',
      'ended with exit status 2: ERROR: Failed [2J connecting. Plug it in',
    ],
    [{ how: 'killed', signal: 'SIGSEGV' }, 'oops', 'was ended by SIGSEGV: oops'],
    [{ how: 'timed-out' }, 'Touch your YubiKey...', 'gave no code within 1m: Touch your YubiKey...'],
    [{ how: 'printed-too-much' }, '', 'printed too much to be a code'],
    [{ how: 'withdrawn' }, '', 'was stopped'],
  ])('is missing where it ends as %j', (end, complaint, reason) => {
    expect(read(['123456'], end, complaint)).toEqual({ reason })
  })
})
