import { expect, it } from 'vitest'
import { formatConfigCheck, formatConfigProblems } from '../../../src/helper/config-report.ts'
import type { ConfigReport } from '../../../src/ipc/endpoints/config.ts'

const report: ConfigReport = {
  file: '/c.toml',
  errors: [
    {
      code: 'CONFIG_INVALID',
      section: 'log',
      effect: 'off',
      message: '/c.toml:2:1: log.x: unknown\u001b',
      hint: 'edit /c.toml',
    },
    { code: 'CONFIG_UNREADABLE', effect: 'former', message: '/c.toml is a pipe', hint: 'write it into a file' },
  ],
  warnings: ['w'],
}

it('shows mistakes in the form that editors jump to, with a hint where it is not to edit the file', () => {
  expect(formatConfigCheck(report)).toBe(
    '/c.toml:2:1: log.x: unknown\n/c.toml is a pipe\n  hint: write it into a file\n/c.toml: warning: w\n',
  )
  expect(formatConfigCheck({ file: '/c.toml', errors: [], warnings: [] })).toBe('/c.toml: no mistakes\n')
})

it('says in the status what follows from a mistake', () => {
  expect(formatConfigProblems(report)).toBe(`  ! log is switched off: /c.toml:2:1: log.x: unknown
    hint: edit /c.toml
  ! config.toml is as it was before the edit: /c.toml is a pipe
    hint: write it into a file
  ! warning: w
`)
  expect(formatConfigProblems({ file: '/c.toml', errors: [], warnings: [] })).toBe('')
})
