import { type ChildProcess, spawn } from 'node:child_process'
import { describeError, errorCode } from '../../core/errors.ts'
import type { Environment } from '../../core/places/environment.ts'

/** What became of a program that opens a page; one that stays is a browser that was not running before. */
export type BrowserState =
  | { type: 'running' }
  | { type: 'done' }
  | { type: 'missing' }
  | { type: 'failed'; reason: string; cause?: unknown }

/** A program that was started. */
export interface BrowserProgram {
  state(): BrowserState
}

/** @param stderr a file that its standard error goes to; absent: nowhere */
export function startBrowser(
  [program = '', ...args]: readonly string[],
  environment: Environment,
  stderr: number | undefined,
): BrowserProgram {
  let state: BrowserState = { type: 'running' }
  const failed = (cause: unknown) => {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes(errorCode(cause) ?? '')
    state = isMissing ? { type: 'missing' } : { type: 'failed', reason: describeError(cause), cause }
  }
  let child: ChildProcess
  try {
    // A group of its own: Ctrl-C in this terminal is not for the browser.
    child = spawn(program, args, { env: environment, stdio: ['ignore', 'ignore', stderr ?? 'ignore'], detached: true })
  } catch (error) {
    // Some faults come at once, such as E2BIG, and others as an event.
    failed(error)
    return { state: () => state }
  }
  child.unref()
  child.on('error', failed)
  child.on('exit', (status, signal) => {
    if (status === 0) state = { type: 'done' }
    else
      state = {
        type: 'failed',
        reason: signal === null ? `it ended with status ${status}` : `it was ended by ${signal}`,
      }
  })
  return { state: () => state }
}
