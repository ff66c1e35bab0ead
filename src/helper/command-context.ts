import { resolve } from 'node:path'
import type { Environment } from '../core/places/environment.ts'
import { displayLines } from '../core/text/display-text.ts'
import type { ReadLine } from './asking/ask-lent-prompt.ts'
import { createTerminalAccess } from './asking/terminal.ts'
import { readTerminalLine, showOnTerminal } from './asking/terminal-line.ts'
import { ownScreen, type TerminalScreen } from './asking/terminal-screen.ts'
import { createVisitPage } from './browser/visit-page.ts'
import { createDaemonAccess, type DaemonAccess } from './daemon-access.ts'
import { type ReadProgram, readProgram } from './exec/read-program.ts'
import { type CommandEnd, runCommand } from './exec/run-command.ts'
import { apiSocketPath } from './fast/api-socket.ts'
import { showOutput } from './shown-output.ts'
import { readInputBytes, readInputText } from './standard-input.ts'

/** What a command reaches the world through. */
export interface CommandContext {
  environment: Environment
  print(text: string): void
  /** The same, for what must have been shown before something is done. @throws {HelperError} OUTPUT_FAILED */
  show(text: string): Promise<void>
  /** For the person only, apart from what `print` writes. */
  note(text: string): void
  /** Absolute path of the running command, as it was called: a link outlives an update of what it points to. */
  commandPath: string
  daemon: DaemonAccess
  /** Whether a person types the standard input. */
  hasTypedInput: boolean
  /** Whether both outputs are on a terminal. */
  hasShownOutput: boolean
  /** All of the standard input. @throws {HelperError} REFUSED: it is longer than anything that is wanted there */
  readInput(): Promise<string>
  /** The same, for what is no text. */
  readInputBytes(): Promise<Buffer>
  readLine: ReadLine
  screen: TerminalScreen
  /** Runs a command on our own streams. @throws {HelperError} PROGRAM_MISSING, PROGRAM_NOT_RUN */
  runCommand(command: readonly string[], environment: Environment): Promise<CommandEnd>
  readProgram: ReadProgram
  /** Resolves when this process is asked to end. */
  untilStopped(): Promise<void>
  platform: NodeJS.Platform
  nowMs(): number
  /** Resolves a little later, for what is waited for and sends no word. */
  pause(ms: number): Promise<void>
}

/** The context of this process. */
export function processContext(): CommandContext {
  const environment = process.env
  const note = (output: string) => void process.stderr.write(displayLines(output))
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  const visit = createVisitPage({ environment, platform: process.platform, show: showOnTerminal, pause })
  return {
    environment,
    // Made displayable here, so that no command can forget to.
    print: (output) => process.stdout.write(displayLines(output)),
    show: (output) => showOutput(output),
    note,
    commandPath: resolve(process.argv[1]!),
    daemon: createDaemonAccess({
      socketPath: apiSocketPath(environment),
      terminal: createTerminalAccess(environment),
      readLine: readTerminalLine,
      show: showOnTerminal,
      ...(visit === undefined ? {} : { visit }),
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs)
        return () => clearTimeout(timer)
      },
      ...(process.stderr.isTTY ? { onSlow: () => note('waiting for the daemon (Ctrl-C gives up)\n') } : {}),
    }),
    hasTypedInput: process.stdin.isTTY === true,
    hasShownOutput: process.stdout.isTTY === true && process.stderr.isTTY === true,
    readInput: () => readInputText(process.stdin),
    readInputBytes: () => readInputBytes(process.stdin),
    readLine: readTerminalLine,
    screen: ownScreen,
    runCommand,
    readProgram,
    untilStopped: () =>
      new Promise((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
      }),
    platform: process.platform,
    nowMs: Date.now,
    pause,
  }
}
