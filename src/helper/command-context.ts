import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { displayLines } from '../core/display-text.ts'
import type { Environment } from '../core/environment.ts'
import { type ApiCall, type ApiClient, openApiClient } from '../ipc/client.ts'
import type { LentPrompt } from '../ipc/protocol.ts'
import { apiSocketPath } from './api-socket.ts'
import { askLentPrompt, type ReadLine } from './ask-lent-prompt.ts'
import { callWithPrompts, successBody } from './lent-prompt.ts'
import { createTerminalAccess } from './terminal.ts'
import { readTerminalLine } from './terminal-line.ts'

/** The daemon, for commands that want an answer or an error. */
export interface DaemonAccess {
  /** @returns the body of the answer @throws what the daemon refuses, what the connection fails with */
  call(request: ApiCall): Promise<unknown>
  /** The same, and answers on the terminal what the daemon asks on the way. */
  callWithPrompts(request: ApiCall): Promise<unknown>
}

/** What a command reaches the world through. */
export interface CommandContext {
  environment: Environment
  print(text: string): void
  /** For the person only, beside what `print` writes. */
  note(text: string): void
  /** Absolute path of the running command, as it was called: a link outlives an update of what it points to. */
  commandPath: string
  daemon: DaemonAccess
  /** Whether a person types the standard input. */
  hasTypedInput: boolean
  /** All of the standard input. */
  readInput(): Promise<string>
  readLine: ReadLine
  nowMs(): number
}

export function processContext(): CommandContext {
  const environment = process.env
  return {
    environment,
    // Here, so that no command can forget it.
    print: (output) => process.stdout.write(displayLines(output)),
    note: (output) => process.stderr.write(displayLines(output)),
    commandPath: resolve(process.argv[1]!),
    daemon: createDaemonAccess(environment, readTerminalLine),
    hasTypedInput: process.stdin.isTTY === true,
    readInput: () => text(process.stdin),
    readLine: readTerminalLine,
    nowMs: Date.now,
  }
}

function createDaemonAccess(environment: Environment, readLine: ReadLine): DaemonAccess {
  const withConnections = async (use: (connect: () => ApiClient) => Promise<unknown>) => {
    const connections: ApiClient[] = []
    try {
      return await use(() => {
        const connection = openApiClient(apiSocketPath(environment))
        connections.push(connection)
        return connection
      })
    } finally {
      for (const connection of connections) connection.close()
    }
  }
  return {
    call: (request) => withConnections(async (connect) => successBody(await connect().call(request))),
    callWithPrompts: (request) =>
      withConnections(async (connect) => {
        const terminal = createTerminalAccess(environment)
        const ask = (prompt: LentPrompt) => askLentPrompt(prompt, readLine)
        return successBody(await callWithPrompts(request, { connect, ...terminal, ask }))
      }),
  }
}
