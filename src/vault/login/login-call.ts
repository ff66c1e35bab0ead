import type { Secret } from '../../core/secret.ts'
import { foreignText } from '../../core/text/display-text.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import type { VaultAnswer } from '../answer.ts'
import type { VaultApiRequest } from '../client.ts'
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
  /** Default: POST. */
  method?: 'GET'
  body?: VaultBody
  query?: VaultApiRequest['query']
  /** Who logs in, for messages. */
  who: string
  /** What Vault calls the token (`userpass-jo`): the answer does not say, but it has noted who that is. */
  displayName: string | ((metadata: Readonly<Record<string, string>>) => string)
  advice: LoginAdvice
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
  call: LoginCall,
): Promise<LeasedToken> {
  return takeLogin(context, call, await sendLogin(context, call))
}

/** The first half of `callLogin`, for a login whose answer has to be waited for. */
export async function sendLogin({ client }: Pick<LoginContext, 'client'>, call: LoginCall): Promise<VaultAnswer> {
  const { path, mount, method = 'POST', body, query, who, mayAsk, advice, mfa, patienceMs } = call
  return client.request({
    method,
    path,
    purpose: { type: 'login', mount, who, isAsked: mayAsk, advice },
    ...(body === undefined ? {} : { body }),
    query,
    mfa,
    isIdempotent: false,
    patienceMs,
  })
}

/** The second half of `callLogin`: the token, by way of login MFA where that follows. */
export async function takeLogin(
  context: Pick<LoginContext, 'client' | 'clock' | 'prompts'>,
  { mount, who, displayName, mayAsk, signal }: LoginCall,
  first: VaultAnswer,
): Promise<LeasedToken> {
  const { client, clock } = context
  const requirement = first.auth?.mfa
  const answer =
    requirement === undefined ? first : await satisfyMfa(context, { requirement, mount, who, mayAsk, signal })
  const name = typeof displayName === 'string' ? displayName : displayName(answer.auth?.metadata ?? {})
  return leaseFromLogin(answer, { vault: client.name, displayName: foreignText(name, []), nowMs: clock.now() })
}
