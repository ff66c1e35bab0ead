import { expect, it } from 'vitest'
import { parseDevArguments } from '../../../../src/helper/commands/dev.ts'

it.each([
  [[], { type: 'run', folder: undefined, command: [] }],
  [['--dir', 'D'], { type: 'run', folder: 'D', command: [] }],
  [['--dir=D', '--', 'sh', '-c', 'x'], { type: 'run', folder: 'D', command: ['sh', '-c', 'x'] }],
  [['--', 'ls', '--dir', 'x', '--'], { type: 'run', folder: undefined, command: ['ls', '--dir', 'x', '--'] }],
  [['code'], { type: 'code', folder: undefined, command: [] }],
  [['code', '--dir', 'D'], { type: 'code', folder: 'D', command: [] }],
  [['code', '--device=X', '--dir=D'], { type: 'code', folder: 'D', device: 'X', command: [] }],
])('reads %j', (args, expected) => {
  expect(parseDevArguments(args)).toEqual(expected)
})

it.each([
  [['--bogus']],
  [['--device', 'X']],
  [['code', '--device', '']],
  [['--dir']],
  [['--dir', '']],
  [['ls']],
  [['--']],
  [['code', 'x']],
  [['code', '--', 'ls']],
])('refuses %j', (args) => {
  expect(() => parseDevArguments(args)).toThrowError(expect.objectContaining({ code: 'USAGE' }))
})
