import * as v from 'valibot'
import { pathField, textField } from '../../core/config-fields.ts'
import { expandHome } from '../../core/places/paths.ts'
import type { Secret } from '../../core/secret.ts'
import { vaultPath } from '../address.ts'
import type { AdviceRow, LoginPurpose } from '../advice/advice-row.ts'
import { isVaultError, VaultError } from '../vault-error.ts'
import { authMount } from './auth-mount.ts'
import { callLogin } from './login-call.ts'
import { defineLoginMethod } from './login-method.ts'
import { createRetryPause } from './retry-pause.ts'
import { digestOf, readSecretIdFile } from './secret-id-file.ts'
import { createSecretIdOpener } from './wrapped-secret-id.ts'

const refused = /^invalid role or secret ID$|^invalid (role_id|secret_id)/

const advice: readonly AdviceRow<LoginPurpose>[] = [
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

const adviceOnToken: readonly AdviceRow<LoginPurpose>[] = [
  {
    text: refused,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ mount }) => `what secret_id_file holds is a token, and no secret id at auth/${mount}/`,
    hint: () =>
      'where the secret id is wrapped in it, set wrapped = true in auth in config.toml; else put a secret id into secret_id_file',
  },
]

/** Five wrong secret ids lock a role for 15 minutes, so a wrong one is sent once in five; this is for passing failures. */
const longestPauseMs = 60_000

/**
 * Logs in with a role id and a secret id from a file, which is read again at each login. What was refused is sent again
 * after a pause, which ends early when the file has new content or a person asks.
 */
export const approle = defineLoginMethod({
  schema: v.strictObject({
    method: v.literal('approle'),
    mount: v.optional(textField),
    role_id: textField,
    /** Absent: the role requires none. */
    secret_id_file: v.optional(pathField),
    /** The file holds a wrapping token that gives the secret id once. */
    wrapped: v.optional(v.boolean()),
  }),
  advice,
  create({ role_id: roleId, ...auth }, context) {
    const { client, keychain, clock, random, log, home, readText } = context
    const mount = authMount(auth.mount ?? 'approle')
    const file = auth.secret_id_file === undefined ? undefined : expandHome(auth.secret_id_file, home)
    const pause = createRetryPause(clock, random, longestPauseMs)
    const openWrapped = createSecretIdOpener({ mount, client, keychain, log })
    /** The content of the file at the last login. */
    let lastContent: string | undefined
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

    const send = (secretId: Secret<string> | undefined) =>
      callLogin(context, {
        path: vaultPath(`auth/${mount}`, 'login'),
        mount,
        body: { role_id: roleId, ...(secretId === undefined ? {} : { secret_id: secretId }) },
        who: 'the configured role',
        displayName: mount.replaceAll('/', '-'),
        advice: secretId !== undefined && token.test(secretId.expose()) ? adviceOnToken : advice,
      })

    return {
      type: 'login',
      name: 'approle',
      identity: `${mount}/${roleId}`,
      isUnattended: true,
      async login(isAsked) {
        const content = file === undefined ? undefined : await readSecretIdFile(file, readText)
        const key = content === undefined ? '' : digestOf(content)
        if (isAsked || lastContent !== key) pause.clear()
        lastContent = key
        pause.check()
        try {
          const secretId = content === undefined ? undefined : await toSecretId(content, file!)
          const lease = await send(secretId)
          pause.clear()
          return lease
        } catch (error) {
          if (error instanceof VaultError && isRefusal(error)) pause.failed(error, !isPassing(error))
          if (isVaultError(error, 'VAULT_LOGIN_FAILED')) unwrapped = undefined
          throw error
        }
      },
    }
  },
})

/** The server has refused, or would. After a failure on the way the callers make a pause of their own. */
function isRefusal(error: VaultError): boolean {
  if (error.code === 'VAULT_BAD_RESPONSE') return false
  const { status = 500 } = error
  return status < 500 || isVaultError(error, 'VAULT_WRAPPING_TOKEN_INVALID', 'VAULT_LOGIN_NEEDED')
}

/** These pass without anything being done here: a lock ends, an address is bound, the network is allowed again. */
function isPassing(error: VaultError): boolean {
  return isVaultError(error, 'VAULT_LOGIN_LOCKED', 'VAULT_RATE_LIMITED')
}
