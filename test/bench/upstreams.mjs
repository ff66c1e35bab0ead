// What does a signature of another agent cost that is asked for through latchkey?
import { join } from 'node:path'
import { addRequest, makeKey, openAgent } from './agent-client.mjs'
import { measureAgents, reportTimes } from './agent-rates.mjs'
import { makeFolder, startAgent, startDaemon } from './subjects.mjs'

const mostTime = 1.3

export async function measureUpstreams() {
  const socket = join(makeFolder(), 'agent.sock')
  const upstream = await startAgent(socket, 'ssh-agent', ['-D', '-a', socket])
  const agent = await openAgent(socket)
  await agent.ask(addRequest(makeKey(), 'key'))
  agent.close()
  const daemon = await startDaemon(`[ssh.upstream.stock]\nsocket = "${socket}"\n`)
  const pairs = measureAgents(daemon, upstream, { kind: 'sign', connections: 1 })
  reportTimes('ed25519 signatures of an upstream ssh-agent', pairs, {
    peer: 'asked directly',
    goal: { atMost: mostTime },
  })
  for (const { stop } of [daemon, upstream]) await stop()
}
