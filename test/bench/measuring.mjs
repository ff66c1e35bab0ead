// What the benchmarks share: programs that are run to their end, measurements in alternating runs, goals.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const here = dirname(fileURLToPath(import.meta.url))
export const root = join(here, '../..')
/** The environment of whatever is started: with NODE_EXTRA_CA_CERTS alone, Node 20 takes twice as long to start. */
export const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env

/** Runs a program to its end and returns what it printed. @throws where it fails */
export function run(command, args, { input, env: own = env, cwd } = {}) {
  const result = spawnSync(command, args, { env: own, input, cwd, encoding: 'utf8' })
  if (result.error !== undefined) throw result.error
  const { status, signal, stderr } = result
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${signal ?? `status ${status}`}\n${stderr}`)
  return result.stdout
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Takes both measurements once a round, in turn first. @returns one pair for each round */
export async function alternate(rounds, ours, theirs) {
  const pairs = []
  for (let round = 0; round < rounds; round += 1) {
    const pair = {}
    const order = round % 2 === 0 ? ['ours', 'theirs'] : ['theirs', 'ours']
    for (const who of order) pair[who] = await (who === 'ours' ? ours() : theirs())
    pairs.push(pair)
  }
  return pairs
}

/**
 * The medians of both, and of what one is of the other within each round: what else runs on the machine changes from round
 * to round.
 * @param pick the number in a measurement
 */
export function mediansOf(pairs, pick = (value) => value) {
  const values = pairs.map(({ ours, theirs }) => ({ ours: pick(ours), theirs: pick(theirs) }))
  return {
    ours: median(values.map(({ ours }) => ours)),
    theirs: median(values.map(({ theirs }) => theirs)),
    ratio: median(values.map(({ ours, theirs }) => ours / theirs)),
  }
}

const goals = []

/**
 * Prints whether a goal was reached.
 * @param goal `{ atLeast }` or `{ atMost }`
 * @param detail what was measured, in words
 */
export function report(what, { value, unit = 'x', digits = 2, goal, detail }) {
  const isOk = goal.atLeast === undefined ? value <= goal.atMost : value >= goal.atLeast
  goals.push(isOk)
  const wanted = goal.atLeast === undefined ? `at most ${goal.atMost}` : `at least ${goal.atLeast}`
  const measured = `${value.toFixed(digits)} ${unit}, goal ${wanted} ${unit}`
  process.stdout.write(`${isOk ? 'OK  ' : 'MISS'} ${what}: ${measured} (${detail})\n`)
}

export function reportTally() {
  process.stdout.write(`${goals.filter(Boolean).length} of ${goals.length} goals reached\n`)
}
