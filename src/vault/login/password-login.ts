import * as v from 'valibot'
import { textField } from '../../core/config-fields.ts'
import { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { vaultPath } from '../address.ts'
import type { AdviceRow, LoginAdvice, LoginPurpose } from '../advice/advice-row.ts'
import { isHeaderText } from '../header-text.ts'
import { nameField } from '../path-fields.ts'
import type { VaultBody } from '../request-body.ts'
import type { LeasedToken } from '../token/token-lease.ts'
import { authMount, authMountField } from './auth-mount.ts'
import { callLogin } from './login-call.ts'
import type { LoginContext, LoginRequest } from './login-method.ts'
import { askMfaCode, mfaPatienceMs } from './mfa-code.ts'
import { createTypedLogin } from './typed-login.ts'

/** The keys of `auth` that these methods share. */
export const passwordFields = {
  mount: v.optional(authMountField),
  username: nameField,
  /** The id or the name of a method of login MFA: its code is asked for first, and sent with the password. */
  mfa_method: v.optional(v.pipe(textField, v.check(isHeaderText, 'has characters that cannot be sent'))),
}

/** A login by a name that is configured and a password that a person types. */
export interface PasswordLogin {
  /** The method's name in the configuration. */
  method: string
  username: string
  /** As it was written; absent: the method's name. */
  mount: string | undefined
  advice: LoginAdvice
  /** A method of login MFA whose code is asked for too and sent with the password; absent: the server says what it wants. */
  mfaMethod: string | undefined
  /** Another server checks the password: it may be slow, or have the person approve the login on a phone. */
  isPassedOn?: boolean
  /** Sends what was typed. Absent: once, and nothing beside it. */
  exchange?: (login: TypedLogin) => Promise<LeasedToken>
}

/** A login whose password has been typed. */
export interface TypedLogin {
  mount: string
  /** @param more goes into the body beside the password */
  send(more?: VaultBody, patienceMs?: number): Promise<LeasedToken>
  signal: AbortSignal | undefined
}

/** Creates such a login. A password is sent once and kept nowhere; a wrong one is asked for again. */
export function createPasswordLogin(login: PasswordLogin, context: LoginContext): LoginRequest {
  const { method, username, advice, mfaMethod, isPassedOn = false, exchange = ({ send }) => send() } = login
  const mount = authMount(login.mount ?? method)
  const askFirst = async (id: string, signal: AbortSignal | undefined) => {
    const code = await askMfaCode(context, `code of ${username}`, undefined, signal)
    return new Secret(`${id}:${code.expose()}`)
  }
  const asked = { what: `password of ${username}`, wrong: 'wrong password, or no such user' }

  return {
    type: 'login',
    name: method,
    identity: `${mount}/${username}`,
    isUnattended: false,
    login: createTypedLogin(asked, context, async (password, asking) => {
      const mfa = mfaMethod === undefined ? undefined : await askFirst(mfaMethod, asking.signal)
      const send: TypedLogin['send'] = (more = {}, patienceMs = isPassedOn ? mfaPatienceMs : undefined) =>
        callLogin(context, {
          path: vaultPath(`auth/${mount}`, 'login', username),
          mount,
          body: { ...more, password },
          who: username,
          displayName: `${mount.replaceAll('/', '-')}-${username}`,
          advice: mfa === undefined ? advice : [...advice, wrongInOnePhase],
          mfa,
          patienceMs,
          ...asking,
        })
      return exchange({ mount, send, signal: asking.signal })
    }),
  }
}

/** In one phase the server says the same of a wrong code and of a user who is locked. */
const wrongInOnePhase: AdviceRow<LoginPurpose> = {
  text: /^permission denied$/,
  status: 403,
  code: 'VAULT_MFA_FAILED',
  message: ({ mount, who }) =>
    `the code of ${who} is refused at auth/${mount}/, or the user is locked, or there is no such mount`,
  hint: (_, __, vault) =>
    `check mfa_method and mount of auth in config.toml, wait for the next code, then run: latchkey login ${shellWord(vault)}`,
}

/** The row for a wrong password. @param text what the server says @param locks what many of them lead to */
export function wrongPassword(text: RegExp, locks: string): AdviceRow<LoginPurpose> {
  return {
    text,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ mount, who }) => `wrong password for ${who} at auth/${mount}/, or no such user`,
    hint: (_, __, vault) => `check username in config.toml and run: latchkey login ${shellWord(vault)} (${locks})`,
  }
}

/** What Vault and OpenBao do about guesses, where nothing else is configured. */
export const lockedByVault = 'five wrong passwords lock a user for 15 minutes by default'

/** The row for a server behind the vault that does not answer: no password would be right now. */
export function awayBehind(text: RegExp, what: string): AdviceRow<LoginPurpose> {
  return {
    text,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ mount }) => `${what} behind auth/${mount}/ does not answer it, so nobody can log in there`,
    hint: (_, __, vault) =>
      `the password was not tried; its operator must see to that server, then run: latchkey login ${shellWord(vault)}`,
  }
}
