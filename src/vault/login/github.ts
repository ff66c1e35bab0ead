import * as v from 'valibot'
import type { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { vaultPath } from '../address.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import { authMount, authMountField } from './auth-mount.ts'
import { callLogin } from './login-call.ts'
import { type Asking, defineLoginMethod } from './login-method.ts'
import { createSecretReader, secretSourceSchema } from './secret-source.ts'
import { createSourcedLogin } from './sourced-login.ts'
import { createTypedLogin } from './typed-login.ts'

// The texts of builtin/credential/github/path_login.go of Vault; OpenBao has no such method.
const advice: LoginAdvice = [
  {
    text: /: 401 Bad credentials/,
    code: 'VAULT_LOGIN_FAILED',
    message: () => 'GitHub does not know this token, or it has expired',
    hint: () => 'make a new personal access token with the scope read:org: https://github.com/settings/tokens',
  },
  {
    text: /^user is not part of required org$/,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ mount }) => `the token is of nobody in the organization of auth/${mount}/, or may not say so`,
    hint: () => 'the token needs the scope read:org, and where the organization uses SAML, to be authorized for it',
  },
  {
    text: /^GET https?:\/\/\S+: (\d{3}) /,
    code: 'VAULT_LOGIN_LOCKED',
    message: (_, [, status]) => `GitHub refuses the server's question about the token (HTTP ${status})`,
    hint: ({ mount }) => `wait a little: it limits requests; else see: vault read ${shellWord(`auth/${mount}/config`)}`,
  },
]

/** Logs in with a personal access token of GitHub: of a file, a variable or a command, or one that a person types. */
export const github = defineLoginMethod({
  schema: v.strictObject({
    method: v.literal('github'),
    mount: v.optional(authMountField),
    /** Absent: a person is asked. */
    token: v.optional(secretSourceSchema),
  }),
  advice,
  offer: { types: ['github'], needsName: false },
  create(auth, context) {
    const mount = authMount(auth.mount ?? 'github')
    const send = (token: Secret<string>, asking: Asking) =>
      callLogin(context, {
        path: vaultPath(`auth/${mount}`, 'login'),
        mount,
        body: { token },
        who: 'the GitHub token',
        displayName: ({ username }) => `${mount.replaceAll('/', '-')}-${username}`,
        advice,
        ...asking,
      })
    const reader = auth.token === undefined ? undefined : createSecretReader(auth.token, 'GitHub token', context)
    const asked = { what: 'GitHub token', wrong: 'GitHub does not know this token' }
    return {
      type: 'login',
      name: 'github',
      identity: `${mount} ${reader?.where ?? ''}`,
      isUnattended: reader !== undefined,
      login: reader === undefined ? createTypedLogin(asked, context, send) : createSourcedLogin(reader, context, send),
    }
  },
})
