import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { maxBodyBytes } from '../../../../src/ipc/protocol.ts'
import type { ApiRequest, ApiRoute } from '../../../../src/ipc/server/api-route.ts'
import { refusal } from '../../../../src/ipc/server/refusals.ts'
import { call, sendRaw, startApiServer, waitingRoute } from '../../../support/api-server.ts'
import { describeWithPeers } from '../../../support/peers.ts'
import { run } from '../../../support/run.ts'

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())))

describe('an answer', () => {
  it('is a line of JSON with its length in bytes, never in chunks', async () => {
    const { path } = await startApiServer()
    const raw = await sendRaw(path, 'GET /v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    expect(raw).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(raw).toContain('\r\nContent-Type: application/json\r\n')
    expect(raw).toContain('\r\nContent-Length: 17\r\n')
    expect(raw).toContain('\r\nCache-Control: no-store\r\n')
    expect(raw.toLowerCase()).not.toContain('transfer-encoding')
    expect(raw.split('\r\n\r\n')[1]).toBe('{"version":"é"}\n')
  })

  it('without a body has status 204 and neither length nor chunks', async () => {
    const { path } = await startApiServer()
    const { status, headers, body } = await call(path, '/v1/keys/a', { method: 'DELETE' })
    expect({ status, body }).toEqual({ status: 204, body: '' })
    expect(headers['transfer-encoding']).toBeUndefined()
  })

  it('with another status and no body has length 0', async () => {
    const { path } = await startApiServer({
      routes: [{ method: 'GET', pattern: '/', handle: async () => ({ status: 200 }) }],
    })
    expect((await call(path, '/')).headers['content-length']).toBe('0')
  })
})

describe('a request', () => {
  it('hands its decoded parts, body and peer to its route', async () => {
    let seen: ApiRequest | undefined
    const route: ApiRoute = {
      method: 'PUT',
      pattern: '/v1/keys/{source}',
      takesBody: true,
      async handle(request) {
        seen = request
        return { status: 204 }
      },
    }
    const { path } = await startApiServer({ routes: [route], peer: { uid: 1000, pid: 42 } })
    await call(path, '/v1/keys/ma%20st%2Fer?x=1', {
      method: 'PUT',
      headers: { 'latchkey-prompt': 'never' },
      body: '{"a":[1]}',
    })
    expect(seen).toMatchObject({
      method: 'PUT',
      path: '/v1/keys/ma%20st%2Fer',
      params: { source: 'ma st/er' },
      body: { a: [1] },
      headers: { 'latchkey-prompt': 'never' },
      connection: { peer: { uid: 1000, pid: 42 } },
    })
  })

  it('has an undefined body if there is none', async () => {
    const { path } = await startApiServer()
    const { body } = await call(path, '/v1/keys/a', { method: 'PUT' })
    expect(JSON.parse(body)).toEqual({ params: { source: 'a' } })
  })

  it.each([
    ['an unknown path', 'GET', '/v2/status', 404, 'PATH_UNKNOWN'],
    ['the root', 'GET', '/', 404, 'PATH_UNKNOWN'],
    ['a path with an empty part', 'PUT', '/v1/keys/', 404, 'PATH_UNKNOWN'],
    ['a path with one part more', 'GET', '/v1/status/', 404, 'PATH_UNKNOWN'],
    ['a wrong method', 'POST', '/v1/status', 405, 'METHOD_NOT_ALLOWED'],
    ['HEAD', 'HEAD', '/v1/status', 405, undefined],
    ['a broken percent-encoding', 'PUT', '/v1/keys/%ff', 400, 'PATH_INVALID'],
  ])('for %s is refused', async (_, method, target, status, code) => {
    const { path } = await startApiServer()
    const answer = await call(path, target, { method })
    expect(answer.status).toBe(status)
    if (code !== undefined) expect(JSON.parse(answer.body).error).toMatchObject({ code, message: expect.any(String) })
  })

  it('with a wrong method is told which ones are allowed', async () => {
    const { path } = await startApiServer()
    expect((await call(path, '/v1/keys/a', { method: 'POST' })).headers.allow).toBe('PUT, DELETE')
  })

  it.each([
    ['a web page', { origin: 'https://evil.example' }, 'ORIGIN_REFUSED'],
    ['a page without an origin', { origin: 'null' }, 'ORIGIN_REFUSED'],
    ['a link in a browser', { 'sec-fetch-site': 'cross-site' }, 'ORIGIN_REFUSED'],
    ['a rebound domain', { host: 'evil.example' }, 'HOST_REFUSED'],
    ['an address', { host: '127.0.0.1:80' }, 'HOST_REFUSED'],
  ])('of %s is refused before anything else', async (_, headers, code) => {
    const { path } = await startApiServer()
    for (const target of ['/v1/status', '/nothing']) {
      const answer = await call(path, target, { headers })
      expect(answer.status).toBe(403)
      expect(JSON.parse(answer.body).error.code).toBe(code)
    }
  })

  it.each(['localhost', 'd', 'latchkey:80'])('for the host %s is served', async (host) => {
    const { path } = await startApiServer()
    expect((await call(path, '/v1/status', { headers: { host } })).status).toBe(200)
  })

  it('that fails is answered once, in the words of its error', async () => {
    const { path, lines } = await startApiServer()
    const { status, body } = await call(path, '/v1/fail', { method: 'POST', body: '"coded"' })
    expect({ status, body: JSON.parse(body) }).toEqual({
      status: 404,
      body: { error: { code: 'KEY_UNKNOWN', message: 'no such key', hint: 'add it' } },
    })
    expect(lines).toEqual([])
  })

  it('that fails unexpectedly is logged', async () => {
    const { path, lines } = await startApiServer()
    const { status, body } = await call(path, '/v1/fail', { method: 'POST' })
    expect(status).toBe(500)
    expect(body).not.toContain('hunter2')
    expect(lines.join('')).toContain('error: request failed path=/v1/fail type=Error at=')
    expect(lines.join('')).not.toContain('hunter2')
  })
})

describe('a server of another kind', () => {
  it('has its own guards', async () => {
    const { path } = await startApiServer({
      guards: [({ headers }) => (headers['x-page'] === undefined ? refusal(418, 'NO_PAGE', 'no page') : undefined)],
    })
    expect((await call(path, '/v1/status', { headers: { host: 'evil.example' } })).status).toBe(418)
    expect((await call(path, '/v1/status', { headers: { host: 'evil.example', 'x-page': '1' } })).status).toBe(200)
  })

  it('writes its answers and refusals in its own format', async () => {
    const { path } = await startApiServer({
      encode: ({ status, body }) => ({ headers: { 'Content-Type': 'text/html' }, text: `<p>${status} ${typeof body}` }),
    })
    expect(await call(path, '/v1/status')).toMatchObject({ status: 200, body: '<p>200 object' })
    expect(await call(path, '/nothing')).toMatchObject({ status: 404, body: '<p>404 object' })
    expect(await sendRaw(path, 'hello\r\n\r\n')).toMatch(/Content-Type: text\/html[\s\S]*<p>400 object$/)
  })
})

describe('a body', () => {
  it('of 1 MiB is taken', async () => {
    const { path } = await startApiServer()
    const body = JSON.stringify('x'.repeat(maxBodyBytes - 2))
    expect((await call(path, '/v1/keys/a', { method: 'PUT', body })).status).toBe(200)
  })

  it('of one byte more is refused, whether announced or in chunks', async () => {
    const { path } = await startApiServer()
    const body = JSON.stringify('x'.repeat(maxBodyBytes - 1))
    for (const headers of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }]) {
      const answer = await call(path, '/v1/keys/a', { method: 'PUT', body, headers })
      expect(answer.status).toBe(413)
      expect(JSON.parse(answer.body).error.code).toBe('BODY_TOO_LARGE')
    }
  })

  it('that is too long is not read to its end', async () => {
    const { path } = await startApiServer()
    const raw = await sendRaw(path, 'PUT /v1/keys/a HTTP/1.1\r\nHost: d\r\nContent-Length: 9999999\r\n\r\n{')
    expect(raw).toMatch(/^HTTP\/1\.1 413 /)
    expect(raw).toContain('Connection: close')
  })

  it.each(['"\\ud800"', '{"a":["\\udc00x"]}', '{"\\ud83d":1}', '['.repeat(100_000) + ']'.repeat(100_000)])(
    'in which a text has half a character, or which is too deep, is refused: %#',
    async (body) => {
      const { path } = await startApiServer()
      expect((await call(path, '/v1/keys/a', { method: 'PUT', body })).status).toBe(400)
      expect((await call(path, '/v1/keys/a', { method: 'PUT', body: '"\\ud83d\\ude00 \\\\ud800"' })).status).toBe(200)
    },
  )

  it.each(['{', 'hunter2', '{"a":1}x', '\u0000'])('that is not JSON is refused, and not quoted: %j', async (body) => {
    const { path, lines } = await startApiServer()
    const answer = await call(path, '/v1/keys/a', { method: 'PUT', body })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toEqual({
      error: { code: 'BODY_INVALID', message: 'the body is not JSON in UTF-8' },
    })
    expect(lines).toEqual([])
  })

  it('that is not UTF-8 is refused', async () => {
    const { path } = await startApiServer()
    const socket = connect({ path, allowHalfOpen: true })
    socket.write('PUT /v1/keys/a HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: 3\r\n\r\n')
    socket.write(Buffer.from([0x22, 0xff, 0x22]))
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('a connection', () => {
  it('serves one request after another, with one state', async () => {
    const seen: ApiRequest[] = []
    const route: ApiRoute = {
      method: 'GET',
      pattern: '/',
      async handle(request) {
        seen.push(request)
        return { status: 204 }
      },
    }
    const { path } = await startApiServer({ routes: [route] })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    await call(path, '/', { agent })
    await call(path, '/', { agent })
    await call(path, '/')
    expect(seen[1]!.connection).toBe(seen[0]!.connection)
    expect(seen[2]!.connection).not.toBe(seen[0]!.connection)
    agent.destroy()
  })

  it('reports when it has closed, at once to those who come too late', async () => {
    const { route, next } = waitingRoute()
    const { path } = await startApiServer({ routes: [route] })
    const agent = new Agent({ keepAlive: true })
    const first = call(path, '/v1/wait', { agent })
    const { request, answer } = await next()
    const closed = new Promise<void>((resolve) => request.connection.onClose(resolve))
    answer(1)
    await first
    agent.destroy()
    await closed
    let isTold = false
    request.connection.onClose(() => {
      isTold = true
    })
    expect(isTold).toBe(true)
  })

  it('whose caller goes away aborts all its requests before it reports that it has closed', async () => {
    const { route, next } = waitingRoute()
    const { path } = await startApiServer({ routes: [route] })
    const socket = connect(path)
    socket.write('GET /v1/wait HTTP/1.1\r\nHost: d\r\n\r\n'.repeat(2))
    const requests = [(await next(1)).request, (await next(2)).request]
    const seen = new Promise<boolean[]>((resolve) => {
      requests[0]!.connection.onClose(() => resolve(requests.map(({ signal }) => signal.aborted)))
    })
    socket.destroy()
    expect(await seen).toEqual([true, true])
  })

  it('with more requests than a caller may have waiting is closed', async () => {
    const { route, next } = waitingRoute()
    const { path } = await startApiServer({ routes: [route] })
    const few = connect(path)
    few.write('GET /v1/wait HTTP/1.1\r\nHost: d\r\n\r\n'.repeat(8))
    const kept = await next(8)
    const many = connect(path)
    many.on('error', () => {}).write('GET /v1/wait HTTP/1.1\r\nHost: d\r\n\r\n'.repeat(9))
    const refused = await next(16)
    await aborted(refused.request.signal)
    expect(kept.request.signal.aborted).toBe(false)
    few.destroy()
  })

  it('whose caller goes away aborts its request', async () => {
    const { route, next } = waitingRoute()
    const { path, lines } = await startApiServer({ routes: [route] })
    const socket = connect(path)
    socket.write('GET /v1/wait HTTP/1.1\r\nHost: d\r\n\r\n')
    const { request, answer } = await next()
    expect(request.signal.aborted).toBe(false)
    socket.destroy()
    await aborted(request.signal)
    answer('nobody reads this')
    expect(lines).toEqual([])
  })

  it('whose caller goes away in the middle of a body is not a failure', async () => {
    const { path, lines } = await startApiServer()
    const socket = connect(path)
    socket.write('PUT /v1/keys/a HTTP/1.1\r\nHost: d\r\nContent-Length: 10\r\n\r\n{')
    await once(socket, 'connect')
    socket.destroy()
    await call(path, '/v1/status')
    expect(lines).toEqual([])
  })

  it('keeps the order of requests that are sent together', async () => {
    const { path } = await startApiServer()
    const raw = await sendRaw(
      path,
      'PUT /v1/keys/first HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\n\r\n{}GET /v1/status HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n',
    )
    expect(raw.indexOf('first')).toBeGreaterThan(0)
    expect(raw.indexOf('version')).toBeGreaterThan(raw.indexOf('first'))
  })

  it.each([
    ['not HTTP', 'hello\r\n\r\n', 400, 'REQUEST_INVALID'],
    ['an agent request', '\u0000\u0000\u0000\u0001\u000b', 400, 'REQUEST_INVALID'],
    [
      'too long headers',
      `GET /v1/status HTTP/1.1\r\nHost: d\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
  ])('with %s is answered with an error and closed', async (_, bytes, status, code) => {
    const { path } = await startApiServer()
    const raw = await sendRaw(path, bytes)
    expect(raw).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(JSON.parse(raw.split('\r\n\r\n')[1]!).error.code).toBe(code)
  })
})

describe('close', () => {
  it('answers those who wait, aborts their requests and closes all connections', async () => {
    const { route, next } = waitingRoute()
    const { path, server } = await startApiServer({ routes: [route] })
    const idle: Socket = connect(path)
    await once(idle, 'connect')
    const waited = call(path, '/v1/wait')
    const { request } = await next()
    await server.close()
    expect(request.signal.aborted).toBe(true)
    const { status, body } = await waited
    expect(status).toBe(503)
    expect(JSON.parse(body).error.code).toBe('DAEMON_STOPPING')
    idle.resume()
    if (!idle.closed) await once(idle, 'close')
    expect(await sendRaw(path, '').catch(() => '')).toBe('')
  })

  it('does not wait for a caller that reads nothing', async () => {
    const { route, next } = waitingRoute()
    const large: ApiRoute = {
      method: 'GET',
      pattern: '/large',
      handle: async () => ({ status: 200, body: 'x'.repeat(3_000_000) }),
    }
    const { path, server } = await startApiServer({ routes: [route, large] })
    const socket = connect(path)
    socket.pause()
    socket.write('GET /large HTTP/1.1\r\nHost: d\r\n\r\nGET /v1/wait HTTP/1.1\r\nHost: d\r\n\r\n')
    await next()
    await server.close()
    socket.destroy()
  })
})

describeWithPeers('curl', ['curl'], () => {
  const curl = (path: string, ...args: string[]) => run('curl', ['-q', '-s', '--unix-socket', path, ...args])

  it('reads an answer', async () => {
    const { path } = await startApiServer()
    expect(await curl(path, 'http://localhost/v1/status')).toEqual({
      status: 0,
      stdout: '{"version":"é"}\n',
      stderr: '',
    })
  })

  it('sends a body, and more than one request on a connection', async () => {
    const { path } = await startApiServer()
    const url = 'http://d/v1/keys/master'
    const { stdout } = await curl(path, '-X', 'PUT', '-d', '{"a":1}', url, url, '-w', '%{num_connects} ')
    expect(stdout.match(/\{"params":\{"source":"master"\},"body":\{"a":1\}\}\n/g)).toHaveLength(2)
    expect(stdout).toMatch(/\n1 [^\n]*\n0 $/)
  })

  it('shows a refusal and fails with --fail-with-body', async () => {
    const { path } = await startApiServer()
    const { status, stdout } = await curl(path, '--fail-with-body', 'http://d/nothing')
    expect(status).toBe(22)
    expect(JSON.parse(stdout).error.code).toBe('PATH_UNKNOWN')
  })

  it('is refused when its body is too long', async () => {
    const { path } = await startApiServer()
    const file = '-d@-'
    const { stdout } = await run('curl', ['-q', '-s', '--unix-socket', path, '-X', 'PUT', file, 'http://d/v1/keys/a'], {
      input: 'x'.repeat(3_000_000),
    })
    expect(JSON.parse(stdout).error.code).toBe('BODY_TOO_LARGE')
  })
})
