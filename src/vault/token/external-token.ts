import type { Secret } from '../../core/secret.ts'
import type { ExternalToken, TokenFinder } from '../login/login-method.ts'
import { VaultError } from '../vault-error.ts'
import { type HeldToken, loginNeeded, type TokenHolder } from './token-holder.ts'

/** Follows a token that someone else keeps: a new one is taken up as soon as it is there. */
export function createExternalTokenHolder({ vault, method }: { vault: string; method: TokenFinder }): TokenHolder {
  let held: HeldToken | undefined
  /** The server has called it dead: it is not tried again until there is another. */
  let dead: Secret<string> | undefined
  let isReleased = false

  const adopt = (found: ExternalToken): HeldToken => {
    // Asked after the search: a logout may have come meanwhile.
    if (isReleased) throw loginNeeded(vault, 'logged out')
    if (isSame(found.token, dead)) {
      throw new VaultError(
        'VAULT_LOGIN_NEEDED',
        `vault ${vault}: the token from ${found.origin} is not valid any more`,
        {
          hint: found.renewHint,
        },
      )
    }
    if (held === undefined || !isSame(found.token, held.token)) held = { token: found.token, lease: undefined }
    return held
  }

  const current = async (): Promise<HeldToken> => adopt(await method.find(false))

  const login = async (): Promise<HeldToken> => {
    isReleased = false
    dead = undefined
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
      dead = rejected.token
      return adopt(await method.find(true))
    },
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
