// Compares SSH agents by requests that a client in a process of its own sends to both, in turns.
//
// A rate has everything in it that a client waits for, its own work too, and on a shared machine it changes with whatever
// else runs. The CPU time that an agent takes for an answer depends much less on others, and is all the agent's: between
// daemons of latchkey it is the judge, and the rates are printed beside it, because they alone show what an agent waits for.
import { join } from 'node:path'
import { here, mediansOf, report, run } from './measuring.mjs'

const usualRounds = 9

/**
 * Has both agents answer the same requests. Returns one pair for each round, of what agent-bench.mjs prints.
 * @param ours socket and pid of one
 * @param options see agent-bench.mjs
 */
export function measureAgents(ours, theirs, { rounds = usualRounds, ...options }) {
  const agents = { [ours.socket]: ours.pid, [theirs.socket]: theirs.pid }
  const client = [join(here, 'agent-bench.mjs'), JSON.stringify(options), JSON.stringify(agents)]
  return Array.from({ length: rounds }, () => {
    const [one, other] = JSON.parse(run(process.execPath, client))
    return { ours: one, theirs: other }
  })
}

/** Reports by the rates: for other programs, which may use more than one thread. */
export function reportRates(what, pairs, { peer, goal }) {
  const { ours, theirs, ratio } = mediansOf(pairs, ({ perSecond }) => perSecond)
  report(what, {
    value: ratio,
    goal,
    detail: `latchkey ${ours.toFixed()} a second, ${peer} ${theirs.toFixed()} a second`,
  })
}

/** Reports how much longer an answer takes, by the rates. */
export function reportTimes(what, pairs, { peer, goal }) {
  const { ours, theirs, ratio } = mediansOf(pairs, ({ perSecond }) => 1e6 / perSecond)
  report(what, { value: ratio, goal, detail: `latchkey ${ours.toFixed()} µs, ${peer} ${theirs.toFixed()} µs` })
}

/**
 * Reports by the CPU time where it is known.
 * @param goal `atLeast` is of the speed, `atMost` of the time that an answer takes
 * @param names of both, for people to read
 */
export function reportCosts(what, pairs, { names, goal }) {
  const rates = mediansOf(pairs, ({ perSecond }) => perSecond)
  const costs = mediansOf(pairs, ({ cpuMicros }) => cpuMicros ?? Number.NaN)
  const isSpeed = goal.atLeast !== undefined
  const byRate = isSpeed ? rates.ratio : 1 / rates.ratio
  const byCpu = isSpeed ? 1 / costs.ratio : costs.ratio
  const both = ({ ours, theirs }, digits, unit) =>
    `${names[0]} ${ours.toFixed(digits)} ${unit}, ${names[1]} ${theirs.toFixed(digits)} ${unit}`
  const rateDetail = both(rates, 0, 'a second')
  if (Number.isNaN(byCpu)) return report(what, { value: byRate, goal, detail: rateDetail })
  const detail = `CPU time: ${both(costs, 1, 'µs')}; by the rates ${byRate.toFixed(2)} x: ${rateDetail}`
  report(what, { value: byCpu, goal, detail })
}
