import { expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { confirmTyped, readTyped } from '../../../../src/helper/asking/typed-line.ts'
import type { CommandContext } from '../../../../src/helper/command-context.ts'

/** @param typed undefined: Ctrl-C */
function world(typed: string | undefined) {
  const asked: string[] = []
  const context = {
    async readLine(prompt: string) {
      asked.push(prompt)
      return typed === undefined ? undefined : new Secret(typed)
    },
  } as unknown as CommandContext
  return { context, asked }
}

it('asks with nothing that a terminal would take for a command', async () => {
  const { context, asked } = world('pw')
  expect(await readTyped(context, 'two lines\npassphrase of \u001b[2Jid\r', false)).toBe('pw')
  expect(asked).toEqual(['two lines\npassphrase of  [2Jid : '])
})

it.each([
  ['y', true],
  [' YES ', true],
  ['', false],
  ['yesterday', false],
])('takes %j as %s', async (typed, isYes) => {
  expect(await confirmTyped(world(typed).context, 'sure?')).toBe(isYes)
})

it('says which question was cancelled', async () => {
  await expect(confirmTyped(world(undefined).context, 'what led to it\nsure?')).rejects.toMatchObject({
    code: 'CANCELLED',
    message: 'cancelled: sure?',
  })
})
