import type { Secret } from '../../core/secret.ts'
import type { AdviceRow, LoginPurpose } from '../advice/advice-row.ts'
import type { VaultBody } from '../request-body.ts'
import { type LeasedToken, leaseFromLogin } from '../token/token-lease.ts'
import type { Asking, LoginContext } from './login-method.ts'
import { satisfyMfa } from './login-mfa.ts'

/** One login request. */
export interface LoginCall extends Asking {
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
  /** A method of login MFA and its code, sent with the login. */
  mfa?: Secret<string> | undefined
  /** How long a person may need before the server answers, in ms. */
  patienceMs?: number | undefined
}

/**
 * Sends a login, once: a server that has seen a wrong secret has counted it. Where login MFA follows, a person is asked.
 * @throws {VaultError} VAULT_LOGIN_FAILED, VAULT_LOGIN_LOCKED, VAULT_MFA_NEEDED and others; a PromptError
 */
export async function callLogin(
  context: Pick<LoginContext, 'client' | 'clock' | 'prompts'>,
  { path, mount, body, who, displayName, advice, mfa, patienceMs, ...asking }: LoginCall,
): Promise<LeasedToken> {
  const { client, clock } = context
  const first = await client.request({
    method: 'POST',
    path,
    purpose: { type: 'login', mount, who, advice },
    body,
    mfa,
    isIdempotent: false,
    patienceMs,
  })
  const requirement = first.auth?.mfa
  const answer = requirement === undefined ? first : await satisfyMfa(context, { requirement, mount, who, ...asking })
  const name = typeof displayName === 'string' ? displayName : displayName(answer.auth?.metadata ?? {})
  return leaseFromLogin(answer, { vault: client.name, displayName: name, nowMs: clock.now() })
}
