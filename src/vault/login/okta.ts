import { randomUUID } from 'node:crypto'
import * as v from 'valibot'
import { shellWord } from '../../core/text/shell-word.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import type { LeasedToken } from '../token/token-lease.ts'
import { isVaultError } from '../vault-error.ts'
import { defineLoginMethod, type LoginContext } from './login-method.ts'
import { askMfaCode, mfaPatienceMs } from './mfa-code.ts'
import { watchOktaPush } from './okta-push.ts'
import { awayBehind, createPasswordLogin, passwordFields, type TypedLogin, wrongPassword } from './password-login.ts'

const again = (vault: string) => `run: latchkey login ${shellWord(vault)}`

// The texts of builtin/credential/okta/backend.go of Vault; OpenBao has no such method.
const advice: LoginAdvice = [
  wrongPassword(/^Okta auth failed: .*\(code=E0000004\)$/, 'Okta locks a user after some wrong passwords'),
  awayBehind(/^Okta auth failed.*(dial tcp|no such host|i\/o timeout|connection refused)/, 'Okta'),
  {
    text: /^'totp' passcode parameter is required to perform MFA$/,
    code: 'VAULT_MFA_NEEDED',
    message: ({ who }) => `Okta wants a code of ${who}`,
    hint: (_, __, vault) => again(vault),
  },
  {
    text: /^Okta auth failed: .*(E0000068|Invalid Passcode)/,
    code: 'VAULT_MFA_FAILED',
    message: ({ who }) => `the code of ${who} is wrong, or was used before`,
    hint: (_, __, vault) => `wait for the next code, then ${again(vault)}`,
  },
  {
    text: /^multi-factor authentication denied$/,
    code: 'VAULT_MFA_FAILED',
    message: ({ who }) => `the login of ${who} was denied in Okta Verify`,
    hint: (_, __, vault) => `if it was not you who denied it, tell your security team; else ${again(vault)}`,
  },
  {
    text: /^failed to complete multi-factor authentication$|^exiting pending mfa challenge$/,
    code: 'VAULT_MFA_FAILED',
    message: ({ who }) => `the login of ${who} was not approved in Okta Verify in time`,
    hint: (_, __, vault) => again(vault),
  },
  {
    text: /you must complete MFA enrollment to continue$|^Okta Verify Push or TOTP or Google TOTP factor is required/,
    code: 'VAULT_MFA_FAILED',
    message: ({ who }) => `Okta has no second factor of ${who} that Vault can use`,
    hint: (_, __, vault) => `enroll Okta Verify or Google Authenticator in Okta, then ${again(vault)}`,
  },
  {
    text: /^okta authentication failed$/,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ who }) => `Okta does not let ${who} in: locked out, or the password has expired`,
    hint: (_, __, vault) => `log in to Okta in a browser, which says what it is, then ${again(vault)}`,
  },
]

/** Logs in with a name and a password of Okta, and what else Okta wants: a push that is approved, or a code. */
export const okta = defineLoginMethod({
  schema: v.strictObject({ method: v.literal('okta'), ...passwordFields }),
  advice,
  offer: { types: ['okta'], needsName: true },
  create: (auth, context) =>
    createPasswordLogin(
      {
        ...auth,
        mount: auth.mount,
        mfaMethod: auth.mfa_method,
        advice,
        exchange: (typed) => exchange(typed, auth.username, context),
      },
      context,
    ),
})

/** The server answers once the person has, and shows meanwhile which number is to be tapped to whoever has the nonce. */
async function exchange(typed: TypedLogin, username: string, context: LoginContext): Promise<LeasedToken> {
  const nonce = randomUUID()
  const push = watchOktaPush(context, typed.mount, nonce, typed.signal)
  try {
    return await typed.send({ nonce }, mfaPatienceMs)
  } catch (error) {
    if (!isVaultError(error, 'VAULT_MFA_NEEDED')) throw error
  } finally {
    push.end()
  }
  const totp = await askMfaCode(context, `Okta code of ${username}`, undefined, typed.signal)
  return typed.send({ totp }, mfaPatienceMs)
}
