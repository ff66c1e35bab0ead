import type { Environment } from '../core/environment.ts'
import { CodedError } from '../core/errors.ts'
import type { Native } from './native.ts'

/** The daemon was started in a way that would show its memory to others, or load their code. */
export class HardeningError extends CodedError<'NODE_OPTION_REFUSED'> {}

/** What of `process` is looked at and changed. */
export interface HardenedProcess {
  readonly execArgv: readonly string[]
  readonly env: Environment
  on(signal: 'SIGUSR1', listener: () => void): unknown
  umask(mask: number): unknown
}

/**
 * What must come first of all, before there is any secret.
 * @throws {HardeningError} node was started with an option that opens the process to others
 */
export function hardenProcess(own: HardenedProcess): void {
  // Without a listener Node answers this signal by opening its inspector on a port, where every program of every user
  // can read all memory.
  own.on('SIGUSR1', () => {})
  own.umask(0o077)
  refuseOptions(own.execArgv, 'start it as latchkey daemon, without options for node')
  refuseOptions(splitNodeOptions(own.env.NODE_OPTIONS ?? ''), 'unset NODE_OPTIONS; latchkey daemon')
}

/** Keeps the memory from other processes of the same user and from the disk, as far as there are system calls for it. */
export function hardenMemory(native: Native): void {
  native.forbidCoreDumps()
  native.setNotDumpable()
}

function refuseOptions(options: readonly string[], hint: string): void {
  const refused = options.find((option) => opensProcess(optionName(option)))
  if (refused === undefined) return
  const message = `the daemon does not start with node's option ${optionName(refused)}: it opens the process to others`
  throw new HardeningError('NODE_OPTION_REFUSED', message, { hint })
}

const codeLoaders = ['-r', '--require', '--import', '--loader', '--experimental-loader', '--openssl-config']
const memoryReaders = /^--(inspect|debug|heapsnapshot|heap-prof|report|abort-on-uncaught-exception$|tls-keylog$)/

/** Options that open a port to the memory, write it to a file, or load code that is not ours (`node --help`). */
function opensProcess(name: string): boolean {
  return codeLoaders.includes(name) || memoryReaders.test(name)
}

/** Node takes `_` for `-`. */
function optionName(option: string): string {
  return option.split('=', 1)[0]!.replaceAll('_', '-')
}

/** Split as Node does: at blanks, but not within double quotes. */
function splitNodeOptions(text: string): string[] {
  return (text.match(/(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/g) ?? []).map((option) => option.replaceAll('"', ''))
}
