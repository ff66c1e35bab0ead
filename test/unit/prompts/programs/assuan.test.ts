import { describe, expect, it } from 'vitest'
import { type AssuanReply, createAssuanReader, escapeAssuan } from '../../../../src/prompts/programs/assuan.ts'

/** The replies that lines make. */
function replies(...lines: readonly string[]): AssuanReply[] {
  const read = createAssuanReader()
  return lines.flatMap((line) => read(line) ?? [])
}

describe('an argument of a command', () => {
  it('cannot end the line, whatever it holds', () => {
    expect(escapeAssuan('50% off\r\nBYE\n')).toBe('50%25 off%0D%0ABYE%0A')
    expect(escapeAssuan('jö <b>_')).toBe('jö <b>_')
  })
})

describe('the lines of a server', () => {
  it('are a reply for each OK and each ERR, with the data before it', () => {
    expect(
      replies('OK Pleased to meet you', 'D one', 'D  two', 'OK', 'OK', 'ERR 83886179 Operation cancelled <x>'),
    ).toEqual([
      { isOk: true, data: '' },
      { isOk: true, data: 'one two' },
      { isOk: true, data: '' },
      // The number names who it is from as well: 5 << 24 is pinentry.
      { isOk: false, code: 99, text: 'Operation cancelled <x>' },
    ])
  })

  it('have their escapes read, letters of several bytes too', () => {
    expect(replies('D 100%25%0D%0A j%C3%B6 ü', 'OK')).toEqual([{ isOk: true, data: '100%\r\n jö ü' }])
    expect(replies('D 5% and %zz', 'OK')).toEqual([{ isOk: true, data: '5% and %zz' }])
  })

  it('are passed over where they are status lines, comments or anything else', () => {
    expect(replies('S PASSWORD_FROM_CACHE', '# hello', '', 'INQUIRE x', 'OKAY', 'D', 'OK')).toEqual([
      { isOk: true, data: '' },
    ])
  })

  it('leave nothing of a refused command for the next', () => {
    expect(replies('D 123', 'ERR 1', 'OK')).toEqual([
      { isOk: false, code: 1, text: '' },
      { isOk: true, data: '' },
    ])
  })
})
