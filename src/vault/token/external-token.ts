import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { ExternalToken, TokenFinder } from '../login/login-method.ts'
import { VaultError } from '../vault-error.ts'
import { createSuspicion } from './suspicion.ts'
import { type HeldToken, loginNeeded, type TokenHolder, tokenRefused } from './token-holder.ts'

/** Follows a token that someone else looks after: a new one is used as soon as it is there. */
export function createExternalTokenHolder(vault: string, method: TokenFinder, clock: Clock): TokenHolder {
  const suspicion = createSuspicion(clock)
  let held: HeldToken | undefined
  /** The last one that was held. */
  let last: Secret<string> | undefined
  const replaced: (() => void)[] = []
  /** The server has called it invalid: it is not sent again. */
  let invalid: Secret<string> | undefined
  let isReleased = false

  const takeUp = (found: ExternalToken): HeldToken => {
    if (held !== undefined && isSame(found.token, held.token)) return held
    // An equal token counts as the same one after a logout too, for what was obtained with it.
    const isAnother = last === undefined || !isSame(found.token, last)
    const token = isAnother ? found.token : last!
    const isReplaced = isAnother && last !== undefined
    held = { token, lease: undefined }
    last = token
    if (isReplaced) for (const run of replaced) run()
    return held
  }

  const adopt = (found: ExternalToken): HeldToken => {
    // Checked after the search: a logout may have come meanwhile.
    if (isReleased) throw loginNeeded(vault, 'logged out')
    if (isSame(found.token, invalid)) throw notValid(vault, found)
    const taken = takeUp(found)
    if (suspicion.isSuspect(taken.token) && !suspicion.takeTry(taken.token)) {
      throw tokenRefused(vault, `the token from ${found.origin}`, found.renewHint)
    }
    return taken
  }

  const current = async (): Promise<HeldToken> => adopt(await method.find(false))

  const login = async (): Promise<HeldToken> => {
    isReleased = false
    invalid = undefined
    held = undefined
    if (last !== undefined) suspicion.clear(last)
    return adopt(await method.find(true))
  }

  const suspect = async ({ token }: HeldToken): Promise<HeldToken> => {
    if (held?.token === token) suspicion.mark(token)
    return adopt(await method.find(true))
  }

  return {
    current,
    peek: () => held,
    async peekAgain() {
      const found = await method.find(false).catch(() => undefined)
      if (found !== undefined && !isReleased && !isSame(found.token, invalid)) takeUp(found)
    },
    async warm() {
      await current()
    },
    onReplaced: (run) => void replaced.push(run),
    login,
    relogin: login,
    async replace(rejected) {
      // The proxy may have another one by now, which looks the same from here.
      if (method.isStandIn === true) return await suspect(rejected)
      if (held !== undefined && held.token !== rejected.token) return held
      held = undefined
      invalid = rejected.token
      return adopt(await method.find(true))
    },
    suspect,
    trust: ({ token }) => suspicion.clear(token),
    isSuspect: ({ token }) => suspicion.isSuspect(token),
    nextTryMs: suspicion.nextTryMs,
    async update({ token }, lease) {
      if (held?.token !== token) return
      held = { token, lease: method.isStandIn === true ? { ...lease, leaseSeconds: 0, isRenewable: false } : lease }
    },
    async release() {
      const released = held
      held = undefined
      isReleased = true
      return released
    },
    async forget() {},
    storeError: () => undefined,
  }
}

function isSame(left: Secret<string>, right: Secret<string> | undefined): boolean {
  return right !== undefined && left.expose() === right.expose()
}

function notValid(vault: string, { origin, renewHint }: ExternalToken): VaultError {
  return new VaultError('VAULT_LOGIN_NEEDED', `vault ${vault}: the token from ${origin} is no longer valid`, {
    hint: renewHint,
  })
}
