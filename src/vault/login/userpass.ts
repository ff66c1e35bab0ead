import type { Clock } from '../../core/clock.ts'
import type { Prompts } from '../../prompts/prompt.ts'
import { vaultPath } from '../address.ts'
import type { VaultClient } from '../client.ts'
import { leaseFromLogin } from '../token/token-lease.ts'
import { isVaultError } from '../vault-error.ts'
import { type LoginRequest, loginTopic } from './login-method.ts'

/** Who logs in by password. */
export interface UserpassOptions {
  username: string
  /** The auth mount, without `auth/`. */
  mount: string
}

/** Mistyping happens; the server locks a user after five wrong passwords in a row, counting those of other clients. */
const maxQuestions = 3

/** Logs in with a user name and a password that a person types. The password is sent once and kept nowhere. */
export function createUserpassLogin(
  { username, mount }: UserpassOptions,
  { client, prompts, clock }: { client: VaultClient; prompts: Prompts; clock: Clock },
): LoginRequest {
  const attempt = async (notice: string | undefined, signal: AbortSignal | undefined) => {
    const question = {
      topic: loginTopic(client.name),
      kind: 'password' as const,
      text: `password of ${username} for vault ${client.name}`,
      ...(notice === undefined ? {} : { notice }),
    }
    const password = await prompts.ask(question, signal)
    const answer = await client.request({
      method: 'POST',
      path: vaultPath(`auth/${mount}`, 'login', username),
      purpose: { type: 'login', method: 'userpass', mount, who: username },
      body: { password },
      isIdempotent: false,
    })
    return leaseFromLogin(answer, {
      vault: client.name,
      displayName: `${mount.replaceAll('/', '-')}-${username}`,
      nowMs: clock.now(),
    })
  }
  return {
    type: 'own',
    name: 'userpass',
    identity: `${mount}/${username}`,
    isUnattended: false,
    async login(_isAsked, signal) {
      for (let question = 1, notice: string | undefined; ; question += 1) {
        try {
          return await attempt(notice, signal)
        } catch (error) {
          if (!isVaultError(error, 'VAULT_LOGIN_FAILED') || question === maxQuestions) throw error
          const left = maxQuestions - question
          notice = `wrong password, or no such user; ${left} more ${left === 1 ? 'try' : 'tries'}`
        }
      }
    },
  }
}
