import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { withFields } from '../../../../src/dev/vault/routes.ts'
import { createRoleMounts } from './role-mount.ts'

const roleFields = { auth_type: 'text', bound_iam_principal_arn: 'list' } as const
const configFields = { sts_endpoint: 'text', iam_server_id_header_value: 'text' } as const
const loginFields = {
  role: 'text',
  iam_http_request_method: 'text',
  iam_request_url: 'text',
  iam_request_body: 'text',
  iam_request_headers: 'text',
} as const

const plain = (base64 = '') => Buffer.from(base64, 'base64').toString()

/** Login by a request that the caller has signed for STS: it is sent there, and STS says whose it is. */
export const aws: Plugin = (core) => {
  const mounts = createRoleMounts(core, { method: 'aws', at: 'role', configFields, roleFields })
  return {
    backends: [
      {
        type: 'aws',
        kind: 'login',
        forget: mounts.forget,
        renewalTerms: mounts.termsOf,
        routes: [
          // Where a real server has it: the only method whose configuration is below another name.
          { pattern: 'config/client', update: mounts.routes.find(({ pattern }) => pattern === 'config')!.update! },
          ...mounts.routes,
          {
            pattern: 'login',
            isUnauthenticated: true,
            update: withFields(loginFields, async ({ role: name = '', ...signed }, request) => {
              if (signed.iam_http_request_method !== 'POST')
                throw invalidRequest('missing or invalid iam_http_request_method')
              const config = mounts.configOf(request)
              const role = mounts.rolesOf(request)[name]
              if (role === undefined) throw invalidRequest(`entry for role "${name}" not found`)
              const headers = headersIn(plain(signed.iam_request_headers))
              checkServerId(headers, config.iam_server_id_header_value)
              const url = new URL(new URL(plain(signed.iam_request_url)).pathname, config.sts_endpoint)
              const arn = await callerAt(url, headers, plain(signed.iam_request_body))
              if (role.settings.bound_iam_principal_arn?.includes(arn) !== true) {
                throw invalidRequest(`IAM Principal "${arn}" does not belong to the role "${name}"`)
              }
              return core.logins.issue({
                request,
                aliasName: arn,
                displayName: arn.split('/').at(-1)!,
                metadata: { client_arn: arn, canonical_arn: arn, auth_type: 'iam' },
                terms: role.terms,
                name,
              })
            }),
          },
        ],
      },
    ],
  }
}

/** One value or a list of them for each name, in any case (`parseIamRequestHeaders` of builtin/credential/aws). */
function headersIn(json: string): Readonly<Record<string, string>> {
  const headers = JSON.parse(json) as Record<string, string | readonly string[]>
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat().join(', ')]),
  )
}

/** The name of the vault must be among what is signed. */
function checkServerId(headers: Readonly<Record<string, string>>, wanted: string | undefined): void {
  if (wanted === undefined) return
  const own = 'x-vault-aws-iam-server-id'
  const isSigned = headers.authorization?.includes(own) === true
  if (headers[own] !== wanted || !isSigned) {
    throw invalidRequest(
      'error validating X-Vault-AWS-IAM-Server-ID header: missing header "X-Vault-AWS-IAM-Server-ID"',
    )
  }
}

async function callerAt(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<string> {
  const answer = await new Promise<{ status: number; xml: string }>((resolve, reject) => {
    const outgoing = httpRequest(url, { method: 'POST', headers, agent: false }, (incoming) => {
      text(incoming).then((xml) => resolve({ status: incoming.statusCode!, xml }), reject)
    })
    outgoing.on('error', (error) => reject(invalidRequest(`error making upstream request: ${error.message}`)))
    outgoing.end(body)
  })
  if (answer.status !== 200) {
    throw invalidRequest(`error making upstream request: received error code ${answer.status} from STS: ${answer.xml}`)
  }
  // A session of a role is known by its role.
  const [, account, role] = /<Arn>arn:aws:sts::(\d+):assumed-role\/([^/]+)\/.*?<\/Arn>/.exec(answer.xml) ?? []
  if (account !== undefined) return `arn:aws:iam::${account}:role/${role}`
  return /<Arn>(.*?)<\/Arn>/.exec(answer.xml)?.[1] ?? ''
}
