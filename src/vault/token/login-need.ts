import type { Clock } from '../../core/time/clock.ts'
import { PromptError } from '../../prompts/prompt.ts'
import type { TokenMethod } from '../login/login-method.ts'
import { isLoginNeeded, isVaultError } from '../vault-error.ts'

/** The need for a login that only a person can make, and whether the person knows of it. */
export interface LoginNeed {
  /** Something could not be had for want of a login: the person is told, unless asked meanwhile. */
  arises(): void
  /** Tells the person at once, unless told already. */
  tellNow(): void
  /** Runs a login that may ask the person, who needs not be told of it then. Rejects as `login` does. */
  asking<T>(login: () => Promise<T>): Promise<T>
  /** What was needed is there: the next need is told of anew. */
  met(): void
  /** Nobody is told any more. */
  stop(): void
}

/** What it needs. */
export interface LoginNeedDeps {
  clock: Clock
  /** Tells the person, wherever that is. */
  tell: () => void
}

/** A command that has found out that a login is needed may ask for it in a terminal right away, in ms. */
const graceMs = 2_000

/** Nothing is needed yet. */
export function createLoginNeed({ clock, tell }: LoginNeedDeps): LoginNeed {
  let isTold = false
  let logins = 0
  let cancel: (() => void) | undefined

  const rest = () => {
    cancel?.()
    cancel = undefined
  }

  const tellNow = () => {
    rest()
    if (isTold) return
    isTold = true
    tell()
  }

  const arises = () => {
    if (!isTold && logins === 0) cancel ??= clock.after(graceMs, tellNow)
  }

  return {
    arises,
    tellNow,
    async asking(login) {
      const wasDue = cancel !== undefined
      rest()
      logins += 1
      let isDue = false
      try {
        return await login()
      } catch (error) {
        // Who has said no knows.
        if (error instanceof PromptError && error.code === 'PROMPT_CANCELLED') isTold = true
        isDue = wasDue
        throw error
      } finally {
        logins -= 1
        if (isDue) arises()
      }
    },
    met() {
      rest()
      isTold = false
    },
    stop: rest,
  }
}

/**
 * Whether only a person can cure what a use of a token has failed with. Methods that need nobody need a person all the same
 * where the server wants a second factor, or what they build on wants a code. A token that others look after is theirs to
 * replace.
 */
export function needsPerson(method: TokenMethod, error: unknown): boolean {
  if (method.type === 'external') return false
  const mayNeedOne = !method.isUnattended || method.prepare !== undefined
  return mayNeedOne ? isLoginNeeded(error) : isVaultError(error, 'VAULT_MFA_NEEDED')
}
