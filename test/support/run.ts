import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

export interface Finished {
  /** Exit status, or undefined when a signal ended it. */
  status: number | undefined
  stdout: string
  stderr: string
}

export interface RunOptions {
  env?: Readonly<Record<string, string | undefined>>
  /** Standard input; without it there is none. */
  input?: string | Uint8Array
  cwd?: string
  /** Kills it after so long, in ms: a bound for a broken run, never something to wait for. */
  timeoutMs?: number
}

/** Runs a program to its end. The environment is this process's, with `env` over it. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { env = {}, input, cwd, timeoutMs = 60_000 } = options
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    ...(cwd === undefined ? {} : { cwd }),
  })
  child.stdin?.on('error', () => {}).end(input)
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  const [stdout, stderr, status] = await Promise.all([text(child.stdout!), text(child.stderr!), ended])
  return { status: status ?? undefined, stdout, stderr }
}

/** Runs a program that must succeed. @returns its standard output */
export async function runOk(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, options)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`)
  return stdout
}
