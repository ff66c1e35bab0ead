import * as v from 'valibot'
import { vaultPath } from '../address.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import type { VaultBody } from '../request-body.ts'
import { VaultError } from '../vault-error.ts'
import { callLogin, type LoginCall } from './login-call.ts'
import type { InlineMethod, LoginContext, LoginRequest } from './login-method.ts'

/** What is sent to `auth/MOUNT/login`, and what is known about it. */
export interface LoginTerms {
  /** The auth mount, without `auth/`. */
  mount: string
  body: VaultBody
  /** Who logs in, for messages. */
  who: string
  displayName: LoginCall['displayName']
  advice: LoginAdvice
}

/** A login that needs no person and no second request. */
export interface OneRequestLogin {
  /** The method's name in the configuration. */
  name: string
  /** As `LoginRequest.identity`. */
  identity: string
  /**
   * Has a login sent, unless it was refused a short while ago.
   * @param isAsked as for `LoginRequest.login`
   * @throws what `send` throws, now or the last time; a VaultError where there is nothing to log in with
   */
  attempt<T>(isAsked: boolean, send: (terms: LoginTerms) => Promise<T>): Promise<T>
}

/** `inline` of an `auth`: OpenBao logs in within each request, and no token is kept. */
export const inlineField = v.optional(v.boolean())

/** The method of such a login: by itself, for a token that is kept, or inline, within each request. */
export function oneRequestMethod(
  isInline: boolean | undefined,
  context: LoginContext,
  { name, identity, attempt }: OneRequestLogin,
): LoginRequest | InlineMethod {
  if (isInline !== true) {
    return {
      type: 'login',
      name,
      identity,
      isUnattended: true,
      login: (isAsked, signal) =>
        attempt(isAsked, (terms) =>
          callLogin(context, {
            ...terms,
            path: vaultPath(`auth/${terms.mount}`, 'login'),
            mayAsk: isAsked,
            signal,
          }),
        ),
    }
  }
  return {
    type: 'inline',
    name,
    isUnattended: true,
    async attempt(isAsked, use) {
      const outcome = await attempt(isAsked, ({ mount, body, who, displayName, advice }) =>
        separately(
          use(
            { body, purpose: { type: 'login', mount, who, advice } },
            typeof displayName === 'string' ? displayName : displayName({}),
          ),
        ),
      )
      if (outcome.type === 'failed') throw outcome.error
      return outcome.value
    },
  }
}

type Outcome<T> = { type: 'done'; value: T } | { type: 'failed'; error: unknown }

/** A failure of what was asked for is no refusal of the login, which is not kept from being sent again. */
async function separately<T>(using: Promise<T>): Promise<Outcome<T>> {
  try {
    return { type: 'done', value: await using }
  } catch (error) {
    if (error instanceof VaultError && error.isOfLogin) throw error
    return { type: 'failed', error }
  }
}
