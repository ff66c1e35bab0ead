import * as v from 'valibot'
import { shellWord } from '../../core/text/shell-word.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import { awayTexts } from '../advice/behind-texts.ts'
import { defineLoginMethod } from './login-method.ts'
import { awayBehind, createPasswordLogin, lockedByVault, passwordFields, wrongPassword } from './password-login.ts'

// A directory that is away is refused with the same status as a wrong password: only the words tell them apart. What else
// the directory has against somebody the server keeps to itself.
const advice: LoginAdvice = [
  wrongPassword(
    /^ldap operation failed: failed to bind as user$/,
    `${lockedByVault}; the same is said of a password that has expired, of somebody whom the directory has locked, and where it refuses the vault's own account`,
  ),
  awayBehind(awayTexts.ldap, 'the directory'),
  // After a bind that was good: slapd's ppolicy with pwdReset, where no other account searches for groups.
  {
    text: /LDAP Result Code 50 .*modify password$/,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ who }) => `the directory wants the password of ${who} changed before anything else`,
    hint: (_, __, vault) => `change it at the directory, then run: latchkey login ${shellWord(vault)}`,
  },
]

/** Logs in with a name and a password of a directory behind the server. */
export const ldap = defineLoginMethod({
  schema: v.strictObject({ method: v.literal('ldap'), ...passwordFields }),
  advice,
  offer: { types: ['ldap'], needsName: true },
  create: (auth, context) =>
    createPasswordLogin({ ...auth, mount: auth.mount, mfaMethod: auth.mfa_method, advice, isPassedOn: true }, context),
})
