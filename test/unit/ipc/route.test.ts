import { expect, it } from 'vitest'
import { pathOf } from '../../../src/ipc/route.ts'

it('puts names into a pattern so that no name reaches another route', () => {
  const route = { method: 'GET', pattern: '/v1/a/{one}/b/{two}' } as const
  expect(pathOf(route, { one: 'x', two: 'y' })).toBe('/v1/a/x/b/y')
  expect(pathOf(route, { one: '../{two}?', two: 'ü/$&' })).toBe('/v1/a/..%2F%7Btwo%7D%3F/b/%C3%BC%2F%24%26')
})

it('leaves a pattern without names as it is', () => {
  expect(pathOf({ method: 'GET', pattern: '/v1/status' }, {})).toBe('/v1/status')
})
