import { expect, it } from 'vitest'
import { createBlobMap } from '../../../../src/agent/keys/blob-map.ts'

const blob = (text: string) => Buffer.from(text)

it('finds a value by the bytes of its blob, whatever object they are in', () => {
  const map = createBlobMap<string>()
  map.set(blob('key one'), 'one')
  expect(map.get(Uint8Array.from(blob('key one')))).toBe('one')
  expect(map.get(blob('a key one'))).toBeUndefined()
  expect(map.get(blob('key onf'))).toBeUndefined()
})

it.each([
  ['the same ends', ['first tail', 'second tail', 'third tail']],
  ['fewer than four bytes', ['', 'a', 'ab', 'abc', '\0', '\0\0a']],
  ['other ends', ['one', 'two', 'three and more']],
])('keeps blobs with %s apart', (_, names) => {
  const map = createBlobMap<string>()
  for (const name of names) map.set(blob(name), name)
  expect(names.map((name) => map.get(blob(name)))).toEqual(names)
  const [first, second, ...others] = names as [string, string, ...string[]]
  expect(map.delete(blob(second))).toBe(true)
  expect(map.delete(blob(second))).toBe(false)
  expect(map.get(blob(second))).toBeUndefined()
  expect(map.values()).toEqual([first, ...others])
  expect(map.size).toBe(names.length - 1)
})

it('lists values in the order in which they came: one that replaces another takes its place', () => {
  const map = createBlobMap<number>()
  for (const [index, name] of ['a tail', 'b tail', 'c'].entries()) map.set(blob(name), index)
  map.set(blob('a tail'), 10)
  expect(map.values()).toEqual([10, 1, 2])
  map.delete(blob('a tail'))
  map.set(blob('a tail'), 20)
  expect(map.values()).toEqual([1, 2, 20])
  map.clear()
  expect([map.values(), map.size, map.get(blob('c'))]).toEqual([[], 0, undefined])
})

it('is emptied while its values are gone through', () => {
  const map = createBlobMap<string>()
  for (const name of ['one', 'two', 'three']) map.set(blob(name), name)
  for (const name of map.values()) map.delete(blob(name))
  expect(map.size).toBe(0)
})
