import * as v from 'valibot'
import { pathField, textField } from '../../core/config-fields.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { vaultPath } from '../address.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import { authMount, authMountField } from './auth-mount.ts'
import { callLogin } from './login-call.ts'
import { defineLoginMethod } from './login-method.ts'
import { createSecretReader } from './secret-source.ts'
import { createSourcedLogin } from './sourced-login.ts'

/** Where Kubernetes puts the token of a pod's service account; it replaces it before it ends. */
const projectedToken = '/var/run/secrets/kubernetes.io/serviceaccount/token'

const advice: LoginAdvice = [
  {
    text: /token is expired/,
    code: 'VAULT_LOGIN_FAILED',
    message: () => 'the token of the service account has expired',
    hint: () => 'it is read anew for each login: check that the pod has a projected token, and token_file of auth',
  },
  {
    text: /^(service account name|namespace) not authorized$/,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ who, mount }, [, what]) => `${who} at auth/${mount}/ does not allow this ${what}`,
    hint: ({ who, mount }) =>
      `see bound_service_account_names and …_namespaces of it: vault read ${shellWord(`auth/${mount}/role/${who.replace(/^role /, '')}`)}`,
  },
  {
    text: /^invalid role name "(.*)"$/,
    code: 'VAULT_ROLE_UNKNOWN',
    message: ({ mount }, [, role]) => `there is no role ${JSON.stringify(role)} at auth/${mount}/`,
    hint: ({ mount }) =>
      `edit role of auth in config.toml; see the roles with: vault list ${shellWord(`auth/${mount}/role`)}`,
  },
  // A bad signature, an API server that is away or that refuses the review, and a mount that does not exist are one answer.
  {
    text: /^permission denied$/,
    status: 403,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ mount }) =>
      `auth/${mount}/ does not accept the token of the service account, cannot ask Kubernetes about it, or does not exist`,
    hint: ({ mount }) =>
      `check mount of auth in config.toml, the cluster that the token is of, and: vault read ${shellWord(`auth/${mount}/config`)}`,
  },
]

/** Logs in with the token of a pod's service account. */
export const kubernetes = defineLoginMethod({
  schema: v.strictObject({
    method: v.literal('kubernetes'),
    mount: v.optional(authMountField),
    role: textField,
    token_file: v.optional(pathField),
  }),
  advice,
  create({ role, token_file: file = projectedToken, ...auth }, context) {
    const mount = authMount(auth.mount ?? 'kubernetes')
    const reader = createSecretReader({ file }, 'token of the service account', context)
    return {
      type: 'login',
      name: 'kubernetes',
      identity: `${mount}/${role} ${reader.where}`,
      isUnattended: true,
      login: createSourcedLogin(reader, context, (jwt, asking) =>
        callLogin(context, {
          path: vaultPath(`auth/${mount}`, 'login'),
          mount,
          body: { role, jwt },
          who: `role ${role}`,
          displayName: ({ service_account_namespace: namespace, service_account_name: account }) =>
            `${mount.replaceAll('/', '-')}-${namespace}-${account}`,
          advice,
          ...asking,
        }),
      ),
    }
  },
})
