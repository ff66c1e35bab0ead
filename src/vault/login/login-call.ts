import type { AdviceRow, LoginPurpose } from '../advice/advice-row.ts'
import type { VaultBody } from '../client.ts'
import { type LeasedToken, leaseFromLogin } from '../token/token-lease.ts'
import type { LoginContext } from './login-method.ts'

/** One login request. */
export interface LoginCall {
  /** Below `/v1/`, encoded: from `vaultPath`. */
  path: string
  /** The auth mount, without `auth/`. */
  mount: string
  body: VaultBody
  /** Who logs in, for messages. */
  who: string
  /** What Vault calls the token (`userpass-jo`): the answer does not say, but it has noted who that is. */
  displayName: string | ((metadata: Readonly<Record<string, string>>) => string)
  advice: readonly AdviceRow<LoginPurpose>[]
  /** How long a person may need before the server answers, in ms. */
  patienceMs?: number | undefined
}

/**
 * Sends a login, once: a server that has seen a wrong secret has counted it.
 * @throws {VaultError} VAULT_LOGIN_FAILED, VAULT_LOGIN_LOCKED, VAULT_MFA_NEEDED and others
 */
export async function callLogin(
  { client, clock }: Pick<LoginContext, 'client' | 'clock'>,
  { path, mount, body, who, displayName, advice, patienceMs }: LoginCall,
): Promise<LeasedToken> {
  const answer = await client.request({
    method: 'POST',
    path,
    purpose: { type: 'login', mount, who, advice },
    body,
    isIdempotent: false,
    patienceMs,
  })
  const name = typeof displayName === 'string' ? displayName : displayName(answer.auth?.metadata ?? {})
  return leaseFromLogin(answer, { vault: client.name, displayName: name, nowMs: clock.now() })
}
