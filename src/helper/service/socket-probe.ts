import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { CodedError, describeError, errorCode } from '../../core/errors.ts'
import { findPathFault } from '../../core/trust/path-trust.ts'
import { openApiClient } from '../../ipc/client/client.ts'
import { callOf } from '../../ipc/client/endpoint-call.ts'
import type { ConfigReport } from '../../ipc/endpoints/config.ts'
import { checkedAnswer } from '../checked-answer.ts'

/** Between two looks at a daemon that is being started, in ms. */
const pauseMs = 200
/** Longer than a cold start of the daemon by a connection takes, in ms. */
const patienceMs = 10_000

/** The agent protocol's extension `query` (RFC 9987 §5.8): any answer will do, and it needs no key. */
const agentQuestion = Buffer.from('\0\0\0\x0a\x1b\0\0\0\x05query', 'latin1')
/** SSH_AGENT_FAILURE, SSH_AGENT_EXTENSION_FAILURE and SSH_AGENT_EXTENSION_RESPONSE (RFC 9987 §8.1). */
const agentAnswers: readonly (number | undefined)[] = [5, 28, 29]
/** A length and a message's number. */
const agentHeadBytes = 5
/** As OpenSSH's clients have it (AGENT_MAX_LEN). */
const maxMessageBytes = 256 * 1024

/** Whether what listens on a socket answers as it should; asking starts a service that waits for a connection. */
export type SocketAnswer = { type: 'answers' } | { type: 'silent'; reason: string }

/** Runs a function after some ms unless the returned one is called. */
export type After = (delayMs: number, run: () => void) => () => void

/** Whether an SSH agent answers. @param after runs a function later unless the returned one is called */
export function probeAgent(path: string, after: After = later): Promise<SocketAnswer> {
  const fault = findPathFault(path)
  if (fault !== undefined) return Promise.resolve({ type: 'silent', reason: fault.message })
  return new Promise((resolve) => {
    let head = Buffer.alloc(0)
    const socket = connect(path)
    const settle = (answer: SocketAnswer) => {
      stopWaiting()
      socket.destroy()
      resolve(answer)
    }
    const silent = (reason: string) => settle({ type: 'silent', reason })
    const stopWaiting = after(patienceMs, () => silent(tooLate))
    socket.on('data', (chunk: Buffer) => {
      head = Buffer.concat([head, chunk.subarray(0, agentHeadBytes)])
      if (head.length < agentHeadBytes) return
      const isAgent = head.readUInt32BE(0) <= maxMessageBytes && agentAnswers.includes(head[4])
      if (isAgent) settle({ type: 'answers' })
      else silent('what answers is not an SSH agent')
    })
    socket.on('error', (error) => silent(reasons[errorCode(error) ?? ''] ?? error.message))
    socket.on('close', () => silent('the connection was closed without an answer'))
    socket.write(agentQuestion)
  })
}

/** Whether the local API answers. @param after runs a function later unless the returned one is called */
export async function probeApi(path: string, after: After = later): Promise<SocketAnswer> {
  try {
    const connection = openApiClient(path)
    const stopWaiting = after(patienceMs, () => connection.close(new Error(tooLate)))
    try {
      // The no-op of HTTP (RFC 9110 §9.3.7), which needs no keychain: to be refused is an answer.
      await connection.call({ method: 'OPTIONS', path: '*' })
      return { type: 'answers' }
    } finally {
      stopWaiting()
      connection.close()
    }
  } catch (error) {
    const reason = error instanceof CodedError ? reasons[errorCode(error.cause) ?? ''] : undefined
    return { type: 'silent', reason: reason ?? describeError(error) }
  }
}

/**
 * What the daemon says about its configuration, which needs no keychain; undefined where it says nothing, as a daemon of
 * another version may. @param after runs a function later unless the returned one is called
 */
export async function askConfig(path: string, after: After = later): Promise<ConfigReport | undefined> {
  try {
    const connection = openApiClient(path)
    const stopWaiting = after(patienceMs, () => connection.close())
    try {
      const { status, body } = await connection.call(callOf('getConfig'))
      return status === 200 ? checkedAnswer('getConfig', body) : undefined
    } finally {
      stopWaiting()
      connection.close()
    }
  } catch (error) {
    if (error instanceof CodedError) return undefined
    throw error
  }
}

/** Waits for the local API of a daemon that is being started, for a bounded time. */
export async function awaitApi(path: string, after: After = later): Promise<SocketAnswer> {
  for (let tries = patienceMs / pauseMs; ; tries -= 1) {
    const answer = await probeApi(path, after)
    // launchd starts a daemon that makes its sockets itself.
    if (tries <= 0 || answer.type === 'answers' || existsSync(path)) return answer
    await new Promise<void>((resolve) => {
      after(pauseMs, resolve)
    })
  }
}

const tooLate = `no answer within ${patienceMs / 1000} s`

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nothing listens on it',
  EACCES: 'it is not yours to use',
}

function later(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
