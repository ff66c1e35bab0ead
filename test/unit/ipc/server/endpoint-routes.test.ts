import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { Endpoint } from '../../../../src/ipc/endpoint.ts'
import type { ApiConnection, ApiRequest } from '../../../../src/ipc/server/api-route.ts'
import { createEndpointRoutes, type EndpointHandlers, type Serve } from '../../../../src/ipc/server/endpoint-routes.ts'

const endpoints = {
  put: {
    method: 'PUT',
    pattern: '/v1/things/{name}',
    request: v.strictObject({ size: v.pipe(v.number(), v.maxValue(9, 'too large')) }),
    answer: v.object({ text: v.string() }),
  },
  drop: { method: 'DELETE', pattern: '/v1/things/{name}' },
  ask: { method: 'GET', pattern: '/v1/ask', answer: v.string(), mayAsk: true },
} as const satisfies Readonly<Record<string, Endpoint>>

type Handlers = EndpointHandlers<typeof endpoints, string>

const handlers: Handlers = {
  put: async ({ params, body }) => ({ text: `${params.name} ${body.size}` }),
  drop: async () => undefined,
  ask: async ({ caller }) => caller,
}

const serve: Serve<string> = (_request, work) => work('jo')
const connection: ApiConnection = { peer: undefined, onClose: () => {}, ask: () => () => {} }

function call(name: keyof typeof endpoints, parts: Partial<ApiRequest> = {}, changed: Partial<Handlers> = {}) {
  const routes = createEndpointRoutes(endpoints, { ...handlers, ...changed }, serve)
  const { method, pattern } = endpoints[name]
  const route = routes.find((candidate) => candidate.method === method && candidate.pattern === pattern)!
  const signal = new AbortController().signal
  return route.handle({ method, path: '', params: {}, headers: {}, body: undefined, connection, signal, ...parts })
}

it('passes on the request, and answers what the handler returns', async () => {
  expect(await call('put', { params: { name: 'a' }, body: { size: 3 } })).toEqual({
    status: 200,
    body: { text: 'a 3' },
  })
})

it('answers without a body if there is nothing to say', async () => {
  expect(await call('drop', { params: { name: 'a' } })).toEqual({ status: 204 })
})

it('serves with a caller who can be asked if the endpoint may ask', async () => {
  expect(await call('ask')).toEqual({ status: 200, body: 'jo' })
})

it('takes a body if the endpoint has one', () => {
  const routes = createEndpointRoutes(endpoints, handlers, serve)
  expect(routes.map(({ takesBody }) => takesBody)).toEqual([true, false, false])
})

describe('a request', () => {
  it.each([
    ['of another type', { size: 'hunter2' }, 'size: is missing or of another type'],
    ['with more', { size: 1, hunter2: 1 }, 'hunter2: is missing or of another type'],
    ['that is none', undefined, 'size: is missing or of another type'],
    ['beyond its bounds', { size: 10 }, 'size: too large'],
    ['of another kind', 'hunter2', 'the body: is missing or of another type'],
  ])('%s reaches no handler', async (_what, body, message) => {
    const put: Handlers['put'] = () => {
      throw new Error('it should not get here')
    }
    expect(await call('put', { body }, { put })).toEqual({
      status: 400,
      body: { error: { code: 'REQUEST_INVALID', message } },
    })
  })
})

describe('an answer', () => {
  it('holds no more than its endpoint declares', async () => {
    const put: Handlers['put'] = async () => ({ text: 'x', secret: 'hunter2' })
    expect(await call('put', { body: { size: 1 } }, { put })).toEqual({ status: 200, body: { text: 'x' } })
  })

  it('of another form is a fault in the daemon, and is not sent', async () => {
    const put = (async () => ({ text: 7, secret: 'hunter2' })) as unknown as Handlers['put']
    const error = await call('put', { body: { size: 1 } }, { put }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'ANSWER_INVALID',
      message: 'the answer to PUT /v1/things/{name} is not valid: text',
    })
    expect(String(error)).not.toContain('hunter2')
  })
})
