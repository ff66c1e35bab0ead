import { describe, expect, it } from 'vitest'
import { fitsEveryHost, listedPatternMistake } from '../../../../src/ssh/known-hosts/pattern-list.ts'

describe('a pattern for known_hosts', () => {
  it.each([
    'db.example.com',
    '*.example.com',
    '10.20.*',
    'h?.example',
    '!old.example.com',
    '[db.example.com]:2222',
    '[*.example.com]:*',
    '![10.0.0.1]:22',
    'fe80::1%eth0',
    '2001:db8::*',
    'under_score',
  ])('may be %s', (text) => {
    expect(listedPatternMistake(text)).toBeUndefined()
  })

  it.each([
    '',
    '!',
    '!!a',
    'a b',
    'a,b',
    'a\n@cert-authority * ssh-ed25519 AAAA',
    'a\tb',
    '#a',
    '|1|c2FsdA==|aGFzaA==',
    '@revoked',
    '[a]',
    '[a]:',
    '[a]:0',
    '[a]:65536',
    '[a',
    'a]',
    '"a"',
    'ä.example',
    '\u001b[31m',
    'SHA256:abc/def+ghi=',
  ])('is not %j, which would end its field or its line, or mean something else', (text) => {
    expect(listedPatternMistake(text)).toContain('not a host of known_hosts')
  })

  it('is no longer than a name with its port', () => {
    expect(listedPatternMistake('a'.repeat(263))).toBeUndefined()
    expect(listedPatternMistake('a'.repeat(264))).toBe('longer than 263 characters')
  })

  it.each(['*', '**', '*.*', '?*', '[*]:22', '[*]:*', '*:*', '*-*'])('%s fits every host', (text) => {
    expect(fitsEveryHost(text)).toBe(true)
  })

  it.each(['*.com', '10.*', '!*', '[*.example]:*', 'fe80::*'])('%s does not', (text) => {
    expect(fitsEveryHost(text)).toBe(false)
  })
})
