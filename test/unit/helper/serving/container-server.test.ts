import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { startContainerServer } from '../../../../src/helper/serving/container-server.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { credentials, type ScriptedReply, scriptedApi } from '../../../support/helper-api.ts'

async function serving(reply: () => ScriptedReply | undefined) {
  const clock = fakeClock()
  const api = await scriptedApi(reply)
  const refused: string[] = []
  const tokens = ['first', 'second']
  const server = await startContainerServer({
    profiles: ['dev', 'a b'],
    port: 0,
    socketPath: join(api.folder, 'api.sock'),
    clock,
    newToken: () => tokens.shift()!,
    onRefused: (profile, reason) => refused.push(`${profile}: ${reason}`),
  })
  onTestFinished(server.close)
  const get = (profile: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: unknown; body: Record<string, string> }>((resolve, reject) => {
      const variables = server.variables(profile)
      const sent = request(variables.AWS_CONTAINER_CREDENTIALS_FULL_URI!, {
        headers: { Authorization: variables.AWS_CONTAINER_AUTHORIZATION_TOKEN!, ...headers },
        agent: false,
      })
      sent.on('error', reject).on('response', (response) => {
        void text(response).then((body) =>
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            body: body === '' ? {} : JSON.parse(body),
          }),
        )
      })
      sent.end()
    })
  return { clock, api, server, refused, get }
}

it('a profile has a path and a token of its own, and each request asks the daemon, but no person', async () => {
  const { api, server, get } = await serving(() => ({ status: 200, body: credentials }))
  expect(server.variables('a b')).toEqual({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${server.port}/role/a%20b`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'second',
  })
  const reply = await get('a b')
  expect(reply).toMatchObject({ status: 200, body: { Token: credentials.SessionToken } })
  expect(reply.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' })
  await get('dev')
  expect(api.requests).toMatchObject([
    { path: '/v1/aws/credentials/a%20b', mode: 'never' },
    { path: '/v1/aws/credentials/dev', mode: 'never' },
  ])
})

it('a page that was led here by its name is refused, and so is whoever has no token, without a call', async () => {
  const { api, get } = await serving(() => ({ status: 200, body: credentials }))
  expect((await get('dev', { Host: 'evil.example' })).status).toBe(421)
  expect((await get('dev', { Authorization: 'second' })).status).toBe(401)
  expect(api.requests).toEqual([])
})

it('a daemon that is slow is left to it, and the SDK is told to try again', async () => {
  let asked = () => {}
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  const { clock, get } = await serving(() => {
    asked()
    return undefined
  })
  const reply = get('dev')
  await isAsked
  clock.advance(1_500)
  expect(await reply).toMatchObject({ status: 503, body: { message: expect.stringContaining('the daemon goes on') } })
})

it('a reason is told once, and again after it had gone', async () => {
  const replies: ScriptedReply[] = []
  const refusal = { status: 401, body: { error: { code: 'X', message: 'a code is needed' } } }
  replies.push(refusal, refusal, { status: 200, body: credentials }, refusal)
  const { refused, get } = await serving(() => replies.shift())
  for (const status of [403, 403, 200, 403]) expect((await get('dev')).status).toBe(status)
  expect(refused).toEqual(Array(2).fill('dev: latchkey: a code is needed'))
})
