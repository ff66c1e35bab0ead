// npm run bench:limits: how long honest clients wait beside crowds of others, and how much memory those cost. Linux only.
// The honest client is measured before, during and after each crowd, in turn with a client of an idle daemon: the cores are
// shared with whatever else runs, so that only the ratio means something. A goal that is missed is printed, and does not
// fail the run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { here } from './measuring.mjs'
import { cpuMicros, residentMegabytes, runToEnd, startDaemon } from './subjects.mjs'

const crowdProgram = join(here, '../support/crowd.mjs')

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

async function settle({ pid }) {
  for (const startedMs = performance.now(); performance.now() - startedMs < settleMs; ) {
    const before = cpuMicros(pid)
    await wait(lookMs)
    if (cpuMicros(pid) - before < idleShare * lookMs * 1000) return
  }
}

const requests = { agent: Buffer.of(0, 0, 0, 1, 11), api: 'GET /v1/aws/keys HTTP/1.1\r\nHost: d\r\n\r\n' }

const socketOf = ({ socket, apiSocket }, name) => (name === 'agent' ? socket : apiSocket)

/** ms from connecting to the answer, for each of so many clients, one after the other. */
async function measure(daemon, name) {
  const times = []
  for (let count = 0; count < requestsPerRound; count += 1) {
    const startedMs = performance.now()
    const socket = connect(socketOf(daemon, name))
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
  const beside = await startDaemon('')
  await measure(beside, name)
  const idle = residentMegabytes(beside.pid)
  const crowd = spawn(process.execPath, [crowdProgram, socketOf(beside, name), String(count), habit], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(crowd.stdout, 'data')
  await settle(beside)
  const times = { alone: [], beside: [] }
  for (let round = 0; round < rounds; round += 1) {
    times.alone.push(...(await measure(alone, name)))
    times.beside.push(...(await measure(beside, name)))
  }
  const more = residentMegabytes(beside.pid, 'VmHWM') - idle
  crowd.stdin.end()
  await once(crowd, 'close')
  await wait(25_000)
  const left = residentMegabytes(beside.pid) - idle
  await beside.stop()
  const [aloneMs, besideMs] = [percentile(times.alone, 0.99), percentile(times.beside, 0.99)]
  const isOk = besideMs <= goalRatio * aloneMs && more <= goalMegabytes
  const waited = `p99 ${(besideMs / aloneMs).toFixed(2)} x (${besideMs.toFixed(1)} ms, alone ${aloneMs.toFixed(1)} ms)`
  const memory = `memory +${more.toFixed(0)} MB at most, +${left.toFixed(0)} MB after`
  process.stdout.write(`${isOk ? 'OK  ' : 'MISS'} ${name}, ${count} ${habit}: ${waited}, ${memory}\n`)
}

await runToEnd(async () => {
  process.stdout.write(`goals: p99 at most ${goalRatio} x, memory at most +${goalMegabytes} MB\n`)
  const alone = await startDaemon('')
  for (const crowd of crowds) await measureBeside(alone, crowd)
})
