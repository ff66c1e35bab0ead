import * as v from 'valibot'
import { textField } from '../../core/config-fields.ts'
import { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { vaultPath } from '../address.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import { authMount, authMountField } from './auth-mount.ts'
import { callLogin } from './login-call.ts'
import { defineLoginMethod, type LoginRequest } from './login-method.ts'
import { createRefusalPause } from './refusal-pause.ts'

// The texts of builtin/credential/aws/path_login.go of Vault.
const advice: LoginAdvice = [
  {
    text: /^entry for role "?(.*?)"? not found$/,
    code: 'VAULT_ROLE_UNKNOWN',
    message: ({ mount }, [, role]) => `there is no role ${JSON.stringify(role)} at auth/${mount}/`,
    hint: ({ mount }) =>
      `edit role of auth in config.toml; see the roles with: vault list ${shellWord(`auth/${mount}/roles`)}`,
  },
  {
    text: /^IAM Principal "(.*)" does not belong to the role/,
    code: 'VAULT_LOGIN_FAILED',
    message: ({ who, mount }, [, arn]) => `${who} at auth/${mount}/ does not allow ${arn}`,
    hint: () => 'edit profile or role of auth in config.toml, or have bound_iam_principal_arn of the role changed',
  },
  {
    text: /(missing header|validating) .*X-Vault-AWS-IAM-Server-ID/i,
    code: 'VAULT_CONFIG',
    message: ({ mount }) => `auth/${mount}/ wants to be named in the signed request`,
    hint: () => 'set server_id of auth in config.toml to iam_server_id_header_value of the mount',
  },
  {
    text: /^error making upstream request: received error code (\d+) from STS: .*?<Code>(\w+)/,
    code: 'VAULT_LOGIN_FAILED',
    message: (_, [, status, code]) => `STS refuses the request that the profile has signed: ${code} (HTTP ${status})`,
    hint: () =>
      'compare region of auth in config.toml with sts_region of the mount, and this clock with the right time',
  },
  {
    text: /^error making upstream request/,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ mount }) => `auth/${mount}/ cannot ask STS who has signed`,
    hint: () =>
      'its operator must see to the way from the vault to STS (sts_endpoint); it is tried again automatically',
  },
]

/** Logs in as what a profile of AWS is: with a request to STS that is signed here and sent by the server. */
export const aws = defineLoginMethod({
  schema: v.strictObject({
    method: v.literal('aws'),
    mount: v.optional(authMountField),
    profile: textField,
    /** Absent: the server takes the name of the role or user. */
    role: v.optional(textField),
    /** Where the server asks STS; absent: at the global endpoint. */
    region: v.optional(v.pipe(v.string(), v.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'not a region'))),
    /** Of the mount, so that nobody else can use the request. */
    server_id: v.optional(textField),
  }),
  advice,
  create({ profile, role, region, server_id: serverId, ...auth }, context): LoginRequest {
    const { identitySigner, clock, random } = context
    const mount = authMount(auth.mount ?? 'aws')
    const pause = createRefusalPause(clock, random)
    return {
      type: 'login',
      name: 'aws',
      identity: `${mount}/${role ?? ''} ${profile}`,
      isUnattended: true,
      prepare: (caller) => identitySigner.prepare(profile, caller),
      async login(isAsked, signal) {
        pause.check(isAsked)
        const { url, body, headers } = await identitySigner.sign({ profile, region, serverId })
        return pause.guard(() =>
          callLogin(context, {
            path: vaultPath(`auth/${mount}`, 'login'),
            mount,
            body: {
              ...(role === undefined ? {} : { role }),
              iam_http_request_method: 'POST',
              iam_request_url: base64(url),
              iam_request_body: base64(body),
              // Anybody who has them can log in like this for a quarter of an hour.
              iam_request_headers: new Secret(base64(JSON.stringify(headers))),
            },
            who: role === undefined ? `profile ${profile}` : `role ${role}`,
            displayName: ({ canonical_arn: arn, client_arn: client }) =>
              `${mount.replaceAll('/', '-')}-${arn ?? client ?? profile}`,
            advice,
            mayAsk: isAsked,
            signal,
          }),
        )
      },
    }
  },
})

const base64 = (text: string) => Buffer.from(text).toString('base64')
