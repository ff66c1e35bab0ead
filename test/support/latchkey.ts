import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Finished, type RunOptions, run } from './run.ts'

/** The built command; `npm test` builds before it tests. */
export const latchkeyPath = join(dirname(fileURLToPath(import.meta.url)), '../../dist/latchkey.cjs')

/** Runs the built `latchkey`. */
export function latchkey(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  if (!existsSync(latchkeyPath)) throw new Error('not built: run npm run build')
  return run(latchkeyPath, args, options)
}

/** The words that run the command without the shell script that comes before Node. */
export const latchkeyByNode = [process.execPath, latchkeyPath] as const

/** Runs a shell script inside `latchkey dev`, unattended: the prompt program answers with the right code. */
export function inDev(script: string, options: RunOptions & { dir?: string } = {}): Promise<Finished> {
  const { dir, env, ...rest } = options
  const folder = dir === undefined ? [] : ['--dir', dir]
  return latchkey(['dev', ...folder, '--', 'sh', '-c', script], {
    ...rest,
    env: { LATCHKEY_DEV_MFA: 'auto', ...env },
    timeoutMs: options.timeoutMs ?? 120_000,
  })
}
