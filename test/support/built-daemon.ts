import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { latchkeyPath } from './latchkey.ts'
import { type Finished, type RunOptions, run } from './run.ts'

const memoryProbe = join(dirname(fileURLToPath(import.meta.url)), 'memory-probe.mjs')

/** A daemon of the built command with a configuration and sockets of its own. */
export interface BuiltDaemon {
  pid: number
  sockets: { agent: string; api: string }
  env: Readonly<Record<string, string>>
  /** Runs a command that finds this daemon. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Finished>
  /** What of its memory is in use, in its own words: for one that was started with `tellsMemory`. */
  memoryUsage(): Promise<NodeJS.MemoryUsage>
  /** What it has logged until now. */
  log(): string
  /** Ends it by a signal; resolves to its exit status, or the signal. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
}

export interface BuiltDaemonOptions {
  env?: Readonly<Record<string, string | undefined>>
  nodeOptions?: readonly string[]
  /** Has it run within memory-probe.mjs. */
  tellsMemory?: boolean
  /** How many files it may have open. */
  openFiles?: number
}

/** The variables with which a daemon in this folder is found. */
export function daemonEnvironment(folder: string): Record<string, string> {
  return {
    HOME: folder,
    LATCHKEY_CONFIG: join(folder, 'config.toml'),
    LATCHKEY_RUNTIME_DIR: join(folder, 'run'),
    SSH_AUTH_SOCK: join(folder, 'run', 'agent.sock'),
  }
}

/** Starts it and waits until its sockets accept. The memory is its keychain where the configuration names none. */
export async function startBuiltDaemon(
  folder: string,
  toml: string,
  { env = {}, nodeOptions = [], tellsMemory = false, openFiles }: BuiltDaemonOptions = {},
): Promise<BuiltDaemon> {
  const own = daemonEnvironment(folder)
  writeFileSync(own.LATCHKEY_CONFIG!, toml.includes('[keychain]') ? toml : `${toml}\n[keychain]\nstore = "memory"\n`)
  const [program, ...args] = [
    // The shell is replaced, so that the process is the daemon's.
    ...(openFiles === undefined ? [] : ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh']),
    process.execPath,
    ...nodeOptions,
    ...(tellsMemory ? [memoryProbe] : []),
    latchkeyPath,
    'daemon',
  ]
  const child = spawn(program, args, {
    env: { ...process.env, ...own, ...env, LATCHKEY_PARENT_FD: '3' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', ...(tellsMemory ? (['ipc'] as const) : [])],
  })
  let log = ''
  child.stderr!.on('data', (chunk) => {
    log += String(chunk)
  })
  const link = child.stdio[3] as Duplex
  link.on('error', () => {})
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const isReady = await Promise.race([once(link, 'data').then(() => true), ended.then(() => false)])
  if (!isReady) throw new Error(log)
  return {
    pid: child.pid!,
    sockets: { agent: own.SSH_AUTH_SOCK!, api: join(folder, 'run', 'api.sock') },
    env: own,
    run: (command, args, options = {}) => run(command, args, { ...options, env: { ...own, ...options.env } }),
    async memoryUsage() {
      child.send('')
      return ((await once(child, 'message')) as [NodeJS.MemoryUsage])[0]
    },
    log: () => log,
    async end(signal) {
      child.kill(signal)
      const [status, by] = await ended
      return status ?? by
    },
  }
}
