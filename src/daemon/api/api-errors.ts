import { AwsError, type AwsErrorCode } from '../../aws/aws-error.ts'
import { CodedError, describeError } from '../../core/errors.ts'
import type { ReportedError } from '../../ipc/endpoints/fields.ts'
import type { IpcErrorCode } from '../../ipc/ipc-error.ts'
import type { ApiErrorBody } from '../../ipc/protocol.ts'
import type { KeychainErrorCode } from '../../keychain/keychain.ts'
import type { PromptErrorCode } from '../../prompts/prompt.ts'
import type { SshErrorCode } from '../../ssh/wire.ts'
import type { VaultErrorCode } from '../../vault/vault-error.ts'
import type { ConfigErrorCode } from '../config/config.ts'
import type { StaticKeyErrorCode } from '../static-keys/static-key-error.ts'

/** A request names something that does not exist, or has a wrong form. */
export type ApiErrorCode =
  | 'KEY_UNKNOWN'
  | 'IMPORT_UNKNOWN'
  | 'SEED_UNKNOWN'
  | 'LOGIN_INVALID'
  | 'IDENTITY_UNKNOWN'
  | 'HOST_CA_UNKNOWN'
  | 'HOST_CA_NOT_NAMED'
  | 'ROLE_NOT_NAMED'
  | 'VAULT_UNKNOWN'
  | 'VAULT_NOT_NAMED'
  | 'PROMPT_GONE'
  | 'LOCK_STATE'
  | 'PASSPHRASE_WRONG'
  | 'TERMINAL_NEEDED'
  | 'TERMINAL_OFF'
  | 'REQUEST_INVALID'

/** The error for a request that names something that does not exist, or does not have the form of its endpoint. */
export class ApiError extends CodedError<ApiErrorCode> {}

type KnownCode =
  | ConfigErrorCode
  | AwsErrorCode
  | VaultErrorCode
  | KeychainErrorCode
  | PromptErrorCode
  | SshErrorCode
  | ApiErrorCode
  | StaticKeyErrorCode
  | Extract<IpcErrorCode, 'ANSWER_INVALID'>

// 401 means that a person is needed, 404 that there is no such thing, 409 that something must be changed here first,
// 502 that the other side refuses or fails, 503 that the same request may work later.
const statusOfCode: Readonly<Record<Exclude<KnownCode, SshErrorCode>, number>> = {
  AWS_PROFILE_UNKNOWN: 404,
  AWS_PROFILE_INVALID: 409,
  AWS_PROFILE_UNSUPPORTED: 409,
  AWS_PROFILE_CYCLE: 409,
  AWS_PROFILE_NOT_NAMED: 400,
  AWS_LINK_INVALID: 400,
  AWS_LIST_INVALID: 400,
  AWS_FILE_NOT_EDITED: 409,
  AWS_CONSOLE_NOT_OPENED: 503,
  AWS_KEY_MISSING: 409,
  AWS_KEY_REFUSED: 409,
  AWS_KEY_EXISTS: 409,
  AWS_KEY_CORRUPT: 409,
  AWS_IMPORT_FAILED: 409,
  AWS_ROTATION_BLOCKED: 409,
  AWS_FORGOTTEN: 503,
  AWS_MFA_NEEDED: 401,
  AWS_MFA_CODE_REFUSED: 401,
  AWS_MFA_SERIAL_REFUSED: 409,
  AWS_CODE_SOURCE_FAILED: 401,
  AWS_SEED_INVALID: 400,
  AWS_ENTITY_EXISTS: 409,
  AWS_ENTITY_MISSING: 409,
  AWS_QUOTA_REACHED: 409,
  AWS_ENTITY_BUSY: 503,
  AWS_DENIED: 502,
  AWS_TOKEN_EXPIRED: 502,
  AWS_TOKEN_UNKNOWN: 502,
  AWS_SIGNATURE_REFUSED: 502,
  AWS_CLOCK_SKEW: 502,
  AWS_REQUEST_INVALID: 502,
  AWS_REGION_DISABLED: 502,
  AWS_THROTTLED: 503,
  AWS_UNREACHABLE: 503,
  AWS_BAD_RESPONSE: 502,
  VAULT_UNREACHABLE: 503,
  VAULT_TLS: 502,
  VAULT_ABORTED: 503,
  VAULT_BAD_RESPONSE: 502,
  VAULT_REDIRECTED: 502,
  VAULT_CONFIG: 409,
  VAULT_SECRET_MISSING: 409,
  VAULT_SEALED: 503,
  VAULT_UNAVAILABLE: 503,
  VAULT_RATE_LIMITED: 503,
  VAULT_DENIED: 502,
  VAULT_TOKEN_REJECTED: 502,
  VAULT_TOKEN_INVALID: 502,
  VAULT_METHOD_NEEDED: 401,
  VAULT_LOGIN_NEEDED: 401,
  VAULT_LOGIN_FAILED: 401,
  VAULT_LOGIN_PENDING: 401,
  VAULT_LOGIN_SLOW_DOWN: 401,
  VAULT_LOGIN_LOCKED: 401,
  VAULT_MFA_NEEDED: 401,
  VAULT_MFA_FAILED: 401,
  VAULT_WRAPPING_TOKEN_INVALID: 409,
  VAULT_NOT_RENEWABLE: 502,
  VAULT_MOUNT_UNKNOWN: 409,
  VAULT_NAMESPACE: 409,
  VAULT_ROLE_UNKNOWN: 409,
  VAULT_ROLE_KIND: 409,
  VAULT_KEY_NOT_ALLOWED: 409,
  VAULT_PRINCIPALS: 409,
  VAULT_TEMPLATE: 409,
  VAULT_TTL_TOO_LONG: 409,
  VAULT_OPTIONS_NOT_ALLOWED: 409,
  VAULT_CA_MISSING: 502,
  VAULT_REFUSED: 502,
  VAULT_REQUEST_INVALID: 502,
  CONFIG_INVALID: 409,
  CONFIG_UNREADABLE: 409,
  KEY_UNKNOWN: 404,
  IMPORT_UNKNOWN: 404,
  SEED_UNKNOWN: 404,
  LOGIN_INVALID: 400,
  IDENTITY_UNKNOWN: 404,
  HOST_CA_UNKNOWN: 404,
  HOST_CA_NOT_NAMED: 400,
  ROLE_NOT_NAMED: 400,
  VAULT_UNKNOWN: 404,
  SSH_KEY_UNKNOWN: 404,
  SSH_KEY_EXISTS: 409,
  SSH_KEY_INVALID: 400,
  SSH_KEY_MISSING: 409,
  SSH_KEY_CHANGED: 409,
  SSH_KEY_INDEX: 409,
  SSH_KEY_INDEX_DAMAGED: 409,
  VAULT_NOT_NAMED: 400,
  KEYCHAIN_LOCKED: 503,
  KEYCHAIN_UNAVAILABLE: 503,
  KEYCHAIN_CORRUPT: 503,
  KEYCHAIN_TIMEOUT: 503,
  PROMPT_UNAVAILABLE: 401,
  PROMPT_CANCELLED: 401,
  PROMPT_COOLING_DOWN: 401,
  PROMPT_TIMEOUT: 401,
  PROMPT_ANSWER_INVALID: 401,
  PROMPT_QUESTION_INVALID: 502,
  LOCK_STATE: 409,
  PASSPHRASE_WRONG: 403,
  TERMINAL_NEEDED: 409,
  TERMINAL_OFF: 409,
  PROMPT_GONE: 404,
  REQUEST_INVALID: 400,
  ANSWER_INVALID: 500,
}

/** The answer for an error. An error that is not one of ours is a bug in the daemon; the answer says no more than that. */
export function toApiError(error: unknown): { status: number; body: ApiErrorBody } {
  if (!(error instanceof CodedError)) {
    const message = 'something went wrong in the daemon itself'
    return {
      status: 500,
      body: { error: { code: 'INTERNAL', message, hint: 'look at its log: latchkey service status' } },
    }
  }
  return { status: new Map(Object.entries(statusOfCode)).get(error.code) ?? 502, body: { error: reportedError(error) } }
}

/**
 * What AWS has against a profile, as an answer.
 * @throws any other error: where a person could help, they are asked; a fault of our own is no word on the profile
 */
export function answeredError(error: unknown): ReportedError {
  if (!(error instanceof AwsError) || toApiError(error).status === 401) throw error
  return reportedError(error)
}

/** An error as the status reports it. */
export function reportedError(error: unknown): ReportedError {
  if (!(error instanceof CodedError)) return { code: 'INTERNAL', message: describeError(error) }
  return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}
