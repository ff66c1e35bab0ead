import { expect, it } from 'vitest'
import { notRun } from '../../../../src/helper/exec/run-command.ts'

it.each([
  ['ENOENT', 'PROGRAM_MISSING', 'cannot run /etc: there is no such program'],
  ['EACCES', 'PROGRAM_NOT_RUN', 'cannot run /etc: it is not executable'],
  ['ENOEXEC', 'PROGRAM_NOT_RUN', 'cannot run /etc: spawn /etc ENOEXEC'],
])('a program that the system refuses to start with %s is told', (code, kind, message) => {
  const cause = Object.assign(new Error(`spawn /etc ${code}`), { code })
  expect(notRun('/etc', cause)).toMatchObject({
    code: kind,
    message,
    hint: 'command -v /etc, or the path of the program',
  })
})
