import type { Clock } from '../../core/clock.ts'
import type { Secret } from '../../core/secret.ts'
import type { ExternalToken, TokenFinder } from '../login/login-method.ts'
import { VaultError } from '../vault-error.ts'
import { createSuspicion } from './suspicion.ts'
import { type HeldToken, loginNeeded, type TokenHolder, tokenRefused } from './token-holder.ts'

/** Follows a token that someone else looks after: a new one is taken up as soon as it is there. */
export function createExternalTokenHolder(vault: string, method: TokenFinder, clock: Clock): TokenHolder {
  const suspicion = createSuspicion(clock)
  let held: HeldToken | undefined
  /** The server has called it invalid: it is not sent again. */
  let invalid: Secret<string> | undefined
  let isReleased = false

  const adopt = (found: ExternalToken): HeldToken => {
    // Asked after the search: a logout may have come meanwhile.
    if (isReleased) throw loginNeeded(vault, 'logged out')
    if (isSame(found.token, invalid)) throw notValid(vault, found)
    if (held === undefined || !isSame(found.token, held.token)) held = { token: found.token, lease: undefined }
    if (suspicion.isSuspect(held.token) && !suspicion.takeTry(held.token)) {
      throw tokenRefused(vault, `the token from ${found.origin}`, found.renewHint)
    }
    return held
  }

  const current = async (): Promise<HeldToken> => adopt(await method.find(false))

  const login = async (): Promise<HeldToken> => {
    isReleased = false
    invalid = undefined
    held = undefined
    return adopt(await method.find(true))
  }

  return {
    current,
    peek: () => held,
    async warm() {
      await current()
    },
    login,
    relogin: login,
    async replace(rejected) {
      if (held !== undefined && held.token !== rejected.token) return held
      held = undefined
      invalid = rejected.token
      return adopt(await method.find(true))
    },
    async suspect({ token }) {
      if (held?.token === token) suspicion.mark(token)
      return adopt(await method.find(true))
    },
    trust: ({ token }) => suspicion.clear(token),
    isSuspect: ({ token }) => suspicion.isSuspect(token),
    nextTryMs: suspicion.nextTryMs,
    async update({ token }, lease) {
      if (held?.token === token) held = { token, lease }
    },
    async release() {
      const last = held
      held = undefined
      isReleased = true
      return last
    },
    async forget() {},
    storeError: () => undefined,
  }
}

function isSame(left: Secret<string>, right: Secret<string> | undefined): boolean {
  return right !== undefined && left.expose() === right.expose()
}

function notValid(vault: string, { origin, renewHint }: ExternalToken): VaultError {
  return new VaultError('VAULT_LOGIN_NEEDED', `vault ${vault}: the token from ${origin} is not valid any more`, {
    hint: renewHint,
  })
}
