import type { IncomingMessage } from 'node:http'
import { errorCode } from '../../core/errors.ts'
import { type ApiErrorBody, maxBodyBytes } from '../protocol.ts'
import type { ApiReply, ApiRoute } from './api-route.ts'
import type { RequestBody } from './request-body.ts'
import type { Match } from './route-match.ts'

/** An answer from the server itself, before any handler runs. */
export interface Refusal extends ApiReply {
  body: ApiErrorBody
}

/** A refusal with this status, code and message. */
export function refusal(status: number, code: string, message: string): Refusal {
  return { status, body: { error: { code, message } } }
}

/**
 * Refuses requests from a web page. A page cannot reach a Unix socket, but somebody may forward a port to it: then the
 * browser marks its requests, and a page whose domain DNS points at our address (rebinding) has that domain as host.
 * @returns undefined for a caller of our own
 */
function refuseForeign({ headers }: IncomingMessage): Refusal | undefined {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
    return refusal(403, 'ORIGIN_REFUSED', 'web pages are not served')
  }
  // curl needs some host in its URL; any single name will do, but not a domain or an address.
  if (/^[a-z0-9-]+(:\d+)?$/i.test(headers.host ?? '')) return undefined
  return refusal(403, 'HOST_REFUSED', 'the host is not "localhost"')
}

/** The refusal of a request that no route answers. */
export function refuseUnmatched(match: Exclude<Match, { type: 'route' }>): Refusal {
  switch (match.type) {
    case 'unknown':
      return refusal(404, 'PATH_UNKNOWN', 'the local API has no such path')
    case 'wrong-method':
      return {
        ...refusal(405, 'METHOD_NOT_ALLOWED', `only ${match.allowed.join(', ')} here`),
        headers: { Allow: match.allowed.join(', ') },
      }
    case 'bad-path':
      return refusal(400, 'PATH_INVALID', 'the path is not percent-encoded UTF-8')
  }
}

/** The refusal of a body that cannot be used. */
export function refuseBody(type: Exclude<RequestBody['type'], 'json'>): Refusal {
  switch (type) {
    case 'too-large':
      return refusal(413, 'BODY_TOO_LARGE', `a body may have at most ${maxBodyBytes} bytes`)
    case 'not-json':
      return refusal(400, 'BODY_INVALID', 'the body is not JSON in UTF-8')
  }
}

/** Refuses a body that would mean nothing (RFC 9110 §9.3.1, §9.3.5) and would be held for as long as the request waits. */
export function refuseUnexpectedBody({ method, takesBody }: ApiRoute, body: unknown): Refusal | undefined {
  if (body === undefined || takesBody) return undefined
  return refusal(400, 'BODY_UNEXPECTED', `${method} takes no body here`)
}

/** No caller of ours sends more, and each costs more than its bytes. One more is read, so that an excess is noticed. */
export const maxHeaders = 64

/** @returns undefined while there are not too many */
function refuseTooManyHeaders({ rawHeaders }: IncomingMessage): Refusal | undefined {
  if (rawHeaders.length <= 2 * maxHeaders) return undefined
  return refusal(431, 'HEADERS_TOO_LARGE', `a request may have at most ${maxHeaders} headers`)
}

/** Checks the head of a request before anything else is done with it. @returns undefined if it may go on */
export type Guard = (incoming: IncomingMessage) => Refusal | undefined

/** The guards of the local API. */
export const apiGuards: readonly Guard[] = [refuseForeign, refuseTooManyHeaders]

/** The refusal of something that Node's parser could not read as HTTP. */
export function refuseMalformed(error: unknown): Refusal {
  if (errorCode(error) === 'HPE_HEADER_OVERFLOW') return refusal(431, 'HEADERS_TOO_LARGE', 'the headers are too long')
  return refusal(400, 'REQUEST_INVALID', 'this is not HTTP/1.1')
}
