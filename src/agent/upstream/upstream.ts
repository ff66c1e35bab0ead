import { randomBytes } from 'node:crypto'
import { createTurns } from '../../core/calls/turns.ts'
import { createLastOutcome } from '../../core/renewal/last-outcome.ts'
import { shellPath } from '../../core/text/shell-word.ts'
import { withDeadline } from '../../core/time/deadline.ts'
import { equalBytes } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'
import type { Identity } from '../keys/key-store.ts'
import { agentPathName, writeAgentPath } from '../protocol/agent-path.ts'
import type { HardwareKind } from '../protocol/messages.ts'
import { encodeRequest } from '../protocol/requests.ts'
import { type OpenUpstream, openUpstream, patienceMs, type UpstreamOptions } from './open-upstream.ts'
import { createPassedOn } from './passed-on.ts'
import { createUpstreamClient, decodeAnswer } from './upstream-client.ts'

/** Another agent, whose keys are listed and used as if they were here. */
export interface Upstream {
  readonly name: string
  status(): UpstreamStatus
  /** Distinguishes its connections from all others. */
  readonly token: Uint8Array
  /**
   * Opens nothing yet: a connection to it is made when something is asked.
   * @param path the tokens by which the client has come; it is no agent if there are none
   */
  open(path?: readonly Uint8Array[]): OpenUpstream
  /**
   * Removes what it has added by way of us; undefined if there is nothing.
   * @throws {AgentError} UPSTREAM_FAILED, UPSTREAM_LATE; what could not be removed is tried again the next time
   */
  removeAdded(): Promise<void> | undefined
}

/** What can be shown of another agent without asking it. */
export interface UpstreamStatus {
  /** Where it listens. */
  socket: string
  /** Which keys in hardware it takes from `ssh-add`. */
  adds: readonly HardwareKind[]
  /** How many keys it has listed last; absent: it has not been asked yet. */
  keys?: number
  /** How many keys and tokens were added to it by way of us. */
  added: number
  /** Why it was left out of the latest list that it was asked for. */
  lastError?: unknown
}

const none: readonly Identity[] = []
const tokenBytes = 16
/** So long is a loop over agents that pass on no path. */
const listsAtOnce = 32

/** Keeps what it has listed last: the same array for all connections, until that changes. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const { name, socket, adds, connect, clock } = options
  const hint = `SSH_AUTH_SOCK=${shellPath(socket)} ssh-add -l asks it without latchkey`
  const passedOn = createPassedOn()
  const lists = createLastOutcome(clock)
  let latest: { answer: Uint8Array; identities: readonly Identity[] } | undefined

  const decode = (answer: Uint8Array) => decodeAnswer(name, answer, hint)

  const identitiesIn = (answer: Uint8Array): readonly Identity[] => {
    if (latest !== undefined && equalBytes(latest.answer, answer)) return latest.identities
    const response = decode(answer)
    if (response.type !== 'identities-answer')
      throw new AgentError('UPSTREAM_REFUSED', `the agent ${name} has not listed its keys`, { hint })
    latest = { answer, identities: response.identities }
    return response.identities
  }

  const token = randomBytes(tokenBytes)
  const turns = createTurns(listsAtOnce)

  const dial = (path: readonly Uint8Array[]) => {
    const client = createUpstreamClient(name, connect(), hint)
    const contents = writeAgentPath([...path, token])
    // Other agents do not know it, which changes nothing.
    client.ask(encodeRequest({ type: 'extension', name: agentPathName, contents })).catch(() => {})
    return client
  }

  const inTime = <T>(work: Promise<T>): Promise<T> =>
    withDeadline(clock, patienceMs, (late) => untilAborted(work, late, () => tooLate(name, hint)))

  const removeAdded = async (): Promise<void> => {
    const client = dial([])
    const removeOne = async ({ name: added, request }: ReturnType<typeof passedOn.removals>[number]) => {
      const { type } = decode(await client.ask(encodeRequest(request)))
      // A failure: it is not there any more.
      if (type === 'success' || type === 'failure') passedOn.forget(added)
      else throw new AgentError('UPSTREAM_REFUSED', `the agent ${name} has not removed a key`)
    }
    try {
      await inTime(Promise.all(passedOn.removals().map(removeOne)))
    } finally {
      client.close()
    }
  }

  return {
    name,
    token,
    status: () => ({
      socket,
      adds,
      added: passedOn.removals().length,
      ...(latest === undefined ? {} : { keys: latest.identities.length }),
      ...(lists.error() === undefined ? {} : { lastError: lists.error() }),
    }),
    open: (path = []) =>
      openUpstream({
        ...options,
        dial: () => dial(path),
        inTime,
        turns,
        decode,
        identitiesIn,
        lists,
        latest: () => latest?.identities ?? none,
        passedOn,
      }),
    removeAdded: () => (passedOn.removals().length === 0 ? undefined : removeAdded()),
  }
}

const tooLate = (name: string, hint: string) =>
  new AgentError('UPSTREAM_LATE', `the agent ${name} has not answered within ${patienceMs / 1000} s`, { hint })

function untilAborted<T>(work: Promise<T>, signal: AbortSignal, error: () => AgentError): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(error()))
    work.then(resolve, reject)
  })
}
