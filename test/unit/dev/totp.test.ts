import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { decodeBase32, encodeBase32, totp, totpOfStep, totpStep } from '../../../src/dev/totp.ts'
import { describeWithPeers } from '../../support/peers.ts'

/** The secret of RFC 6238 appendix B. */
const rfcSecret = encodeBase32(Buffer.from('12345678901234567890'))

describe('totp', () => {
  // RFC 6238 appendix B, SHA-1.
  it.each([
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ])('makes the code of RFC 6238 at %d s', (seconds, code) => {
    expect(totp(rfcSecret, seconds * 1000, { digits: 8 })).toBe(code)
    expect(totp(rfcSecret, seconds * 1000)).toBe(code.slice(2))
  })

  it('makes the codes of RFC 4226', () => {
    // Appendix D, counters 0 to 9.
    const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
    expect(codes.map((_, counter) => totpOfStep(rfcSecret, counter))).toEqual(codes)
  })

  it('keeps its code for a period and changes it at the next', () => {
    expect(totp(rfcSecret, 30_000)).toBe(totp(rfcSecret, 59_999))
    expect(totp(rfcSecret, 60_000)).not.toBe(totp(rfcSecret, 59_999))
    expect(totpStep(59_999)).toBe(1)
    expect(totpStep(60_000, 60)).toBe(1)
  })
})

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
      expect.objectContaining({ code: 'TOTP_SECRET_INVALID', message: expect.not.stringContaining(text) }),
    )
  })
})

describeWithPeers('oathtool', ['oathtool'], () => {
  it.each([0, 29, 30, 59, 1111111111, 1767323045, 4102444800])('shows the same code at %d s', (seconds) => {
    const secret = encodeBase32(Uint8Array.from({ length: 20 }, (_, index) => (index * 89 + seconds) % 256))
    const theirs = execFileSync('oathtool', ['--totp', '--base32', `--now=@${seconds}`, secret], { encoding: 'utf8' })
    expect(totp(secret, seconds * 1000)).toBe(theirs.trim())
  })
})
