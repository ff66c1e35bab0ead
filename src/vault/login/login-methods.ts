import type { Clock } from '../../core/clock.ts'
import type { Environment } from '../../core/environment.ts'
import type { Logger } from '../../core/log.ts'
import { expandHome } from '../../core/paths.ts'
import type { Keychain } from '../../keychain/keychain.ts'
import type { Prompts } from '../../prompts/prompt.ts'
import type { VaultClient } from '../client.ts'
import type { VaultError } from '../vault-error.ts'
import { createApproleLogin } from './approle.ts'
import type { LoginMethod } from './login-method.ts'
import { createTokenFinder } from './token.ts'
import type { RunProgram } from './token-helper.ts'
import { createUserpassLogin } from './userpass.ts'

/** `auth` of a `[vault.…]` section. Paths are absolute or begin with `~/`. */
export type AuthConfig =
  | { method: 'token'; token_file?: string | undefined }
  | { method: 'userpass'; mount?: string | undefined; username: string }
  | {
      method: 'approle'
      mount?: string | undefined
      role_id: string
      secret_id_file?: string | undefined
      wrapped?: boolean | undefined
    }

/** What the login methods work with: each uses some of it. */
export interface LoginMethodDeps {
  client: VaultClient
  /** The server's address as it is configured, for a token helper. */
  address: string
  prompts: Prompts
  keychain: Keychain
  clock: Clock
  log: Logger
  environment: Environment
  /** The user's home folder. */
  home: string
  /** Rejects with the file system's error. */
  readText: (path: string) => Promise<string>
  runProgram: RunProgram
  /** Why this vault does not get the token that the command lines use; see `refuseSharedToken`. */
  tokenRefusal?: VaultError | undefined
}

/** The login method that a vault is configured with. */
export function createLoginMethod(auth: AuthConfig, deps: LoginMethodDeps): LoginMethod {
  const inHome = (path: string | undefined) => (path === undefined ? undefined : expandHome(path, deps.home))
  switch (auth.method) {
    case 'token':
      return createTokenFinder({ ...deps, tokenFile: inHome(auth.token_file), refusal: deps.tokenRefusal })
    case 'userpass':
      return createUserpassLogin({ username: auth.username, mount: mountName(auth.mount ?? 'userpass') }, deps)
    case 'approle':
      return createApproleLogin(
        {
          roleId: auth.role_id,
          mount: mountName(auth.mount ?? 'approle'),
          secretIdFile: inHome(auth.secret_id_file),
          isWrapped: auth.wrapped === true,
        },
        deps,
      )
  }
}

/** People write an auth mount as `userpass`, `userpass/` and `auth/userpass`. */
function mountName(text: string): string {
  return text.replace(/^\/+|\/+$/g, '').replace(/^auth\//, '')
}
