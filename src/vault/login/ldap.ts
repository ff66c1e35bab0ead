import * as v from 'valibot'
import { defineLoginMethod } from './login-method.ts'
import { awayBehind, createPasswordLogin, lockedByVault, passwordFields, wrongPassword } from './password-login.ts'

// A directory that is away is refused with the same status as a wrong password: only the words tell them apart.
const advice = [
  wrongPassword(/^ldap operation failed: failed to bind as user$/, lockedByVault),
  awayBehind(
    /error connecting to host|LDAP Result Code 200|failed to connect to LDAP server|failed to re-bind with the BindDN user/,
    'the directory',
  ),
]

/** Logs in with a name and a password of a directory behind the server. */
export const ldap = defineLoginMethod({
  schema: v.strictObject({ method: v.literal('ldap'), ...passwordFields }),
  advice,
  offer: { types: ['ldap'], needsName: true },
  create: (auth, context) =>
    createPasswordLogin({ ...auth, mount: auth.mount, mfaMethod: auth.mfa_method, advice }, context),
})
