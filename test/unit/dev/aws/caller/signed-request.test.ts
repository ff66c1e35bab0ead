import { describe, expect, it } from 'vitest'
import {
  headerValues,
  readSignatureClaim,
  type SignedRequest,
} from '../../../../../src/dev/aws/caller/signed-request.ts'

const credential = 'Credential=AKIAEXAMPLE/20260102/eu-west-1/sts/aws4_request'
const rest = 'SignedHeaders=x-amz-date;Host, Signature=abc'

function request(authorization: string | undefined, date: string | undefined = '20260102T030405Z'): SignedRequest {
  const headers: [string, string][] = [['HOST', 'localhost']]
  if (authorization !== undefined) headers.push(['authorization', authorization])
  if (date !== undefined && date !== '') headers.push(['X-Amz-Date', date])
  return { method: 'POST', query: '', headers, body: Buffer.alloc(0) }
}

const refusal = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) })

describe('the Authorization header', () => {
  it('names key, scope, signed headers and signature', () => {
    expect(readSignatureClaim(request(`AWS4-HMAC-SHA256 ${credential}, ${rest}`))).toEqual({
      accessKeyId: 'AKIAEXAMPLE',
      scope: { date: '20260102', region: 'eu-west-1', service: 'sts', terminator: 'aws4_request' },
      signedHeaders: ['host', 'x-amz-date'],
      timestamp: '20260102T030405Z',
      signature: 'abc',
    })
  })

  it('may have commas without spaces', () => {
    expect(readSignatureClaim(request(`AWS4-HMAC-SHA256 ${credential},${rest.replace(', ', ',')}`)).signature).toBe(
      'abc',
    )
  })

  it('must be there', () => {
    expect(() => readSignatureClaim(request(undefined))).toThrow(
      refusal('MissingAuthenticationToken', 'Request is missing Authentication Token'),
    )
  })

  it('must be there once', () => {
    const twice = request(`AWS4-HMAC-SHA256 ${credential}, ${rest}`)
    const doubled = { ...twice, headers: [...twice.headers, ['Authorization', 'other'] as const] }
    expect(() => readSignatureClaim(doubled)).toThrow(refusal('IncompleteSignature', 'one Authorization header'))
  })

  it.each([
    'Bearer my-token',
    'Basic dTpw',
    'AWS AKIA:sig',
    'AWS4-HMAC-SHA25 Credential=x',
    'AWS4-ECDSA-P256-SHA256 x=y',
  ])('of another scheme is refused and not repeated: %s', (authorization) => {
    const code = refusal('IncompleteSignature', "Unsupported AWS 'algorithm'")
    expect(() => readSignatureClaim(request(authorization))).toThrow(code)
    expect(() => readSignatureClaim(request(authorization))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(authorization) }),
    )
  })

  it.each([
    [rest, "requires 'Credential' parameter."],
    [`${credential}, Signature=abc`, "requires 'SignedHeaders' parameter."],
    [`${credential}, SignedHeaders=host`, "requires 'Signature' parameter."],
    [`${credential}, SignedHeaders=host, Signature=`, "requires 'Signature' parameter."],
    ['Credential= AKIA/x, a', 'missing equal-sign'],
    ['', 'missing equal-sign'],
  ])('without a part is refused: %j', (parameters, message) => {
    expect(() => readSignatureClaim(request(`AWS4-HMAC-SHA256 ${parameters}`))).toThrow(
      refusal('IncompleteSignature', message),
    )
  })

  it('needs a time beside it', () => {
    expect(() => readSignatureClaim(request(`AWS4-HMAC-SHA256 ${credential}, ${rest}`, ''))).toThrow(
      refusal('IncompleteSignature', "existence of a 'X-Amz-Date' header"),
    )
  })

  it.each([
    'AKIA/20260102/eu-west-1/sts',
    'AKIA/20260102/eu-west-1/sts/aws4_request/x',
    '/20260102/eu-west-1/sts/aws4_request',
  ])('must have a whole credential, not %s', (parts) => {
    expect(() => readSignatureClaim(request(`AWS4-HMAC-SHA256 Credential=${parts}, ${rest}`))).toThrow(
      refusal(
        'IncompleteSignature',
        `exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${parts}'`,
      ),
    )
  })
})

it('finds all values of a header in whatever case it was sent', () => {
  const headers = [
    ['X-A', '1'],
    ['x-a', '2'],
    ['X-B', '3'],
  ] as const
  expect(headerValues({ method: 'GET', query: '', headers, body: Buffer.alloc(0) }, 'x-a')).toEqual(['1', '2'])
})
