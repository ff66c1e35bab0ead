// npm run fuzz [-- SEED]: npm test runs the fuzz tests with the same values each time; this runs them with other values, and
// fifty times as many. It prints its seed, with which it can try the same values again.
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const times = 50
const [given, ...rest] = process.argv.slice(2)
if (rest.length > 0 || (given !== undefined && !/^\d{1,9}$/.test(given))) {
  process.stderr.write('usage: npm run fuzz [-- SEED]   a seed has up to nine digits\n')
  process.exit(2)
}
const seed = given ?? String(randomInt(1_000_000_000))
process.stdout.write(`seed ${seed}\n`)
const { status } = spawnSync(
  join(root, 'node_modules/.bin/vitest'),
  ['run', '--project', 'unit', '--testTimeout', '3600000', 'test/fuzz'],
  { cwd: root, env: { ...process.env, VITEST_FUZZ_SEED: seed, VITEST_FUZZ_TIMES: String(times) }, stdio: 'inherit' },
)
if (status !== 0) process.stderr.write(`to try the same values again: npm run fuzz -- ${seed}\n`)
process.exitCode = status ?? 1
