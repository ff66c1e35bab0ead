import type { IssueFailure } from '../../ssh/certificate-issuer.ts'
import { SshError } from '../../ssh/wire.ts'
import { VaultError, type VaultErrorCode } from '../vault-error.ts'

/** What each refusal means for the next request for a certificate. */
const failureOfCode: Readonly<Record<VaultErrorCode, IssueFailure>> = {
  VAULT_UNREACHABLE: 'passing',
  VAULT_TLS: 'passing',
  VAULT_ABORTED: 'passing',
  // From a proxy, or a network that wants a sign-in first, more often than from a wrong address.
  VAULT_BAD_RESPONSE: 'passing',
  VAULT_REDIRECTED: 'passing',
  VAULT_SEALED: 'passing',
  VAULT_UNAVAILABLE: 'passing',
  VAULT_RATE_LIMITED: 'passing',
  VAULT_TOKEN_REJECTED: 'passing',
  VAULT_TOKEN_INVALID: 'passing',
  // From a login that needs no person: an address that is not bound yet, a lockout that others have caused.
  VAULT_LOGIN_FAILED: 'passing',
  VAULT_LOGIN_LOCKED: 'passing',
  // Others may be about to write the file, and a program may want the network.
  VAULT_SECRET_MISSING: 'passing',
  VAULT_METHOD_NEEDED: 'login',
  VAULT_LOGIN_NEEDED: 'login',
  VAULT_LOGIN_PENDING: 'login',
  VAULT_LOGIN_SLOW_DOWN: 'login',
  VAULT_MFA_NEEDED: 'login',
  VAULT_MFA_FAILED: 'login',
  VAULT_CONFIG: 'lasting',
  VAULT_DENIED: 'lasting',
  VAULT_WRAPPING_TOKEN_INVALID: 'lasting',
  VAULT_NOT_RENEWABLE: 'lasting',
  VAULT_MOUNT_UNKNOWN: 'lasting',
  VAULT_NAMESPACE: 'lasting',
  VAULT_ROLE_UNKNOWN: 'lasting',
  VAULT_ROLE_KIND: 'lasting',
  VAULT_KEY_NOT_ALLOWED: 'lasting',
  VAULT_PRINCIPALS: 'lasting',
  VAULT_TEMPLATE: 'lasting',
  VAULT_TTL_TOO_LONG: 'lasting',
  VAULT_OPTIONS_NOT_ALLOWED: 'lasting',
  VAULT_CA_MISSING: 'lasting',
  VAULT_REFUSED: 'lasting',
  VAULT_REQUEST_INVALID: 'lasting',
}

/** What a failed issue means. A certificate that cannot be read, or is not what was asked for, is the fault of the role. */
export function issueFailure(error: unknown): IssueFailure {
  if (error instanceof SshError) return 'lasting'
  if (!(error instanceof VaultError)) return 'passing'
  return error.cause instanceof SshError ? 'lasting' : failureOfCode[error.code]
}
