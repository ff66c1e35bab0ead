import { errorCode } from '../core/errors.ts'
import { describeReason, HttpError, type HttpReason } from './http-error.ts'

/** System errors from connect(2), getaddrinfo(3) and sockets. */
const networkReasons: Readonly<Record<string, HttpReason>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'host-unknown',
  EAI_AGAIN: 'no-lookup',
  ECONNRESET: 'broken',
  EPIPE: 'broken',
  ETIMEDOUT: 'silent',
  EHOSTUNREACH: 'no-way-to-host',
  ENETUNREACH: 'no-way-to-network',
  ENOENT: 'no-socket',
  EACCES: 'socket-forbidden',
}

/** Errors about the server's certificate, as Node and OpenSSL spell them (Node.js tls, "X509 certificate error codes"). */
const certificateReasons: Readonly<Record<string, HttpReason>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'other-name',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  CERT_SIGNATURE_FAILURE: 'untrusted',
  CERT_UNTRUSTED: 'untrusted',
  CERT_REJECTED: 'untrusted',
  CERT_CHAIN_TOO_LONG: 'untrusted',
  CERT_REVOKED: 'untrusted',
  INVALID_CA: 'untrusted',
  INVALID_PURPOSE: 'untrusted',
  PATH_LENGTH_EXCEEDED: 'untrusted',
}

/** The TLS alerts of a server, by number (RFC 8446 §6). An alert about a certificate means ours: it verifies no other. */
const alertReasons: Readonly<Record<string, HttpReason>> = {
  40: 'no-agreement',
  42: 'client-refused',
  43: 'client-refused',
  44: 'client-revoked',
  45: 'client-expired',
  46: 'client-refused',
  48: 'client-untrusted',
  49: 'client-refused',
  70: 'no-agreement',
  112: 'name-unknown',
  116: 'client-wanted',
}

/**
 * Turns what node:http and node:tls report into words.
 * @param server how messages name the server
 */
export function connectionError(cause: Error, server: string): HttpError {
  const code = errorCode(cause) ?? ''
  // No cause: it carries the raw bytes of the answer.
  if (code.startsWith('HPE_')) return new HttpError('not-http', `${server} does not answer in HTTP (${code})`)
  const reason = networkReasons[code] ?? tlsReason(cause, code) ?? 'other-failure'
  return new HttpError(reason, messageOf(reason, server, code === '' ? cause.message : code), { cause })
}

/** @param detail used when the reason has no words of its own */
function messageOf(reason: HttpReason, server: string, detail: string): string {
  if (reason === 'untrusted') return `the certificate of ${server} is not trusted (${detail})`
  const { code, words = detail } = describeReason(reason)
  return code === 'HTTP_TLS' ? `no secure connection to ${server}: ${words}` : `${server} cannot be reached: ${words}`
}

/** @returns undefined if the error is not about TLS */
function tlsReason({ message }: Error, code: string): HttpReason | undefined {
  const certificate = certificateReasons[code]
  if (certificate !== undefined) return certificate
  if (!/^(EPROTO$|ERR_TLS_|ERR_SSL_|CERT_)/.test(code)) return undefined
  // OpenSSL's own text: before Node 22 the code says less, and OpenSSL 3.2 renamed the codes.
  const [, alert] = /SSL alert number (\d+)/.exec(message) ?? []
  if (alert !== undefined) return alertReasons[alert] ?? 'other-tls'
  return /wrong.version.number|packet.length.too.long/i.test(`${code} ${message}`) ? 'no-tls' : 'other-tls'
}
