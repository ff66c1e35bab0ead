// Is the agent as fast as ssh-agent, and as a server in Node that does nothing else?
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { measureAgents, reportCosts, reportRates, reportTimes } from './agent-rates.mjs'
import { env, here, run } from './measuring.mjs'
import { makeFolder, startAgent } from './subjects.mjs'

const keyTypes = { ed25519: 'ssh-ed25519', 'ECDSA P-256': 'ecdsa-sha2-nistp256', 'RSA-2048': 'ssh-rsa' }

function signWith(ours, theirs, { key, connections }) {
  const what = `${key} signatures, ${connections} connection${connections === 1 ? '' : 's'}`
  return [what, measureAgents(ours, theirs, { kind: 'sign', connections, keyType: keyTypes[key] })]
}

function compareWithSshAgent(ours, theirs, { goal, ...options }) {
  reportRates(...signWith(ours, theirs, options), { peer: 'ssh-agent', goal: { atLeast: goal } })
}

function compareWithBare(ours, theirs, { goal, ...options }) {
  reportCosts(...signWith(ours, theirs, options), { names: ['latchkey', 'a bare server'], goal: { atLeast: goal } })
}

/** An ssh-agent with a certified key and one more: three identities, as a `latchkey dev` has with two keys added. */
async function startSshAgent(dev) {
  const folder = makeFolder()
  const socket = join(folder, 'agent.sock')
  const sshAgent = await startAgent(socket, 'ssh-agent', ['-D', '-a', socket])
  const keygen = (...args) => run('ssh-keygen', ['-q', ...args])
  for (const name of ['ca', 'one', 'two', 'three']) keygen('-t', 'ed25519', '-N', '', '-f', join(folder, name))
  keygen('-s', join(folder, 'ca'), '-I', 'bench', '-n', 'bench', '-V', '+1h', join(folder, 'one.pub'))
  const add = (agent, ...names) =>
    run('ssh-add', ['-q', ...names.map((name) => join(folder, name))], { env: { ...env, SSH_AUTH_SOCK: agent.socket } })
  add(sshAgent, 'one', 'two')
  add(dev, 'two', 'three')
  return {
    ...sshAgent,
    /** A new key for both. @param options of ssh-keygen */
    addBoth(name, ...options) {
      keygen(...options, '-N', '', '-f', join(folder, name))
      for (const agent of [sshAgent, dev]) add(agent, name)
    },
  }
}

async function startBareAgent(keyType) {
  const socket = join(makeFolder(), 'agent.sock')
  return startAgent(socket, process.execPath, [join(here, 'bare-agent.mjs'), socket, keyType])
}

/** @param dev a `latchkey dev` that nobody has given keys */
export async function measureBesideOthers(dev) {
  const sshAgent = await startSshAgent(dev)
  const lists = measureAgents(dev, sshAgent, { kind: 'list', connections: 1 })
  reportTimes('time to list three identities', lists, { peer: 'ssh-agent', goal: { atMost: 1 } })
  for (const [connections, goal] of [
    [1, 4],
    [8, 8],
  ])
    compareWithSshAgent(dev, sshAgent, { key: 'ed25519', connections, goal })
  sshAgent.addBoth('rsa', '-t', 'rsa', '-b', '2048')
  // Two signatures at once, of which each takes two thirds of the time of ssh-agent's. With two cores the client takes
  // its part of them.
  const rsaGoal = availableParallelism() > 2 ? 3 : 2
  compareWithSshAgent(dev, sshAgent, { key: 'RSA-2048', connections: 8, goal: rsaGoal })
  sshAgent.addBoth('ecdsa', '-t', 'ecdsa', '-b', '256')
  for (const key of ['ed25519', 'ECDSA P-256']) {
    const bare = await startBareAgent(keyTypes[key])
    for (const [connections, goal] of [
      [1, 0.95],
      [8, 0.95],
      [64, 0.9],
    ])
      compareWithBare(dev, bare, { key, connections, goal })
    await bare.stop()
  }
  await sshAgent.stop()
}
