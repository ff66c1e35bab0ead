import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Listen, onLoopback } from '../loopback.ts'
import type { Plugin } from './backend.ts'
import { createBackends } from './backends.ts'
import type { VaultCall } from './call.ts'
import { createDispatcher } from './dispatch.ts'
import { DevVaultError } from './errors.ts'
import { pathForLog, readCall } from './http-call.ts'
import { newServiceTokenId, newUuid, randomBase62, tokenKey } from './identifiers.ts'
import { type Answer, errorAnswer } from './reply.ts'
import type { DevVaultState } from './state.ts'
import { openState, type StateStorage } from './state-keeper.ts'
import { firstMounts } from './system/mounts.ts'
import { table } from './tables.ts'

/** Node's parser of HTTP knows no LIST. */
const methodRefusal = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: application/json',
  'Connection: close',
  '',
  '{"errors":["the development server does not understand this request; ask for lists with GET and list=true"]}',
].join('\r\n')

/** One line of the call log; nothing in it is a secret. */
export interface VaultCallLine {
  /** RFC 3339, UTC. */
  time: string
  method: string
  /** With `/v1/`, without the query. */
  path: string
  status: number
}

/** What a development Vault is started with. */
export interface DevVaultOptions {
  /** A free port on loopback by default. */
  listen?: Listen
  /** Kept between runs, the CA keys included; without it everything is forgotten at the end. */
  state?: StateStorage
  /** For the first run; a later one keeps the token that is in the state. */
  rootToken?: string
  /** Wall-clock time in ms since the epoch. */
  now: () => number
  log: (call: VaultCallLine) => void
  /** What the server has in addition to its own. */
  plugins?: readonly Plugin[]
}

/** A development Vault that runs. */
export interface DevVault {
  /** `http://127.0.0.1:PORT`, or `https:`. */
  address: string
  rootToken: string
  /** A line for the person who starts it. */
  notice: string
  /** Ends connections and waits until the state is saved. */
  close(): Promise<void>
}

/**
 * Starts a development Vault: the API of OpenBao as far as signing SSH keys needs it, on loopback, with real signatures.
 * @throws {DevVaultError} STATE_UNREADABLE; the system's error when the port or socket cannot be had
 */
export async function createDevVault(options: DevVaultOptions): Promise<DevVault> {
  const { now, log, plugins = [] } = options
  const { flush, ...access } = await openState(options.state, () => beginState(options))
  const { state } = access
  const backends = createBackends(access, now, plugins)
  const dispatch = createDispatcher(backends)
  backends.core.tokens.sweep()

  const serve = async (message: IncomingMessage, response: ServerResponse) => {
    const answer = await answerTo(message, dispatch)
    // What was answered must survive a crash.
    const saved = await flush().then(
      () => answer,
      () => errorAnswer(500, 'the state of the development Vault could not be saved'),
    )
    log({
      time: new Date(now()).toISOString(),
      method: message.method ?? 'GET',
      path: pathForLog(message),
      status: saved.status,
    })
    respond(message, response, saved, now())
  }
  const listen = options.listen ?? onLoopback(0, {}, methodRefusal)
  const listener = await listen((message, response) => {
    serve(message, response).catch(() => response.destroy())
  })
  const { address } = listener
  await flush()
  return {
    address,
    rootToken: state.rootToken,
    notice: `development Vault on ${address}: for trying and testing only, its keys are stored unencrypted on this machine`,
    async close() {
      await listener.close()
      await flush()
    },
  }
}

function beginState({ rootToken = newServiceTokenId(), now }: DevVaultOptions): DevVaultState {
  const state: DevVaultState = {
    version: 2,
    clusterId: newUuid(),
    clusterName: `vault-cluster-${randomBytes(4).toString('hex')}`,
    rootToken,
    mounts: table(),
    policies: table(),
    tokens: table(),
    parts: table(),
  }
  for (const mount of firstMounts()) state.mounts[mount.path] = mount
  state.tokens[tokenKey(rootToken)] = {
    accessor: randomBase62(24),
    type: 'service',
    parent: null,
    path: 'auth/token/create',
    policies: ['root'],
    meta: null,
    displayName: 'token',
    usesLeft: 0,
    issuedAtMs: now(),
    expiresAtMs: null,
    lastRenewalMs: null,
    creationTtlSeconds: 0,
    leaseTtlSeconds: 0,
    explicitMaxTtlSeconds: 0,
    periodSeconds: 0,
    renewable: false,
    entityId: '',
    boundCidrs: [],
    login: null,
  }
  return state
}

async function answerTo(message: IncomingMessage, dispatch: (call: VaultCall) => Promise<Answer>): Promise<Answer> {
  try {
    return await dispatch(await readCall(message))
  } catch (error) {
    if (error instanceof DevVaultError) return errorAnswer(error.status, error.message)
    return errorAnswer(500, 'internal error')
  }
}

function respond(message: IncomingMessage, response: ServerResponse, answer: Answer, nowMs: number): void {
  response.writeHead(answer.status, {
    ...answer.headers,
    'Cache-Control': 'no-store',
    'Content-Type': answer.contentType,
    // By the clock that certificates go by, as a real server's: clients measure theirs against it.
    Date: new Date(nowMs).toUTCString(),
  })
  response.end(message.method === 'HEAD' ? '' : answer.body)
}
