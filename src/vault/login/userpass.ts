import * as v from 'valibot'
import { textField } from '../../core/config-fields.ts'
import { defineLoginMethod } from './login-method.ts'
import { createPasswordLogin, lockedByVault, wrongPassword } from './password-login.ts'

const advice = [wrongPassword(/^invalid username or password$/, lockedByVault)]

/** Logs in with a user name and a password of the server's own. */
export const userpass = defineLoginMethod({
  schema: v.strictObject({ method: v.literal('userpass'), mount: v.optional(textField), username: textField }),
  advice,
  create: (auth, context) => createPasswordLogin({ ...auth, mount: auth.mount, advice }, context),
})
