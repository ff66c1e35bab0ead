import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Marking, Standing } from '../../core/limits/admission.ts'
import type { ByteBudget } from '../../core/limits/byte-budget.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { PeerCredentials } from '../sockets/peer-credentials.ts'
import type { ApiConnection } from './api-route.ts'

/** A request that is not finished. */
export interface Waiting {
  /** Lets its handler know that nobody waits any more. */
  gone: AbortController
  /** Who waits for what: the server for the rest of it, the caller for its answer, the server for the caller to read it. */
  state: 'sending' | 'received' | 'answered'
  bodyBytes: number
}

/** One connection of the local API with its requests. */
export interface ApiCaller {
  connection: ApiConnection
  /** The unfinished requests, in their order. */
  waiting: ReadonlyMap<ServerResponse, Waiting>
  /** Bytes have arrived. What they are is not known yet. */
  received(): void
  /** A complete head has arrived. */
  begin(response: ServerResponse): Waiting
  /** Changes what is known of a request. */
  update(request: Waiting, change: Partial<Pick<Waiting, 'state' | 'bodyBytes'>>): void
}

/** What is needed to hold a caller to its limits. */
export interface ApiCallerDeps {
  clock: Clock
  seat: Marking
  budget: ByteBudget
  peer: PeerCredentials | undefined
}

/**
 * The time limit from the first byte of a request, or from connecting, until the request is whole; and from an answer
 * until it is read. Callers are on this machine and send in one piece.
 */
const owedMs = 10_000

/**
 * Holds one connection to its limits of time and memory, and tells its seat what it is doing. A caller owes nothing between
 * two requests, when a person may be typing, and while a request is being answered.
 */
export function openApiCaller(socket: Socket, { clock, seat, budget, peer }: ApiCallerDeps): ApiCaller {
  const waiting = new Map<ServerResponse, Waiting>()
  const onClose = new Set<() => void>()
  const holding = budget.open(() => socket.destroy())
  let asking = 0
  // A request has begun, but its head is not complete, so nothing is known about it yet.
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

  /** Another byte of the same request does not count as a change. */
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
      // Anything else that it has yet to send or read can wait until it has its answer.
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
    // A response whose turn has not come does not close with its connection. This comes first: a question that was lent on
    // the connection must not be lent to another request on it.
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
