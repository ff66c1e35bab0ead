import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import type { VaultApiRequest, VaultClient } from '../../../src/vault/client.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { scriptedVault } from '../../support/vault-http.ts'
import { clientTimeoutMs, hastyClock, recordingLog, testClient, until } from '../../support/vault-world.ts'

const token = new Secret('hvs.very-secret-token')
const sign: VaultApiRequest = {
  method: 'POST',
  path: 'ssh/sign/ops',
  purpose: { type: 'sign', mount: 'ssh', role: 'ops', keyType: 'ssh-ed25519' },
  token,
  body: { public_key: 'ssh-ed25519 AAAA' },
}
const login: VaultApiRequest = {
  method: 'POST',
  path: 'auth/userpass/login/jo',
  purpose: { type: 'login', mount: 'userpass', who: 'jo', advice: [] },
  body: { password: new Secret('correct horse battery') },
  isIdempotent: false,
}
const ok = { json: { data: { signed_key: 'x' }, auth: null, warnings: null } }

/** A server that writes what it likes to each connection, until the test ends. */
async function rawServer(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

/** What a request fails with. */
async function failure(client: VaultClient, request: VaultApiRequest): Promise<unknown> {
  return client.request(request).then(
    () => {
      throw new Error('it should have failed')
    },
    (error: unknown) => error,
  )
}

describe('a request', () => {
  it('that is refused with thousands of texts tells the first of them', async () => {
    const vault = await scriptedVault()
    const errors = Array.from({ length: 50_000 }, (_, index) => `template ${index}`)
    vault.on('POST ssh/sign/ops', { status: 400, json: { errors } })
    expect(await failure(testClient(vault.address), sign)).toMatchObject({
      code: 'VAULT_REFUSED',
      message: `vault corp: refused: ${errors.slice(0, 8).join('; ')} (HTTP 400)`,
    })
  })

  it('carries the token, the namespace and X-Vault-Request, and its body in JSON with the secrets in clear', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', ok)
    const client = testClient(vault.address, { namespace: 'team' })
    const answer = await client.request({ ...sign, body: { public_key: 'k', password: new Secret('pw') } })
    expect(answer).toMatchObject({ status: 200, data: { signed_key: 'x' }, auth: undefined, warnings: [] })
    expect(vault.requests[0]).toMatchObject({
      path: '/v1/ssh/sign/ops',
      headers: { 'x-vault-token': token.expose(), 'x-vault-namespace': 'team', 'x-vault-request': 'true' },
      body: { public_key: 'k', password: 'pw' },
    })
  })

  it('goes to a Unix socket, with localhost as host', async () => {
    const vault = await scriptedVault({ socketPath: join(temporaryFolder(), 'v.sock') })
    vault.on('POST ssh/sign/ops', ok)
    await testClient(vault.address).request(sign)
    expect(vault.requests[0]!.headers.host).toBe('localhost')
  })

  it('goes below the path of the address', async () => {
    const vault = await scriptedVault()
    vault.on('POST /proxy/v1/ssh/sign/ops', ok)
    await testClient(`${vault.address}/proxy/`).request(sign)
    expect(vault.requests[0]!.path).toBe('/proxy/v1/ssh/sign/ops')
  })

  it('uses an idle connection, except for a login, which gets its own', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', ok)
    vault.on('POST auth/userpass/login/jo', ok)
    const client = testClient(vault.address)
    await client.request(sign)
    await client.request(sign)
    expect(vault.connections()).toBe(1)
    await client.request(login)
    expect(vault.connections()).toBe(2)
    client.close()
    await until(() => vault.openConnections() === 0)
  })

  // Our clock shows 03:04:05 at the request and, where it took its time, 03:34:05 at the answer.
  it.each([
    ['ahead', '03:06:05', 0, 120_000],
    ['behind', '03:03:05', 0, -59_000],
    ['in the same second', '03:04:05', 0, 0],
    ['at the begin of an exchange that slept', '03:04:06', 1_800_000, 0],
    ['at the end of it', '03:34:05', 1_800_000, 0],
    ['after it', '03:35:05', 1_800_000, 60_000],
    ['before it', '03:03:05', 1_800_000, -59_000],
  ])('tells how far a Date is %s', async (_, time, tookMs, skewMs) => {
    const vault = await scriptedVault()
    const clock = fakeClock(Date.UTC(2026, 0, 2, 3, 4, 5))
    // Nothing times out: the timers of a machine that sleeps do not run.
    const sleeper = { ...clock, after: () => () => {} }
    vault.on('POST ssh/sign/ops', () => {
      clock.advance(tookMs)
      return { ...ok, headers: { Date: `Fri, 02 Jan 2026 ${time} GMT` } }
    })
    const answer = await testClient(vault.address, { clock: sleeper }).request(sign)
    expect(answer.clockSkewMs).toBe(skewMs)
  })

  it('may be answered without a body', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', { status: 204 })
    expect(await testClient(vault.address).request(sign)).toMatchObject({ status: 204, data: undefined })
  })

  it('has the bytes of names in its headers, whatever they are written in', async () => {
    const vault = await scriptedVault()
    vault.on('POST auth/userpass/login/jo', ok)
    const client = testClient(vault.address, { namespace: 'équipe ß' })
    await client.request({ ...login, mfa: new Secret('手机:123456') })
    const { headers } = vault.requests[0]!
    const textOf = (name: string) => Buffer.from(String(headers[name]), 'latin1').toString('utf8')
    expect([textOf('x-vault-namespace'), textOf('x-vault-mfa')]).toEqual(['équipe ß', '手机:123456'])
  })

  it('is refused before it is sent where the namespace cannot be a header', () => {
    expect(() => testClient('http://127.0.0.1:1', { namespace: 'a\nb' })).toThrow(
      expect.objectContaining({ code: 'VAULT_CONFIG' }),
    )
  })
})

describe('an answer', () => {
  it.each([
    ['is no JSON', { raw: '<html>sign in to the wifi</html>' }],
    ['is no object', { json: [1, 2] }],
    ['has data of another kind', { json: { data: 'text' } }],
    ['grants without a token', { json: { auth: { lease_duration: 1, renewable: true } } }],
    ['grants for longer than time', { json: { auth: { client_token: 'x', lease_duration: 1e15, renewable: true } } }],
  ])('that %s is a bad response and not tried again', async (_, answer) => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', answer)
    expect(await failure(testClient(vault.address), sign)).toMatchObject({ code: 'VAULT_BAD_RESPONSE', status: 200 })
    expect(vault.requests).toHaveLength(1)
  })

  it('of more than a megabyte is cut off', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', { raw: Buffer.alloc(1024 * 1024 + 1, 32) })
    const error = await failure(testClient(vault.address), sign)
    expect(error).toMatchObject({ code: 'VAULT_BAD_RESPONSE', message: expect.stringContaining('1048576 bytes') })
  })

  it.each([
    ['body', 'HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n'],
    ['head', 'HTTP/1.1 200 OK\r\nx-more: '],
  ])('whose %s drips is given up at the end of its time, however busy the connection is', async (_part, start) => {
    let dripped = 0
    const address = await rawServer((socket) => {
      socket.write(start)
      const timer = setInterval(() => socket.write('x', () => (dripped += 1)), 1)
      socket.on('close', () => clearInterval(timer))
    })
    const clock = hastyClock(clientTimeoutMs)
    const pending = failure(testClient(address, { clock, maxRetries: 0 }), sign)
    for (const part of [0.4, 0.4, 0.3]) {
      const before = dripped
      await until(() => dripped > before + 2)
      clock.advance(part * clientTimeoutMs)
    }
    expect(await pending).toMatchObject({ code: 'VAULT_UNREACHABLE', message: expect.stringContaining('within 10 s') })
  })

  it('with headers without end is a bad response', async () => {
    const address = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const more = () => {
        while (!socket.destroyed && socket.write(`x-more: ${'x'.repeat(1000)}\r\n`));
      }
      socket.on('drain', more)
      more()
    })
    expect(await failure(testClient(address), sign)).toMatchObject({ code: 'VAULT_BAD_RESPONSE' })
  })

  it('that is not HTTP is a bad response whose error does not hold it', async () => {
    const address = await rawServer((socket) => socket.end('SSH-2.0-OpenSSH hvs.leaked\r\n'))
    const error = await failure(testClient(address), sign)
    expect(error).toMatchObject({ code: 'VAULT_BAD_RESPONSE', hint: expect.stringContaining('address') })
    expect(inspect(error, { depth: 9 })).not.toContain(Buffer.from('hvs.leaked').toString('hex').slice(0, 8))
    expect(inspect(error, { depth: 9 })).not.toContain('leaked')
  })
})

describe('a request that fails', () => {
  it('for a moment is sent again, after growing waits', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', { status: 502 }, { status: 500, json: { errors: ['internal error'] } }, ok)
    const clock = hastyClock(clientTimeoutMs)
    await testClient(vault.address, { clock }).request(sign)
    expect(vault.requests).toHaveLength(3)
    expect(clock.waits).toEqual([1250, 2500])
  })

  it.each(['drop', 'break'] as const)('because the connection breaks (%s) is sent again on a new one', async (how) => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', how, ok)
    expect(await testClient(vault.address).request(sign)).toMatchObject({ status: 200 })
    expect(vault.connections()).toBe(2)
  })

  it('three times is given up with the last reason', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', { status: 503, json: { errors: ['Vault is sealed'] } })
    expect(await failure(testClient(vault.address), sign)).toMatchObject({ code: 'VAULT_SEALED', status: 503 })
    expect(vault.requests).toHaveLength(3)
  })

  it('waits as long as Retry-After says', async () => {
    const vault = await scriptedVault()
    const limited = { status: 429, json: { errors: ['request path "x": rate limit quota exceeded'] } }
    vault.on('POST ssh/sign/ops', { ...limited, headers: { 'Retry-After': '9' } }, ok)
    const clock = hastyClock(clientTimeoutMs)
    await testClient(vault.address, { clock }).request(sign)
    expect(clock.waits).toEqual([9000])
  })

  it('reads a date in Retry-After by the clock that wrote it', async () => {
    const vault = await scriptedVault()
    const headers = { Date: 'Fri, 02 Jan 2026 05:04:05 GMT', 'Retry-After': 'Fri, 02 Jan 2026 05:04:14 GMT' }
    vault.on('POST ssh/sign/ops', { status: 429, headers })
    const clock = fakeClock(Date.UTC(2026, 0, 2, 3, 4, 5))
    const error = await failure(testClient(vault.address, { clock, maxRetries: 0 }), sign)
    expect(error).toMatchObject({ retryAfterMs: 9000 })
  })

  it('is not held longer than three timeouts, whatever Retry-After says', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', { status: 429, headers: { 'Retry-After': '31' } })
    const error = await failure(testClient(vault.address), sign)
    expect(error).toMatchObject({
      code: 'VAULT_RATE_LIMITED',
      retryAfterMs: 31_000,
      message: expect.stringContaining('31s'),
    })
    expect(vault.requests).toHaveLength(1)
  })

  it.each([
    [400, 'Unknown role: ops'],
    [403, '1 error occurred:\n\t* permission denied\n\n'],
    [404, 'no handler for route "ssh/sign/ops". route entry not found.'],
    [501, 'Vault is not initialized'],
    [500, 'cannot renew a token across namespaces'],
  ])('for good (%i %s) is not sent again', async (status, text) => {
    const vault = await scriptedVault()
    vault.on('GET auth/token/lookup-self', { status, json: { errors: [text] } })
    const request = {
      method: 'GET',
      path: 'auth/token/lookup-self',
      purpose: { type: 'token', operation: 'renew' },
    } as const
    await failure(testClient(vault.address), request)
    expect(vault.requests).toHaveLength(1)
  })

  it('by not answering in time is sent again, three times in all', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', 'hang')
    const clock = hastyClock(clientTimeoutMs)
    const failed = failure(testClient(vault.address, { clock, random: () => 0 }), sign)
    // 10 s, a wait of 1 s, 10 s, 2 s, and what is left of 30 s, which the hasty clock takes for a wait.
    await until(() => vault.requests.length === 1)
    clock.advance(clientTimeoutMs)
    await until(() => vault.requests.length === 2)
    clock.advance(clientTimeoutMs)
    const error = await failed
    expect(error).toMatchObject({
      code: 'VAULT_UNREACHABLE',
      message: expect.stringContaining('did not answer within 7 s'),
    })
    expect(clock.waits).toEqual([1000, 2000, 7000])
  })

  it('is given up when its caller does, and closes its connection', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', 'hang')
    const caller = new AbortController()
    const clock = fakeClock()
    const failed = failure(testClient(vault.address, { clock }), { ...sign, signal: caller.signal })
    await until(() => vault.requests.length === 1)
    caller.abort()
    expect(await failed).toMatchObject({ code: 'VAULT_ABORTED' })
    expect(clock.pendingTimers()).toBe(0)
    await until(() => vault.openConnections() === 0)
  })

  it('is given up while it waits for the next attempt, and says why it waited', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', { status: 503, json: { errors: ['Vault is sealed'] } })
    const caller = new AbortController()
    const [clock, { log, lines }] = [fakeClock(), recordingLog()]
    const failed = failure(testClient(vault.address, { clock, log }), { ...sign, signal: caller.signal })
    await until(() => lines.length === 1)
    caller.abort()
    expect(await failed).toMatchObject({ code: 'VAULT_ABORTED', cause: { code: 'VAULT_SEALED' } })
    expect(clock.pendingTimers()).toBe(0)
    expect(vault.requests).toHaveLength(1)
  })

  it('is not even sent when its caller has gone', async () => {
    const vault = await scriptedVault()
    expect(await failure(testClient(vault.address), { ...sign, signal: AbortSignal.abort() })).toMatchObject({
      code: 'VAULT_ABORTED',
    })
    expect(vault.connections()).toBe(0)
  })

  it('because nothing listens says so, and is tried again', async () => {
    const vault = await scriptedVault({ socketPath: join(temporaryFolder(), 'v.sock') })
    const clock = hastyClock(clientTimeoutMs)
    const gone = vault.address.replace('v.sock', 'gone.sock')
    expect(await failure(testClient(gone, { clock }), login)).toMatchObject({
      code: 'VAULT_UNREACHABLE',
      message: expect.stringContaining('its socket does not exist'),
    })
    expect(clock.waits).toHaveLength(2)
  })
})

describe('a login', () => {
  it.each([
    ['drop' as const],
    ['break' as const],
    [{ status: 500, json: { errors: ['missing password'] } }],
    [{ status: 502 }],
    [{ status: 503, json: { errors: ['Vault is sealed'] } }],
  ])('that the server may have seen is not sent again: %j', async (answer) => {
    const vault = await scriptedVault()
    vault.on('POST auth/userpass/login/jo', answer)
    await failure(testClient(vault.address), login)
    expect(vault.requests).toHaveLength(1)
  })

  it('that timed out is not sent again', async () => {
    const vault = await scriptedVault()
    vault.on('POST auth/userpass/login/jo', 'hang')
    const clock = hastyClock(clientTimeoutMs)
    const failed = failure(testClient(vault.address, { clock }), login)
    await until(() => vault.requests.length === 1)
    clock.advance(clientTimeoutMs)
    expect(await failed).toMatchObject({ code: 'VAULT_UNREACHABLE' })
    expect(vault.requests).toHaveLength(1)
  })

  it('that the rate limit turned away is sent again', async () => {
    const vault = await scriptedVault()
    vault.on('POST auth/userpass/login/jo', { status: 429 }, ok)
    expect(await testClient(vault.address).request(login)).toMatchObject({ status: 200 })
  })
})

describe('a redirect', () => {
  it('to another path of the same server is followed once, with method, token and body', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', { status: 307, headers: { Location: '/v1/active/ssh/sign/ops?a=b' } })
    vault.on('POST active/ssh/sign/ops?a=b', ok)
    expect(await testClient(vault.address).request(sign)).toMatchObject({ status: 200 })
    expect(vault.requests[1]).toMatchObject({ body: sign.body, headers: { 'x-vault-token': token.expose() } })
  })

  it('to another server is refused: it sees nothing, and the error names it', async () => {
    const [vault, other] = [await scriptedVault(), await scriptedVault()]
    vault.on('POST ssh/sign/ops', { status: 307, headers: { Location: `${other.address}/v1/ssh/sign/ops` } })
    const error = await failure(testClient(vault.address), sign)
    expect(error).toMatchObject({
      code: 'VAULT_REDIRECTED',
      message: expect.stringContaining(other.address),
      hint: expect.stringContaining('redirect_hosts'),
    })
    expect(other.requests).toEqual([])
    expect(other.connections()).toBe(0)
    expect(vault.requests).toHaveLength(1)
  })

  it.each([
    ['a second time', '/v1/ssh/sign/ops'],
    ['to nowhere', 'http://['],
  ])('%s is refused', async (_, location) => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', { status: 302, headers: { Location: location } })
    expect(await failure(testClient(vault.address), sign)).toMatchObject({ code: 'VAULT_REDIRECTED' })
  })

  it('without a location is refused', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', { status: 301 })
    expect(await failure(testClient(vault.address), sign)).toMatchObject({ code: 'VAULT_REDIRECTED' })
  })
})

describe('a request with a query', () => {
  it('has it behind the path, encoded, and the secrets in it in no error', async () => {
    const vault = await scriptedVault()
    const code = 'a code&of=many words'
    const refused = { status: 400, json: { errors: [`unknown code ${code}`] } }
    vault.on('GET auth/oidc/oidc/callback?state=a%2Fb&code=a+code%26of%3Dmany+words', refused)
    const request: VaultApiRequest = {
      method: 'GET',
      path: 'auth/oidc/oidc/callback',
      purpose: login.purpose,
      query: { state: 'a/b', code: new Secret(code) },
    }
    const error = await failure(testClient(vault.address), request)
    expect(String(error)).toContain('unknown code [redacted]')
    expect(vault.requests).toHaveLength(1)
  })
})

it('a page is an answer whatever its status, but not the failure of a server', async () => {
  const vault = await scriptedVault()
  const raw = '<h1>Invalid redirect path.</h1>'
  vault.on('POST auth/userpass/login/jo', { status: 400, raw }, { status: 500, raw })
  const client = testClient(vault.address)
  expect(await client.request({ ...login, isPage: true })).toMatchObject({ status: 400, text: raw })
  expect(await failure(client, { ...login, isPage: true })).toMatchObject({ code: 'VAULT_UNAVAILABLE' })
})

describe('secrets', () => {
  it('are in no error and no log line, even when the server repeats them', async () => {
    const vault = await scriptedVault()
    const password = 'correct horse battery'
    vault.on('POST auth/userpass/login/jo', ({ headers, body }) => ({
      status: 500,
      json: { errors: [`bad: ${String(headers['x-vault-token'])} ${JSON.stringify(body)}`] },
    }))
    const { log, lines } = recordingLog()
    const error = await failure(testClient(vault.address, { log }), { ...login, token, isIdempotent: true })
    const shown = `${inspect(error, { depth: 9, showHidden: true })} ${lines.join('\n')}`
    expect(shown).toContain('[redacted]')
    expect(shown).not.toContain(token.expose())
    expect(shown).not.toContain(password)
  })

  it('are in no error about the connection', async () => {
    const vault = await scriptedVault()
    vault.on('POST ssh/sign/ops', 'drop')
    const error = await failure(testClient(vault.address), sign)
    expect(error).toMatchObject({ code: 'VAULT_UNREACHABLE' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(token.expose())
  })

  it('over plain http to another machine are warned about, once, at the start', () => {
    const { log, lines } = recordingLog()
    testClient('http://vault.example.com:8200', { log })
    testClient('http://127.0.0.1:8200', { log })
    testClient('https://vault.example.com', { log })
    expect(lines).toEqual([expect.stringMatching(/^warn: .*in clear/)])
  })
})

it('a token of one destination is told from that of another', () => {
  expect(testClient('http://127.0.0.1:1').destination).not.toBe(testClient('http://127.0.0.1:2').destination)
  expect(testClient('http://127.0.0.1:1').destination).not.toBe(
    testClient('http://127.0.0.1:1', { namespace: 'team' }).destination,
  )
})

it.each([
  ['https://V.example.com:443/', 'https://v.example.com', undefined, undefined],
  ['unix:///run//vault.sock', 'unix:///run/vault.sock', undefined, undefined],
  ['https://v.example.com', 'https://v.example.com', '/team/', 'team'],
] as const)(
  'a destination is the same however it is written: %s and %s',
  (address, other, namespace, otherNamespace) => {
    expect(testClient(address, { namespace }).destination).toBe(
      testClient(other, { namespace: otherNamespace }).destination,
    )
  },
)
