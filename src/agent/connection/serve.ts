import type { Duplex } from 'node:stream'
import { CodedError, describeError, errorCode } from '../../core/errors.ts'
import type { Marking } from '../../core/limits/admission.ts'
import { createByteBudget } from '../../core/limits/byte-budget.ts'
import type { Churn } from '../../core/limits/churn.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { MaybePromise } from '../keys/key-store.ts'
import { createFrameDecoder, maxFrameBytes } from '../protocol/frame.ts'
import { decodeRequest } from '../protocol/requests.ts'
import { encodeResponse } from '../protocol/responses.ts'
import { type WaitReason, watchConnection } from './connection-watch.ts'
import type { AgentSession } from './session.ts'

/** How many requests are answered in a round. The clients that have more to ask share them; each gets at least one. */
const roundRequests = 16
/** How long this thread works on the answers of a round, shared likewise: checking one large key can take a whole round. */
const roundMs = 4
/** How many bytes of answers are collected into one write. */
const turnBytes = 64 * 1024
/** What is held for all clients together: chunks, incomplete messages, and answers that have not been read. */
const maxHeldBytes = 16 * 1024 * 1024

/** Speaks the agent protocol on streams. */
export interface AgentServer {
  /**
   * Serves one connection until it closes: requests are answered one after the other, in their order. No more is read than
   * can be answered, and no more is answered than the client reads. So a client can make this process hold at most one
   * chunk, one message and one turn of answers, whatever it sends. A client that has half-closed gets the answers that it
   * is still owed (docs/PROTOCOL.md P-15, P-16).
   * @param stream any duplex; a socket must have been made with `allowHalfOpen`
   * @param seat told what the connection is doing
   */
  serve(stream: Duplex, session: AgentSession, seat: Marking): void
}

/** What a server needs. */
export interface AgentServerDeps {
  log: Logger
  clock: Clock
  churn: Churn
}

/** Serves the connections of one agent, which share their limits and take turns. */
export function createAgentServer({ log, clock, churn }: AgentServerDeps): AgentServer {
  const budget = createByteBudget({ maxBytes: maxHeldBytes, churn })
  // How many connections wait for their next turn.
  let inLine = 0

  return {
    serve(stream, session, seat) {
      const decoder = createFrameDecoder(maxFrameBytes)
      const watch = watchConnection({ clock, seat, budget, close: closeNow })
      // What the connection waits for while nothing is read.
      let waitsFor: WaitReason | undefined
      let hasEnded = false
      let flaw: unknown
      let answered = 0
      let answeredInTurn = 0
      let workedInTurnMs = 0
      // The size of the request that is being answered.
      let messageBytes = 0

      const answer = (message: Uint8Array): MaybePromise<Uint8Array> => {
        answered += 1
        answeredInTurn += 1
        // Nothing that could have to wait for another turn: the clock need not be read.
        if (decoder.isUsedUp()) return answerMessage(message, session, log)
        const startMs = clock.now()
        try {
          return answerMessage(message, session, log)
        } finally {
          // The clock may have been set back in the meantime.
          workedInTurnMs += Math.max(0, clock.now() - startMs)
        }
      }

      const beginTurn = (): void => {
        answeredInTurn = 0
        workedInTurnMs = 0
      }

      const isTurnOver = (): boolean => {
        const sharers = Math.max(1, inLine)
        return answeredInTurn >= Math.max(1, Math.floor(roundRequests / sharers)) || workedInTurnMs >= roundMs / sharers
      }

      const nextMessage = (): Uint8Array | undefined => {
        try {
          return decoder.next()
        } catch (error) {
          flaw = error
          return undefined
        }
      }

      const pump = (): void => {
        const frames: Uint8Array[] = []
        let bytes = 0
        while (!isTurnOver() && bytes < turnBytes) {
          const message = nextMessage()
          if (message === undefined) {
            send(frames)
            finishChunk()
            return
          }
          const frame = answer(message)
          if (frame instanceof Promise) {
            send(frames)
            messageBytes = message.length
            waitForAnswer(frame)
            return
          }
          frames.push(frame)
          bytes += frame.length
        }
        send(frames)
        waitForTurn()
      }

      /** One write for everything, which is one system call. */
      const send = (frames: readonly Uint8Array[]): void => {
        if (frames.length > 0) stream.write(frames.length === 1 ? frames[0] : Buffer.concat(frames))
      }

      const finishChunk = (): void => {
        if (flaw !== undefined) close(flaw)
        else if (stream.writableNeedDrain) waitForTurn()
        else if (hasEnded) end()
      }

      /** Ends the connection over what is not the agent protocol, after the answers to what came before (RFC 9987 §5). */
      const close = (error: unknown): void => {
        log.info('agent connection closed', { code: errorCode(error), reason: describeError(error) })
        wait('reader')
        stream.end(() => stream.destroy())
      }

      const end = (): void => {
        wait('reader')
        stream.end()
      }

      const wait = (reason: WaitReason): void => {
        waitsFor = reason
        stream.pause()
      }

      const goOn = (): void => {
        waitsFor = undefined
        if (stream.destroyed) return
        pump()
        if (waitsFor === undefined) stream.resume()
        reportToWatch()
      }

      const takeTurn = (): void => {
        beginTurn()
        goOn()
      }

      const waitForTurn = (): void => {
        if (stream.writableNeedDrain) {
          wait('reader')
          stream.once('drain', takeTurn)
          return
        }
        wait('answer')
        inLine += 1
        setImmediate(() => {
          inLine -= 1
          takeTurn()
        })
      }

      const waitForAnswer = (frame: Promise<Uint8Array>): void => {
        waitsFor = 'answer'
        // That a client goes away is only seen while it is read from.
        if (decoder.isUsedUp()) stream.resume()
        else stream.pause()
        // It does not reject: the session turns every error into an answer.
        void frame.then((bytes) => {
          messageBytes = 0
          if (stream.destroyed) return
          send([bytes])
          if (!stream.writableNeedDrain) return goOn()
          waitForTurn()
          reportToWatch()
        })
      }

      const reportToWatch = (): void => {
        const reason = waitsFor ?? (decoder.isWithinMessage() ? 'message' : 'request')
        // For a client that does read, nothing would report when the bytes on their way have arrived.
        const unreadBytes = reason === 'reader' ? stream.writableLength : 0
        watch.waits(reason, answered, decoder.heldBytes() + messageBytes + unreadBytes)
      }

      function closeNow(reason: string): void {
        log.info('agent connection closed', { reason })
        stream.destroy()
      }

      stream.on('data', (chunk: Uint8Array) => {
        churn.used(chunk.length)
        decoder.push(chunk)
        if (waitsFor === undefined) {
          beginTurn()
          pump()
        } else stream.pause()
        reportToWatch()
      })
      stream.on('end', () => {
        hasEnded = true
        if (waitsFor === undefined) end()
        else session.leave()
        reportToWatch()
      })
      stream.on('close', () => {
        watch.end()
        session.close()
      })
      // It is normal for a client to go away in the middle of something.
      stream.on('error', (error) => log.debug('agent connection failed', { reason: describeError(error) }))
    },
  }
}

function answerMessage(message: Uint8Array, session: AgentSession, log: Logger): MaybePromise<Uint8Array> {
  try {
    const request = decodeRequest(message)
    // It may hold an SSH1 key.
    if (request.type === 'unsupported') message.fill(0)
    const response = session.handle(request)
    return response instanceof Promise ? response.then(encodeResponse) : encodeResponse(response)
  } catch (error) {
    const write = error instanceof CodedError ? log.info : log.error
    write('agent request refused', { code: errorCode(error), reason: describeError(error) })
    // It may have held a private key or a passphrase.
    message.fill(0)
    return encodeResponse({ type: 'failure' })
  }
}
