import { errorCode } from '../core/errors.ts'
import { foreignText } from '../core/text/display-text.ts'
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
  // It was found out while connecting, where nothing is known of names.
  if (cause instanceof HttpError)
    return new HttpError(cause.reason, prefixed(cause.reason, server, cause.message), { cause: cause.cause })
  // No cause: it carries the raw bytes of the answer.
  if (code.startsWith('HPE_')) return new HttpError('not-http', `${server} does not answer in HTTP (${code})`)
  const reason = reasonOf(cause, code)
  if (reason === 'untrusted')
    return new HttpError(reason, `the certificate of ${server} is not trusted (${code})`, { cause })
  return new HttpError(reason, prefixed(reason, server, connectionWords(cause)), { cause })
}

/** What is wrong with a connection, in words about the server. */
export function connectionWords(cause: Error): string {
  const code = errorCode(cause) ?? ''
  const reason = reasonOf(cause, code)
  const { words } = describeReason(reason)
  if (reason === 'other-name') return `${words}${namesIn(cause)}`
  return words ?? (code === '' ? cause.message : code)
}

/** The names that the server's certificate has (Node.js tls, ERR_TLS_CERT_ALTNAME_INVALID). */
function namesIn({ cert }: Error & { cert?: { subjectaltname?: string } }): string {
  const names = cert?.subjectaltname?.replace(/(^|, )(DNS|IP Address):/g, '$1')
  return names === undefined ? '' : `, ${foreignText(names, [])}`
}

const reasonOf = (cause: Error, code: string): HttpReason =>
  networkReasons[code] ?? tlsReason(cause, code) ?? 'other-failure'

function prefixed(reason: HttpReason, server: string, words: string): string {
  const { code } = describeReason(reason)
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
