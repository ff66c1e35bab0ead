// What do many keys of `ssh-add` cost?
import { addRequest, listRequest, makeKey, openAgent, removeRequest } from './agent-client.mjs'
import { measureAgents, reportCosts } from './agent-rates.mjs'
import { alternate, mediansOf, report } from './measuring.mjs'
import { startDaemon } from './subjects.mjs'

const many = 1_000
const leastSpeed = 0.85
/**
 * Between these two, a list's time per key may grow by this much at most. With fewer keys the time is mostly that of the
 * exchange itself, which would hide a growth.
 */
const sizes = { large: 2_000, small: 500 }
const mostGrowth = 1.3
const listRounds = 101

/** A daemon with so many keys. */
async function startWith(count) {
  const daemon = await startDaemon('')
  const keys = Array.from({ length: count }, makeKey)
  const agent = await openAgent(daemon.socket)
  for (const [index, key] of keys.entries()) await agent.ask(addRequest(key, `key ${index}`))
  return { ...daemon, keys, agent }
}

/** ms of a list that is made anew: a key has gone and come back. */
async function timeNewList({ agent, keys }) {
  await agent.ask(removeRequest(keys[0]))
  await agent.ask(addRequest(keys[0], 'key 0'))
  return timeList({ agent })
}

async function timeList({ agent }) {
  const startedMs = performance.now()
  await agent.ask(listRequest)
  return performance.now() - startedMs
}

async function compareLists(what, { large, small }, time) {
  for (let warm = 0; warm < listRounds; warm += 1) await time(warm % 2 === 0 ? large : small)
  const pairs = await alternate(
    listRounds,
    () => time(large),
    () => time(small),
  )
  const { ours, theirs, ratio } = mediansOf(pairs)
  const detail = `${ours.toFixed(2)} ms with ${sizes.large} keys, ${theirs.toFixed(2)} ms with ${sizes.small}`
  report(what, { value: (ratio * sizes.small) / sizes.large, goal: { atMost: mostGrowth }, detail })
}

export async function measureAddedKeys() {
  const [ours, theirs] = [await startWith(many), await startWith(1)]
  const options = { kind: 'sign', connections: 8, signsWithAll: true }
  const pairs = measureAgents(ours, theirs, options)
  reportCosts(`signatures with each of ${many} added keys`, pairs, {
    names: [`${many} keys`, 'one key'],
    goal: { atLeast: leastSpeed },
  })
  const lists = { large: await startWith(sizes.large), small: await startWith(sizes.small) }
  await compareLists('time per added key of a list', lists, timeList)
  await compareLists('time per added key of a list after a change', lists, timeNewList)
  for (const { stop } of [ours, theirs, lists.large, lists.small]) await stop()
}
