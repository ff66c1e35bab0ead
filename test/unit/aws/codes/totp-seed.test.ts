import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { codeOf, parseTotpSeed } from '../../../../src/aws/codes/totp-seed.ts'
import { describeWithPeers } from '../../../support/peers.ts'

const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const read = (text: string) => {
  const seed = parseTotpSeed(text)
  return { ...seed, secret: seed.secret.expose() }
}
const usual = { secret, periodSeconds: 30, algorithm: 'sha1' }

describe('a seed', () => {
  it.each([
    secret,
    ` ${secret.toLowerCase()}\n`,
    'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP',
    'jbsw-y3dp-ehpk-3pxp-jbsw-y3dp-ehpk-3pxp',
    `${secret}======`,
    `otpauth://totp/Amazon%20Web%20Services:jo@111122223333?secret=${secret}&issuer=Amazon%20Web%20Services`,
    `otpauth://totp/jo?secret=${secret.toLowerCase()}&digits=6&period=30&algorithm=SHA1`,
    `OTPAUTH://totp/jo?secret=${secret}&algorithm=sha-1`,
  ])('is read as people have it: %s', (text) => {
    expect(read(text)).toEqual(usual)
  })

  it('may have another period and another hash', () => {
    expect(read(`otpauth://totp/jo?secret=${secret}&period=60&algorithm=SHA256`)).toEqual({
      secret,
      periodSeconds: 60,
      algorithm: 'sha256',
    })
    expect(read(`otpauth://totp/jo?secret=${secret}&algorithm=SHA512`).algorithm).toBe('sha512')
  })

  it.each([
    ['', 'this is too short for a seed'],
    ['JBSWY3DP', 'this is too short for a seed'],
    ['123456', 'this seed is not base32 (A to Z and 2 to 7)'],
    [`${secret}1`, 'this seed is not base32 (A to Z and 2 to 7)'],
    ['https://example.com/?secret=JBSWY3DPEHPK3PXP', 'this is neither base32 nor an otpauth: address'],
    ['otpauth:', 'this is neither base32 nor an otpauth: address'],
    ['otpauth-migration://offline?data=AAAA', 'this is an export of an app, and not the seed of one device'],
    [
      `otpauth://hotp/jo?secret=${secret}&counter=1`,
      'this is the seed of a device that counts, and AWS takes those of a clock',
    ],
    ['otpauth://totp/jo', 'this is too short for a seed'],
    [`otpauth://totp/jo?secret=${secret}&secret=${secret}`, 'this otpauth: address says something twice'],
    [
      `otpauth://totp/jo?secret=${secret}&digits=8`,
      'this seed does not make codes of six digits, and AWS takes no others',
    ],
    [`otpauth://totp/jo?secret=${secret}&period=0`, 'the period of this seed is not 1 to 300 s'],
    [`otpauth://totp/jo?secret=${secret}&period=301`, 'the period of this seed is not 1 to 300 s'],
    [`otpauth://totp/jo?secret=${secret}&period=x`, 'the period of this seed is not 1 to 300 s'],
    [
      `otpauth://totp/jo?secret=${secret}&algorithm=MD5`,
      'the algorithm of this seed is none of SHA1, SHA256 and SHA512',
    ],
  ])('is refused without a word of it: %s', (text, message) => {
    expect(() => parseTotpSeed(text)).toThrow(expect.objectContaining({ code: 'AWS_SEED_INVALID', message }))
  })
})

describeWithPeers('oathtool', ['oathtool'], () => {
  it.each([
    [30, 'sha1'],
    [60, 'sha256'],
    [30, 'sha512'],
  ] as const)('makes the same codes of a seed with %d s and %s', (periodSeconds, algorithm) => {
    const seed = parseTotpSeed(`otpauth://totp/jo?secret=${secret}&period=${periodSeconds}&algorithm=${algorithm}`)
    for (const seconds of [1767323045, 1767323059, 1767323060, 4102444800]) {
      const options = [`--totp=${algorithm}`, `--time-step-size=${periodSeconds}s`, `--now=@${seconds}`]
      const theirs = execFileSync('oathtool', [...options, '--base32', secret], { encoding: 'utf8' })
      expect(codeOf(seed, seconds * 1000).expose()).toBe(theirs.trim())
    }
  })
})
