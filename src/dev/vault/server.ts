import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { createBackends } from './backends.ts'
import { createDispatcher, type VaultCall } from './dispatch.ts'
import { DevVaultError } from './errors.ts'
import { pathForLog, readCall } from './http-call.ts'
import { newServiceTokenId, newUuid, randomBase62, tokenKey } from './identifiers.ts'
import { firstMounts } from './mounts.ts'
import { type Answer, errorAnswer } from './reply.ts'
import { createSeal } from './seal.ts'
import { type DevVaultState, table } from './state.ts'
import { openState, type StateStorage } from './state-keeper.ts'
import { createStatus } from './status.ts'

/** One line of the call log; nothing in it is a secret. */
export interface VaultCallLine {
  /** RFC 3339, UTC. */
  time: string
  method: string
  /** With `/v1/`, without the query. */
  path: string
  status: number
}

export interface DevVaultOptions {
  listen: {
    /** On 127.0.0.1; 0 takes a free one. */
    port: number
    /** Listens on a Unix socket too, which only its owner can use. */
    socketPath?: string
  }
  /** Kept between runs, the CA keys included; without it everything is forgotten at the end. */
  state?: StateStorage
  /** For the first run; a later one keeps the token that is in the state. */
  rootToken?: string
  /** Wall-clock time in ms since the epoch. */
  now: () => number
  log: (call: VaultCallLine) => void
  /** PEM. With `ca`, clients must show a certificate that was signed by it. */
  tls?: { key: string; cert: string; ca?: string }
}

export interface DevVault {
  /** `http://127.0.0.1:PORT`, or `https:`. */
  address: string
  socketPath: string | undefined
  rootToken: string
  unsealKey: string
  /** A line for whoever starts it. */
  notice: string
  seal(): void
  unseal(): void
  /** Ends connections and waits until the state is saved. */
  close(): Promise<void>
}

/**
 * Starts a development Vault: the API of OpenBao as far as signing SSH keys needs it, on loopback, with real signatures.
 * @throws {DevVaultError} STATE_UNREADABLE; the system's error when the port or socket cannot be had
 */
export async function createDevVault(options: DevVaultOptions): Promise<DevVault> {
  const { now, log, listen, tls } = options
  const { state, changed, flush } = await openState(options.state, () => beginState(options))
  const seal = createSeal(state.unsealKey)
  const backends = createBackends({ state, changed, seal, now })
  const status = createStatus({ state, seal, now })
  const dispatch = createDispatcher({ backends, seal, status })
  backends.tokens.sweep()

  const serve = async (message: IncomingMessage, response: ServerResponse) => {
    const answer = await answerTo(message, dispatch)
    // What was answered must survive a crash.
    const saved = await flush().then(
      () => answer,
      () => errorAnswer(500, 'the state of the development Vault could not be saved'),
    )
    log({
      time: new Date(now()).toISOString(),
      method: message.method ?? '',
      path: pathForLog(message),
      status: saved.status,
    })
    respond(message, response, saved)
  }
  const listener: RequestListener = (message, response) => {
    serve(message, response).catch(() => response.destroy())
  }

  const servers: Server[] = []
  const close = async () => {
    await Promise.all(servers.map(closeServer))
    await flush()
  }
  try {
    const server = tls === undefined ? createServer(listener) : createTlsServer(tlsOptions(tls), listener)
    servers.push(server)
    await listenOn(server, () => server.listen({ host: '127.0.0.1', port: listen.port }))
    if (listen.socketPath !== undefined) {
      const socketServer = createServer(listener)
      servers.push(socketServer)
      await listenPrivately(socketServer, listen.socketPath)
    }
    const address = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${portOf(server)}`
    await flush()
    return {
      address,
      socketPath: listen.socketPath,
      rootToken: state.rootToken,
      unsealKey: state.unsealKey,
      notice: `development Vault on ${address}: for trying and testing only, its keys lie in the clear on this machine`,
      seal: seal.seal,
      unseal: () => void seal.unseal(state.unsealKey),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function beginState({ rootToken = newServiceTokenId(), now }: DevVaultOptions): DevVaultState {
  const state: DevVaultState = {
    version: 1,
    clusterId: newUuid(),
    clusterName: `vault-cluster-${randomBytes(4).toString('hex')}`,
    rootToken,
    unsealKey: randomBytes(32).toString('base64'),
    batchKey: randomBytes(32).toString('base64'),
    mounts: table(),
    policies: table(),
    tokens: table(),
    tokenRoles: table(),
    wrapped: table(),
    cubbyholes: table(),
    entities: table(),
    ssh: table(),
    userpass: table(),
    approle: table(),
    failedLogins: table(),
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
    role: null,
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

function respond(message: IncomingMessage, response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { 'Cache-Control': 'no-store', 'Content-Type': answer.contentType })
  response.end(message.method === 'HEAD' ? '' : answer.body)
}

function tlsOptions({ key, cert, ca }: NonNullable<DevVaultOptions['tls']>) {
  return ca === undefined ? { key, cert } : { key, cert, ca, requestCert: true, rejectUnauthorized: true }
}

function listenOn(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
    start()
  })
}

/** The socket belongs to its owner from its first instant: bind(2) takes the umask, and listen() binds at once. */
function listenPrivately(server: Server, path: string): Promise<void> {
  return listenOn(server, () => {
    const before = process.umask(0o177)
    try {
      server.listen({ path })
    } finally {
      process.umask(before)
    }
  })
}

function portOf(server: Server): number {
  const address = server.address()
  return isAddressInfo(address) ? address.port : 0
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

function closeServer(server: Server & { closeAllConnections?: () => void }): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections?.()
  })
}
