import { type ChildProcess, spawn } from 'node:child_process'
import type { Environment } from '../places/environment.ts'
import type { Clock } from '../time/clock.ts'

/** How a program came to its end. Where it did not end by itself, it has been told to. */
export type ProgramEnd =
  | { how: 'exited'; status: number }
  /** Somebody else has killed it, or it crashed. */
  | { how: 'killed'; signal: NodeJS.Signals }
  /** It has said what was wanted. */
  | { how: 'enough' }
  | { how: 'timed-out' }
  /** Nobody waits for it any more. */
  | { how: 'withdrawn' }
  | { how: 'printed-too-much' }

/** What a program has printed until its end. */
export interface ProgramRun {
  end: ProgramEnd
  /** Its standard output, which may be secret; without line ends. */
  lines: readonly string[]
  /** The last of its standard error, where that was read. */
  complaint: string
}

/** How long and how much a program may, and what is done while it runs. */
export interface ProgramBounds {
  clock: Clock
  /** All of its environment. */
  environment: Environment
  limitMs: number
  /** Of its standard output. */
  maxBytes: number
  /** Each ends it. */
  ends: readonly AbortSignal[]
  /** Whether what it has started is killed with it, as the parts of a pipeline must be. */
  isGroup: boolean
  /** Absent: its standard error goes nowhere, so that what outlives it can go on writing there. */
  onComplaint?: (text: string) => void
  /** Called with each whole line. Present: what it returns is written to the standard input, which is empty otherwise. */
  onLine?: (line: string) => { write: string } | 'enough' | undefined
}

/** What a program has started may outlive it and hold its output open: it is waited for this long, in ms. */
const drainMs = 500
/** A dialog that is asked to close and does not is killed after this time, in ms: it would outlive who has asked. */
const closingMs = 1_000
/** The last of a complaint says what is wrong. */
const maxComplaint = 2_048

/** Runs a program to its end. Rejects with the system's error where it cannot be started. */
export function runBounded(path: string, args: readonly string[], bounds: ProgramBounds): Promise<ProgramRun> {
  const { clock, ends, isGroup, onLine, onComplaint } = bounds
  return new Promise((resolve, reject) => {
    const lines: string[] = []
    let complaint = ''
    if (ends.some(({ aborted }) => aborted)) return resolve({ end: { how: 'withdrawn' }, lines, complaint })
    const child = spawn(path, args, {
      stdio: [onLine === undefined ? 'ignore' : 'pipe', 'pipe', onComplaint === undefined ? 'ignore' : 'pipe'],
      env: bounds.environment,
      detached: isGroup,
    })
    let sizeBytes = 0
    let rest = ''
    let exited: ProgramEnd | undefined
    let isOver = false

    const stops: (() => void)[] = []
    const release = () => {
      isOver = true
      for (const stop of stops.splice(0)) stop()
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy()
    }
    const finish = (end: ProgramEnd) => {
      if (isOver) return
      release()
      if (end.how === 'exited' && rest !== '') lines.push(withoutReturn(rest))
      resolve({ end, lines, complaint })
    }
    const stop = (end: ProgramEnd) => {
      if (isGroup) killGroup(child)
      else close(child, clock)
      finish(end)
    }

    const take = (line: string) => {
      if (isOver) return
      lines.push(line)
      const next = onLine?.(line)
      if (next === 'enough') stop({ how: 'enough' })
      else if (next !== undefined) child.stdin?.write(next.write)
    }
    child.stdin?.on('error', () => {})
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      sizeBytes += Buffer.byteLength(text)
      if (sizeBytes > bounds.maxBytes) return stop({ how: 'printed-too-much' })
      const parts = (rest + text).split('\n')
      rest = parts.pop()!
      for (const part of parts) take(withoutReturn(part))
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-maxComplaint)
      onComplaint?.(text)
    })
    child.on('error', (error) => {
      release()
      reject(error)
    })
    child.on('exit', (status, signal) => {
      if (isOver) return
      const end: ProgramEnd = signal === null ? { how: 'exited', status: status! } : { how: 'killed', signal }
      exited = end
      stops.push(clock.after(drainMs, () => finish(end)))
    })
    child.on('close', () => exited !== undefined && finish(exited))
    for (const end of ends) {
      const withdraw = () => stop({ how: 'withdrawn' })
      end.addEventListener('abort', withdraw)
      stops.push(() => end.removeEventListener('abort', withdraw))
    }
    stops.push(clock.after(bounds.limitMs, () => stop({ how: 'timed-out' })))
  })
}

const withoutReturn = (line: string) => line.replace(/\r$/, '')

/** While it is there this process does not end either. */
function close(child: ChildProcess, clock: Clock): void {
  child.once(
    'exit',
    clock.after(closingMs, () => child.kill('SIGKILL')),
  )
  child.kill()
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // All of it has ended already.
  }
}
