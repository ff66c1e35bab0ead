// How long do the commands take that AWS's tools and ssh run?
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate, here, mediansOf, report, run } from './measuring.mjs'
import { ownDist } from './subjects.mjs'

const rounds = 61

/** Wall-clock ms of one run of a program. */
function timed([command, args], env) {
  const startedMs = performance.now()
  run(command, args, { env })
  return performance.now() - startedMs
}

async function compare(what, { ours, theirs, peer, goal, env }) {
  for (const one of [ours, theirs]) timed(one, env)
  const pairs = await alternate(
    rounds,
    () => timed(ours, env),
    () => timed(theirs, env),
  )
  const { ours: oursMs, theirs: theirsMs, ratio } = mediansOf(pairs)
  const detail = `latchkey ${oursMs.toFixed(1)} ms, ${peer} ${theirsMs.toFixed(1)} ms`
  report(what, { value: ratio, goal: { atMost: goal }, detail })
}

/** @param dev a `latchkey dev` that has had the credentials of its profile dev before */
export async function measureCommands({ latchkey, env }) {
  const apiSocket = join(env.LATCHKEY_RUNTIME_DIR, 'api.sock')
  const curl = ['-sS', '--unix-socket', apiSocket]
  const path = '/v1/aws/credentials/dev'
  const credentials = ['aws', 'credentials', 'dev']
  const target = ['--user', 'ubuntu', '--port', '22', '--hostname', 'db.example', 'db.example']
  const body = '{"user":"ubuntu","host":"db.example","port":22}'
  const byCurl = {
    credentials: ['curl', [...curl, `http://latchkey${path}`]],
    ready: ['curl', [...curl, '-H', 'content-type: application/json', '-d', body, 'http://latchkey/v1/ssh/ready']],
  }
  const nodeAlone = { theirs: [process.execPath, ['-e', '0']], peer: 'node -e 0' }
  await compare('latchkey aws credentials dev, warm', {
    ours: [latchkey, credentials],
    ...nodeAlone,
    goal: 1.25,
    env,
  })
  const curlAlone = { theirs: byCurl.credentials, peer: 'curl', goal: 1.1, env }
  await compare('latchkey aws credentials dev, warm', { ours: [latchkey, credentials], ...curlAlone })
  await compare('latchkey-credentials dev, warm', {
    ours: [join(ownDist, 'latchkey-credentials'), ['dev']],
    ...curlAlone,
  })
  // Where there is no curl. A bare client connects, sends one request and prints the answer, and checks nothing.
  await compare('node latchkey.cjs aws credentials dev, warm', {
    ours: [process.execPath, [latchkey, ...credentials]],
    theirs: [process.execPath, [join(here, 'bare-helper.cjs'), apiSocket, path]],
    peer: 'a bare client',
    goal: 1.15,
    env,
  })
  const ready = { ours: [latchkey, ['ssh', 'ready', ...target]], env }
  await compare('latchkey ssh ready, with nothing to do', { ...ready, ...nodeAlone, goal: 1.3 })
  await compare('latchkey ssh ready, with nothing to do', { ...ready, theirs: byCurl.ready, peer: 'curl', goal: 1.1 })
  await measureKnownHosts(env)
}

/** ssh runs it twice for each connection: beside a shell that reads the file as fast as one can, and does nothing else. */
async function measureKnownHosts(env) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  chmodSync(folder, 0o1700)
  const file = join(folder, 'known_hosts')
  const byRead = `while IFS= read -r line; do printf '%s\\n' "$line"; done <${file}`
  for (const [cas, peer, script] of [
    [1, 'sh', byRead],
    [50, 'sh -c cat', `cat ${file}; exit 0`],
  ]) {
    const line = `@cert-authority *.corp.example.com ssh-ed25519 ${'A'.repeat(68)} latchkey: corp\n`
    writeFileSync(file, `# latchkey: lines\n${line.repeat(cas)}`)
    await compare(`latchkey-known-hosts, CAs: ${cas}`, {
      ours: [join(ownDist, 'latchkey-known-hosts'), []],
      theirs: ['sh', ['-c', script]],
      peer,
      goal: 1.1,
      env: { ...env, LATCHKEY_RUNTIME_DIR: folder },
    })
  }
  rmSync(folder, { recursive: true })
}
