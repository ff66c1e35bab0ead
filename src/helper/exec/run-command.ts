import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { describeError, errorCode } from '../../core/errors.ts'
import type { Environment } from '../../core/places/environment.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { createTerminalAccess } from '../asking/terminal.ts'
import { HelperError } from '../fast/failure.ts'

/** How a command ended: by itself, or by a signal. */
export type CommandEnd = { type: 'exit'; status: number } | { type: 'signal'; signal: NodeJS.Signals }

/** A terminal sends these to its whole foreground group: the command has them by itself then. */
const terminalSignals = ['SIGINT', 'SIGQUIT', 'SIGTSTP'] as const
/** SIGUSR1 is among them because Node would open its inspector. */
const passedSignals = ['SIGTERM', 'SIGHUP', 'SIGCONT', 'SIGUSR1', 'SIGUSR2'] as const

/**
 * Runs a command in this process's place, as far as a parent can: its streams, its terminal and its process group are
 * ours, and what is sent to us reaches it. Ctrl-C reaches it once, since Terraform takes a second one for an order to
 * drop everything.
 * @throws {HelperError} PROGRAM_MISSING, PROGRAM_NOT_RUN
 */
export async function runCommand(command: readonly string[], environment: Environment): Promise<CommandEnd> {
  const [program = '', ...args] = command
  let child: ChildProcess | undefined
  // Before the start: the command may be seen on the terminal, and interrupted, before this process goes on.
  const stop = passSignals((signal) => child?.kill(signal))
  try {
    const started = start(program, args, environment)
    child = started
    return await new Promise((resolve, reject) => {
      started.on('error', (cause) => reject(notRun(program, cause)))
      started.on('exit', (status, signal) =>
        resolve(signal === null ? { type: 'exit', status: status! } : { type: 'signal', signal }),
      )
    })
  } finally {
    stop()
  }
}

/** What a shell reports for a command that ended like this. */
export function shellStatus(end: CommandEnd): number {
  return end.type === 'exit' ? end.status : signalStatus(end.signal)
}

/** What a shell reports for a command that a signal ended. */
export const signalStatus = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

/** After a Ctrl-C: a shell that runs a loop goes on with it unless the command was killed by SIGINT. */
const interrupt: readonly NodeJS.Signals[] = ['SIGINT']

/**
 * Ends this process as the command ended.
 * @param bySignal the signals by which it ends too; any other is a status, since some would write our memory to disk
 * @returns the exit status, where the process is to end with one
 */
export function endAs(end: CommandEnd, bySignal = interrupt): number {
  if (end.type === 'signal' && bySignal.includes(end.signal)) process.kill(process.pid, end.signal)
  return shellStatus(end)
}

/** Some faults come at once, such as E2BIG, and others as an event. */
function start(program: string, args: readonly string[], environment: Environment): ChildProcess {
  // Node would refuse an empty name in words of its own.
  if (program === '')
    throw new HelperError('PROGRAM_MISSING', 'the name of the command is empty', {
      hint: 'latchkey aws exec PROFILE -- CMD…',
    })
  try {
    return spawn(program, args, { env: environment, stdio: 'inherit' })
  } catch (cause) {
    throw notRun(program, cause)
  }
}

/** @returns stops passing them */
function passSignals(pass: (signal: NodeJS.Signals) => void): () => void {
  const terminal = createTerminalAccess({})
  const passUnlessTerminal = (signal: NodeJS.Signals) => {
    void terminal.isForeground().then((isForeground) => {
      if (!isForeground) pass(signal)
      // With a listener Node does not stop by itself, and the shell would not notice.
      if (signal === 'SIGTSTP') process.kill(process.pid, 'SIGSTOP')
    })
  }
  for (const signal of passedSignals) process.on(signal, pass)
  for (const signal of terminalSignals) process.on(signal, passUnlessTerminal)
  return () => {
    for (const signal of passedSignals) process.off(signal, pass)
    for (const signal of terminalSignals) process.off(signal, passUnlessTerminal)
  }
}

/** The error for a program that cannot be started. @param cause what the system says */
export function notRun(program: string, cause: unknown): HelperError {
  const code = errorCode(cause)
  if (code === 'E2BIG') {
    return new HelperError('PROGRAM_NOT_RUN', `cannot run ${program}: its arguments and environment are too long`, {
      cause,
      hint: 'env | wc -c counts those of the environment; give the command fewer',
    })
  }
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR'
  const denied = code === 'EACCES' ? 'it is not executable' : describeError(cause)
  const reason = isMissing ? 'there is no such program' : denied
  return new HelperError(isMissing ? 'PROGRAM_MISSING' : 'PROGRAM_NOT_RUN', `cannot run ${program}: ${reason}`, {
    cause,
    hint: `command -v ${shellWord(program)}, or the path of the program`,
  })
}
