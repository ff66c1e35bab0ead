import { describe, expect, it } from 'vitest'
import { hostPatternMistake, hostPatterns } from '../../../../src/agent/destination/host-patterns.ts'

const fingerprint = `SHA256:${'a'.repeat(43)}`
const known = (...names: [host: string, port?: number][]) => ({
  fingerprint,
  names: names.map(([host, port = 22]) => ({ host, port })),
})

describe('the hosts of a key', () => {
  it('fit by the key, then by name and port, by name, and by the longer pattern', () => {
    const destination = known(['db.corp.example', 2222])
    const fits = [
      [fingerprint],
      ['[db.corp.example]:2222'],
      ['DB.corp.example'],
      ['[*.corp.example]:2222'],
      ['*.corp.example'],
      ['*.example'],
      ['*'],
    ].map((texts) => hostPatterns(texts).fit(destination))
    expect(fits).toEqual([...fits].sort((a, b) => Number(b) - Number(a)))
    expect(new Set(fits).size).toBe(fits.length)
    expect(fits.every((fit) => typeof fit === 'number' && fit > 0)).toBe(true)
  })

  it('do not fit another host, and another port only if they name one', () => {
    expect(hostPatterns(['*.corp.example']).fit(known(['db.other.example']))).toBe('misfit')
    expect(hostPatterns(['[db.example]:2222']).fit(known(['db.example']))).toBe('misfit')
    expect(hostPatterns(['[db.example]:22']).fit(known(['db.example']))).toBeGreaterThan(0)
    expect(hostPatterns(['db.example']).fit(known(['db.example', 2222]))).toBeGreaterThan(0)
    expect(hostPatterns([`SHA256:${'b'.repeat(43)}`]).fit(known(['db.example']))).toBe('misfit')
  })

  it('fit where any of its names fits', () => {
    expect(hostPatterns(['10.20.*']).fit(known(['db.example'], ['10.20.3.4']))).toBeGreaterThan(0)
  })

  it('leave out what is excluded, whatever else fits', () => {
    const patterns = hostPatterns(['*.example', '!old.example'])
    expect(patterns.fit(known(['new.example']))).toBeGreaterThan(0)
    expect(patterns.fit(known(['old.example']))).toBe('misfit')
  })

  it('are not known to fit where the host has no name, unless it is its key that counts', () => {
    expect(hostPatterns(['*.example']).fit(known())).toBe('unknown')
    expect(hostPatterns(['*.example', fingerprint]).fit(known())).toBeGreaterThan(0)
    expect(hostPatterns([`SHA256:${'b'.repeat(43)}`]).fit(known())).toBe('misfit')
  })

  it('name hosts and ports that can be guessed', () => {
    const { names, ports } = hostPatterns(['a.example', '*.b.example', '[c.example]:2222', '!d.example', fingerprint])
    expect({ names, ports }).toEqual({ names: ['a.example', 'c.example'], ports: [2222] })
  })
})

describe('a mistake in the setting', () => {
  it.each([
    'a b',
    '',
    '[a.example]',
    '[a.example]:0',
    '[a.example]:65536',
    'a.example:22,b.example',
    '!!a',
    'a'.repeat(257),
  ])('is %j', (text) => {
    expect(hostPatternMistake(text)).toBeDefined()
  })

  it.each(['a.example', '*', '?', '!a', '[::1]:22', '::1', fingerprint, '[*]:2222'])('is not %j', (text) => {
    expect(hostPatternMistake(text)).toBeUndefined()
  })
})
