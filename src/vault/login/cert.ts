import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { textField } from '../../core/config-fields.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import { VaultError } from '../vault-error.ts'
import { authMount, authMountField } from './auth-mount.ts'
import { defineLoginMethod } from './login-method.ts'
import { inlineField, oneRequestMethod } from './one-request-login.ts'
import { createRefusalPause } from './refusal-pause.ts'

const advice: LoginAdvice = [
  {
    text: /^invalid certificate or no client certificate supplied$|^no (certificate was matched|chain matching all constraints)/,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ who, mount }) => `auth/${mount}/ does not accept the client certificate for ${who}`,
    hint: ({ mount }) =>
      `check client_cert_file and name of auth in config.toml, and that the certificate has not expired; see: vault list ${shellWord(`auth/${mount}/certs`)}`,
  },
  {
    text: /^no client certificate found$|^client certificate must be supplied$|^tls connection (required|not found)$/,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ mount }) => `no client certificate has reached auth/${mount}/`,
    hint: () =>
      'something on the way ends TLS, or the listener asks for no certificate (tls_disable_client_certs): ask its operator',
  },
]

/** Logs in with the client certificate that the TLS connection has. Its renewal is bound to the same certificate. */
export const cert = defineLoginMethod({
  schema: v.strictObject({
    method: v.literal('cert'),
    mount: v.optional(authMountField),
    /** Of the role; absent: the server finds one that matches. */
    name: v.optional(textField),
    inline: inlineField,
  }),
  advice,
  create({ name, ...auth }, context) {
    const mount = authMount(auth.mount ?? 'cert')
    const pause = createRefusalPause(context.clock, context.random)
    return oneRequestMethod(auth.inline, context, {
      name: 'cert',
      identity: `${mount}/${name ?? ''}`,
      async attempt(isAsked, send) {
        const certificate = context.clientCertificate()
        if (certificate === undefined) throw noCertificate()
        pause.check(isAsked, createHash('sha256').update(certificate).digest('base64url'))
        return pause.guard(() =>
          send({
            mount,
            body: name === undefined ? {} : { name },
            who: name === undefined ? 'any role' : `role ${name}`,
            // That of the role, unless it has a display_name of its own.
            displayName: ({ cert_name: role = name }) =>
              [mount.replaceAll('/', '-'), role].filter((part) => part !== undefined).join('-'),
            advice,
          }),
        )
      },
    })
  },
})

const noCertificate = () =>
  new VaultError('VAULT_CONFIG', 'a login by certificate needs a client certificate, and there is none', {
    hint: 'set client_cert_file and client_key_file of the [vault.…] section in config.toml',
  })
