import * as v from 'valibot'
import { textField } from '../../core/config-fields.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { vaultPath } from '../address.ts'
import type { AdviceRow, LoginPurpose } from '../advice/advice-row.ts'
import { isVaultError } from '../vault-error.ts'
import { authMount } from './auth-mount.ts'
import { callLogin } from './login-call.ts'
import { defineLoginMethod, loginTopic } from './login-method.ts'

const advice: readonly AdviceRow<LoginPurpose>[] = [
  {
    text: /^invalid username or password$/,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ mount, who }) => `wrong password for ${who} at auth/${mount}/, or no such user`,
    hint: (_, __, vault) =>
      `check username in config.toml and run: latchkey login ${shellWord(vault)} (five wrong passwords lock a user for 15 minutes by default)`,
  },
]

/** People mistype; the server locks a user after five wrong passwords in a row, counting those from other clients. */
const maxQuestions = 3

/** Logs in with a user name and a password that a person types. The password is sent once and kept nowhere. */
export const userpass = defineLoginMethod({
  schema: v.strictObject({ method: v.literal('userpass'), mount: v.optional(textField), username: textField }),
  advice,
  create({ username, mount: writtenMount }, { client, prompts, clock }) {
    const mount = authMount(writtenMount ?? 'userpass')

    const attempt = async (notice: string | undefined, signal: AbortSignal | undefined) => {
      const question = {
        topic: loginTopic(client.name),
        kind: 'password' as const,
        text: `password of ${username} for vault ${client.name}`,
        ...(notice === undefined ? {} : { notice }),
        remedy: `latchkey login ${shellWord(client.name)}`,
      }
      const password = await prompts.ask(question, signal)
      return callLogin(client, clock, {
        path: vaultPath(`auth/${mount}`, 'login', username),
        mount,
        body: { password },
        who: username,
        displayName: `${mount.replaceAll('/', '-')}-${username}`,
        advice,
      })
    }

    return {
      type: 'login',
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
  },
})
