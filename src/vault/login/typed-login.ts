import type { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { LeasedToken } from '../token/token-lease.ts'
import { isVaultError } from '../vault-error.ts'
import { type Asking, type LoginContext, type LoginRequest, loginTopic } from './login-method.ts'

/** A login by a secret that a person types. */
export interface TypedSecret {
  /** What is asked for: `password of jo`. */
  what: string
  /** What is said when it is asked for again. */
  wrong: string
}

/** People mistype; a server locks a user after five wrong passwords in a row, counting those from other clients. */
const maxQuestions = 3

/**
 * Asks for the secret, and again where the server says that it was wrong. It is sent once and kept nowhere.
 * @param send rejects with VAULT_LOGIN_FAILED for a wrong one
 */
export function createTypedLogin(
  { what, wrong }: TypedSecret,
  { client, prompts }: Pick<LoginContext, 'client' | 'prompts'>,
  send: (secret: Secret<string>, asking: Asking) => Promise<LeasedToken>,
): LoginRequest['login'] {
  const ask = (notice: string | undefined, signal: AbortSignal | undefined) =>
    prompts.ask(
      {
        topic: loginTopic(client.name),
        kind: 'password' as const,
        text: `${what} for vault ${client.name}`,
        ...(notice === undefined ? {} : { notice }),
        remedy: `latchkey login ${shellWord(client.name)}`,
      },
      signal,
    )

  return async (_isAsked, signal) => {
    for (let question = 1, notice: string | undefined; ; question += 1) {
      try {
        return await send(await ask(notice, signal), { mayAsk: true, signal })
      } catch (error) {
        if (!isVaultError(error, 'VAULT_LOGIN_FAILED') || question === maxQuestions) throw error
        const left = maxQuestions - question
        notice = `${wrong}; ${left} more ${left === 1 ? 'try' : 'tries'}`
      }
    }
  }
}
