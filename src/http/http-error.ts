import { CodedError } from '../core/errors.ts'

/** What can go wrong on the way to a server and back, before the contents of an answer are looked at. */
export type HttpErrorCode =
  /** No connection, or it broke. */
  | 'HTTP_UNREACHABLE'
  /** No secure connection. */
  | 'HTTP_TLS'
  | 'HTTP_TIMEOUT'
  /** The caller gave up. */
  | 'HTTP_ABORTED'
  | 'HTTP_TOO_LARGE'
  /** What came back is not HTTP. */
  | 'HTTP_MALFORMED'
  /** A certificate or key for the connection cannot be used. */
  | 'HTTP_CONFIG'

/** Each reason that callers need to tell apart, to name the setting at fault: its code, and its words about the server. */
const reasons = {
  refused: ['HTTP_UNREACHABLE', 'nothing listens there'],
  'host-unknown': ['HTTP_UNREACHABLE', 'its host name is not known'],
  'no-lookup': ['HTTP_UNREACHABLE', 'host names cannot be looked up at the moment'],
  broken: ['HTTP_UNREACHABLE', 'the connection broke'],
  silent: ['HTTP_UNREACHABLE', 'it does not answer'],
  'no-way-to-host': ['HTTP_UNREACHABLE', 'there is no route to its host'],
  'no-way-to-network': ['HTTP_UNREACHABLE', 'there is no route to its network'],
  'no-socket': ['HTTP_UNREACHABLE', 'its socket does not exist'],
  'socket-forbidden': ['HTTP_UNREACHABLE', 'its socket may not be opened'],
  'other-failure': ['HTTP_UNREACHABLE', undefined],
  'proxy-away': ['HTTP_UNREACHABLE', undefined],
  'proxy-refused': ['HTTP_UNREACHABLE', undefined],
  untrusted: ['HTTP_TLS', 'its certificate is not trusted'],
  expired: ['HTTP_TLS', 'its certificate has expired'],
  'not-yet-valid': ['HTTP_TLS', 'its certificate is not valid yet'],
  'other-name': ['HTTP_TLS', 'its certificate is for another name'],
  'other-owner': ['HTTP_TLS', undefined],
  'no-tls': ['HTTP_TLS', 'it does not speak TLS'],
  'client-wanted': ['HTTP_TLS', 'it requires a client certificate'],
  'client-expired': ['HTTP_TLS', 'it says that our client certificate has expired'],
  'client-revoked': ['HTTP_TLS', 'it says that our client certificate has been revoked'],
  'client-untrusted': ['HTTP_TLS', 'it does not know the CA of our client certificate'],
  'client-refused': ['HTTP_TLS', 'it refuses our client certificate'],
  'name-unknown': ['HTTP_TLS', 'it has no certificate for the name that we asked for'],
  'no-agreement': [
    'HTTP_TLS',
    'it ended the handshake: it may require a client certificate, or another version of TLS',
  ],
  'other-tls': ['HTTP_TLS', undefined],
  timeout: ['HTTP_TIMEOUT', undefined],
  aborted: ['HTTP_ABORTED', undefined],
  'too-large': ['HTTP_TOO_LARGE', undefined],
  'not-http': ['HTTP_MALFORMED', undefined],
  'ca-unreadable': ['HTTP_CONFIG', undefined],
  'client-unusable': ['HTTP_CONFIG', undefined],
  'proxy-unusable': ['HTTP_CONFIG', undefined],
  'proxy-login': ['HTTP_CONFIG', undefined],
} as const satisfies Readonly<Record<string, readonly [HttpErrorCode, string | undefined]>>

/** The reason, for code to read. */
export type HttpReason = keyof typeof reasons

/** The code of a reason, and its words, for use after `cannot be reached: `; undefined if it has none of its own. */
export function describeReason(reason: HttpReason): { code: HttpErrorCode; words: string | undefined } {
  const [code, words] = reasons[reason]
  return { code, words }
}

/**
 * What went wrong with a request, in words that name the server but no setting: the sender knows which settings were used
 * and adds the hint.
 */
export class HttpError extends CodedError<HttpErrorCode> {
  readonly reason: HttpReason

  constructor(reason: HttpReason, message: string, options: { cause?: unknown } = {}) {
    super(reasons[reason][0], message, options)
    this.reason = reason
  }
}
