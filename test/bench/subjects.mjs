// Starts what is measured, ends it however the benchmark ends, and looks at it from outside.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { env, root, run } from './measuring.mjs'

export const ownDist = join(root, 'dist')
/** As in packaging/systemd/latchkey.service. */
const daemonNodeOptions = ['--max-semi-space-size=1', '--optimize-for-size']

const endings = []
let ended

/** What is to be done when the benchmark ends, the latest first. */
export function atEnd(ending) {
  endings.unshift(ending)
}

function endAll() {
  ended ??= (async () => {
    for (const ending of endings) await ending()
  })()
  return ended
}

/** Runs a benchmark and ends what it has started, after an error and after Ctrl-C too. A second Ctrl-C waits for nothing. */
export async function runToEnd(benchmark) {
  let signal
  const interrupted = new Promise((resolve) => {
    const onSignal = (name) => {
      signal = name
      resolve()
    }
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, onSignal)
  })
  try {
    await Promise.race([interrupted, benchmark()])
  } catch (error) {
    await endAll()
    // A terminal interrupts the programs that are measured, too.
    if (signal === undefined) throw error
  }
  await endAll()
  process.exit(signal === undefined ? 0 : 128 + constants.signals[signal])
}

/** A folder that is removed at the end. */
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function start(command, args, options) {
  const child = spawn(command, args, options)
  const closed = once(child, 'close')
  const stop = async () => {
    child.kill('SIGTERM')
    await closed
  }
  atEnd(stop)
  return { child, closed, stop }
}

/** A program that makes the socket of an SSH agent. */
export async function startAgent(socket, command, args) {
  const { child, stop } = start(command, args, { env, stdio: 'ignore' })
  for (let tries = 0; !existsSync(socket) && tries < 100; tries += 1) await wait(50)
  return { socket, pid: child.pid, stop }
}

/**
 * A `latchkey dev`, in which MFA questions answer themselves. It ends with this process, whatever happens to it.
 * @param dist the folder with the built command
 */
export async function startDev(dist = ownDist) {
  const latchkey = join(dist, 'latchkey.cjs')
  const tellEnvironment = 'process.stdout.write(JSON.stringify(process.env) + "\\n"); process.stdin.resume()'
  const { child, closed, stop } = start(latchkey, ['dev', '--', process.execPath, '-e', tellEnvironment], {
    env: { ...env, LATCHKEY_DEV_MFA: 'auto' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const own = JSON.parse(await firstLine(child.stdout, closed))
  const { pid } = JSON.parse(run(latchkey, ['status', '--json'], { env: own }))
  return { latchkey, env: own, socket: own.SSH_AUTH_SOCK, pid, stop }
}

async function firstLine(stream, closed) {
  let text = ''
  stream.on('data', (chunk) => {
    text += chunk
  })
  while (!text.includes('\n')) {
    const isOver = await Promise.race([once(stream, 'data').then(() => false), closed.then(() => true)])
    if (isOver) throw new Error('latchkey dev has ended: run it by itself to see why')
  }
  return text
}

/** A daemon by itself. What it keeps is in a folder of its own, which is its home too. */
export async function startDaemon(toml, folder = makeFolder()) {
  const config = join(folder, 'config.toml')
  writeFileSync(config, `${toml}\n[keychain]\nstore = "memory"\n`)
  const own = { HOME: folder, LATCHKEY_CONFIG: config, LATCHKEY_RUNTIME_DIR: folder, LATCHKEY_PARENT_FD: '3' }
  const command = [...daemonNodeOptions, join(ownDist, 'latchkey.cjs'), 'daemon']
  const { child, closed, stop } = start(process.execPath, command, {
    env: { ...env, ...own },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  child.stdio[3].on('error', () => {})
  const isReady = await Promise.race([once(child.stdio[3], 'data').then(() => true), closed.then(() => false)])
  if (!isReady) throw new Error(`the daemon does not start: ${config}`)
  return { socket: join(folder, 'agent.sock'), apiSocket: join(folder, 'api.sock'), pid: child.pid, stop }
}

/**
 * What all its threads have had of the CPUs, in µs (/proc/PID/schedstat is of one thread); NaN where there is no /proc.
 */
export function cpuMicros(pid) {
  const folder = `/proc/${pid}/task`
  if (!existsSync(folder)) return Number.NaN
  const ofThread = (thread) => Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000
  return readdirSync(folder).reduce((sum, thread) => sum + ofThread(thread), 0)
}

/** What of its memory is resident, now or, by the name `VmHWM`, at most: the latter on Linux only. */
export function residentMegabytes(pid, name = 'VmRSS') {
  const file = `/proc/${pid}/status`
  if (!existsSync(file)) return Number(run('ps', ['-o', 'rss=', '-p', String(pid)])) / 1024
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(file, 'utf8'))[1]) / 1024
}
