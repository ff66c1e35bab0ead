// npm run bench: latchkey beside ssh-agent, a bare server, node and curl, on this machine and in alternating runs, because the cores are
// shared with whatever else runs: the ratios mean something, the milliseconds do not. It runs inside `latchkey dev`.
// A goal that is missed is printed, and does not fail the run.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, '../../dist')
const latchkey = join(dist, 'latchkey.cjs')
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env

const agentRounds = 11
const agentSeconds = 0.8
const processRounds = 61
/** Long enough for what both flows have left behind to be collected. */
const idleMs = 10_000

/** Runs a program to its end and returns what it printed. @throws where it fails */
function run(command, args, { input, env: own = env } = {}) {
  const result = spawnSync(command, args, { env: own, input, encoding: 'utf8' })
  if (result.error !== undefined) throw result.error
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: status ${result.status}\n${result.stderr}`)
  return result.stdout
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Takes both measurements once a round, in turn first, and returns the medians. */
function alternate(rounds, ours, theirs) {
  const results = { ours: [], theirs: [] }
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? ['ours', 'theirs'] : ['theirs', 'ours']
    for (const who of order) results[who].push(who === 'ours' ? ours() : theirs())
  }
  return { ours: median(results.ours), theirs: median(results.theirs) }
}

const goals = []

function report(what, { ours, theirs, peer, unit, digits = 0 }, { ratio, isAtLeast, goal }) {
  const isOk = isAtLeast ? ratio >= goal : ratio <= goal
  goals.push(isOk)
  const values = `latchkey ${ours.toFixed(digits)} ${unit}, ${peer} ${theirs.toFixed(digits)} ${unit}`
  const measured = `${ratio.toFixed(2)} x, goal ${isAtLeast ? 'at least' : 'at most'} ${goal} x`
  process.stdout.write(`${isOk ? 'OK  ' : 'MISS'} ${what}: ${measured} (${values})\n`)
}

/** Answers a second of an agent, counted by a client in a process of its own. */
function agentRate(socket, kind, connections, keyType) {
  const client = [join(here, 'agent-bench.mjs'), socket, kind, String(connections), String(agentSeconds), keyType]
  return JSON.parse(run(process.execPath, client)).perSecond
}

const keyTypes = { ed25519: 'ssh-ed25519', 'ECDSA P-256': 'ecdsa-sha2-nistp256', 'RSA-2048': 'ssh-rsa' }

/** Signatures a second of two agents. */
function compareSigning(ours, theirs, { peer, key, connections, goal }) {
  const measure = (socket) => () => agentRate(socket, 'sign', connections, keyTypes[key])
  const rates = alternate(agentRounds, measure(ours), measure(theirs))
  const what = `${key} signatures, ${connections} connection${connections === 1 ? '' : 's'}`
  report(what, { ...rates, peer, unit: 'a second' }, { ratio: rates.ours / rates.theirs, isAtLeast: true, goal })
}

function compareListing(ours, theirs) {
  const measure = (socket) => () => agentRate(socket, 'list', 1, keyTypes.ed25519)
  const rates = alternate(agentRounds, measure(ours), measure(theirs))
  const times = { ours: 1e6 / rates.ours, theirs: 1e6 / rates.theirs, peer: 'ssh-agent', unit: 'µs' }
  report('time to list three identities', times, { ratio: rates.theirs / rates.ours, isAtLeast: false, goal: 1 })
}

/** The same keys in each: three identities are listed first, and the rest is added for signing. */
async function compareAgents(folder, ours, sshAgent) {
  compareListing(ours, sshAgent.socket)
  for (const [connections, goal] of [
    [1, 4],
    [8, 8],
  ])
    compareSigning(ours, sshAgent.socket, { peer: 'ssh-agent', key: 'ed25519', connections, goal })
  sshAgent.addBoth('rsa', '-t', 'rsa', '-b', '2048')
  // Two signatures at once, of which each takes two thirds of the time of ssh-agent's. With two cores the client takes
  // its part of them.
  const rsaGoal = availableParallelism() > 2 ? 3 : 2
  compareSigning(ours, sshAgent.socket, { peer: 'ssh-agent', key: 'RSA-2048', connections: 8, goal: rsaGoal })
  sshAgent.addBoth('ecdsa', '-t', 'ecdsa', '-b', '256')
  for (const key of ['ed25519', 'ECDSA P-256']) {
    const bare = await startBareAgent(folder, keyTypes[key])
    for (const [connections, goal] of [
      [1, 0.95],
      [8, 0.95],
      [64, 0.9],
    ])
      compareSigning(ours, bare.socket, { peer: 'a bare server', key, connections, goal })
    bare.stop()
  }
}

/** A server in Node that does nothing but answer frames with crypto.sign. */
async function startBareAgent(folder, keyType) {
  const socket = join(folder, `${keyType}.sock`)
  const agent = spawn(process.execPath, [join(here, 'bare-agent.mjs'), socket, keyType], { env, stdio: 'ignore' })
  for (let tries = 0; !existsSync(socket) && tries < 100; tries += 1) await wait(50)
  return { socket, stop: () => agent.kill() }
}

/** Wall-clock ms of one run of a program. */
function timed(command, args) {
  const startedMs = performance.now()
  run(command, args)
  return performance.now() - startedMs
}

function compareProcesses(what, ours, theirs, { peer, goal }) {
  timed(...ours)
  timed(...theirs)
  const times = alternate(
    processRounds,
    () => timed(...ours),
    () => timed(...theirs),
  )
  const ratio = times.ours / times.theirs
  report(what, { ...times, peer, unit: 'ms', digits: 1 }, { ratio, isAtLeast: false, goal })
}

function residentMegabytes(pid) {
  const file = `/proc/${pid}/status`
  if (existsSync(file)) return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(file, 'utf8'))[1]) / 1024
  return Number(run('ps', ['-o', 'rss=', '-p', String(pid)])) / 1024
}

async function reportMemory() {
  const goal = 58
  const { pid } = JSON.parse(run(latchkey, ['status', '--json']))
  await wait(idleMs)
  const megabytes = residentMegabytes(pid)
  goals.push(megabytes <= goal)
  const measured = `${megabytes.toFixed(1)} MB, goal at most ${goal} MB`
  process.stdout.write(
    `${megabytes <= goal ? 'OK  ' : 'MISS'} idle memory of the daemon after both flows: ${measured}\n`,
  )
}

/** An ssh-agent with a certified key and one more: three identities, as latchkey has with two keys added. */
async function startSshAgent(folder) {
  const socket = join(folder, 'ssh-agent.sock')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { env, stdio: 'ignore' })
  const keygen = (...args) => run('ssh-keygen', ['-q', ...args])
  for (const name of ['ca', 'one', 'two', 'three']) keygen('-t', 'ed25519', '-N', '', '-f', join(folder, name))
  keygen('-s', join(folder, 'ca'), '-I', 'bench', '-n', 'bench', '-V', '+1h', join(folder, 'one.pub'))
  for (let tries = 0; !existsSync(socket) && tries < 100; tries += 1) await wait(50)
  const add = (agentSocket, ...names) =>
    run('ssh-add', ['-q', ...names.map((name) => join(folder, name))], { env: { ...env, SSH_AUTH_SOCK: agentSocket } })
  add(socket, 'one', 'two')
  add(env.SSH_AUTH_SOCK, 'two', 'three')
  return {
    socket,
    /** A new key for both. @param options of ssh-keygen */
    addBoth(name, ...options) {
      keygen(...options, '-N', '', '-f', join(folder, name))
      for (const agentSocket of [socket, env.SSH_AUTH_SOCK]) add(agentSocket, name)
    },
    stop: () => agent.kill(),
  }
}

async function measureAll() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  const apiSocket = join(env.LATCHKEY_RUNTIME_DIR, 'api.sock')
  let agent
  try {
    // Both flows once, before anything loads the daemon more than a person would.
    run('ssh-add', ['-T', writeCertificate(folder)])
    run(latchkey, ['aws', 'credentials', 'dev'])
    await reportMemory()
    agent = await startSshAgent(folder)
    await compareAgents(folder, env.SSH_AUTH_SOCK, agent)
    const url = 'http://latchkey/v1/aws/credentials/dev'
    compareProcesses(
      'latchkey aws credentials dev, warm',
      [latchkey, ['aws', 'credentials', 'dev']],
      [process.execPath, ['-e', '0']],
      {
        peer: 'node -e 0',
        goal: 1.25,
      },
    )
    // What of that is ours: a client that connects, sends one request and prints the answer, and checks nothing.
    compareProcesses(
      'latchkey aws credentials dev, warm',
      [process.execPath, [latchkey, 'aws', 'credentials', 'dev']],
      [process.execPath, [join(here, 'bare-helper.cjs'), apiSocket, '/v1/aws/credentials/dev']],
      { peer: 'a bare client', goal: 1.1 },
    )
    compareProcesses(
      'latchkey-credentials dev, warm',
      [join(dist, 'latchkey-credentials'), ['dev']],
      ['curl', ['-sS', '--unix-socket', apiSocket, url]],
      { peer: 'curl', goal: 1.1 },
    )
    process.stdout.write(`${goals.filter(Boolean).length} of ${goals.length} goals reached\n`)
  } finally {
    agent?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The first identity that the daemon lists, as a file for ssh-add -T. */
function writeCertificate(folder) {
  const file = join(folder, 'dev-cert.pub')
  writeFileSync(file, `${run('ssh-add', ['-L']).split('\n')[0]}\n`)
  return file
}

if (env.LATCHKEY_DEV_DIR === undefined) {
  const inside = spawnSync(
    process.execPath,
    [latchkey, 'dev', '--', process.execPath, fileURLToPath(import.meta.url)],
    {
      env: { ...env, LATCHKEY_DEV_MFA: 'auto' },
      stdio: 'inherit',
    },
  )
  process.exitCode = inside.status ?? 1
} else {
  await measureAll()
}
