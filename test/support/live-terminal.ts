import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** A command on a terminal of its own, for a test that must see what it shows before it can type. */
export interface LiveTerminal {
  /** Everything that it has shown. */
  screen(): string
  /** Resolves once it shows the text, after what was waited for before; rejects when it ends, or takes long, without. */
  shows(text: string): Promise<void>
  type(text: string | Uint8Array): void
  /** Ends the command as a crash would. */
  kill(): void
  /** Its exit status; what a shell says of a signal. */
  ended: Promise<number>
}

/** A bound for a broken run, never something to wait for. */
const patienceMs = 60_000

/** Runs a command line on a terminal (script(1)), 120 columns wide and 60 rows high unless said otherwise. */
export function liveTerminal(
  command: string,
  env: Readonly<Record<string, string | undefined>>,
  { columns = 120, rows = 60 } = {},
): LiveTerminal {
  const child = spawn(
    'script',
    ['-qefc', `echo process $$; stty cols ${columns} rows ${rows}; exec ${command}`, '/dev/null'],
    {
      env: { ...env, SHELL: '/bin/sh', CI: undefined },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdin.on('error', () => {})
  let shown = ''
  let seen = 0
  let isOver = false
  let look = () => {}
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    shown += chunk
    look()
  })
  const ended = once(child, 'close').then(([status]) => {
    isOver = true
    look()
    return status as number
  })
  return {
    screen: () => shown,
    shows: (text) =>
      new Promise((resolve, reject) => {
        const fail = () => reject(new Error(`it does not show ${JSON.stringify(text)}: ${JSON.stringify(shown)}`))
        const bound = setTimeout(fail, patienceMs)
        look = () => {
          const at = shown.indexOf(text, seen)
          if (at === -1 && !isOver) return
          look = () => {}
          clearTimeout(bound)
          if (at === -1) return fail()
          seen = at + text.length
          resolve()
        }
        look()
      }),
    type: (text) => void child.stdin.write(text),
    kill: () => void process.kill(Number(/process (\d+)/.exec(shown)![1]), 'SIGKILL'),
    ended,
  }
}
