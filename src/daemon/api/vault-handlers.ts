import * as v from 'valibot'
import { formatUtc } from '../../core/time/utc-time.ts'
import type * as vaultEndpoints from '../../ipc/endpoints/vault.ts'
import type { LoginChoice } from '../../ipc/endpoints/vault.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { type AuthConfig, authSchema } from '../../vault/login/login-methods.ts'
import type { RunningVault } from '../running/running-vault.ts'
import { ApiError } from './api-errors.ts'

/** The handlers of `latchkey login` and `latchkey logout`. @param vaultOf finds one by its name @param configFile its path */
export function vaultHandlers(
  vaultOf: (name: string | undefined, command: string) => RunningVault,
  configFile: () => string,
): EndpointHandlers<typeof vaultEndpoints, PromptCaller> {
  return {
    async login({ body, caller }) {
      const vault = vaultOf(body.vault, 'login')
      const chosen = body.auth === undefined ? undefined : readChoice(body.auth)
      const { expiresAtMs, ...summary } = await vault.logIn(caller, chosen)
      const expiresAt = expiresAtMs === undefined ? {} : { expiresAt: formatUtc(expiresAtMs) }
      return { vault: vault.config.name, ...summary, ...expiresAt }
    },
    async offerLogins({ body }) {
      const vault = vaultOf(body.vault, 'login')
      const { logins, others } = await vault.readVisibleLogins()
      return {
        vault: vault.config.name,
        configFile: configFile(),
        logins: logins.map(({ description, ...login }) => ({
          ...login,
          ...(description === '' ? {} : { description }),
        })),
        others,
      }
    },
    async logout({ body }) {
      const vault = vaultOf(body.vault, 'logout')
      // First, so that nothing more is signed with these keys, whatever the server says.
      const cleared = vault.identities.map(({ key }) => key.clear())
      await vault.tokens.logout()
      await Promise.all(cleared)
    },
  }
}

/** @throws {ApiError} it is no `auth` that config.toml could have */
function readChoice(choice: LoginChoice): AuthConfig {
  const read = v.safeParse(authSchema, choice)
  if (read.success) return read.output
  throw new ApiError('LOGIN_INVALID', `no login by ${choice.method} can be chosen`, { hint: 'latchkey login' })
}
