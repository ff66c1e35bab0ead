import * as v from 'valibot'
import type { AwsCredentials } from '../../aws/aws-credentials.ts'
import type { IssuedCredentials } from '../../aws/credentials.ts'
import { nearestNames } from '../../core/near-names.ts'
import { Secret } from '../../core/secret.ts'
import { formatUtc } from '../../core/utc-time.ts'
import type { ApiReply, ApiRequest, ApiRoute } from '../../ipc/api-route.ts'
import {
  type AccessKeyList,
  type AwsProfileList,
  accessKeySchema,
  type Forgotten,
  forgetRequestSchema,
  importKeysSchema,
  type LoggedIn,
  type ProcessCredentials,
  promptAnswerSchema,
  type Status,
  vaultRequestSchema,
} from '../../ipc/protocol.ts'
import type { RunningVault } from '../vaults.ts'
import { ApiError } from './api-errors.ts'
import type { LentPrompts } from './lent-prompts.ts'

export interface ApiRoutesDeps {
  aws: AwsCredentials
  vaults: readonly RunningVault[]
  lentPrompts: LentPrompts
  status: () => Promise<Status>
}

/** What the local API answers. Errors are thrown: the server turns them into replies, once. */
export function createApiRoutes({ aws, vaults, lentPrompts, status }: ApiRoutesDeps): readonly ApiRoute[] {
  const vaultOf = (request: ApiRequest, command: 'login' | 'logout'): RunningVault => {
    const { vault } = parseBody(vaultRequestSchema, request)
    return findVault(vaults, vault, command)
  }

  return [
    { method: 'GET', pattern: '/v1/status', handle: async () => ok(await status()) },
    {
      method: 'POST',
      pattern: '/v1/prompts/{id}',
      async handle(request) {
        const answer = parseBody(promptAnswerSchema, request)
        if (lentPrompts.settle(request.params.id!, answer, request.connection)) return { status: 204 }
        throw new ApiError('PROMPT_GONE', 'the question is no longer open', { hint: 'run the command again' })
      },
    },
    {
      method: 'GET',
      pattern: '/v1/aws/credentials/{profile}',
      handle: (request) =>
        lentPrompts.serve(request, async (caller) =>
          ok(toProcessCredentials(await aws.credentials(request.params.profile!, caller))),
        ),
    },
    {
      method: 'POST',
      pattern: '/v1/aws/forget',
      async handle(request) {
        const forgotten: Forgotten = { forgotten: await aws.forget(parseBody(forgetRequestSchema, request)) }
        return ok(forgotten)
      },
    },
    {
      method: 'GET',
      pattern: '/v1/aws/profiles',
      async handle() {
        const list: AwsProfileList = { profiles: await aws.profiles() }
        return ok(list)
      },
    },
    {
      method: 'GET',
      pattern: '/v1/aws/keys',
      async handle() {
        const list: AccessKeyList = { keys: await aws.keys.list() }
        return ok(list)
      },
    },
    {
      method: 'PUT',
      pattern: '/v1/aws/keys/{source}',
      async handle(request) {
        const { accessKeyId, secretAccessKey } = parseBody(accessKeySchema, request)
        const key = { accessKeyId, secretAccessKey: new Secret(secretAccessKey) }
        return ok(await aws.keys.put(request.params.source!, key))
      },
    },
    {
      method: 'DELETE',
      pattern: '/v1/aws/keys/{source}',
      async handle(request) {
        const source = request.params.source!
        if (await aws.keys.remove(source)) return { status: 204 }
        throw new ApiError('KEY_UNKNOWN', `the keychain has no access key for ${source}`, {
          hint: 'latchkey aws keys list',
        })
      },
    },
    {
      method: 'POST',
      pattern: '/v1/aws/keys/import',
      handle: async (request) => ok(await aws.keys.importFrom(parseBody(importKeysSchema, request))),
    },
    {
      method: 'POST',
      pattern: '/v1/login',
      async handle(request) {
        const vault = vaultOf(request, 'login')
        return lentPrompts.serve(request, async (caller) => {
          const { displayName, policies, expiresAtMs } = await vault.tokens.login(caller)
          for (const { key } of vault.identities) key.start()
          const loggedIn: LoggedIn = {
            vault: vault.config.name,
            displayName,
            policies,
            ...(expiresAtMs === undefined ? {} : { expiresAt: formatUtc(expiresAtMs) }),
          }
          return ok(loggedIn)
        })
      },
    },
    {
      method: 'POST',
      pattern: '/v1/logout',
      async handle(request) {
        const vault = vaultOf(request, 'logout')
        // First, so that nothing is signed with any more whatever the server says.
        for (const { key } of vault.identities) key.clear()
        await vault.tokens.logout()
        return { status: 204 }
      },
    },
  ]
}

const ok = (body: unknown): ApiReply => ({ status: 200, body })

function parseBody<Schema extends v.GenericSchema>(schema: Schema, { body }: ApiRequest): v.InferOutput<Schema> {
  const result = v.safeParse(schema, body ?? {})
  if (result.success) return result.output
  const [issue] = result.issues
  // valibot's own message quotes what it got, which may be a secret.
  const reason = issue.kind === 'validation' ? issue.message : 'is missing or of another type'
  throw new ApiError('REQUEST_INVALID', `${v.getDotPath(issue) ?? 'the body'}: ${reason}`)
}

function findVault(vaults: readonly RunningVault[], name: string | undefined, command: string): RunningVault {
  const names = vaults.map(({ config }) => config.name)
  const vault = vaults.find(({ config }) => config.name === name) ?? (name === undefined ? onlyOne(vaults) : undefined)
  if (vault !== undefined) return vault
  if (names.length === 0) {
    throw new ApiError('VAULT_UNKNOWN', 'no vault is configured', { hint: 'add a [vault.…] section to config.toml' })
  }
  if (name === undefined) {
    throw new ApiError('VAULT_NOT_NAMED', `there are several vaults: ${names.join(', ')}`, {
      hint: `name one, such as: latchkey ${command} ${names[0]}`,
    })
  }
  const [near = names[0]] = nearestNames(name, names)
  throw new ApiError('VAULT_UNKNOWN', `there is no vault ${name}, but ${names.join(', ')}`, {
    hint: `latchkey ${command} ${near}`,
  })
}

const onlyOne = (vaults: readonly RunningVault[]) => (vaults.length === 1 ? vaults[0] : undefined)

function toProcessCredentials(credentials: IssuedCredentials): ProcessCredentials {
  return {
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey.expose(),
    SessionToken: credentials.sessionToken.expose(),
    Expiration: formatUtc(credentials.expiresAtMs),
    ...(credentials.accountId === undefined ? {} : { AccountId: credentials.accountId }),
  }
}
