import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { run, runOk } from './run.ts'

/** An X server without a screen, and somebody who sits in front of it. */
export interface Screen {
  env: { DISPLAY: string }
  /** Waits for a dialog of latchkey, and presses keys in it, by their names in X. */
  press(...keys: readonly string[]): Promise<void>
  /** The same for a dialog whose title fits a pattern. */
  pressIn(title: string, ...keys: readonly string[]): Promise<void>
  /** Whether a dialog of latchkey can be seen. */
  hasDialog(): Promise<boolean>
  close(): Promise<void>
}

const dialogs = ['search', '--onlyvisible', '--name', '^latchkey']

/** Starts Xvfb on a display that nobody has. */
export async function startScreen(): Promise<Screen> {
  const args = ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp', '-noreset']
  const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const ended = once(server, 'exit')
  const [number] = (await Promise.race([
    once(server.stdio[3] as Readable, 'data'),
    ended.then(() => {
      throw new Error('Xvfb has ended')
    }),
  ])) as [Buffer]
  const env = { DISPLAY: `:${String(number).trim()}` }
  const pressIn: Screen['pressIn'] = async (title, ...keys) => {
    const wanted = ['search', '--sync', '--onlyvisible', '--name', title]
    await runOk('xdotool', [...wanted, 'windowfocus', '--sync'], { env })
    await runOk('xdotool', ['key', ...keys], { env })
  }
  return {
    env,
    press: (...keys) => pressIn('^latchkey', ...keys),
    pressIn,
    hasDialog: async () => (await run('xdotool', dialogs, { env })).stdout !== '',
    async close() {
      server.kill()
      await ended
    },
  }
}
