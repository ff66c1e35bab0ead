import { expect, it } from 'vitest'
import { createTerminalAccess, isForegroundStat } from '../../../../src/helper/asking/terminal.ts'

const stat = (name: string, group: number, terminal: number, foreground: number) =>
  `4242 (${name}) S 4000 ${group} 4000 ${terminal} ${foreground} 4194304 1000 0 0`

it.each([
  ['in the foreground of a terminal', stat('node', 4242, 34816, 4242), true],
  ['whose name looks like the fields behind it', stat('x) S 1 2 3 4 5', 4242, 34816, 4242), true],
  ['in the background', stat('node', 4242, 34816, 4100), false],
  ['without a terminal', stat('node', 4242, 0, -1), false],
  ['of which nothing is known', '', false],
])('a process %s', (_what, text, expected) => {
  expect(isForegroundStat(text)).toBe(expected)
})

it.each(['true', '1'])('nobody sits in front of a terminal where CI is %s', async (CI) => {
  const access = createTerminalAccess({ CI })
  expect(access.mayAsk()).toBe(false)
  expect(await access.isForeground()).toBe(false)
})
