// npm test: installs what it needs, then builds, lints, type-checks and runs every test. All steps run even when one
// fails. The last line is always `N passed, N failed, N skipped`; a step that fails counts as one failure.
// With --terminal, the tests for which a terminal could matter also run in one.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installNodePackages } from './node-packages.mjs'
import { readTestResults } from './test-results.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const bin = (name) => join(root, 'node_modules/.bin', name)
const failedSteps = []
const testStep = 'tests: vitest'
const scratch = mkdtempSync(join(tmpdir(), 'latchkey-test-'))

function step(title, run) {
  process.stdout.write(`\n== ${title}\n`)
  const startedMs = performance.now()
  const isOk = run()
  if (!isOk) failedSteps.push(title)
  process.stdout.write(`${isOk ? 'ok' : 'FAILED'} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)\n`)
}

// CI=true by itself makes some tools write colours into a file.
const { FORCE_COLOR: _, ...environment } = process.env
const env = process.stdout.isTTY ? process.env : { ...environment, NO_COLOR: '1' }

// Ctrl-C reaches the step by itself; this process must live to clean up.
process.on('SIGINT', () => {})
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

function run(command, ...args) {
  // No step may wait for a person, so none has an input stream.
  const { status, signal } = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (signal === 'SIGINT' || status === 130) process.exit(130)
  return status === 0
}

step('node packages: the ones of package-lock.json', () => installNodePackages(root))
step('peers: the programs that the end-to-end tests talk to', () => run(join(root, 'scripts/install-peers.sh')))
step('build: dist/', () => run(process.execPath, join(root, 'scripts/build.mjs')))
step('lint: biome', () => run(bin('biome'), 'ci', '--colors=off', '.'))
// Its default format is coloured if CI is set, whatever NO_COLOR says.
step('lint: oxlint', () => run(bin('oxlint'), '--type-aware', '--deny-warnings', '--format=unix'))
step('types: tsc', () => run(bin('tsc'), '--noEmit', '--pretty', 'false'))

const resultsFile = join(scratch, 'results.json')
let counts = { passed: 0, failed: 0, skipped: 0 }
step(testStep, () => {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`]
  const isOk = run(bin('vitest'), 'run', '--coverage', ...reporters)
  counts = readTestResults(resultsFile)
  return isOk && counts.failed === 0
})
if (process.argv.includes('--terminal')) {
  const asking = ['credentials-helper', 'mfa-prompt', 'dev', 'ssh', 'tour'].map((name) => `test/e2e/${name}.test.ts`)
  const vitest = `stty -onlcr; node_modules/.bin/vitest run --no-file-parallelism test/ambient.test.ts ${asking.join(' ')}`
  step('tests: again in a terminal, those that could be asked something there', () =>
    run('script', '-qec', vitest, '/dev/null'),
  )
}

// If tests have failed, the failed step that runs them is not counted as well.
const failed = counts.failed + failedSteps.filter((title) => title !== testStep || counts.failed === 0).length
process.stdout.write(failedSteps.map((title) => `\nfailed step: ${title}`).join(''))
process.stdout.write(`\n${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped\n`)
process.exitCode = failed === 0 && counts.passed > 0 ? 0 : 1
