import { uptime } from 'node:os'
import { createSystemClock } from '../../core/clock.ts'
import { startLoopbackServer } from '../../http/loopback-server.ts'
import { type AwsAdministration, createDirectory } from './directory.ts'
import { type AwsCallLine, type ExchangeDeps, serveExchange } from './exchange.ts'
import type { AwsFaults } from './faults.ts'
import { type DevAwsStateStore, parseState } from './state.ts'

export interface DevAwsOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  port: number
  /** Without it everything is forgotten at the end. */
  state?: DevAwsStateStore
  /** Wall clock, in ms since the epoch. */
  now: () => number
  /** Told of each call when it is over. */
  log(call: AwsCallLine): void
  faults?: AwsFaults
  /** Regions that this endpoint stands for; all of the `aws` partition by default. */
  regions?: readonly string[]
  /** Lets role sessions keep their MFA context, as some report that AWS does; AWS's documentation says no. */
  roleSessionsCarryMfa?: boolean
}

/** An AWS of one's own, for development and tests: STS and a little of IAM at one endpoint. */
export interface DevAws extends AwsAdministration {
  /** `http://127.0.0.1:PORT`, for AWS_ENDPOINT_URL_STS and AWS_ENDPOINT_URL_IAM */
  endpoint: string
  close(): Promise<void>
}

/** Longer than SDKs keep an idle connection: one that closes just as it is used again would look like a fault. */
const keepAliveMs = 120_000

/** Far above any real call here. */
const maxBodyBytes = 64 * 1024

/** The commercial regions by their shape; China, GovCloud and the isolated ones are partitions of their own. */
const awsRegion = /^(af|ap|ca|eu|il|me|mx|sa|us)-(central|(north|south)(east|west)?|east|west)-\d$/

/**
 * Starts the double. It is empty at first, or goes on with the state that it finds.
 * @throws {DevAwsStateError} DEV_AWS_STATE_INVALID; a system error where the port cannot be had
 */
export async function createDevAws(options: DevAwsOptions): Promise<DevAws> {
  const { regions, faults = {}, state: store } = options
  const state = parseState(await store?.load())
  const now = () => options.now() + (faults.clockOffsetMs?.() ?? 0)
  let lastSave = Promise.resolve()
  const directory = createDirectory(state, now, () => {
    // One after the other, each with what is true when its turn comes; a failure is its own caller's.
    lastSave = lastSave.catch(() => {}).then(() => store?.save(`${JSON.stringify(state, null, 2)}\n`))
    return lastSave
  })
  const deps: ExchangeDeps = {
    directory,
    tokenKey: Buffer.from(state.tokenKey, 'base64'),
    isRegion: (region) => regions?.includes(region) ?? awsRegion.test(region),
    newKeyDelayMs: () => faults.newKeyDelayMs?.() ?? 0,
    roleSessionsCarryMfa: options.roleSessionsCarryMfa ?? false,
    now,
    faults,
    log: options.log,
  }
  const { port, close } = await startLoopbackServer({
    port: options.port,
    clock: createSystemClock(uptime),
    patienceMs: keepAliveMs,
    maxBodyBytes,
    // Where it fails, as where the log cannot be written: an answer that is not logged is none.
    serve: (incoming, response, body) => serveExchange(incoming, response, body, deps),
  })
  return { ...directory, endpoint: `http://127.0.0.1:${port}`, close }
}
