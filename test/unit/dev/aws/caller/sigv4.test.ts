import { readFileSync } from 'node:fs'
import aws4 from 'aws4'
import { describe, expect, it } from 'vitest'
import { readSignatureClaim, type SignedRequest } from '../../../../../src/dev/aws/caller/signed-request.ts'
import { checkClaim, checkSignature } from '../../../../../src/dev/aws/caller/sigv4.ts'

interface Example {
  name: string
  method: string
  query: string
  headers: [string, string][]
  body: string
}

const vectors = new URL('../../../../vectors/sigv4/aws-examples.json', import.meta.url)
const examples: { secretAccessKey: string; requests: Example[] } = JSON.parse(readFileSync(vectors, 'utf8'))

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)
const secret = 'own+secret/key'

/** A request that aws4, which shares no line with the verifier, has signed. */
function signed(change: Partial<aws4.Request> = {}, token?: string): SignedRequest {
  const request = aws4.sign(
    {
      method: 'POST',
      host: 'sts.eu-west-1.amazonaws.com',
      path: '/?a=1&b=%2F&a=0',
      service: 'sts',
      region: 'eu-west-1',
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
      ...change,
      headers: { 'X-Amz-Date': '20260102T030405Z', 'X-Amz-Other': 'signed too', ...change.headers },
    },
    { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: secret, ...(token === undefined ? {} : { sessionToken: token }) },
  )
  return {
    method: request.method!,
    query: request.path!.split('?')[1] ?? '',
    headers: Object.entries(request.headers!).map(([name, value]) => [name, String(value)] as const),
    body: Buffer.from(request.body ?? ''),
  }
}

const scope = { service: 'sts', isRegion: (region: string) => region === 'eu-west-1', nowMs } as const

function verify(request: SignedRequest, secretAccessKey = secret, atMs = nowMs): void {
  const claim = readSignatureClaim(request)
  checkClaim(request, claim, { ...scope, nowMs: atMs })
  checkSignature(request, claim, secretAccessKey)
}

function withHeader(request: SignedRequest, name: string, change: (value: string) => string): SignedRequest {
  const headers = request.headers.map(
    ([key, value]) => [key, key.toLowerCase() === name ? change(value) : value] as const,
  )
  return { ...request, headers }
}

describe("AWS's published examples", () => {
  const claimOf = (example: Example) => {
    const request = { ...example, body: Buffer.from(example.body) }
    return { request, claim: readSignatureClaim(request) }
  }

  it.each(examples.requests)('accepts $name', (example) => {
    const { request, claim } = claimOf(example)
    expect(() => checkSignature(request, claim, examples.secretAccessKey)).not.toThrow()
  })

  it.each(examples.requests)('refuses $name with another secret', (example) => {
    const { request, claim } = claimOf(example)
    const other = examples.secretAccessKey.replace('+', '/')
    expect(() => checkSignature(request, claim, other)).toThrow('signature we calculated does not match')
  })
})

describe('a request signed by aws4', () => {
  it('is accepted, with a session token and without', () => {
    expect(() => verify(signed())).not.toThrow()
    expect(() => verify(signed({}, 'a/token+with==signs'))).not.toThrow()
    expect(() => verify(signed({ method: 'GET', path: '/', body: '' }))).not.toThrow()
  })

  it.each<[string, (request: SignedRequest) => SignedRequest]>([
    ['another method', (request) => ({ ...request, method: 'PUT' })],
    ['another query', (request) => ({ ...request, query: 'a=1&b=%2F&a=2' })],
    ['a query that lacks a part', (request) => ({ ...request, query: 'a=1&b=%2F' })],
    ['another body', (request) => ({ ...request, body: Buffer.from('Action=GetCallerIdentity&Version=2011-06-16') })],
    ['an empty body', (request) => ({ ...request, body: Buffer.alloc(0) })],
    ['another host', (request) => withHeader(request, 'host', () => 'sts.amazonaws.com')],
    ['another signed header', (request) => withHeader(request, 'x-amz-other', () => 'signed  to')],
    ['another time', (request) => withHeader(request, 'x-amz-date', () => '20260102T030406Z')],
    ['a second value of a signed header', (request) => ({ ...request, headers: [...request.headers, ['Host', 'x']] })],
    ['another signature', (request) => withHeader(request, 'authorization', (value) => value.replace(/.$/, flip))],
    ['a shorter signature', (request) => withHeader(request, 'authorization', (value) => value.slice(0, -1))],
    ['a signature in capitals', (request) => withHeader(request, 'authorization', upperCaseSignature)],
    ['no signature', (request) => withHeader(request, 'authorization', (value) => value.replace(/=[0-9a-f]+$/, '=-'))],
    ['fewer signed headers', (request) => withHeader(request, 'authorization', (v) => v.replace('content-type;', ''))],
    ['more signed headers', (request) => withHeader(request, 'authorization', (v) => v.replace('host', 'accept;host'))],
  ])('is refused with %s', (_, mutate) => {
    expect(() => verify(mutate(signed()))).toThrow('The request signature we calculated does not match')
  })

  it('is refused with another secret', () => {
    expect(() => verify(signed(), `${secret}x`)).toThrow('The request signature we calculated does not match')
  })

  it('is refused with another session token', () => {
    const request = withHeader(signed({}, 'token'), 'x-amz-security-token', () => 'other')
    expect(() => verify(request)).toThrow('The request signature we calculated does not match')
  })

  it('is accepted whichever way its query is percent-encoded, and refused where it is malformed', () => {
    expect(() => verify({ ...signed(), query: 'a=1&b=/&a=0' })).not.toThrow()
    expect(() => verify({ ...signed(), query: 'a=1&b=%2&a=0' })).toThrow('does not match')
  })

  it('cannot lie about the hash of its body', () => {
    const honest = signed({ headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } })
    expect(() => verify(honest)).toThrow('does not match')
  })
})

describe('what must be signed', () => {
  it('is the host', () => {
    const request = withHeader(signed(), 'authorization', (value) => value.replace('host;', ''))
    expect(() => verify(request)).toThrow("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
  })

  it.each(['x-amz-date', 'x-amz-other', 'x-amz-security-token'])('is %s', (name) => {
    const request = withHeader(signed({}, 'token'), 'authorization', (value) => value.replace(`;${name}`, ''))
    expect(() => verify(request)).toThrow(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
  })

  it('is every x-amz- header that somebody adds on the way', () => {
    const request = signed()
    expect(() => verify({ ...request, headers: [...request.headers, ['X-Amz-Security-Token', 'added']] })).toThrow(
      "'x-amz-security-token' must be a 'SignedHeader'",
    )
  })

  it('is not every header', () => {
    const request = signed()
    expect(() => verify({ ...request, headers: [...request.headers, ['User-Agent', 'any']] })).not.toThrow()
  })
})

describe('the credential scope', () => {
  it.each([
    [{ region: 'eu-west-2' }, "Credential should be scoped to a valid region, not 'eu-west-2'. "],
    [{ service: 'iam' }, "Credential should be scoped to correct service: 'sts'. "],
  ])('must fit: %o', (change, message) => {
    const code = expect.objectContaining({ code: 'SignatureDoesNotMatch', message })
    expect(() => verify(signed(change))).toThrow(code)
  })

  it('must end in aws4_request and be of the day that the request is of; all that is wrong is said at once', () => {
    const request = withHeader(signed({ region: 'us-west-9' }), 'authorization', (value) =>
      value.replace('/20260102/', '/20260101/').replace('aws4_request', 'aws5_request'),
    )
    expect(() => verify(request)).toThrow(
      "Credential should be scoped to a valid region, not 'us-west-9'. Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260101' != '20260102', from '20260102T030405Z'. ",
    )
  })
})

describe('the time of a request', () => {
  const minutes = 60_000

  it('may be 15 minutes off, either way', () => {
    expect(() => verify(signed(), secret, nowMs + 15 * minutes)).not.toThrow()
    expect(() => verify(signed(), secret, nowMs - 15 * minutes)).not.toThrow()
  })

  it('is refused a second later', () => {
    expect(() => verify(signed(), secret, nowMs + 15 * minutes + 1000)).toThrow(
      'Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T031906Z - 15 min.)',
    )
  })

  it('is refused a second too early', () => {
    expect(() => verify(signed(), secret, nowMs - 15 * minutes - 1000)).toThrow(
      'Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z (20260102T024904Z + 15 min.)',
    )
  })

  it('is written in the basic format', () => {
    const request = withHeader(signed(), 'x-amz-date', () => '2026-01-02T03:04:05Z')
    expect(() => verify(request)).toThrow("Date must be in ISO-8601 'basic format'. Got '2026-01-02T03:04:05Z'.")
  })
})

function flip(digit: string): string {
  return digit === '0' ? '1' : '0'
}

function upperCaseSignature(authorization: string): string {
  return authorization.replace(/Signature=.*/, (part) => `Signature=${part.slice(10).toUpperCase()}`)
}
