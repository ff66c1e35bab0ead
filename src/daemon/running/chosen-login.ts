import { isDeepStrictEqual } from 'node:util'
import { shellWord } from '../../core/text/shell-word.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import type { LoginMethod } from '../../vault/login/login-method.ts'
import type { AuthConfig } from '../../vault/login/login-methods.ts'
import type { LoginSummary, TokenSource } from '../../vault/token/token-source.ts'
import { isVaultError, VaultError } from '../../vault/vault-error.ts'

/** How one vault is logged in to, which a person may choose where config.toml does not say. */
export interface ChosenLogin {
  /** The tokens of the login in use. */
  tokens: TokenSource
  /** The login in use. */
  auth(): AuthConfig
  /** Whether a person is to choose: config.toml does not say how, nobody has chosen yet, and no token is found. */
  isOpen(): Promise<boolean>
  /**
   * Logs in because a person wants it.
   * @param chosen by the person; it is in use from then on, until a logout or the end of the daemon
   * @throws {VaultError} VAULT_METHOD_NEEDED: it is open how; otherwise as `TokenSource.login`
   */
  logIn(caller: PromptCaller, chosen?: AuthConfig): Promise<LoginSummary>
}

/** What it needs. */
export interface ChosenLoginDeps {
  /** The vault's name in the configuration. */
  vault: string
  /** As config.toml has it, or what counts where it has nothing. */
  auth: AuthConfig
  /** Whether config.toml says it. */
  isWritten: boolean
  createMethod: (auth: AuthConfig) => LoginMethod
  createTokens: (method: LoginMethod) => TokenSource
}

/** A login and its tokens. */
interface Login {
  auth: AuthConfig
  method: LoginMethod
  tokens: TokenSource
}

/** Begins with the login that config.toml has. */
export function createChosenLogin(deps: ChosenLoginDeps): ChosenLogin {
  const { vault, isWritten, createMethod, createTokens } = deps
  const begin = (auth: AuthConfig): Login => {
    const method = createMethod(auth)
    return { auth, method, tokens: createTokens(method) }
  }
  const first = begin(deps.auth)
  let current = first
  /** One that was chosen, and has not worked yet. */
  let pending: Login | undefined

  const isOpen = async (): Promise<boolean> => {
    if (isWritten || current !== first || first.method.type !== 'external') return false
    try {
      await first.method.find(true)
      return false
    } catch (error) {
      if (isVaultError(error, 'VAULT_LOGIN_NEEDED')) return true
      throw error
    }
  }

  /** A caller that was lent a question comes back for the outcome, with the same choice. */
  const loginFor = (auth: AuthConfig): Login => {
    if (isDeepStrictEqual(current.auth, auth)) return current
    if (pending !== undefined && isDeepStrictEqual(pending.auth, auth)) return pending
    pending?.tokens.close()
    pending = begin(auth)
    return pending
  }

  /** Until it has worked the former login stays in use. */
  const logInAs = async (caller: PromptCaller, auth: AuthConfig): Promise<LoginSummary> => {
    const mine = loginFor(auth)
    const summary = await mine.tokens.login(caller)
    if (pending !== mine) return summary
    pending = undefined
    const former = current
    current = mine
    mine.tokens.start()
    // Somebody else has chosen meanwhile.
    if (former !== first) await former.tokens.logout().catch(() => {})
    return summary
  }

  return {
    tokens: {
      withAccess: (use) => current.tokens.withAccess(use),
      isOfPresentLogin: (token) => current.tokens.isOfPresentLogin(token),
      look: () => current.tokens.look(),
      // Others replace only a token that is found.
      onReplaced: first.tokens.onReplaced,
      login: (caller) => current.tokens.login(caller),
      tellNeed: (error) => current.tokens.tellNeed(error),
      async logout() {
        const former = current
        current = first
        pending?.tokens.close()
        pending = undefined
        if (former === first) return await first.tokens.logout()
        await first.tokens.logout()
        try {
          await former.tokens.logout()
        } finally {
          former.tokens.close()
        }
      },
      status: () => current.tokens.status(),
      start: () => current.tokens.start(),
      stop: () => current.tokens.stop(),
      close() {
        pending?.tokens.close()
        if (current !== first) current.tokens.close()
        first.tokens.close()
      },
    },
    auth: () => current.auth,
    isOpen,
    async logIn(caller, chosen) {
      if (chosen === undefined) {
        if (await isOpen()) throw methodNeeded(vault)
        return await current.tokens.login(caller)
      }
      if (isWritten) throw alreadySaid(vault)
      return await logInAs(caller, chosen)
    },
  }
}

function methodNeeded(vault: string): VaultError {
  const message = `vault ${vault}: config.toml does not say how to log in, and no token is found`
  return new VaultError('VAULT_METHOD_NEEDED', message, { hint: `in a terminal: latchkey login ${shellWord(vault)}` })
}

function alreadySaid(vault: string): VaultError {
  return new VaultError('VAULT_CONFIG', `vault ${vault}: config.toml says how to log in, and nothing else is taken`, {
    hint: `edit auth of [vault.${vault}], or run: latchkey login ${shellWord(vault)}`,
  })
}
