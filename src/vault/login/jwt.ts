import * as v from 'valibot'
import { textField } from '../../core/config-fields.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import { authMount, authMountField } from './auth-mount.ts'
import { defineLoginMethod } from './login-method.ts'
import { inlineField, oneRequestMethod } from './one-request-login.ts'
import { createSecretReader, secretSourceSchema } from './secret-source.ts'
import { createSourcedAttempt } from './sourced-login.ts'

const readRole = (mount: string) => `see its roles with: vault list ${shellWord(`auth/${mount}/role`)}`

const advice: LoginAdvice = [
  {
    text: /^error validating token: .*token is expired/,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ mount }) => `the JWT for auth/${mount}/ has expired`,
    hint: () => 'it is read anew for each login: have what jwt of auth names put a fresh one there',
  },
  {
    text: /^error validating (?:token|claims): (.*)$/,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ mount }, [, reason]) => `auth/${mount}/ does not accept the JWT: ${reason}`,
    hint: ({ mount }) =>
      `compare the JWT with the role's bound_audiences and bound_claims and with: vault read ${shellWord(`auth/${mount}/config`)}`,
  },
  {
    text: /^role "(.*)" could not be found$/,
    code: 'VAULT_ROLE_UNKNOWN',
    message: ({ mount }, [, role]) => `there is no role ${JSON.stringify(role)} at auth/${mount}/`,
    hint: ({ mount }) => `edit role of auth in config.toml; ${readRole(mount)}`,
  },
  {
    text: /^role with oidc role_type is not allowed$/,
    code: 'VAULT_ROLE_KIND',
    message: ({ mount }) => `the role at auth/${mount}/ is for logins in a browser`,
    hint: ({ mount }) => `name a role of role_type jwt in auth in config.toml; ${readRole(mount)}`,
  },
  {
    text: /^missing role$/,
    code: 'VAULT_CONFIG',
    message: ({ mount }) => `auth/${mount}/ has no default role`,
    hint: ({ mount }) => `set role of auth in config.toml; ${readRole(mount)}`,
  },
]

/** Logs in with a JSON Web Token that someone else has signed, such as that of a CI job: it ends soon and is read anew. */
export const jwt = defineLoginMethod({
  schema: v.strictObject({
    method: v.literal('jwt'),
    mount: v.optional(authMountField),
    /** Absent: the mount has a default role. */
    role: v.optional(textField),
    jwt: secretSourceSchema,
    inline: inlineField,
  }),
  advice,
  create({ role, ...auth }, context) {
    const mount = authMount(auth.mount ?? 'jwt')
    const reader = createSecretReader(auth.jwt, 'JWT', context)
    const attempt = createSourcedAttempt(reader, context)
    return oneRequestMethod(auth.inline, context, {
      name: 'jwt',
      identity: `${mount}/${role ?? ''} ${reader.where}`,
      attempt: (isAsked, send) =>
        attempt(isAsked, (token) =>
          send({
            mount,
            body: { jwt: token, ...(role === undefined ? {} : { role }) },
            who: role === undefined ? 'the JWT' : `role ${role}`,
            displayName: `${mount.replaceAll('/', '-')}${role === undefined ? '' : `-${role}`}`,
            advice,
          }),
        ),
    })
  },
})
