// Measures SSH agents from outside: node test/bench/agent-bench.mjs OPTIONS AGENTS, both objects in JSON. AGENTS has the pid for
// each socket; OPTIONS:
//   kind         'sign' or 'list'
//   connections  to each agent; each sends its next request when the answer to the last one is there, as ssh does
//   seconds      how long they do, for each agent
//   keyType      what signs: the first identity of this type, or certificate of one
//   signsWithAll all of them sign in turn
//   bind         a request in base64 that each connection sends first
// The agents take turns of a few hundredths of a second, so that what else runs on the machine is the same for all. Prints
// one line of JSON, with the medians of each agent's turns: answers a second, and the CPU time of its process for an answer
// in µs, which is null where there is no /proc.
import { keyBlobsOf, listRequest, openAgent, signRequest } from './agent-client.mjs'
import { median } from './measuring.mjs'
import { cpuMicros } from './subjects.mjs'

const [optionsText, agentsText] = process.argv.slice(2)
const options = { kind: 'sign', connections: 1, seconds: 1, keyType: 'ssh-ed25519', ...JSON.parse(optionsText) }
const { kind, connections, seconds, keyType, signsWithAll, bind } = options
const turnMs = 60
/** As long as what a login has signed. */
const data = Buffer.alloc(250, 'x')

async function open(socketPath) {
  const agent = await openAgent(socketPath)
  if (bind !== undefined) await agent.ask(Buffer.from(bind, 'base64'))
  return agent
}

async function signRequests(agent) {
  const blobs = keyBlobsOf(await agent.ask(listRequest)).filter((blob) =>
    blob.toString('latin1', 4).startsWith(keyType),
  )
  if (blobs.length === 0) throw new Error(`the agent lists no identity of type ${keyType}`)
  return blobs.slice(0, signsWithAll ? blobs.length : 1).map((blob) => signRequest(blob, data))
}

async function subject(socketPath, pid) {
  const agents = await Promise.all(Array.from({ length: connections }, () => open(socketPath)))
  const requests = kind === 'list' ? [listRequest] : await signRequests(agents[0])
  const turns = []
  let answers = 0
  const askInTurn = async (agent, endMs) => {
    while (performance.now() < endMs) {
      await agent.ask(requests[answers % requests.length])
      answers += 1
    }
  }
  return {
    async takeTurn() {
      const before = { answers, ms: performance.now(), cpuMicros: cpuMicros(pid) }
      await Promise.all(agents.map((agent) => askInTurn(agent, before.ms + turnMs)))
      const count = answers - before.answers
      const perSecond = (count * 1000) / (performance.now() - before.ms)
      turns.push({ perSecond, cpuMicros: (cpuMicros(pid) - before.cpuMicros) / count })
    },
    result: () => ({
      perSecond: median(turns.map((turn) => turn.perSecond)),
      cpuMicros: median(turns.map((turn) => turn.cpuMicros)),
    }),
  }
}

const subjects = await Promise.all(
  Object.entries(JSON.parse(agentsText)).map(([socketPath, pid]) => subject(socketPath, pid)),
)
for (let turn = 0; turn < (seconds * 1000) / turnMs; turn += 1)
  for (const { takeTurn } of turn % 2 === 0 ? subjects : subjects.toReversed()) await takeTurn()
process.stdout.write(`${JSON.stringify(subjects.map(({ result }) => result()))}\n`)
process.exit(0)
