import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { showOutput } from '../../../src/helper/shown-output.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function show(path: string) {
  const output = openSync(path, 'w')
  try {
    await showOutput('a\u001bb\n', output)
  } finally {
    closeSync(output)
  }
}

it('shows a text, without what a terminal would take for a command', async () => {
  const file = join(temporaryFolder(), 'out')
  await show(file)
  expect(readFileSync(file, 'utf8')).toBe('a b\n')
})

it.each([
  ['/dev/null', 'nobody could see this: the output goes nowhere'],
  ['/dev/full', 'cannot write the output: ENOSPC'],
])('fails where nobody can see it: %s', async (path, message) => {
  await expect(show(path)).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    message: expect.stringContaining(message),
  })
})
