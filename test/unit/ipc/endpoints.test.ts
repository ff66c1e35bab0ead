import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { Endpoint } from '../../../src/ipc/endpoint.ts'
import { endpoints } from '../../../src/ipc/endpoints.ts'
import { credentials } from '../../support/helper-api.ts'

const all: readonly (readonly [string, Endpoint])[] = Object.entries(endpoints)

describe('the table of endpoints', () => {
  it.each(all)('has %s with a method and a pattern of its own', (_name, { method, pattern }) => {
    expect(pattern).toMatch(/^\/v1(\/([a-z]+|\{[a-z]+\}))+$/)
    expect(all.filter(([, other]) => other.method === method && other.pattern === pattern)).toHaveLength(1)
  })

  it.each(all)('gives %s a body only if its method has one', (_name, { method, request }) => {
    expect(request === undefined || method === 'POST' || method === 'PUT').toBe(true)
  })
})

describe('the credentials of a profile', () => {
  const isValid = (body: unknown) => v.is(endpoints.getCredentials.answer, body)

  it('may lack the account', () => {
    expect(isValid(credentials)).toBe(true)
    expect(isValid({ ...credentials, AccountId: '123456789012' })).toBe(true)
  })

  it.each([
    ['of another version', { Version: 2 }],
    ['without a token', { SessionToken: undefined }],
    ['with a line break', { SecretAccessKey: 'a\nb' }],
    ['with an empty id', { AccessKeyId: '' }],
    ['with another form of time', { Expiration: '2026-01-02T03:04:05.000Z' }],
    ['with an account that is no text', { AccountId: 7 }],
  ])('%s are not credentials', (_what, change) => {
    expect(isValid({ ...credentials, ...change })).toBe(false)
  })
})
