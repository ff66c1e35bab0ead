import { randomBytes } from 'node:crypto'
import { CodedError, describeError } from '../../../core/errors.ts'
import { shellWord } from '../../../core/text/shell-word.ts'
import { pause } from '../../../core/time/pause.ts'
import type { VaultAnswer } from '../../answer.ts'
import { createSelfCalls } from '../../token/self-calls.ts'
import type { LeasedToken } from '../../token/token-lease.ts'
import { isTransient, isVaultError, VaultError } from '../../vault-error.ts'
import { takeLogin } from '../login-call.ts'
import { type LoginContext, loginTopic } from '../login-method.ts'
import type { CallbackPage } from './callback-page.ts'
import { type CallbackServer, startCallbackServer } from './callback-server.ts'
import { type BegunLogin, createOidcCalls, isPending, type OidcCalls, oidcCall } from './oidc-calls.ts'
import { type CallbackMode, listenPlace, type ReturnSettings, redirectUriOf } from './return-address.ts'
import { visitUntil } from './visit-until.ts'

/** What config.toml says about the login. */
export interface OidcSettings extends ReturnSettings {
  role: string | undefined
}

/** How long a person has, in ms. The server forgets a login after ten minutes. */
const limitMs = 5 * 60_000
/** How long the browser's page waits for what becomes of the login, in ms: a second factor may be asked for elsewhere. */
const pageMs = 10_000

/** What a browser has brought. */
interface Callback {
  fields: URLSearchParams
  isForm: boolean
}

/**
 * Logs in by way of a browser. Where it comes back to, and how, is in docs/adr/0048.
 * @returns a function that logs in once; its signal ends the login
 */
export function createOidcLogin(
  settings: OidcSettings,
  context: LoginContext,
): (signal: AbortSignal | undefined) => Promise<LeasedToken> {
  const { client, clock, uid, address } = context
  const { mount, role, mode } = settings
  const vault = client.name
  const again = `latchkey login ${shellWord(vault)}`

  const listen = async (): Promise<CallbackServer> => {
    const place = listenPlace(settings)
    try {
      return await startCallbackServer({ clock, uid, ...place })
    } catch (cause) {
      const message = `vault ${vault}: nothing can listen on port ${place.ports.join(', ')} of this machine for the browser: ${describeError(cause)}`
      const hint = `close what listens there, or set port of auth in config.toml; then run: ${again}`
      throw new VaultError('VAULT_CONFIG', message, { cause, hint })
    }
  }

  const visit = <T>(
    begun: BegunLogin,
    link: string,
    arrival: Promise<T>,
    server: CallbackServer,
    signal: AbortSignal,
  ) =>
    visitUntil(context, {
      question: {
        topic: loginTopic(vault),
        text: `log in to vault ${vault} in a browser`,
        remedy: again,
        url: begun.url,
        link,
        ...(begun.userCode === undefined ? {} : { userCode: begun.userCode }),
        ...(begun.pollMs === undefined ? { takesAddress: true } : {}),
      },
      arrival,
      onAddress: server.paste,
      signal,
    })

  /** The browser comes back to us. */
  const byCallback = async (begun: BegunLogin, calls: OidcCalls, server: CallbackServer, signal: AbortSignal) => {
    let arrive!: (callback: Callback) => void
    const arrival = new Promise<Callback>((resolve) => {
      arrive = resolve
    })
    let tell!: (page: CallbackPage) => void
    const outcome = new Promise<CallbackPage>((resolve) => {
      tell = resolve
    })
    let stopTimer = () => {}
    const link = server.await({
      state: begun.state,
      target: begun.url,
      onCallback(fields, isForm) {
        arrive({ fields, isForm })
        stopTimer = clock.after(pageMs, () => tell(elsewherePage(vault)))
        return outcome
      },
    })
    try {
      const { fields, isForm } = await visit(begun, link, arrival, server, signal)
      // This is waited for: a token that comes must be revoked where nobody wants it any more.
      const token = await granted(await calls.finish(fields, isForm), signal)
      tell(successPage(vault))
      return token
    } catch (error) {
      tell(failurePage(vault, error))
      throw error
    } finally {
      stopTimer()
    }
  }

  /** The browser goes elsewhere, and the server is asked what has become of it. */
  const byPolls = async (begun: BegunLogin, calls: OidcCalls, server: CallbackServer, signal: AbortSignal) => {
    const { state, pollMs } = begun
    if (state === undefined || pollMs === undefined) throw noState(vault)
    const over = new AbortController()
    const giveUp = () => over.abort(signal.reason)
    signal.addEventListener('abort', giveUp)
    const polling = poll(calls, state, pollMs, over.signal)
    const link = server.await({ state: undefined, target: begun.url, onCallback: async () => elsewherePage(vault) })
    try {
      const answer = await visit(begun, link, polling, server, signal).catch(async (error: unknown) => {
        over.abort(error)
        // The last poll may have brought a token, which is revoked where nobody wants it any more.
        const late = await polling.catch(() => undefined)
        if (late === undefined) throw error
        return late
      })
      return await granted(answer, over.signal)
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  const poll = async (calls: OidcCalls, state: string, firstMs: number, signal: AbortSignal): Promise<VaultAnswer> => {
    for (let intervalMs = firstMs; ; ) {
      await pause(clock, intervalMs, signal)
      try {
        return await calls.poll(state)
      } catch (error) {
        if (!isPending(error) && !isTransient(error)) throw error
        if (isVaultError(error, 'VAULT_LOGIN_SLOW_DOWN')) intervalMs *= 2
      }
    }
  }

  /** @param signal ends the question for a second factor: without that there is no token yet */
  const granted = async (answer: VaultAnswer, signal: AbortSignal): Promise<LeasedToken> => {
    const path = 'oidc'
    return named(await takeLogin(context, { ...oidcCall(settings), path, signal }, answer))
  }

  /** Who it was, only the server knows: the answer to the login does not say. */
  const named = async (granted: LeasedToken): Promise<LeasedToken> => {
    const { lease } = granted
    if (lease.isLimited) return granted
    try {
      const { displayName } = await createSelfCalls(client, clock).lookUp(granted)
      return { ...granted, lease: { ...lease, displayName } }
    } catch (error) {
      if (error instanceof VaultError) return granted
      throw error
    }
  }

  return async (given) => {
    const over = new AbortController()
    const giveUp = () => over.abort(given!.reason)
    given?.addEventListener('abort', giveUp)
    const stopTimer = clock.after(limitMs, () => over.abort(tookTooLong(vault, again, mode)))
    const server = await listen().catch((error: unknown) => {
      stopTimer()
      throw error
    })
    try {
      const clientNonce = randomBytes(16).toString('hex')
      const calls = createOidcCalls(context, { mount, role, clientNonce })
      const begun = await calls.begin(redirectUriOf(settings, server.port, address))
      const finish = begun.pollMs === undefined ? byCallback : byPolls
      return await finish(begun, calls, server, over.signal)
    } finally {
      stopTimer()
      given?.removeEventListener('abort', giveUp)
      server.close()
    }
  }
}

const successPage = (vault: string): CallbackPage => ({
  status: 200,
  title: `Logged in to vault ${vault}`,
  text: 'You can close this window.',
})

const elsewherePage = (vault: string): CallbackPage => ({
  status: 200,
  title: `The login to vault ${vault} goes on`,
  text: 'Go back to where it began, such as a terminal: it is finished there. You can close this window.',
})

function failurePage(vault: string, error: unknown): CallbackPage {
  const hint = error instanceof CodedError && error.hint !== undefined ? `; ${error.hint}` : ''
  return { status: 400, title: `Not logged in to vault ${vault}`, text: `${describeError(error)}${hint}` }
}

function tookTooLong(vault: string, again: string, mode: CallbackMode): VaultError {
  const minutes = limitMs / 60_000
  // A server that refuses what the browser brings tells the browser, and goes on to tell us to wait.
  const refused = mode === 'direct' ? '; if the server has refused it, the last page in the browser says why' : ''
  return new VaultError(
    'VAULT_LOGIN_FAILED',
    `vault ${vault}: no browser has finished the login within ${minutes} minutes`,
    {
      hint: `run: ${again}${refused}`,
    },
  )
}

function noState(vault: string): VaultError {
  return new VaultError(
    'VAULT_BAD_RESPONSE',
    `vault ${vault}: the answer to the login does not say how to ask for its end`,
    {
      hint: 'check address in config.toml; a proxy on the way may change answers',
    },
  )
}
