import { expect, it } from 'vitest'
import type { LogLevel } from '../../../../src/core/log.ts'
import { createLevelledLogger } from '../../../../src/daemon/process/levelled-logger.ts'

it('reads the level for each line', () => {
  const lines: string[] = []
  let level: LogLevel = 'warn'
  const log = createLevelledLogger({ write: (line) => lines.push(line) }, () => level)
  const each = () => {
    for (const name of ['debug', 'info', 'warn', 'error'] as const) log[name]('m')
  }
  each()
  level = 'debug'
  each()
  expect(lines.map((line) => line.split(':')[0])).toEqual(['warn', 'error', 'debug', 'info', 'warn', 'error'])
})
