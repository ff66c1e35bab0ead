// How long do the commands take that AWS's tools and ssh run?
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
  const path = '/v1/aws/credentials/dev'
  await compare('latchkey aws credentials dev, warm', {
    ours: [latchkey, ['aws', 'credentials', 'dev']],
    theirs: [process.execPath, ['-e', '0']],
    peer: 'node -e 0',
    goal: 1.25,
    env,
  })
  // What of that is ours: a client that connects, sends one request and prints the answer, and checks nothing.
  await compare('latchkey aws credentials dev, warm', {
    ours: [process.execPath, [latchkey, 'aws', 'credentials', 'dev']],
    theirs: [process.execPath, [join(here, 'bare-helper.cjs'), apiSocket, path]],
    peer: 'a bare client',
    goal: 1.1,
    env,
  })
  await compare('latchkey ssh ready, with nothing to do', {
    ours: [latchkey, ['ssh', 'ready', '--user', 'ubuntu', '--port', '22', 'db.example']],
    theirs: [process.execPath, ['-e', '0']],
    peer: 'node -e 0',
    goal: 1.3,
    env,
  })
  await compare('latchkey-credentials dev, warm', {
    ours: [join(ownDist, 'latchkey-credentials'), ['dev']],
    theirs: ['curl', ['-sS', '--unix-socket', apiSocket, `http://latchkey${path}`]],
    peer: 'curl',
    goal: 1.1,
    env,
  })
}
