import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createFederation, type SignInRequest } from '../../../../src/aws/console/federation.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { until } from '../../../support/vault-world.ts'

const request: SignInRequest = {
  profile: 'dev two',
  partition: 'aws',
  region: 'eu-west-1',
  credentials: {
    accessKeyId: 'ASIAEXAMPLE',
    secretAccessKey: new Secret('s3cret/+='),
    sessionToken: new Secret('t0ken//=='),
    expiresAtMs: 0,
  },
  destination: 'https://console.aws.amazon.com/s3/home?region=eu-west-1',
  logsOut: false,
}

/** A federation endpoint that answers as it is told. */
async function endpoint(answer: (response: ServerResponse, form: URLSearchParams) => void) {
  const seen: { method: string | undefined; url: string | undefined; form: URLSearchParams }[] = []
  const server = createServer((incoming: IncomingMessage, response) => {
    void text(incoming).then((body) => {
      const form = new URLSearchParams(body)
      seen.push({ method: incoming.method, url: incoming.url, form })
      answer(response, form)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const clock = fakeClock()
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    seen,
    clock,
    origin,
    federation: createFederation({ endpoint: `${origin}/`, extraCa: () => undefined, clock }),
  }
}

const token = (response: ServerResponse) => response.end(JSON.stringify({ SigninToken: 'tok+/=' }))

describe('a sign-in link', () => {
  it('is made with a token that is got by POST, with no secret in a URL', async () => {
    const { federation, seen, origin } = await endpoint(token)
    const link = (await federation.signInLink(request)).expose()
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/federation' })
    expect(Object.fromEntries(seen[0]!.form)).toEqual({
      Action: 'getSigninToken',
      Session: '{"sessionId":"ASIAEXAMPLE","sessionKey":"s3cret/+=","sessionToken":"t0ken//=="}',
    })
    expect(link.startsWith(`${origin}/federation?`)).toBe(true)
    expect(Object.fromEntries(new URL(link).searchParams)).toEqual({
      Action: 'login',
      Issuer: '',
      Destination: request.destination,
      SigninToken: 'tok+/=',
    })
  })

  it('asks for a length where there is one', async () => {
    const { federation, seen } = await endpoint(token)
    await federation.signInLink({ ...request, durationSeconds: 28_800 })
    expect(seen[0]!.form.get('SessionDuration')).toBe('28800')
  })

  it('goes by way of the sign-out where it is to', async () => {
    const { federation, origin } = await endpoint(token)
    const link = new URL((await federation.signInLink({ ...request, logsOut: true })).expose())
    expect(`${link.origin}${link.pathname}`).toBe(`${origin}/oauth`)
    expect(link.searchParams.get('Action')).toBe('logout')
    expect(new URL(link.searchParams.get('redirect_uri')!).searchParams.get('SigninToken')).toBe('tok+/=')
  })
})

describe('a sign-in that fails', () => {
  const status =
    (code: number, body = '') =>
    (response: ServerResponse) =>
      response.writeHead(code).end(body)

  it.each([
    [
      'a refusal',
      status(400, '<html>s3cret/+=</html>'),
      'AWS_REQUEST_INVALID',
      'refused the credentials of the role (HTTP 400)',
    ],
    ['too many requests', status(429), 'AWS_THROTTLED', 'limits the number of requests (HTTP 429)'],
    ['a fault', status(503), 'AWS_UNREACHABLE', 'answered with HTTP 503'],
    ['a redirect', status(302), 'AWS_BAD_RESPONSE', 'sent no sign-in token (HTTP 302)'],
    [
      'a web page',
      status(200, '<html>sign in to the Wi-Fi</html>'),
      'AWS_BAD_RESPONSE',
      'sent no sign-in token (HTTP 200)',
    ],
    ['half an answer', status(200, '{"SigninTok'), 'AWS_BAD_RESPONSE', 'sent no sign-in token (HTTP 200)'],
    ['an empty token', status(200, '{"SigninToken":""}'), 'AWS_BAD_RESPONSE', 'sent no sign-in token (HTTP 200)'],
    ['an endless answer', status(200, 'x'.repeat(70_000)), 'AWS_BAD_RESPONSE', 'answers with more than 65536 bytes'],
    [
      'what is no HTTP',
      (response: ServerResponse) => response.socket!.end('220 smtp.test ESMTP\r\n'),
      'AWS_BAD_RESPONSE',
      'HTTP',
    ],
    [
      'a broken connection',
      (response: ServerResponse) => response.destroy(),
      'AWS_UNREACHABLE',
      'the connection broke',
    ],
  ])('by %s is told, without a secret', async (_, answer, code, message) => {
    const { federation } = await endpoint(answer)
    const error = await federation.signInLink(request).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, message: expect.stringContaining(message), hint: expect.any(String) })
    expect(String(error)).not.toContain('s3cret')
  })

  it('by a refusal is explained for the profile', async () => {
    const { federation } = await endpoint(status(400))
    await expect(federation.signInLink(request)).rejects.toMatchObject({
      hint: "latchkey aws explain 'dev two' shows how they are got",
    })
  })

  it('because of its length is told so', async () => {
    const { federation } = await endpoint(status(400))
    await expect(federation.signInLink({ ...request, durationSeconds: 43_200 })).rejects.toMatchObject({
      hint: expect.stringContaining('a shorter --for'),
    })
  })

  it('because nothing is answered ends after ten seconds', async () => {
    const { federation, clock, seen } = await endpoint(() => {})
    const failed = expect(federation.signInLink(request)).rejects.toMatchObject({
      code: 'AWS_UNREACHABLE',
      message: expect.stringContaining('did not answer within 10 s'),
    })
    await until(() => seen.length === 1)
    clock.advance(10_000)
    await failed
  })
})
