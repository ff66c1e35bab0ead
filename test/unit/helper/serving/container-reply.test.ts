import { describe, expect, it } from 'vitest'
import { authorize, containerReply, failure } from '../../../../src/helper/serving/container-reply.ts'
import { IpcError } from '../../../../src/ipc/ipc-error.ts'
import { credentials } from '../../../support/helper-api.ts'

const dev = { profile: 'dev', path: '/role/dev', token: 'token-of-dev' }
const served = [dev, { profile: 'a b', path: '/role/a%20b', token: 'token-of-a-b' }]
const get = { method: 'GET', url: dev.path, authorization: dev.token }

describe('a request', () => {
  it('gets the profile of its path with the token of that', () => {
    expect(authorize(get, served)).toBe(dev)
  })

  it.each([
    ['no token', { authorization: undefined }],
    ['an empty token', { authorization: '' }],
    ['a longer token', { authorization: 'token-of-dev ' }],
    ["another profile's token", { authorization: 'token-of-a-b' }],
    ['a path that there is not', { url: '/role/prod' }],
    ['a path that there is not and no token', { url: '/role/prod', authorization: undefined }],
    ['a query', { url: '/role/dev?x' }],
    ['no path', { url: undefined }],
  ])('with %s learns nothing', (_, change) => {
    expect(authorize({ ...get, ...change }, served)).toEqual({
      status: 401,
      body: { code: 'Unauthorized', message: 'the authorization token is not that of this path' },
    })
  })

  it('is a GET', () => {
    expect(authorize({ ...get, method: 'POST' }, served)).toMatchObject({
      status: 405,
      body: { code: 'MethodNotAllowed' },
    })
  })
})

describe('the answer of the daemon', () => {
  it('becomes credentials as the SDKs read them in a container', () => {
    const { AccessKeyId, SecretAccessKey, SessionToken: Token, Expiration } = credentials
    const body = { AccessKeyId, SecretAccessKey, Token, Expiration }
    expect(containerReply({ status: 200, body: { ...credentials, Odd: 1 } })).toEqual({ status: 200, body })
    expect(containerReply({ status: 200, body: { ...credentials, AccountId: '1' } })).toEqual({
      status: 200,
      body: { ...body, AccountId: '1' },
    })
  })

  it.each([
    ['a long-term key', { ...credentials, AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }],
    ['half of them', { AccessKeyId: 'ASIAIOSFODNN7EXAMPLE' }],
    ['nothing', undefined],
  ])('is not passed on where it is %s', (_, body) => {
    const reply = containerReply({ status: 200, body })
    expect(reply).toMatchObject({ status: 502, body: { code: 'CredentialsUnavailable' } })
    expect(JSON.stringify(reply)).not.toContain(credentials.SecretAccessKey)
  })

  it('is 403 where a person is needed, with the command that asks', () => {
    const error = { code: 'AWS_MFA_NEEDED', message: 'a code is needed', hint: 'latchkey aws login dev' }
    expect(containerReply({ status: 401, body: { error } })).toEqual({
      status: 403,
      body: { code: 'MfaNeeded', message: 'latchkey: a code is needed; hint: latchkey aws login dev' },
    })
  })

  it.each([403, 404, 429, 502, 503])('keeps the status %i of another refusal', (status) => {
    const reply = containerReply({ status, body: { error: { message: 'refused' } } })
    expect(reply).toEqual({ status, body: { code: 'CredentialsUnavailable', message: 'latchkey: refused' } })
  })
})

it('a daemon that is away is told in words', () => {
  const error = new IpcError('DAEMON_NOT_RUNNING', 'the daemon is not running', { hint: 'latchkey daemon' })
  expect(failure(503, error)).toEqual({
    status: 503,
    body: { code: 'CredentialsUnavailable', message: 'latchkey: the daemon is not running; hint: latchkey daemon' },
  })
})
