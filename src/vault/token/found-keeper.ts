import type { Secret } from '../../core/secret.ts'
import type { FoundLogin, FoundToken } from '../login/login-method.ts'
import { VaultError } from '../vault-error.ts'
import { type HeldToken, loginNeeded, type TokenKeeper } from './held-token.ts'

/** Follows a token that someone else keeps: a new one is taken up as soon as it is there. */
export function createFoundTokens({ vault, method }: { vault: string; method: FoundLogin }): TokenKeeper {
  let held: HeldToken | undefined
  /** The server has called it dead: it is not tried again until there is another. */
  let dead: Secret<string> | undefined
  let isReleased = false

  const adopt = (found: FoundToken): HeldToken => {
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
    if (held === undefined || !isSame(found.token, held.token)) held = { token: found.token, life: undefined }
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
    async update({ token }, life) {
      if (held?.token === token) held = { token, life }
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
