import * as v from 'valibot'
import { Secret } from '../../../core/secret.ts'
import { foreignText } from '../../../core/text/display-text.ts'
import { shellWord } from '../../../core/text/shell-word.ts'
import { vaultPath } from '../../address.ts'
import type { VaultAnswer } from '../../answer.ts'
import { isVaultError, VaultError } from '../../vault-error.ts'
import { type LoginCall, sendLogin } from '../login-call.ts'
import type { LoginContext } from '../login-method.ts'
import { oidcAdvice } from './oidc-advice.ts'

/** A login that has begun: the person has to visit `url`. */
export interface BegunLogin {
  url: string
  /** A code that the page may want. */
  userCode: string | undefined
  /** Of the login; undefined where its address has none, which is right only where the server is polled. */
  state: string | undefined
  /** How long to wait between two polls, in ms; undefined: the browser comes back to us. */
  pollMs: number | undefined
}

/** The calls of `auth/MOUNT/oidc/`. */
export interface OidcCalls {
  /** @throws {VaultError} VAULT_CONFIG: the role does not allow this redirect_uri, or the provider does not work */
  begin(redirectUri: string): Promise<BegunLogin>
  /** Finishes a login with what the browser has brought. @throws {VaultError} VAULT_LOGIN_FAILED and others */
  finish(fields: URLSearchParams, isForm: boolean): Promise<VaultAnswer>
  /** @throws {VaultError} VAULT_LOGIN_PENDING, VAULT_LOGIN_SLOW_DOWN, and what the login failed with */
  poll(state: string): Promise<VaultAnswer>
}

/** Which login it is. */
export interface OidcLogin {
  mount: string
  role: string | undefined
  /** Only who knows it can finish the login. */
  clientNonce: string
}

const begunSchema = v.object({
  auth_url: v.string(),
  state: v.optional(v.string()),
  user_code: v.optional(v.string()),
  poll_interval: v.optional(v.union([v.string(), v.number()])),
})

/** Bounds of what a server may ask for, in seconds. */
const [minPollSeconds, maxPollSeconds, defaultPollSeconds] = [1, 60, 5]

/** The part of a `LoginCall` that all calls of a login share. */
export function oidcCall({ mount, role }: Pick<OidcLogin, 'mount' | 'role'>): Omit<LoginCall, 'path'> {
  return {
    mount,
    who: role === undefined ? 'the default role' : `role ${role}`,
    displayName: mount.replaceAll('/', '-'),
    advice: oidcAdvice,
    mayAsk: true,
    signal: undefined,
  }
}

/** The calls of one login. */
export function createOidcCalls(context: Pick<LoginContext, 'client'>, login: OidcLogin): OidcCalls {
  const { mount, role, clientNonce } = login
  const { client } = context
  const own = oidcCall(login)
  const pathOf = (name: string) => vaultPath(`auth/${mount}`, 'oidc', name)
  const nonce = { client_nonce: clientNonce }

  // The page that comes back is for a browser: where redirect_uri does not lead to the server it even says "invalid", after
  // the form has been taken.
  const forwardForm = (fields: URLSearchParams) => {
    const form = Object.fromEntries(['state', 'code', 'id_token'].map((name) => [name, fieldOf(fields, name)]))
    const purpose = { type: 'login', mount, who: own.who, isAsked: true, advice: oidcAdvice } as const
    const request = { method: 'POST', path: pathOf('callback'), purpose, body: { ...form, ...nonce } } as const
    return client.request({ ...request, isPage: true, isIdempotent: false })
  }

  return {
    async begin(redirectUri) {
      const body = { role: role ?? '', redirect_uri: redirectUri, ...nonce }
      const { data } = await sendLogin(context, { ...own, path: pathOf('auth_url'), body })
      const read = v.safeParse(begunSchema, data)
      if (!read.success) throw notBegun(client.name)
      const { auth_url: url, state, user_code: userCode, poll_interval: interval } = read.output
      if (url === '') throw notAllowed(client.name, login, redirectUri)
      if (!URL.canParse(url)) throw notBegun(client.name)
      return {
        url,
        userCode: userCode === '' ? undefined : userCode,
        state: state ?? new URL(url).searchParams.get('state') ?? undefined,
        pollMs: interval === undefined ? undefined : pollMsOf(interval),
      }
    },
    async finish(fields, isForm) {
      const refusal = fields.get('error')
      if (refusal !== null) throw refusedByProvider(client.name, refusal, fields.get('error_description') ?? '')
      if (isForm) await forwardForm(fields)
      const query = { state: fieldOf(fields, 'state'), code: fieldOf(fields, 'code'), ...nonce }
      return sendLogin(context, { ...own, method: 'GET', path: pathOf('callback'), query })
    },
    poll: (state) => sendLogin(context, { ...own, path: pathOf('poll'), body: { state, ...nonce } }),
  }
}

const fieldOf = (fields: URLSearchParams, name: string) => new Secret(fields.get(name) ?? '')

function pollMsOf(interval: string | number): number {
  const seconds = Number(interval)
  const known = Number.isFinite(seconds) && seconds > 0 ? seconds : defaultPollSeconds
  return 1000 * Math.min(maxPollSeconds, Math.max(minPollSeconds, known))
}

/** Whether the person may still finish. The server may be away for a moment as well. */
export function isPending(error: unknown): boolean {
  return isVaultError(error, 'VAULT_LOGIN_PENDING', 'VAULT_LOGIN_SLOW_DOWN')
}

function notAllowed(vault: string, { mount, role }: OidcLogin, redirectUri: string): VaultError {
  const of = role === undefined ? 'its default role' : `role ${role}`
  const message = `vault ${vault}: auth/${mount}/ begins no login of ${of} that ends at ${redirectUri}`
  return new VaultError('VAULT_CONFIG', message, {
    hint: `have that address added to allowed_redirect_uris of the role, or set redirect_uri or callback_mode of auth in config.toml to what the role has; where both fit, the server does not reach its provider: its log says more`,
  })
}

function notBegun(vault: string): VaultError {
  return new VaultError('VAULT_BAD_RESPONSE', `vault ${vault}: the answer to the login has no address to visit`, {
    hint: 'check address in config.toml; a proxy on the way may change answers',
  })
}

function refusedByProvider(vault: string, error: string, description: string): VaultError {
  const reason = foreignText(description === '' ? error : `${error}: ${description}`, [])
  return new VaultError('VAULT_LOGIN_FAILED', `vault ${vault}: the provider refuses the login: ${reason}`, {
    hint: `run: latchkey login ${shellWord(vault)}`,
  })
}
