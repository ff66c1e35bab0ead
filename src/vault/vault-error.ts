import { CodedError, type CodedErrorOptions } from '../core/errors.ts'

/** What can be wrong with a vault, as far as callers need to distinguish it. */
export type VaultErrorCode =
  /** No answer: refused, reset, not found, timed out, given up. */
  | 'VAULT_UNREACHABLE'
  | 'VAULT_TLS'
  | 'VAULT_ABORTED'
  /** Something answered, but not as Vault does. */
  | 'VAULT_BAD_RESPONSE'
  | 'VAULT_REDIRECTED'
  /** The configuration cannot work: an address, path, certificate file. */
  | 'VAULT_CONFIG'
  /** What a login is made with is not there now: a file that others write, what a program prints. */
  | 'VAULT_SECRET_MISSING'
  | 'VAULT_SEALED'
  | 'VAULT_UNAVAILABLE'
  | 'VAULT_RATE_LIMITED'
  /** The token is good and its policies do not allow the call. */
  | 'VAULT_DENIED'
  /** The server refuses the token without saying why: it may be dead, bound to other networks, or its entity disabled. */
  | 'VAULT_TOKEN_REJECTED'
  /** The server says that there is no such token. */
  | 'VAULT_TOKEN_INVALID'
  /** Nothing says how to log in. */
  | 'VAULT_METHOD_NEEDED'
  /** Only a person can get the next token. */
  | 'VAULT_LOGIN_NEEDED'
  | 'VAULT_LOGIN_FAILED'
  /** The person has not finished in the browser: ask again later, or more rarely. */
  | 'VAULT_LOGIN_PENDING'
  | 'VAULT_LOGIN_SLOW_DOWN'
  /** The login is refused whatever the secret: locked, not allowed from this network, or what checks it is away. */
  | 'VAULT_LOGIN_LOCKED'
  /** The login goes on only with a second factor. */
  | 'VAULT_MFA_NEEDED'
  /** The second factor was wrong, denied, or did not come in time. */
  | 'VAULT_MFA_FAILED'
  /** A wrapped secret was opened by someone else, has expired, or was wrapped by the wrong hands. */
  | 'VAULT_WRAPPING_TOKEN_INVALID'
  | 'VAULT_NOT_RENEWABLE'
  | 'VAULT_MOUNT_UNKNOWN'
  | 'VAULT_NAMESPACE'
  | 'VAULT_ROLE_UNKNOWN'
  | 'VAULT_ROLE_KIND'
  | 'VAULT_KEY_NOT_ALLOWED'
  | 'VAULT_PRINCIPALS'
  | 'VAULT_TEMPLATE'
  | 'VAULT_TTL_TOO_LONG'
  | 'VAULT_OPTIONS_NOT_ALLOWED'
  | 'VAULT_CA_MISSING'
  /** The server refused in words that are not in our table. */
  | 'VAULT_REFUSED'
  /** The server says that our request is malformed: a bug here. */
  | 'VAULT_REQUEST_INVALID'

/** What a VaultError carries in addition to its message. */
export interface VaultErrorOptions extends CodedErrorOptions {
  /** HTTP status, where there was an answer. */
  status?: number | undefined
  /** How long the server asks us to stay away, in ms. */
  retryAfterMs?: number | undefined
  /** The longest lifetime that the role allows, in seconds. */
  maxTtlSeconds?: number | undefined
  /** It is about the login that a request held, and not about what was asked with it. */
  isOfLogin?: boolean | undefined
}

/** What went wrong with a Vault or OpenBao server. */
export class VaultError extends CodedError<VaultErrorCode> {
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
  readonly maxTtlSeconds: number | undefined
  readonly isOfLogin: boolean

  constructor(code: VaultErrorCode, message: string, options: VaultErrorOptions = {}) {
    super(code, message, options)
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
    this.maxTtlSeconds = options.maxTtlSeconds
    this.isOfLogin = options.isOfLogin ?? false
  }
}

const transientCodes: ReadonlySet<string> = new Set<VaultErrorCode>([
  'VAULT_UNREACHABLE',
  'VAULT_SEALED',
  'VAULT_UNAVAILABLE',
  'VAULT_RATE_LIMITED',
])

/** True where the same request may work a little later without anything being changed here. */
export function isTransient(error: unknown): boolean {
  return error instanceof VaultError && transientCodes.has(error.code)
}

/** True for a VaultError of one of these codes. */
export function isVaultError(error: unknown, ...codes: readonly VaultErrorCode[]): error is VaultError {
  return error instanceof VaultError && codes.includes(error.code)
}

/** True where a login is needed that only a person can make, be it for its secret or for its second factor. */
export function isLoginNeeded(error: unknown): error is VaultError {
  return isVaultError(error, 'VAULT_LOGIN_NEEDED', 'VAULT_MFA_NEEDED')
}

/** The server itself did not answer, and would not have answered any other request either: it is away, or another answers for it. */
export function isServerAway(error: unknown): error is VaultError {
  return isVaultError(
    error,
    'VAULT_UNREACHABLE',
    'VAULT_TLS',
    'VAULT_BAD_RESPONSE',
    'VAULT_REDIRECTED',
    'VAULT_SEALED',
    'VAULT_UNAVAILABLE',
  )
}

/** True for an answer of the server itself with one of these statuses: what answers in its place says nothing of what is there. */
export function isVerdict(error: unknown, ...statuses: readonly number[]): error is VaultError {
  return error instanceof VaultError && statuses.includes(error.status ?? 0) && !isServerAway(error)
}
