import type { IncomingHttpHeaders } from 'node:http'
import type { Route } from '../route.ts'
import type { PeerCredentials } from '../sockets/peer-credentials.ts'

/** One connection of the local API. A question that is lent on it is withdrawn when it closes. */
export interface ApiConnection {
  readonly peer: PeerCredentials | undefined
  /** Runs `run` once when the connection has closed; at once if it has already. */
  onClose(run: () => void): void
  /** Marks that a person is being asked on it, until the returned function is called: it is the last to make room. */
  ask(): () => void
}

/** A complete request. */
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

/** An answer; `body` may be absent. */
export interface ApiReply {
  status: number
  body?: unknown
  headers?: Readonly<Record<string, string>>
}

/** A route and its handler. */
export interface ApiRoute extends Route {
  /** Whether a request may have a body; false if absent. */
  takesBody?: boolean
  /** `toError` turns what it throws into a reply. */
  handle(request: ApiRequest): Promise<ApiReply>
}
