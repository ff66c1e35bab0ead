import type { Parameters } from 'fast-check'

/** Of `npm run fuzz`: what it drew, and how many times as much as usual it wants. VITEST_… is what tests get to see. */
const { VITEST_FUZZ_SEED, VITEST_FUZZ_TIMES = '1' } = process.env

/**
 * How a property is tried: with the same values in every `npm test`, with others in each `npm run fuzz`.
 * @param seed the property's own, so that two of them do not try the same
 * @param runs how many values in `npm test`
 */
export function fuzzed(seed: number, runs: number): Parameters<unknown> {
  const drawn = VITEST_FUZZ_SEED === undefined ? 0 : Number(VITEST_FUZZ_SEED)
  return { seed: (drawn + seed) | 0, numRuns: runs * Number(VITEST_FUZZ_TIMES) }
}
