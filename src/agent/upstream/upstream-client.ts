import type { Duplex } from 'node:stream'
import { CodedError, describeError } from '../../core/errors.ts'
import { AgentError } from '../agent-error.ts'
import { createFrameDecoder, maxFrameBytes } from '../protocol/frame.ts'
import type { AgentResponse } from '../protocol/messages.ts'
import { decodeResponse } from '../protocol/responses.ts'

/** One connection to another agent: requests are answered in their order (RFC 9987 §5). */
export interface UpstreamClient {
  /**
   * Sends a whole frame and waits for its answer, without a length field. There is no limit of time: a person may have to
   * touch a token. The frame is overwritten when it has been sent: it may have a PIN.
   * @throws {AgentError} UPSTREAM_FAILED: the connection has ended, or what came is no answer of an agent
   */
  ask(frame: Uint8Array): Promise<Uint8Array>
  /** What is being asked fails. */
  close(): void
  isClosed(): boolean
}

/** What an answer is waited for with. */
interface Waiting {
  resolve(answer: Uint8Array): void
  reject(error: AgentError): void
}

/**
 * @param stream connected, or about to be
 * @param hint for errors that have none
 */
export function createUpstreamClient(name: string, stream: Duplex, hint: string): UpstreamClient {
  const decoder = createFrameDecoder(maxFrameBytes)
  const waiting: Waiting[] = []
  let ended: AgentError | undefined

  const failed = (what: string, cause?: unknown) => {
    const ownHint = cause instanceof CodedError ? cause.hint : undefined
    return new AgentError('UPSTREAM_FAILED', `the agent ${name} ${what}`, { cause, hint: ownHint ?? hint })
  }

  const end = (error: AgentError): void => {
    ended ??= error
    stream.destroy()
    for (const { reject } of waiting.splice(0)) reject(ended)
  }

  const receive = (chunk: Uint8Array): void => {
    decoder.push(chunk)
    for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
      const asked = waiting.shift()
      // A copy: the chunk is as long as many answers.
      if (asked !== undefined) asked.resolve(Uint8Array.from(message))
      else end(failed('has answered what nobody asked'))
    }
  }

  stream
    .on('data', (chunk: Uint8Array) => {
      try {
        receive(chunk)
      } catch (error) {
        end(failed(noAnswer(error), error))
      }
    })
    .on('error', (error) => end(failed(`cannot be reached: ${describeError(error)}`, error)))
    .on('end', () => end(failed('has closed the connection')))
    .on('close', () => end(failed('has closed the connection')))

  return {
    ask(frame) {
      if (ended !== undefined) return Promise.reject(ended)
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        stream.write(frame, () => frame.fill(0))
      })
    },
    close: () => end(new AgentError('CLIENT_GONE', `the client did not wait for the agent ${name}`)),
    isClosed: () => ended !== undefined,
  }
}

/** Reads what was answered. @param hint for the error @throws {AgentError} UPSTREAM_FAILED */
export function decodeAnswer(name: string, answer: Uint8Array, hint: string): AgentResponse {
  try {
    return decodeResponse(answer)
  } catch (cause) {
    throw new AgentError('UPSTREAM_FAILED', `the agent ${name} ${noAnswer(cause)}`, { cause, hint })
  }
}

const noAnswer = (error: unknown) => `does not speak the agent protocol: ${describeError(error)}`
