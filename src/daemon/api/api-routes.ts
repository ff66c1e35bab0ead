import type { Lock } from '../../agent/lock/lock.ts'
import type { AwsCredentials } from '../../aws/aws-credentials.ts'
import type { IssuedCredentials } from '../../aws/credentials.ts'
import type { IamClient } from '../../aws/iam/iam-client.ts'
import { defaultRegion } from '../../aws/plan/partitions.ts'
import type { CodedError } from '../../core/errors.ts'
import type { AwsFilePaths } from '../../core/places/paths.ts'
import { Secret } from '../../core/secret.ts'
import { nearestNames } from '../../core/text/near-names.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import type { ProcessCredentials } from '../../ipc/client/process-credentials.ts'
import type { ConfigReport } from '../../ipc/endpoints/config.ts'
import type { Status } from '../../ipc/endpoints/status.ts'
import { endpoints } from '../../ipc/endpoints.ts'
import type { ApiRoute } from '../../ipc/server/api-route.ts'
import { createEndpointRoutes, type EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import type { ConfigService } from '../running/config-service.ts'
import type { Confirmations } from '../running/confirmations.ts'
import type { RunningVault } from '../running/running-vault.ts'
import type { SshReadiness } from '../running/ssh-readiness.ts'
import type { RunningStaticKeys } from '../static-keys/running-static-keys.ts'
import { ApiError, answeredError, reportedError } from './api-errors.ts'
import type { AwsServices } from './aws-services.ts'
import { checkHandlers } from './check-routes.ts'
import { hostCaHandlers } from './host-ca-handlers.ts'
import { hostSignHandler } from './host-sign-handler.ts'
import { importHandlers } from './import-routes.ts'
import { instanceHandlers } from './instance-handlers.ts'
import type { LentPrompts } from './lent-prompts.ts'
import { lockHandlers } from './lock-routes.ts'
import { mfaHandlers } from './mfa-handlers.ts'
import { sshCaHandlers } from './ssh-ca-handlers.ts'
import type { createSshExplanation } from './ssh-explanation.ts'
import { sshKeyHandlers } from './ssh-key-handlers.ts'
import { sshReadyHandlers } from './ssh-ready-handlers.ts'
import { vaultHandlers } from './vault-handlers.ts'

/** What the endpoints use. */
export interface ApiRoutesDeps extends AwsServices {
  aws: AwsCredentials
  iam: () => Promise<IamClient>
  /** The absolute paths of the AWS files that are read. */
  awsFiles: AwsFilePaths
  vaults: () => readonly RunningVault[]
  /** The vaults that are configured but switched off, and why. */
  vaultsOff: () => ReadonlyMap<string, CodedError>
  /** Why no part of the configuration could be read yet. */
  whyUnread: () => CodedError | undefined
  lentPrompts: LentPrompts
  confirmations: Confirmations
  lock: Lock
  /** Why the lock does not outlive the daemon as it is. */
  lockError: () => CodedError | undefined
  staticKeys: RunningStaticKeys
  status: () => Promise<Status>
  config: () => ConfigReport
  catchUp: ConfigService['catchUp']
  readiness: SshReadiness
  hostCas: ConfigService['hostCas']
  explainSsh: ReturnType<typeof createSshExplanation>
}

/** The handlers of all endpoints. They throw errors; the server turns them into replies, in one place. */
export function createApiRoutes(deps: ApiRoutesDeps): readonly ApiRoute[] {
  const { aws, lentPrompts, status, config } = deps
  const vaultOf = (name: string | undefined, command: string): RunningVault => {
    const unread = deps.whyUnread()
    if (unread !== undefined) throw unread
    return findVault(deps.vaults(), deps.vaultsOff(), name, command)
  }
  const handlers: EndpointHandlers<typeof endpoints, PromptCaller> = {
    getStatus: () => status(),
    getConfig: async () => config(),
    explainSshList: ({ body }) => deps.explainSsh(body),
    async answerPrompt({ params, body, connection }) {
      if (lentPrompts.settle(params.id, body, connection)) return
      throw new ApiError('PROMPT_GONE', 'the question is no longer open', { hint: 'run the command again' })
    },
    async watchPrompt({ params }) {
      await lentPrompts.untilEnded(params.id)
    },
    getCredentials: async ({ params, caller }) => toProcessCredentials(await aws.credentials(params.profile, caller)),
    async awsLogin({ body, caller }) {
      const sinceMs = body.since === undefined ? undefined : Date.parse(body.since)
      const { expiresAtMs, ...session } = await aws.login(body.profile, caller, sinceMs)
      return { ...session, expiresAt: formatUtc(expiresAtMs) }
    },
    async refreshCredentials({ params, caller }) {
      const { roleArn, expiresAtMs } = await aws.refresh(params.profile, caller)
      return { roleArn, expiresAt: formatUtc(expiresAtMs) }
    },
    async openConsole({ body: { profile, page, seconds, logout, print, display }, caller }) {
      const request = { profile, page, seconds, logsOut: logout, isPrinted: print, hasDisplay: display }
      const { url, linkId, urlEndsAtMs, consoleEndsAtMs, ...opened } = await aws.console.open(request, caller)
      return {
        url: url.expose(),
        ...(linkId === undefined ? {} : { link: linkId }),
        urlEndsAt: formatUtc(urlEndsAtMs),
        consoleEndsAt: formatUtc(consoleEndsAtMs),
        ...opened,
      }
    },
    getConsoleVisit: async ({ params }) => ({ isVisited: aws.console.isVisited(params.link) }),
    forgetCredentials: async ({ body }) => ({ forgotten: await aws.forget(body) }),
    explainProfile: ({ params }) => aws.explain(params.profile),
    listProfiles: async () => ({ files: deps.awsFiles, profiles: await aws.profiles() }),
    async getProfileRegion({ params }) {
      const region = (await aws.profiles()).find(({ name }) => name === params.profile)?.region
      return region === undefined ? {} : { region }
    },
    async tryProfile({ body, caller }) {
      try {
        await aws.credentials(body.profile, caller)
        return {}
      } catch (error) {
        return { error: answeredError(error) }
      }
    },
    async listAccounts({ body: { profile }, caller }) {
      const partition = (await aws.profiles()).find(({ name }) => name === profile)?.partition
      const credentials = await aws.credentials(profile, caller)
      const client = await deps.organizations()
      return { accounts: await client.listAccounts({ credentials, region: defaultRegion(partition ?? 'aws') }) }
    },
    getSource: ({ params }) => aws.source(params.source),
    ...mfaHandlers(aws.mfa),
    async listKeys() {
      const seeds = await aws.seeds.sources()
      const { keys, unreadable } = await aws.keyReports.list()
      return {
        keys,
        ...(unreadable.length === 0
          ? {}
          : { unreadable: unreadable.map(({ source, error }) => ({ source, error: reportedError(error) })) }),
        ...(seeds.length === 0 ? {} : { seeds }),
      }
    },
    refreshKey: ({ params }) => aws.keyReports.refresh(params.source),
    rotateKey: ({ params: { source }, body: { finish, now } }) =>
      finish ? aws.rotation.finish(source, now) : aws.rotation.advance(source),
    putKey: ({ params, body: { accessKeyId, secretAccessKey, replace } }) =>
      aws.keys.put(params.source, { accessKeyId, secretAccessKey: new Secret(secretAccessKey) }, replace),
    async removeKey({ params: { source } }) {
      if (await aws.keys.remove(source)) return
      throw new ApiError('KEY_UNKNOWN', `the keychain has no access key for ${source}`, {
        hint: 'latchkey aws keys list',
      })
    },
    async attendConfirmations({ caller }) {
      refuseUnasked(caller)
      await deps.confirmations.attend(caller)
    },
    ...lockHandlers(deps),
    ...vaultHandlers(vaultOf, () => deps.config().file),
    ...sshCaHandlers(deps.vaults, vaultOf),
    ...hostCaHandlers(deps),
    ...hostSignHandler(deps.hostCas.all, vaultOf),
    ...sshKeyHandlers(deps.staticKeys, deps.lock),
    ...sshReadyHandlers(deps.vaults, deps.readiness),
    ...importHandlers(aws),
    ...checkHandlers(aws, deps.iam),
    ...instanceHandlers(aws, deps.ec2),
    getSeedPlace: ({ params }) => aws.seeds.placeOf(params.profile),
    async putSeed({ params, body }) {
      const { expiresAtMs, ...place } = await aws.seeds.put(params.profile, new Secret(body.seed))
      return { ...place, expiresAt: formatUtc(expiresAtMs) }
    },
    async removeSeed({ params: { source } }) {
      if (await aws.seeds.remove(source)) return
      throw new ApiError('SEED_UNKNOWN', `the keychain has no MFA seed for ${source}`, {
        hint: 'latchkey aws keys list',
      })
    },
  }
  return createEndpointRoutes(endpoints, handlers, lentPrompts.serve).map((route) => upToDate(route, deps.catchUp))
}

/** A user who has edited config.toml runs the next command at once. */
function upToDate(route: ApiRoute, catchUp: ApiRoutesDeps['catchUp']): ApiRoute {
  return {
    ...route,
    async handle(request) {
      await catchUp()
      return await route.handle(request)
    },
  }
}

/** A caller that would wait for questions for ever, since none is put to it. */
function refuseUnasked({ offer, hasTerminal }: PromptCaller): void {
  if (offer !== undefined) return
  if (hasTerminal !== true)
    throw new ApiError('TERMINAL_NEEDED', 'keys are approved in a terminal, and in its foreground', {
      hint: 'in a terminal: latchkey ssh approve',
    })
  throw new ApiError('TERMINAL_OFF', 'terminal = false in config.toml: no question is put to a terminal', {
    hint: 'remove terminal = false from [prompt], then: latchkey ssh approve',
  })
}

function findVault(
  vaults: readonly RunningVault[],
  off: ReadonlyMap<string, CodedError>,
  name: string | undefined,
  command: string,
): RunningVault {
  const running = vaults.map(({ config }) => config.name)
  const names = [...running, ...off.keys()]
  const [only] = names.length === 1 ? names : []
  const wanted = name ?? only
  const vault = vaults.find(({ config }) => config.name === wanted)
  if (vault !== undefined) return vault
  const fault = wanted === undefined ? undefined : off.get(wanted)
  if (fault !== undefined) throw fault
  const [first] = names
  if (first === undefined) {
    throw new ApiError('VAULT_UNKNOWN', 'no vault is configured', {
      hint: 'add a [vault.…] section to config.toml',
    })
  }
  if (name === undefined) {
    throw new ApiError('VAULT_NOT_NAMED', `there are several vaults: ${names.join(', ')}`, {
      hint: `name one, such as: latchkey ${command} ${shellWord(first)}`,
    })
  }
  const [near = first] = nearestNames(name, names)
  throw new ApiError('VAULT_UNKNOWN', `no vault is called ${name}; there is ${names.join(', ')}`, {
    hint: `latchkey ${command} ${shellWord(near)}`,
  })
}

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
