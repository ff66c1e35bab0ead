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

/** What is hardened, for the messages. */
export interface HardenedProgram {
  name: string
  command: string
  /** What starts it without options for node, where it is not a person. */
  service?: string
}

const theDaemon: HardenedProgram = {
  name: 'the daemon',
  command: 'latchkey daemon',
  service: 'latchkey service install',
}

/**
 * Must run before anything else, before there is any secret.
 * @throws {HardeningError} node was started with an option or a variable that may open the process to others
 */
export function hardenProcess(own: HardenedProcess, program = theDaemon): void {
  // Without a listener Node answers this signal by opening its inspector on a port, where every program of every user
  // can read all memory.
  own.on('SIGUSR1', () => {})
  own.umask(0o077)
  const { name, command, service } = program
  const forService = service === undefined ? '' : `; for its service: ${service}`
  refuseOptions(own.execArgv, name, `start it as ${command}, without options for node${forService}`)
  refuseOptions(splitNodeOptions(own.env.NODE_OPTIONS ?? ''), name, `unset NODE_OPTIONS; ${command}`)
  refuseVariables(own.env, program)
}

/** Protects the memory from other processes of the same user and from the disk, if there are system calls for it. */
export function hardenMemory(native: Native): void {
  native.forbidCoreDumps()
  native.setNotDumpable()
}

function refuseOptions(options: readonly string[], program: string, hint: string): void {
  const name = refusedOption(options)
  if (name === undefined) return
  const message = `${program} does not start with node's option ${name}: it may open the process to others, or weaken it`
  throw new HardeningError('NODE_OPTION_REFUSED', message, { hint })
}

/** Node has acted on these variables before our first line runs: they cannot be undone, only refused. */
function refuseVariables(environment: Environment, program: HardenedProgram): void {
  const name = openingNodeVariables.find((variable) => isSet(environment[variable]))
  if (name === undefined) return
  const message = `${program.name} does not start with ${name}: it may expose data of the process, or load code of others`
  throw new HardeningError('NODE_VARIABLE_REFUSED', message, { hint: `unset ${name}; ${program.command}` })
}
