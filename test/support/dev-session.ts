import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { latchkeyPath } from './latchkey.ts'
import { type Finished, type RunOptions, run, runOk } from './run.ts'
import { makeFolder, removeFolder } from './temporary-folder.ts'

/** A `latchkey dev` that stays up while a test file runs its commands in it. */
export interface DevSession {
  folder: string
  /** The variables that a command in it has. */
  env: Readonly<Record<string, string>>
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Finished>
  runOk(command: string, args: readonly string[], options?: RunOptions): Promise<string>
  /** The lines of one of its logs. */
  log(name: 'aws-calls' | 'vault-calls' | 'prompts'): Record<string, unknown>[]
  stop(): Promise<void>
}

// The command of the session prints its environment and then waits for its input to end.
const holder = `process.stdout.write(JSON.stringify(process.env) + '\\n'); process.stdin.resume()`

/** @param env as for `latchkey dev` itself; `LATCHKEY_DEV_MFA=auto` unless said otherwise */
export async function startDevSession(
  folder: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<DevSession> {
  const child = spawn(latchkeyPath, ['dev', '--dir', folder, '--', process.execPath, '-e', holder], {
    env: { ...process.env, LATCHKEY_DEV_MFA: 'auto', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const inside = JSON.parse(await firstLine(child)) as Record<string, string>
  const within = (options: RunOptions = {}) => ({ ...options, env: { ...inside, ...options.env } })
  return {
    folder,
    env: inside,
    run: (command, args, options) => run(command, args, within(options)),
    runOk: (command, args, options) => runOk(command, args, within(options)),
    log(name) {
      const file = join(folder, `${name}.jsonl`)
      if (!existsSync(file)) return []
      return readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    },
    async stop() {
      const ended = once(child, 'close')
      child.stdin.end()
      await ended
    },
  }
}

/**
 * One for all tests of a file or a describe, in a folder of its own: both are there from its first hook or test on.
 * @param env as for `startDevSession`
 */
export function sharedDevSession(env: Readonly<Record<string, string | undefined>> = {}): {
  readonly folder: string
  readonly dev: DevSession
} {
  const shared = { folder: '', dev: undefined as unknown as DevSession }
  beforeAll(async () => {
    shared.folder = makeFolder()
    shared.dev = await startDevSession(join(shared.folder, 'dev'), env)
  })
  afterAll(async () => {
    await (shared.dev as DevSession | undefined)?.stop()
    removeFolder(shared.folder)
  })
  return shared
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = ''
  let complaints = ''
  child.stderr!.on('data', (chunk) => {
    complaints += String(chunk)
  })
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', (chunk) => {
      text += String(chunk)
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    child.on('error', reject)
    child.on('close', () => reject(new Error(`latchkey dev ended: ${complaints}`)))
  })
}
