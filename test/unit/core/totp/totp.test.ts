import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { encodeBase32 } from '../../../../src/core/totp/base32.ts'
import { totp, totpOfStep, totpStep } from '../../../../src/core/totp/totp.ts'
import { describeWithPeers } from '../../../support/peers.ts'

/** The secrets of RFC 6238 appendix B: the same digits, as many as the hash has bytes. */
const secretOf = (bytes: number) => encodeBase32(Buffer.from('1234567890'.repeat(7)).subarray(0, bytes))
const rfcSecret = secretOf(20)

describe('totp', () => {
  // RFC 6238 appendix B.
  it.each([
    [59, '94287082', '46119246', '90693936'],
    [1111111109, '07081804', '68084774', '25091201'],
    [1111111111, '14050471', '67062674', '99943326'],
    [1234567890, '89005924', '91819424', '93441116'],
    [2000000000, '69279037', '90698825', '38618901'],
    [20000000000, '65353130', '77737706', '47863826'],
  ])('makes the codes of RFC 6238 at %d s', (seconds, sha1, sha256, sha512) => {
    const atMs = seconds * 1000
    expect(totp(rfcSecret, atMs, { digits: 8 })).toBe(sha1)
    expect(totp(rfcSecret, atMs)).toBe(sha1.slice(2))
    expect(totp(secretOf(32), atMs, { digits: 8, algorithm: 'sha256' })).toBe(sha256)
    expect(totp(secretOf(64), atMs, { digits: 8, algorithm: 'sha512' })).toBe(sha512)
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

describeWithPeers('oathtool', ['oathtool'], () => {
  it.each([0, 29, 30, 59, 1111111111, 1767323045, 4102444800])('shows the same code at %d s', (seconds) => {
    const secret = encodeBase32(Uint8Array.from({ length: 20 }, (_, index) => (index * 89 + seconds) % 256))
    const theirs = execFileSync('oathtool', ['--totp', '--base32', `--now=@${seconds}`, secret], { encoding: 'utf8' })
    expect(totp(secret, seconds * 1000)).toBe(theirs.trim())
  })
})
