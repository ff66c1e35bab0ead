import { CodedError } from '../../core/errors.ts'

/** The HTTP status of each kind of refusal, as Vault's http package gives it. */
const statusOf = {
  INVALID_REQUEST: 400,
  INVALID_CREDENTIALS: 400,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  UNSUPPORTED_PATH: 404,
  UNSUPPORTED_OPERATION: 405,
  TOO_LARGE: 413,
  INTERNAL: 500,
  SEALED: 503,
  STATE_UNREADABLE: 500,
} as const

/** The kinds of refusal. */
export type DevVaultErrorCode = keyof typeof statusOf

/** What Vault would refuse, in Vault's words: the message becomes the answer's `errors`, which an empty one leaves empty. */
export class DevVaultError extends CodedError<DevVaultErrorCode> {
  get status(): number {
    return statusOf[this.code]
  }
}

/** A 400 with one text. */
export function invalidRequest(message: string): DevVaultError {
  return new DevVaultError('INVALID_REQUEST', message)
}

/** A missing, unknown, expired or revoked token, and whatever must look like one. */
export function permissionDenied(): DevVaultError {
  return new DevVaultError('PERMISSION_DENIED', 'permission denied')
}

/** A valid token whose policies do not allow the call. */
export function deniedByPolicy(): DevVaultError {
  return new DevVaultError('PERMISSION_DENIED', oneErrorOccurred('permission denied'))
}

/** A path that no part of this server answers, also one that a real server has and this one does not. */
export function unsupportedPath(): DevVaultError {
  return new DevVaultError('UNSUPPORTED_PATH', 'unsupported path')
}

/** A 400 for what a real server has and this one does not, where ignoring it would be pretending. */
export function notBuilt(what: string): DevVaultError {
  return invalidRequest(`${what} is not built into the development server`)
}

/** How hashicorp/go-multierror prints a single error. */
export function oneErrorOccurred(text: string): string {
  return `1 error occurred:\n\t* ${text}\n\n`
}
