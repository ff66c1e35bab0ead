import { expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { confirmShown, confirmTyped, readTyped } from '../../../../src/helper/asking/typed-line.ts'
import type { CommandContext } from '../../../../src/helper/command-context.ts'

/** @param typed undefined: Ctrl-C */
function world(typed: string | undefined, more: Partial<CommandContext> = {}) {
  const asked: string[] = []
  const context = {
    hasTypedInput: true,
    hasShownOutput: true,
    ...more,
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

const change = { shown: 'what\n', question: 'do\nit?', hint: 'add --yes' }

it('asks about what was shown, which is in the question where the output is on no terminal', async () => {
  const seen = world('y')
  await confirmShown(seen.context, change)
  expect(seen.asked).toEqual(['do it? (y/N): '])
  const unseen = world('y', { hasShownOutput: false })
  await confirmShown(unseen.context, change)
  expect(unseen.asked).toEqual(['what\ndo it? (y/N): '])
})

it('says what else agrees to it, where nobody can be asked or somebody says no', async () => {
  await expect(confirmShown(world('').context, change)).rejects.toMatchObject({
    code: 'CANCELLED',
    message: 'nothing was changed',
    hint: 'add --yes',
  })
  const { context, asked } = world('y', { hasTypedInput: false })
  await expect(confirmShown(context, change)).rejects.toMatchObject({ code: 'USAGE', hint: 'add --yes' })
  expect(asked).toEqual([])
})
