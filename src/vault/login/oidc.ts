import * as v from 'valibot'
import { textField } from '../../core/config-fields.ts'
import { authMount, authMountField } from './auth-mount.ts'
import { defineLoginMethod } from './login-method.ts'
import { oidcAdvice } from './oidc/oidc-advice.ts'
import { createOidcLogin } from './oidc/oidc-login.ts'

const url = v.pipe(
  textField,
  v.check((text) => /^https?:\/\//.test(text) && URL.canParse(text), 'not an http:// or https:// address'),
)
const port = v.pipe(
  v.number(),
  v.integer('not a whole number'),
  v.minValue(1, 'not a port'),
  v.maxValue(65_535, 'not a port'),
)

/** Logs in at a provider of identities, in a browser. */
export const oidc = defineLoginMethod({
  schema: v.strictObject({
    method: v.literal('oidc'),
    mount: v.optional(authMountField),
    /** Absent: the default role of the mount. */
    role: v.optional(textField),
    /** Where the browser comes back to: to latchkey, to the server, or nowhere. As the role has it. */
    callback_mode: v.optional(v.picklist(['client', 'direct', 'device'])),
    redirect_uri: v.optional(url),
    port: v.optional(port),
  }),
  advice: oidcAdvice,
  // One plug-in of the server has both names; a mount that cannot open a browser says so.
  offer: { types: ['oidc', 'jwt'], needsName: false },
  create({ role, ...auth }, context) {
    const mount = authMount(auth.mount ?? 'oidc')
    const mode = auth.callback_mode ?? 'client'
    const login = createOidcLogin({ mount, role, mode, redirectUri: auth.redirect_uri, port: auth.port }, context)
    return {
      type: 'login',
      name: 'oidc',
      identity: `${mount}/${role ?? ''}`,
      isUnattended: false,
      login: (_isAsked, signal) => login(signal),
    }
  },
})
