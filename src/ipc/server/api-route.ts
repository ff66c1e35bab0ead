import type { IncomingHttpHeaders } from 'node:http'
import type { Route } from '../route.ts'
import type { PeerCredentials } from '../sockets/peer-credentials.ts'

/** One connection of the local API. What is lent on it ends with it. */
export interface ApiConnection {
  readonly peer: PeerCredentials | undefined
  /** Runs `run` once when the connection has closed; at once if it has already. */
  onClose(run: () => void): void
  /** Says that a person is being asked on it, until the returned function is called: it is the last to make room. */
  ask(): () => void
}

/** A request that has come whole. */
export interface ApiRequest {
  method: string
  /** Without its query. */
  path: string
  /** The decoded `{name}` parts of the pattern. */
  params: Readonly<Record<string, string>>
  headers: IncomingHttpHeaders
  /** The parsed JSON; undefined when there was no body. */
  body: unknown
  connection: ApiConnection
  /** Aborts when nobody waits for an answer any more: it was sent, the caller went away, or the daemon stops. */
  signal: AbortSignal
}

/** An answer; without a body there is none. */
export interface ApiReply {
  status: number
  body?: unknown
  headers?: Readonly<Record<string, string>>
}

/** A route and what answers it. */
export interface ApiRoute extends Route {
  /** Whether a request may have a body; it may not where nothing is said. */
  takesBody?: boolean
  /** What it throws is turned into a reply by `toError`. */
  handle(request: ApiRequest): Promise<ApiReply>
}
