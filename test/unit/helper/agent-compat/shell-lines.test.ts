import { expect, it } from 'vitest'
import { killLines, shellKind, startLines } from '../../../../src/helper/agent-compat/shell-lines.ts'
import { runOk } from '../../../support/run.ts'

it('tells a Bourne shell and a C shell where the agent is', () => {
  expect(startLines('sh', '/tmp/a', 7, 7)).toBe(
    'SSH_AUTH_SOCK=/tmp/a; export SSH_AUTH_SOCK;\nSSH_AGENT_PID=7; export SSH_AGENT_PID;\necho Agent pid 7;\n',
  )
  expect(startLines('csh', '/tmp/a', 7, 7)).toBe(
    'setenv SSH_AUTH_SOCK /tmp/a;\nsetenv SSH_AGENT_PID 7;\necho Agent pid 7;\n',
  )
})

it('sets no pid for an agent in the foreground', () =>
  expect(startLines('sh', '/tmp/a', undefined, 7)).toBe(
    'SSH_AUTH_SOCK=/tmp/a; export SSH_AUTH_SOCK;\necho Agent pid 7;\n',
  ))

it('tells both that there is none any more', () => {
  expect(killLines('sh', 7)).toBe('unset SSH_AUTH_SOCK;\nunset SSH_AGENT_PID;\necho Agent pid 7 killed;\n')
  expect(killLines('csh', 7)).toBe('unsetenv SSH_AUTH_SOCK;\nunsetenv SSH_AGENT_PID;\necho Agent pid 7 killed;\n')
})

it.each(["/tmp/a b's", '/tmp/$(touch x);`y`', '/tmp/a\nb!c'])('quotes %j for a Bourne shell', async (path) => {
  const lines = startLines('sh', path, 7, 7)
  expect(await runOk('sh', ['-c', `${lines}printf %s "$SSH_AUTH_SOCK"`])).toBe(`Agent pid 7\n${path}`)
})

it('quotes for a C shell, whose history and line ends need more', () =>
  expect(startLines('csh', '/tmp/a !\nb', undefined, 7)).toContain("setenv SSH_AUTH_SOCK '/tmp/a '\\!'\\\nb';\n"))

it.each([
  ['/bin/tcsh', 'csh'],
  ['/bin/csh', 'csh'],
  ['/bin/bash', 'sh'],
  ['', 'sh'],
  [undefined, 'sh'],
] as const)('SHELL=%s is a %s', (path, kind) => expect(shellKind(path)).toBe(kind))
