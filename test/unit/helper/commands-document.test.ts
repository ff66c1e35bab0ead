import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { processContext } from '../../../src/helper/command-context.ts'
import { createProgram } from '../../../src/helper/command-line.ts'

const document = readFileSync(join(import.meta.dirname, '../../../docs/COMMANDS.md'), 'utf8')
const rooms = { runDaemon: async () => 0, checkConfig: async () => 0 }

function commandLines(command: Command, path: string): { path: string; options: string[] }[] {
  const below = command.commands.flatMap((child) => commandLines(child, `${path} ${child.name()}`))
  if (below.length > 0) return below
  return [{ path, options: command.options.map(({ long, short }) => long ?? short!) }]
}

it('docs/COMMANDS.md has each command with each of its options', () => {
  const lines = commandLines(
    createProgram(processContext(), rooms, () => {}),
    'latchkey',
  )
  expect(lines.length).toBeGreaterThan(10)
  for (const { path, options } of lines) {
    const heading = document.split('\n').find((line) => new RegExp(`^### \`${path}[ \`]`).test(line))
    expect(heading, path).toBeDefined()
    for (const option of options) expect(heading, path).toContain(option)
  }
})

it('no option shows a default that says nothing, or says it twice', () => {
  const allOf = (command: Command): Command[] => [command, ...command.commands.flatMap(allOf)]
  const program = createProgram(processContext(), rooms, () => {})
  for (const command of allOf(program)) {
    for (const { flags, description, defaultValue } of command.options) {
      expect([flags, defaultValue]).not.toEqual([flags, []])
      if (defaultValue !== undefined)
        expect([flags, description]).not.toEqual([flags, expect.stringContaining('default')])
    }
  }
})
