import { uptime } from 'node:os'
import { createSystemClock } from '../../core/time/clock.ts'
import { startLoopbackServer } from '../../http/loopback-server.ts'
import { newKeyDelayMs } from './actions/iam-access-key-actions.ts'
import { judgeOwnTrust } from './actions/trust-policy.ts'
import { type AwsDirectory, createDirectory } from './directory.ts'
import type { DevInstance } from './ec2/instance.ts'
import { createFederation } from './federation.ts'
import type { AwsAddition } from './plugin.ts'
import { type Actions, ownActions } from './protocol/answer.ts'
import { type AwsCallLine, type ExchangeDeps, serveExchange } from './protocol/exchange.ts'
import { ownVersions } from './protocol/query-protocol.ts'
import { type DevAwsStateStore, parseState } from './state.ts'

/** What an embedded AWS is started with. */
export interface DevAwsOptions {
  /** On 127.0.0.1; a free one by default. */
  port?: number
  /** Without it everything is forgotten at the end. */
  state?: DevAwsStateStore
  /** Wall clock, in ms since the epoch. */
  now: () => number
  /** Called for each call when it is over. */
  log(call: AwsCallLine): void
  /** The machines of EC2, as they are now; none by default. */
  instances?: () => readonly DevInstance[]
  /** What it has in addition to its own. */
  plugins?: readonly AwsAddition[]
}

/** An AWS of one's own, for development and tests: STS, a little of IAM, Organizations and EC2, and the console's sign-in at one endpoint. */
export interface DevAws {
  /** `http://127.0.0.1:PORT`, for AWS_ENDPOINT_URL_STS, …_IAM, …_ORGANIZATIONS, …_EC2 and …_SIGNIN */
  endpoint: string
  directory: AwsDirectory
  now: () => number
  close(): Promise<void>
}

/** Longer than SDKs keep an idle connection: one that closes just as it is used again would look like a fault. */
const keepAliveMs = 120_000

/** Far above any real call here. */
const maxBodyBytes = 64 * 1024

/** The commercial regions by their shape; China, GovCloud and the isolated ones are partitions of their own. */
const awsRegion = /^(af|ap|ca|eu|il|me|mx|sa|us)-(central|(north|south)(east|west)?|east|west)-\d$/

/**
 * Starts the double. It is empty at first, or continues with the state that it finds.
 * @throws {DevAwsStateError} DEV_AWS_STATE_INVALID; a system error where the port cannot be had
 */
export async function createDevAws(options: DevAwsOptions): Promise<DevAws> {
  const { now, log, state: store, instances = () => [], plugins = [], port = 0 } = options
  const state = parseState(await store?.load())
  let lastSave = Promise.resolve()
  const directory = createDirectory(state, () => {
    // One after the other, each with the state when its turn comes; a failure goes to its own caller.
    lastSave = lastSave.catch(() => {}).then(() => store?.save(`${JSON.stringify(state, null, 2)}\n`))
    return lastSave
  })
  const added = <K extends keyof AwsAddition>(name: K) => plugins.find((plugin) => plugin[name] !== undefined)?.[name]
  const tokenKey = Buffer.from(state.tokenKey, 'base64')
  const deps: ExchangeDeps = {
    directory,
    now,
    log,
    tokenKey,
    versions: Object.assign({ ...ownVersions }, ...plugins.map(({ services }) => services)),
    actions: withActions(plugins),
    rest: [...plugins.flatMap(({ rest }) => rest ?? []), createFederation({ directory, tokenKey, now, log })],
    serve: added('serve'),
    isRegion: added('isRegion') ?? ((region) => awsRegion.test(region)),
    isKeyKnown: added('isKeyKnown') ?? (({ knownAtMs = 0 }, nowMs) => knownAtMs <= nowMs),
    newDeviceDelayMs: added('newDeviceDelayMs') ?? (() => newKeyDelayMs),
    judgeTrust: added('judgeTrust') ?? judgeOwnTrust,
    roleFeature: added('roleFeature'),
    instances,
  }
  const server = await startLoopbackServer({
    port,
    clock: createSystemClock(uptime),
    patienceMs: keepAliveMs,
    maxBodyBytes,
    // Where it fails, as when the log cannot be written, no answer is sent: an answer that is not logged does not count.
    serve: (incoming, response, body) => serveExchange(incoming, response, body, deps),
  })
  return { directory, now, endpoint: `http://127.0.0.1:${server.port}`, close: server.close }
}

/** Where an action exists twice, the added one counts. */
function withActions(plugins: readonly AwsAddition[]): Actions {
  const services = new Set([ownActions, ...plugins.map(({ actions = {} }) => actions)].flatMap(Object.keys))
  const actionsOf = (service: string) =>
    Object.assign({ ...ownActions[service] }, ...plugins.map(({ actions }) => actions?.[service]))
  return Object.fromEntries([...services].map((service) => [service, actionsOf(service)]))
}
