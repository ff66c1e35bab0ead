import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../../scripts/tour/closing.mjs', import.meta.url))

function closingLines(tour: unknown): unknown {
  const code = `import(process.argv[1]).then((m) => console.log(JSON.stringify(m.closingLines(JSON.parse(process.argv[2])))))`
  return JSON.parse(execFileSync(process.execPath, ['-e', code, script, JSON.stringify(tour)], { encoding: 'utf8' }))
}

it.each([
  ['all of it worked', 0, [], ['All of that worked.']],
  [
    'something was left out',
    0,
    [{ what: 'the AWS CLI', debianPackage: 'awscli' }],
    ['What was shown worked.', 'Left out: the AWS CLI (Debian: apt-get install awscli).'],
  ],
  ['something failed', 2, [], ['2 of the steps failed.']],
])('the tour ends with what was shown: %s', (_what, failures, leftOut, lines) => {
  expect(closingLines({ failures, leftOut, hasTerminal: true })).toEqual(['', ...lines])
  expect(closingLines({ failures, leftOut, hasTerminal: false })).toEqual([
    '',
    ...lines,
    'In a terminal, npm start stays up for you to try things.',
  ])
})
