import * as v from 'valibot'
import { defineLoginMethod } from './login-method.ts'
import { createPasswordLogin, lockedByVault, passwordFields, wrongPassword } from './password-login.ts'

const advice = [wrongPassword(/^invalid username or password$/, lockedByVault)]

/** Logs in with a user name and a password of the server's own. */
export const userpass = defineLoginMethod({
  schema: v.strictObject({ method: v.literal('userpass'), ...passwordFields }),
  advice,
  offer: { types: ['userpass'], needsName: true },
  create: (auth, context) =>
    createPasswordLogin({ ...auth, mount: auth.mount, mfaMethod: auth.mfa_method, advice }, context),
})
