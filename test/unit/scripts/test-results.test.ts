import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const script = fileURLToPath(new URL('../../../scripts/test-results.mjs', import.meta.url))

function countsOf(testResults: unknown): unknown {
  const file = join(temporaryFolder(), 'results.json')
  if (testResults !== undefined) writeFileSync(file, JSON.stringify({ testResults }))
  const code = `import(${JSON.stringify(script)}).then((m) => console.log(JSON.stringify(m.readTestResults(process.argv[1]))))`
  return JSON.parse(execFileSync(process.execPath, ['-e', code, file], { encoding: 'utf8' }))
}

const tests = (...statuses: readonly string[]) => statuses.map((status) => ({ status }))

it('counts tests; those that are left out or still to be written are skipped', () => {
  expect(
    countsOf([
      { status: 'passed', assertionResults: tests('passed', 'passed', 'skipped', 'todo', 'pending') },
      { status: 'failed', assertionResults: tests('failed', 'passed') },
    ]),
  ).toEqual({ passed: 3, failed: 1, skipped: 3 })
})

it('counts a file that does not load, or whose set-up fails, as one failure', () => {
  expect(
    countsOf([
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: tests('skipped', 'passed') },
    ]),
  ).toEqual({ passed: 1, failed: 2, skipped: 1 })
})

it('counts nothing if the tests left no report, so that the run cannot pass', () => {
  expect(countsOf(undefined)).toEqual({ passed: 0, failed: 0, skipped: 0 })
})
