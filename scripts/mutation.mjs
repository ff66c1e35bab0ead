// npm run mutation [-- [--survived] ROOM… [FILE…]]: changes the code of the rooms that decide about keys and credentials, one
// small change at a time, and counts which changes the unit tests notice (mutation testing, by Stryker). Room by room,
// because each change is then tried only with the tests that could notice it. With files of one room it tries those, and
// with --survived what no test has noticed; it goes by the last report for the rest. CONTRIBUTING.md says what the score is
// worth.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rooms } from '../test/mutation/rooms.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, 'test/mutation')
const goal = 85

/** @throws if the program fails */
function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: status ${status}`)
}

const isMissed = ({ status }) => status === 'Survived' || status === 'NoCoverage'
const readReport = (room) => JSON.parse(readFileSync(join(root, `coverage/mutation/${room}.json`), 'utf8')).files

/** Where no change was noticed, the way Stryker takes it: lines from 1, columns from 0. A file that was edited since is whole. */
const survivedIn = (room) =>
  Object.entries(readReport(room))
    .filter(([file]) => existsSync(join(root, file)))
    .flatMap(([file, { mutants, source }]) =>
      readFileSync(join(root, file), 'utf8') !== source
        ? [file]
        : mutants.filter(isMissed).map(({ location: { start, end } }) => {
            return `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`
          }),
    )

/** The changes that were tried in a room, by what became of them. */
function mutate(room) {
  const parts = isSurvivedOnly ? survivedIn(room) : files
  const env = {
    ...process.env,
    VITEST_MUTATION_ROOM: room,
    ...(parts.length > 0 && { VITEST_MUTATION_FILES: parts.join() }),
  }
  run(
    process.execPath,
    [join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js'), 'run', join(folder, 'stryker.config.mjs')],
    { env },
  )
  const mutants = Object.values(readReport(room)).flatMap((file) => file.mutants)
  return {
    detected: mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout').length,
    missed: mutants.filter(isMissed).length,
  }
}

const score = ({ detected, missed }) => (100 * detected) / (detected + missed)
const row = (name, counts) =>
  `${name.padEnd(8)} ${score(counts).toFixed(1).padStart(5)} %  ${counts.detected} of ${counts.detected + counts.missed}\n`

const isSurvivedOnly = process.argv.includes('--survived')
const named = process.argv.slice(2).filter((argument) => argument !== '--survived')
const files = named.filter((name) => name.includes('/'))
const wanted = named.length > 0 ? named.filter((name) => !name.includes('/')) : Object.keys(rooms)
const unknown = wanted.find((room) => !Object.hasOwn(rooms, room))
if (unknown !== undefined) {
  process.stderr.write(`no such room: ${unknown}; there are ${Object.keys(rooms).join(', ')}\n`)
  process.exit(2)
}
if (files.length > 0 && wanted.length !== 1) {
  process.stderr.write('files need the one room that they are of: npm run mutation -- ROOM FILE…\n')
  process.exit(2)
}
if (!existsSync(join(folder, 'node_modules'))) {
  run('npm', ['ci', '--legacy-peer-deps', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder })
}
const results = wanted.map((room) => [room, mutate(room)])
const all = results.reduce(
  (sum, [, { detected, missed }]) => ({ detected: sum.detected + detected, missed: sum.missed + missed }),
  { detected: 0, missed: 0 },
)
process.stdout.write(
  `\nchanges that the tests notice\n${results.map(([room, counts]) => row(room, counts)).join('')}${row('all', all)}`,
)
if (score(all) < goal) {
  process.stderr.write(`the goal is ${goal} %; the reports in coverage/mutation name the changes\n`)
  process.exitCode = 1
}
