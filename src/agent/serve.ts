import type { Duplex } from 'node:stream'
import { CodedError, describeError, errorCode } from '../core/errors.ts'
import type { Logger } from '../core/log.ts'
import { createFrameDecoder, maxFrameBytes } from './frame.ts'
import type { MaybePromise } from './key-store.ts'
import { decodeRequest, encodeResponse } from './protocol.ts'
import type { AgentSession } from './session.ts'

/** How many requests of one client are answered before the others get their turn. */
const turnRequests = 16
/** How many bytes of answers are gathered into one write. */
const turnBytes = 64 * 1024

/**
 * Serves one connection until it closes: requests are answered one after the other, in their order. No more is read
 * than can be answered, and nothing is answered that the client does not read, so that a client can make this process
 * hold one chunk, one message and one turn of answers, whatever it sends. A client that has half-closed gets the answers
 * that it is still owed (docs/PROTOCOL.md P-15, P-16).
 * @param stream any duplex; a socket must have been made with `allowHalfOpen`
 */
export function serveAgent(stream: Duplex, session: AgentSession, { log }: { log: Logger }): void {
  const decoder = createFrameDecoder(maxFrameBytes)
  // Waiting for an answer, for the client to read, or for the next turn. Nothing is read meanwhile.
  let isWaiting = false
  let hasEnded = false

  let flaw: unknown

  const answer = (message: Uint8Array): MaybePromise<Uint8Array> => {
    try {
      const request = decodeRequest(message)
      // The PIN of a token, or an SSH1 key.
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
    while (frames.length < turnRequests && bytes < turnBytes) {
      const message = nextMessage()
      if (message === undefined) {
        send(frames)
        finishChunk()
        return
      }
      const frame = answer(message)
      if (frame instanceof Promise) {
        send(frames)
        waitForAnswer(frame)
        return
      }
      frames.push(frame)
      bytes += frame.length
    }
    send(frames)
    waitForTurn()
  }

  /** One write for all that there is, which is one system call. */
  const send = (frames: readonly Uint8Array[]): void => {
    if (frames.length > 0) stream.write(frames.length === 1 ? frames[0] : Buffer.concat(frames))
  }

  const finishChunk = (): void => {
    if (flaw !== undefined) close(flaw)
    else if (stream.writableNeedDrain) waitForTurn()
    else if (hasEnded) stream.end()
  }

  /** What is not the agent protocol ends the connection, after the answers to what was (RFC 9987 §5). */
  const close = (error: unknown): void => {
    log.info('agent connection closed', { code: errorCode(error), reason: describeError(error) })
    wait()
    stream.end(() => stream.destroy())
  }

  const wait = (): void => {
    isWaiting = true
    stream.pause()
  }

  const goOn = (): void => {
    isWaiting = false
    if (stream.destroyed) return
    pump()
    if (!isWaiting) stream.resume()
  }

  const waitForTurn = (): void => {
    wait()
    if (stream.writableNeedDrain) stream.once('drain', goOn)
    else setImmediate(goOn)
  }

  const waitForAnswer = (frame: Promise<Uint8Array>): void => {
    wait()
    // It does not reject: the session answers for every error.
    void frame.then((bytes) => {
      if (stream.destroyed) return
      send([bytes])
      if (stream.writableNeedDrain) stream.once('drain', goOn)
      else goOn()
    })
  }

  stream.on('data', (chunk: Uint8Array) => {
    decoder.push(chunk)
    pump()
  })
  stream.on('end', () => {
    hasEnded = true
    if (!isWaiting) stream.end()
  })
  stream.on('close', () => session.close())
  // A client that goes away in the middle of something is no news.
  stream.on('error', (error) => log.debug('agent connection failed', { reason: describeError(error) }))
}
