// npm run bench:limits: how long honest clients wait beside crowds of others, and how much memory those cost. Linux only.
// The honest client is measured before, during and after each crowd, in turn with a client of an idle daemon: the cores are
// shared with whatever else runs, so that only the ratio means something. A goal that is missed is printed, and does not
// fail the run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const latchkey = join(here, '../../dist/latchkey.cjs')
const crowdProgram = join(here, '../support/crowd.mjs')
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env

const rounds = 5
const requestsPerRound = 300
/** What the crowd has asked for has been answered once the daemon is mostly idle; the longest that is waited for that. */
const settleMs = 90_000
const lookMs = 2_000
const idleShare = 0.25
const goalRatio = 2
const goalMegabytes = 100

const crowds = [
  ['agent', 'idle', 7000],
  ['agent', 'silent', 7000],
  ['agent', 'halfSent', 7000],
  ['agent', 'largeHalfSent', 2000],
  ['agent', 'dripping', 2000],
  ['agent', 'neverReading', 1100],
  ['agent', 'garbage', 50],
  ['api', 'apiIdle', 300],
  ['api', 'apiHalfSent', 300],
  ['api', 'apiDripping', 300],
  ['api', 'apiBody', 300],
]

async function startDaemon() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-limits-'))
  const config = join(folder, 'config.toml')
  writeFileSync(config, '[keychain]\nstore = "memory"\n')
  const own = { HOME: folder, LATCHKEY_CONFIG: config, LATCHKEY_RUNTIME_DIR: folder, LATCHKEY_PARENT_FD: '3' }
  const child = spawn(process.execPath, [latchkey, 'daemon'], {
    env: { ...env, ...own },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  child.stdio[3].on('error', () => {})
  await once(child.stdio[3], 'data')
  const megabytes = (name) =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024
  return {
    sockets: { agent: join(folder, 'agent.sock'), api: join(folder, 'api.sock') },
    rss: () => megabytes('VmRSS'),
    cpuMs: () => cpuMs(child.pid),
    peak: () => megabytes('VmHWM'),
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'close')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** User and system time (proc_pid_stat(5), fields 14 and 15), which the kernel counts in hundredths of a second. */
function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return 10 * (Number(user) + Number(system))
}

async function settle(daemon) {
  for (const startedMs = performance.now(); performance.now() - startedMs < settleMs; ) {
    const before = daemon.cpuMs()
    await wait(lookMs)
    if (daemon.cpuMs() - before < idleShare * lookMs) return
  }
}

const requests = { agent: Buffer.of(0, 0, 0, 1, 11), api: 'GET /v1/aws/keys HTTP/1.1\r\nHost: d\r\n\r\n' }

/** ms from connecting to the answer, for each of so many clients, one after the other. */
async function measure({ sockets }, name) {
  const times = []
  for (let count = 0; count < requestsPerRound; count += 1) {
    const startedMs = performance.now()
    const socket = connect(sockets[name])
    socket.write(requests[name])
    await once(socket, 'data')
    times.push(performance.now() - startedMs)
    socket.destroy()
  }
  return times
}

function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

async function measureBeside(alone, [name, habit, count]) {
  const beside = await startDaemon()
  await measure(beside, name)
  const idle = beside.rss()
  const crowd = spawn(process.execPath, [crowdProgram, beside.sockets[name], String(count), habit], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(crowd.stdout, 'data')
  await settle(beside)
  const times = { alone: [], beside: [] }
  for (let round = 0; round < rounds; round += 1) {
    times.alone.push(...(await measure(alone, name)))
    times.beside.push(...(await measure(beside, name)))
  }
  const more = beside.peak() - idle
  crowd.stdin.end()
  await once(crowd, 'close')
  await wait(25_000)
  const left = beside.rss() - idle
  await beside.stop()
  const [aloneMs, besideMs] = [percentile(times.alone, 0.99), percentile(times.beside, 0.99)]
  const isOk = besideMs <= goalRatio * aloneMs && more <= goalMegabytes
  const waited = `p99 ${(besideMs / aloneMs).toFixed(2)} x (${besideMs.toFixed(1)} ms, alone ${aloneMs.toFixed(1)} ms)`
  const memory = `memory +${more.toFixed(0)} MB at most, +${left.toFixed(0)} MB after`
  process.stdout.write(`${isOk ? 'OK  ' : 'MISS'} ${name}, ${count} ${habit}: ${waited}, ${memory}\n`)
}

process.stdout.write(`goals: p99 at most ${goalRatio} x, memory at most +${goalMegabytes} MB\n`)
const alone = await startDaemon()
for (const crowd of crowds) await measureBeside(alone, crowd)
await alone.stop()
