import { CodedError } from '../../core/errors.ts'
import { type Environment, isSet, openingNodeVariables } from '../../core/places/environment.ts'
import type { Native } from './native.ts'
import { refusedOption, splitNodeOptions } from './node-options.ts'

/** The daemon was started in a way that would expose its memory to others, or load their code. */
export class HardeningError extends CodedError<'NODE_OPTION_REFUSED' | 'NODE_VARIABLE_REFUSED'> {}

/** The part of `process` that is read and changed. */
export interface HardenedProcess {
  readonly execArgv: readonly string[]
  readonly env: Environment
  on(signal: 'SIGUSR1', listener: () => void): unknown
  umask(mask: number): unknown
}

/**
 * Must run before anything else, before there is any secret.
 * @throws {HardeningError} node was started with an option or a variable that may open the process to others
 */
export function hardenProcess(own: HardenedProcess): void {
  // Without a listener Node answers this signal by opening its inspector on a port, where every program of every user
  // can read all memory.
  own.on('SIGUSR1', () => {})
  own.umask(0o077)
  refuseOptions(
    own.execArgv,
    'start it as latchkey daemon, without options for node; for its service: latchkey service install',
  )
  refuseOptions(splitNodeOptions(own.env.NODE_OPTIONS ?? ''), 'unset NODE_OPTIONS; latchkey daemon')
  refuseVariables(own.env)
}

/** Protects the memory from other processes of the same user and from the disk, if there are system calls for it. */
export function hardenMemory(native: Native): void {
  native.forbidCoreDumps()
  native.setNotDumpable()
}

function refuseOptions(options: readonly string[], hint: string): void {
  const name = refusedOption(options)
  if (name === undefined) return
  const message = `the daemon does not start with node's option ${name}: it may open the process to others, or weaken it`
  throw new HardeningError('NODE_OPTION_REFUSED', message, { hint })
}

/** Node has acted on these variables before our first line runs: they cannot be undone, only refused. */
function refuseVariables(environment: Environment): void {
  const name = openingNodeVariables.find((variable) => isSet(environment[variable]))
  if (name === undefined) return
  const message = `the daemon does not start with ${name}: it may expose data of the process, or load code of others`
  throw new HardeningError('NODE_VARIABLE_REFUSED', message, { hint: `unset ${name}; latchkey daemon` })
}
