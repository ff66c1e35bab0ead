import * as v from 'valibot'
import { pathField, textField } from '../../core/config-fields.ts'
import { expandHome } from '../../core/places/paths.ts'
import type { Secret } from '../../core/secret.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import { isVaultError } from '../vault-error.ts'
import { authMount, authMountField } from './auth-mount.ts'
import { defineLoginMethod } from './login-method.ts'
import { inlineField, type LoginTerms, oneRequestMethod } from './one-request-login.ts'
import { createRefusalPause } from './refusal-pause.ts'
import { digestOf, readSecretFile } from './secret-file.ts'
import { createSecretIdOpener } from './wrapped-secret-id.ts'

const refused = /^invalid role or secret ID$|^invalid (role_id|secret_id)/

const advice: LoginAdvice = [
  {
    text: refused,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ mount }) => `the role id or the secret id is not valid at auth/${mount}/`,
    hint: () =>
      'check role_id in config.toml and put a new secret id into secret_id_file: the old one may have expired or be used up',
  },
  {
    text: /^missing secret_id$/,
    code: 'VAULT_CONFIG',
    message: () => 'the role requires a secret id',
    hint: () => 'set secret_id_file of auth in config.toml',
  },
]

/** What a token looks like, such as the one that a secret id is wrapped in. */
const token = /^(hv)?[sb]\.[\w-]{20}/

const adviceOnToken: LoginAdvice = [
  {
    text: refused,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ mount }) => `what secret_id_file holds is a token, and no secret id at auth/${mount}/`,
    hint: () =>
      'where the secret id is wrapped in it, set wrapped = true in auth in config.toml; else put a secret id into secret_id_file',
  },
]

/**
 * Logs in with a role id and a secret id from a file, which is read again at each login. What was refused is sent again
 * after a pause, which ends early when the file has new content or a person asks.
 */
export const approle = defineLoginMethod({
  schema: v.strictObject({
    method: v.literal('approle'),
    mount: v.optional(authMountField),
    role_id: textField,
    /** Absent: the role requires none. */
    secret_id_file: v.optional(pathField),
    /** The file holds a wrapping token that gives the secret id once. */
    wrapped: v.optional(v.boolean()),
    inline: inlineField,
  }),
  advice,
  create({ role_id: roleId, ...auth }, context) {
    const { client, keychain, clock, random, log, home, readText } = context
    const mount = authMount(auth.mount ?? 'approle')
    const file =
      auth.secret_id_file === undefined
        ? undefined
        : { path: expandHome(auth.secret_id_file, home), setting: 'secret_id_file', what: 'the secret id' }
    const pause = createRefusalPause(clock, random)
    const openWrapped = createSecretIdOpener({ mount, client, keychain, log })
    /** What the wrapping token gave: it is used until it is used up, because there is no second one. */
    let unwrapped: { content: string; secretId: Secret<string> } | undefined

    const toSecretId = async (content: Secret<string>, path: string): Promise<Secret<string>> => {
      if (auth.wrapped !== true) return content
      const digest = digestOf(content)
      if (unwrapped?.content !== digest) {
        unwrapped = { content: digest, secretId: await openWrapped(content, { file: path, digest }) }
      }
      return unwrapped.secretId
    }

    const terms = (secretId: Secret<string> | undefined): LoginTerms => ({
      mount,
      body: { role_id: roleId, ...(secretId === undefined ? {} : { secret_id: secretId }) },
      who: 'the configured role',
      displayName: mount.replaceAll('/', '-'),
      advice: secretId !== undefined && token.test(secretId.expose()) ? adviceOnToken : advice,
    })

    return oneRequestMethod(auth.inline, context, {
      name: 'approle',
      identity: `${mount}/${roleId}`,
      async attempt(isAsked, send) {
        const content = file === undefined ? undefined : await readSecretFile(file, readText)
        pause.check(isAsked, content === undefined ? '' : digestOf(content))
        return pause.guard(async () => {
          try {
            const secretId = content === undefined ? undefined : await toSecretId(content, file!.path)
            return await send(terms(secretId))
          } catch (error) {
            if (isVaultError(error, 'VAULT_LOGIN_FAILED')) unwrapped = undefined
            throw error
          }
        })
      },
    })
  },
})
