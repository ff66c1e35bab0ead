import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Clock } from '../core/clock.ts'
import type { VaultAddress } from './address.ts'
import { connectionError } from './connection-error.ts'
import { tlsAgentOptions, type VaultTls } from './tls.ts'
import { VaultError } from './vault-error.ts'

/** One HTTP request, whole. */
export interface HttpRequest {
  method: string
  /** From the root of the server, encoded. */
  path: string
  headers: Readonly<Record<string, string>>
  body: Uint8Array | undefined
  timeoutMs: number
  signal: AbortSignal | undefined
  /** False: on a connection of its own, so that an idle one that the server has just closed cannot swallow it. */
  mayReuse: boolean
}

/** An answer, whole. */
export interface HttpAnswer {
  status: number
  header(name: string): string | undefined
  body: Buffer
  /** How far the server's clock is ahead of ours in ms, by its Date header; zero where they may agree. */
  clockSkewMs: number | undefined
}

/** What became of a request. */
export type HttpOutcome =
  | { type: 'answer'; answer: HttpAnswer }
  /** `wasSent`: the server may have seen the request and acted on it. */
  | { type: 'failure'; error: VaultError; wasSent: boolean }

/** Sends requests to one server. Knows HTTP, not Vault. */
export interface HttpTransport {
  /** Rejects for nothing that the network or the server does: that is a `failure`. */
  exchange(request: HttpRequest): Promise<HttpOutcome>
  /** Closes the idle connections. */
  close(): void
}

/** The one server, and how it is reached. */
export interface HttpTransportOptions {
  address: VaultAddress
  tls: VaultTls
  /** How messages name the server. */
  server: string
  maxBytes: number
  clock: Clock
}

/** Idle connections go before servers and firewalls forget them. */
const idleMs = 30_000

/** @throws {VaultError} VAULT_CONFIG when a certificate or key cannot be read */
export function createHttpTransport({ address, tls, server, maxBytes, clock }: HttpTransportOptions): HttpTransport {
  const tlsOptions = address.isTls ? tlsAgentOptions(tls) : {}
  const agent = (keepAlive: boolean) => {
    const options = { keepAlive, ...(keepAlive ? { timeout: idleMs, maxFreeSockets: 2 } : {}) }
    return address.isTls ? new HttpsAgent({ ...options, ...tlsOptions }) : new HttpAgent(options)
  }
  const reusing = agent(true)
  const single = agent(false)

  const start = ({ method, path, headers, mayReuse }: HttpRequest): ClientRequest => {
    const options = {
      method,
      path,
      headers,
      agent: mayReuse ? reusing : single,
      hostname: address.hostname,
      port: address.port,
      ...(address.socketPath === undefined ? {} : { socketPath: address.socketPath }),
    }
    return address.isTls ? requestHttps(options) : requestHttp(options)
  }

  return {
    exchange: (request) =>
      new Promise((resolve) => {
        const aborted = () => new VaultError('VAULT_ABORTED', `the request to ${server} was given up`)
        if (request.signal?.aborted === true) {
          resolve({ type: 'failure', error: aborted(), wasSent: false })
          return
        }
        const startedMs = clock.now()
        let wasSent = false
        const outgoing = start(request)
        const settle = (outcome: HttpOutcome) => {
          stopTimer()
          request.signal?.removeEventListener('abort', onAbort)
          resolve(outcome)
        }
        const fail = (error: VaultError) => {
          settle({ type: 'failure', error, wasSent })
          outgoing.destroy()
        }
        const onAbort = () => fail(aborted())
        const stopTimer = clock.after(request.timeoutMs, () => fail(timeoutError(server, request.timeoutMs)))
        request.signal?.addEventListener('abort', onAbort, { once: true })

        outgoing.on('socket', (socket) => {
          wasSent = outgoing.reusedSocket
          socket.once(address.isTls ? 'secureConnect' : 'connect', () => {
            wasSent = true
          })
        })
        outgoing.on('error', (cause) => fail(connectionError(cause, server)))
        outgoing.on('response', (incoming) => {
          const skewMs = clockSkew(incoming.headers.date, startedMs, clock.now())
          readBody(incoming, maxBytes).then(
            (body) => settle({ type: 'answer', answer: toAnswer(incoming, body, skewMs) }),
            (error: unknown) => fail(bodyError(error, server, maxBytes)),
          )
        })
        outgoing.end(request.body)
      }),
    close() {
      reusing.destroy()
      single.destroy()
    },
  }
}

class TooManyBytes extends Error {}

async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // Caps what a server, or whoever answers in its place, makes us hold.
    if (bytes > maxBytes) throw new TooManyBytes()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function bodyError(error: unknown, server: string, maxBytes: number): VaultError {
  if (!(error instanceof TooManyBytes)) return connectionError(error as Error, server)
  return new VaultError('VAULT_BAD_RESPONSE', `${server} answers with more than ${maxBytes} bytes`, {
    hint: 'check address in config.toml: this is not how a vault answers',
  })
}

function toAnswer(incoming: IncomingMessage, body: Buffer, clockSkewMs: number | undefined): HttpAnswer {
  return {
    status: incoming.statusCode!,
    header: (name) => {
      const value = incoming.headers[name]
      return Array.isArray(value) ? value[0] : value
    },
    body,
    clockSkewMs,
  }
}

function timeoutError(server: string, timeoutMs: number): VaultError {
  return new VaultError('VAULT_UNREACHABLE', `${server} did not answer within ${Math.ceil(timeoutMs / 1000)} s`, {
    hint: 'check the network or VPN; timeout in config.toml sets how long to wait',
  })
}

/**
 * As much as is certain. Date has whole seconds, and was written at some time of the exchange, which may have lasted:
 * a machine that was suspended meanwhile is no clock that is fast.
 */
function clockSkew(date: string | undefined, startedMs: number, answeredMs: number): number | undefined {
  const serverMs = Date.parse(date ?? '')
  if (Number.isNaN(serverMs)) return undefined
  return Math.max(0, serverMs - answeredMs) + Math.min(0, serverMs + 1000 - startedMs)
}
