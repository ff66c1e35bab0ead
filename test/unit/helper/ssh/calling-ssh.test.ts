import { describe, expect, it } from 'vitest'
import { type CallingProcess, callingSsh, parseProcess } from '../../../../src/helper/ssh/calling-ssh.ts'

/** The processes above a command, the nearest first. */
const above = (...lines: readonly string[]) =>
  callingSsh(lines.length, (pid): CallingProcess | undefined => {
    const line = lines[lines.length - pid]
    return line === undefined ? undefined : { parent: pid - 1, commandLine: line.split(' ') }
  })

describe('the ssh that runs a command', () => {
  it.each([
    ['by itself', ['ssh db']],
    ['in a shell', ['/bin/sh -c latchkey', '/usr/bin/ssh jo@db', 'git fetch']],
    ['for git', ['sh -c x', 'ssh -o SendEnv=GIT_PROTOCOL git@db git-upload-pack']],
    ['that was told to ask', ['ssh -oBatchMode=no db']],
    ['whose command looks like an option', ['ssh db ssh -oBatchMode=yes -G']],
  ])('%s may ask', (_, lines) => {
    expect(above(...lines)).toEqual({ isBatch: false, isQuery: false })
  })

  it.each(['ssh -oBatchMode=yes db', 'ssh -o BatchMode=Yes db', 'ssh db -o BatchMode=true'])('%s may not', (line) => {
    expect(above('sh -c x', line)).toEqual({ isBatch: true, isQuery: false })
  })

  it.each(['ssh -G db', 'ssh -vG db', 'ssh db -G'])('%s only asks what it would do', (line) => {
    expect(above('sh -c x', line)).toEqual({ isBatch: false, isQuery: true })
  })

  it('is not one further up, another program, or none', () => {
    expect(above('sh', 'sh', 'sh', 'sh', 'ssh -G db')).toBeUndefined()
    expect(above('bash', 'sshd')).toBeUndefined()
    expect(above()).toBeUndefined()
  })

  it('is no process whose title ends like its path', () => {
    const commandLine = ['npm exec run test/ssh', '', '']
    expect(callingSsh(1, (pid) => (pid === 1 ? { parent: 0, commandLine } : undefined))).toBeUndefined()
  })

  it('is looked for in the real processes', () => {
    expect(callingSsh(process.ppid)).toBeUndefined()
  })
})

it('a process is read as ps shows it', () => {
  expect(parseProcess('  123 ssh -G db\n')).toEqual({ parent: 123, commandLine: ['ssh', '-G', 'db'] })
  for (const line of ['', null, 'ps: no such process']) expect(parseProcess(line)).toBeUndefined()
})
