import { readFileSync } from 'node:fs'

/**
 * Counts the tests in a file written by vitest's JSON reporter. A test file that does not load, or whose set-up fails, has
 * no failed test of its own and counts as one failure. A missing report counts as no tests at all.
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function readTestResults(file) {
  let report
  try {
    report = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }
  }
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const { status, assertionResults } of report.testResults) {
    const failedBefore = counts.failed
    for (const test of assertionResults) {
      if (test.status === 'passed') counts.passed += 1
      else if (test.status === 'failed') counts.failed += 1
      else counts.skipped += 1
    }
    if (status === 'failed' && counts.failed === failedBefore) counts.failed += 1
  }
  return counts
}
