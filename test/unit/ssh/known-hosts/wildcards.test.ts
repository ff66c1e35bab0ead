import { describe, expect, it } from 'vitest'
import { matchesWildcards } from '../../../../src/ssh/known-hosts/wildcards.ts'

describe('a pattern', () => {
  it.each([
    ['db.example.com', 'db.example.com', true],
    ['db.example.com', '*.example.com', true],
    ['example.com', '*.example.com', false],
    ['db.example.com', 'd?.example.com', true],
    ['d.example.com', 'd?.example.com', false],
    ['10.20.3.4', '10.20.*', true],
    ['10.200.3.4', '10.20.*', false],
    ['abcabd', '*abd', true],
    ['aXbXc', 'a*b*c', true],
    ['aXbX', 'a*b*c', false],
    ['', '*', true],
    ['', '?', false],
    ['', '', true],
    ['a', '', false],
    ['a', 'a**', true],
    ['a', 'aa', false],
    // A dot is a dot.
    ['dbXexample', 'db.example', false],
  ])('%s is %s: %s', (text, pattern, expected) => {
    expect(matchesWildcards(text, pattern)).toBe(expected)
  })

  it('that others would try in a number of ways without end is refused in a number of steps that is a product', () => {
    const text = 'a'.repeat(255)
    let looks = 0
    const pattern = new Proxy(Object(`${'*a'.repeat(120)}b`), {
      get(target, key) {
        looks += 1
        return Reflect.get(target, key)
      },
    }) as string
    expect(matchesWildcards(text, pattern)).toBe(false)
    expect(looks).toBeLessThan(2 * 255 * 241)
  })
})
