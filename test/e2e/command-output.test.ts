import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { latchkeyPath } from '../support/latchkey.ts'
import { run } from '../support/run.ts'

const shell = (script: string) => run('/bin/sh', ['-c', script, latchkeyPath])

it('a command goes on, and ends well, when nobody reads its output any more', async () => {
  const { stderr } = await shell('{ "$0" help; echo "$?" >&2; } | :')
  expect(stderr).toBe('0\n')
})

it.runIf(existsSync('/dev/full'))('a command whose output is lost on a full disk fails', async () => {
  const { status, stderr } = await shell('"$0" help >/dev/full')
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^latchkey: cannot write the output: [^\n]*ENOSPC[^\n]*\n$/),
  ])
})
