import { describe, expect, it } from 'vitest'
import { readFields, warnOfUnknownFields } from '../../../../src/dev/vault/fields.ts'

const failed = (reason: string) => `Field validation failed: error converting input for field "x": ${reason}`

describe('the fields of a request', () => {
  it.each([
    ['text', 5, '5'],
    ['text', true, 'true'],
    ['boolean', 'true', true],
    ['boolean', 'f', false],
    ['boolean', 1, true],
    ['integer', '42', 42],
    ['seconds', '10m', 600],
    ['list', 'a, b,,c', ['a', 'b', 'c']],
    ['list', ['a', 'b'], ['a', 'b']],
    ['map', { a: 1 }, { a: 1 }],
    ['textMap', { a: 1 }, { a: '1' }],
    ['textMap', ['a=b=c', 'd='], { a: 'b=c', d: '' }],
  ] as const)('%s takes %j', (kind, given, value) => {
    expect(readFields({ x: kind }, { x: given })).toEqual({ x: value })
  })

  it('leaves out what was not given, and what is null', () => {
    expect(readFields({ x: 'text', y: 'text' }, { x: null })).toEqual({})
  })

  it.each([
    ['seconds', 'soon', failed('time: invalid duration "soon"')],
    ['seconds', '-5m', failed("cannot provide negative value '-300'")],
    ['text', { a: 1 }, failed("'' expected type 'string', got unconvertible type 'map[string]interface {}'")],
    ['map', 'a', failed("'' expected a map, got 'string'")],
    ['map', ['a'], failed("'' expected a map, got 'slice'")],
    ['boolean', 'maybe', failed(`cannot parse '' as bool: strconv.ParseBool: parsing "maybe": invalid syntax`)],
    ['integer', 'many', failed(`cannot parse '' as int: strconv.ParseInt: parsing "many": invalid syntax`)],
    ['textMap', ['a'], failed('invalid key pair "a"')],
  ] as const)('%s refuses %j', (kind, given, message) => {
    expect(() => readFields({ x: kind }, { x: given })).toThrow(message)
  })

  it('warns of fields that nobody knows, and not of those in the path', () => {
    expect(warnOfUnknownFields({ x: 'text' }, ['role'], { z: 1, role: 'ops', x: 'a', b: 2 })).toBe(
      'Endpoint ignored these unrecognized parameters: [b z]',
    )
    expect(warnOfUnknownFields({ x: 'text' }, [], { x: 'a' })).toBeUndefined()
  })
})
