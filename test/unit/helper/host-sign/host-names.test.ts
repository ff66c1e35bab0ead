import { describe, expect, it } from 'vitest'
import { hostNamesMistake, isHostName, parseHostNames } from '../../../../src/helper/host-sign/host-names.ts'

describe('the names of a host', () => {
  it.each(['db', 'db.example.com,10.0.0.5', '2001:db8::5', '::1', 'a_b.example', 'fe80::1%eth0', 'A.example'])(
    'may be %s',
    (text) => {
      expect(hostNamesMistake(text)).toBeUndefined()
    },
  )

  it.each([
    '',
    'a,',
    'a b',
    'a\nb',
    'a\tb',
    'a/b',
    '-a',
    '.a',
    'a.',
    'a;b',
    "a'b",
    '$(a)',
    '[a]:22',
    'ä',
    'x'.repeat(256),
  ])('are not %j', (text) => {
    expect(hostNamesMistake(text)).toContain('is no list of names of one host')
  })

  it.each(['*', '*.example.com', 'a,db?'])('are no pattern: %s', (text) => {
    expect(hostNamesMistake(text)).toContain('could then stand in for every host')
  })

  it('are no more than a certificate should have', () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `h${index}`).join(',')
    expect(hostNamesMistake(names(64))).toBeUndefined()
    expect(hostNamesMistake(names(65))).toBe('has more than 64 names')
  })

  it('are in lower case, each once', () => {
    expect(parseHostNames('DB.example,db.example,a')).toEqual(['db.example', 'a'])
    expect(isHostName('-o')).toBe(false)
  })
})
