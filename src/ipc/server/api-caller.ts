import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Marking, Standing } from '../../core/limits/admission.ts'
import type { ByteBudget } from '../../core/limits/byte-budget.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { PeerCredentials } from '../sockets/peer-credentials.ts'
import type { ApiConnection } from './api-route.ts'

/** A request that is not done with. */
export interface Waiting {
  /** Tells its handler that nobody waits any more. */
  gone: AbortController
  /** Who waits for whom: the server for the rest of it, the caller for its answer, the server for the caller to read. */
  state: 'sending' | 'received' | 'answered'
  bodyBytes: number
}

/** One connection of the local API with its requests. */
export interface ApiCaller {
  connection: ApiConnection
  /** The requests that are not done with, in their order. */
  waiting: ReadonlyMap<ServerResponse, Waiting>
  /** Bytes have come. What they are is not known yet. */
  received(): void
  /** A head has come whole. */
  begin(response: ServerResponse): Waiting
  /** Changes what is known of a request. */
  update(request: Waiting, change: Partial<Pick<Waiting, 'state' | 'bodyBytes'>>): void
}

/** What a caller is held to, and by. */
export interface ApiCallerDeps {
  clock: Clock
  seat: Marking
  budget: ByteBudget
  peer: PeerCredentials | undefined
}

/**
 * From the first byte of a request, or from connecting, until it is whole; and from an answer until it is read. Callers
 * are on this machine and send in one piece.
 */
const owedMs = 10_000

/**
 * Holds one connection to its bounds in time and memory, and tells its seat what it is about. Nothing is owed between two
 * requests, while a person may be typing, and while a request is being answered.
 */
export function openApiCaller(socket: Socket, { clock, seat, budget, peer }: ApiCallerDeps): ApiCaller {
  const waiting = new Map<ServerResponse, Waiting>()
  const onClose = new Set<() => void>()
  const holding = budget.open(() => socket.destroy())
  let asking = 0
  // A request has begun of which nothing is known yet: its head is not whole.
  let isWithinHead = false
  let standing: Standing | undefined
  let owed: 'request' | 'reading' | undefined
  let cancel = () => {}

  const owe = (what: typeof owed): void => {
    if (what === owed) return
    owed = what
    cancel()
    if (what !== undefined) cancel = clock.after(owedMs, () => socket.destroy())
  }

  /** A byte more of the same request is no news. */
  const stand = (next: Standing): void => {
    if (next === standing) return
    standing = next
    seat.mark(next)
  }

  const refresh = (): void => {
    if (socket.destroyed) return
    const requests = [...waiting.values()]
    const isAny = (state: Waiting['state']) => requests.some((request) => request.state === state)
    holding.set(requests.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0))
    if (isAny('received')) {
      // What else it sends or does not read has time until it has its answer.
      owe(undefined)
      stand(asking > 0 ? 'asked' : 'busy')
    } else if (isAny('answered') || isAny('sending') || isWithinHead) {
      owe(isAny('answered') ? 'reading' : 'request')
      stand('unfinished')
    } else {
      owe(undefined)
      stand(asking > 0 ? 'asked' : 'idle')
    }
  }

  const leave = (response: ServerResponse): void => {
    waiting.get(response)?.gone.abort()
    waiting.delete(response)
  }

  owe('request')
  socket.on('close', () => {
    owe(undefined)
    // A response whose turn has not come does not close with its connection. First of all: what was lent on the
    // connection must not be lent to another request on it.
    for (const response of waiting.keys()) leave(response)
    holding.set(0)
    for (const run of onClose) run()
  })

  return {
    waiting,
    connection: {
      peer,
      onClose(run) {
        if (socket.destroyed) run()
        else onClose.add(run)
      },
      ask() {
        asking += 1
        refresh()
        return () => {
          asking -= 1
          refresh()
        }
      },
    },
    begin(response) {
      const request: Waiting = { gone: new AbortController(), state: 'sending', bodyBytes: 0 }
      isWithinHead = false
      waiting.set(response, request)
      response.on('close', () => {
        leave(response)
        isWithinHead = false
        refresh()
      })
      refresh()
      return request
    },
    received() {
      if (isWithinHead || [...waiting.values()].some(({ state }) => state === 'sending')) return
      isWithinHead = true
      refresh()
    },
    update(request, change) {
      Object.assign(request, change)
      refresh()
    },
  }
}
