import { describe, expect, it } from 'vitest'
import { decodeBase32, encodeBase32 } from '../../../../src/core/totp/base32.ts'

describe('base32', () => {
  // RFC 4648 §10.
  it.each([
    ['', ''],
    ['f', 'MY======'],
    ['fo', 'MZXQ===='],
    ['foo', 'MZXW6==='],
    ['foob', 'MZXW6YQ='],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI======'],
  ])('writes and reads %j as RFC 4648 does', (plain, padded) => {
    expect(encodeBase32(Buffer.from(plain))).toBe(padded.replace(/=/g, ''))
    expect(Buffer.from(decodeBase32(padded)).toString()).toBe(plain)
  })

  it('reads what people copy: lower case, in groups, without padding', () => {
    expect(Buffer.from(decodeBase32('mzxw 6ytb oi')).toString()).toBe('foobar')
  })

  it.each(['MZXW6YT1', 'MZXW-6YT', 'MZ=W'])('refuses %s and does not repeat it', (text) => {
    expect(() => decodeBase32(text)).toThrow(
      expect.objectContaining({ code: 'BASE32_INVALID', message: expect.not.stringContaining(text) }),
    )
  })
})
