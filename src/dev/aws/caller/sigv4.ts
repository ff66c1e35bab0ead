import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { AwsRefusal } from '../protocol/refusal.ts'
import { headerValues, type SignatureClaim, type SignedRequest } from './signed-request.ts'

/*
 * Signature Version 4 from the server's side, written from AWS's description of the signing process and not from any code
 * that signs: the product signs with the AWS SDK, and this must be able to find that it does so wrongly.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

const algorithm = 'AWS4-HMAC-SHA256'
const terminator = 'aws4_request'

/** How far a request's time may be off, in either direction. */
const maxSkewMs = 15 * 60_000

/** For whom, where and when a request must be signed. */
export interface ExpectedScope {
  service: string
  isRegion: (region: string) => boolean
  nowMs: number
}

/**
 * Checks time, signed headers and credential scope: all that can be said without knowing the key.
 * @throws {AwsRefusal} IncompleteSignature, SignatureDoesNotMatch
 */
export function checkClaim(request: SignedRequest, claim: SignatureClaim, expected: ExpectedScope): void {
  checkTime(claim.timestamp, expected.nowMs)
  checkSignedHeaders(request, claim.signedHeaders)
  const { date, region, service } = claim.scope
  const day = claim.timestamp.slice(0, 8)
  const wrong: string[] = []
  if (!expected.isRegion(region)) wrong.push(`Credential should be scoped to a valid region, not '${region}'. `)
  if (service !== expected.service)
    wrong.push(`Credential should be scoped to correct service: '${expected.service}'. `)
  if (claim.scope.terminator !== terminator) {
    wrong.push(
      `Credential should be scoped with a valid terminator: '${terminator}', not '${claim.scope.terminator}'. `,
    )
  }
  if (date !== day) {
    wrong.push(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${day}', from '${claim.timestamp}'. `,
    )
  }
  if (wrong.length > 0) throw mismatch(wrong.join(''))
}

function checkTime(timestamp: string, nowMs: number): void {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp)
  if (parts === null) {
    throw new AwsRefusal(
      'IncompleteSignature',
      `Date must be in ISO-8601 'basic format'. Got '${timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    )
  }
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [number, number, ...number[]]
  const signedMs = Date.UTC(year, month - 1, day, hour, minute, second)
  if (signedMs < nowMs - maxSkewMs) {
    const limit = basicTime(nowMs - maxSkewMs)
    throw mismatch(`Signature expired: ${timestamp} is now earlier than ${limit} (${basicTime(nowMs)} - 15 min.)`)
  }
  if (signedMs > nowMs + maxSkewMs) {
    const limit = basicTime(nowMs + maxSkewMs)
    throw mismatch(
      `Signature not yet current: ${timestamp} is still later than ${limit} (${basicTime(nowMs)} + 15 min.)`,
    )
  }
}

/** `20150830T123600Z` */
function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')
}

/** The host, and every x-amz-* header: one that is not signed could be added or changed by anyone on the way. */
function checkSignedHeaders(request: SignedRequest, signedHeaders: readonly string[]): void {
  if (!signedHeaders.includes('host')) {
    throw mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
  }
  const unsigned = request.headers
    .map(([name]) => name.toLowerCase())
    .find((name) => name.startsWith('x-amz-') && !signedHeaders.includes(name))
  if (unsigned !== undefined) throw mismatch(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`)
}

/**
 * Compares the signature with the one that the secret makes of this request.
 * @throws {AwsRefusal} SignatureDoesNotMatch
 */
export function checkSignature(request: SignedRequest, claim: SignatureClaim, secretAccessKey: string): void {
  const { date, region, service } = claim.scope
  const toSign = [
    algorithm,
    claim.timestamp,
    `${date}/${region}/${service}/${terminator}`,
    sha256(canonicalRequest(request, claim.signedHeaders)),
  ].join('\n')
  const key = [date, region, service, terminator].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  const own = hmac(key, toSign)
  const theirs = Buffer.from(/^[0-9a-f]{64}$/.test(claim.signature) ? claim.signature : '', 'hex')
  if (theirs.length !== own.length || !timingSafeEqual(theirs, own)) {
    throw mismatch(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
  }
}

/** The path is always `/`: the double serves no other one. */
function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const headers = signedHeaders.map((name) => {
    const values = headerValues(request, name).map((value) => value.trim().replace(/ +/g, ' '))
    return `${name}:${values.join(',')}\n`
  })
  const names = signedHeaders.join(';')
  // The body's own hash, whatever an x-amz-content-sha256 header claims.
  return [request.method, '/', canonicalQuery(request.query), headers.join(''), names, sha256(request.body)].join('\n')
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map((pair) => pair.split(/=(.*)/s, 2).map(percentEncode))
    .map(([name, value = '']) => [name!, value] as const)
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** RFC 3986, however the client wrote it; bytes that are not UTF-8 stay as they are and are signed as such. */
function percentEncode(text: string): string {
  const decoded = decode(text)
  return encodeURIComponent(decoded).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** Text is hashed by its bytes on the wire: Node reads a header's bytes as latin1. */
function sha256(content: string | Uint8Array): string {
  const hash = createHash('sha256')
  return (typeof content === 'string' ? hash.update(content, 'latin1') : hash.update(content)).digest('hex')
}

function mismatch(message: string): AwsRefusal {
  return new AwsRefusal('SignatureDoesNotMatch', message)
}
