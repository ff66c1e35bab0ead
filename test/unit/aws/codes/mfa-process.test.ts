import { describe, expect, it } from 'vitest'
import { programOf, type RunMfaCommand } from '../../../../src/aws/codes/mfa-command.ts'
import { mfaProcess } from '../../../../src/aws/codes/mfa-process.ts'
import { FileError } from '../../../../src/core/files/read-file.ts'
import type { ProgramRun } from '../../../../src/core/programs/bounded-program.ts'
import { rejection } from '../../../support/aws-world.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const command = { run: ['/usr/bin/ykman', 'oath', 'accounts', 'code', '--single', 'aws'], from: 'config.toml' } as const
const kept = new AbortController().signal
const ended = (lines: readonly string[], status = 0): ProgramRun => ({
  end: { how: 'exited', status },
  lines,
  complaint: '',
})

/** A source whose command does this, and what the person was told. */
function source(runMfaCommand: RunMfaCommand) {
  const clock = fakeClock()
  const told: { text: string; signal: AbortSignal }[] = []
  const tell = (text: string, signal: AbortSignal) => void told.push({ text, signal })
  return { clock, told, ...mfaProcess(command, { runMfaCommand, clock, tell }) }
}

describe('the code of a command', () => {
  it('is what it prints', async () => {
    const { code, told } = source(async () => ended(['123456']))
    expect((await code(0, kept)).expose()).toBe('123456')
    expect(told).toEqual([])
  })

  it('is waited for while the person is told what the command wants, until it ends', async () => {
    let finish!: (run: ProgramRun) => void
    const { code, told, clock } = source((_, { onComplaint }) => {
      onComplaint('Opening...\n')
      onComplaint('Touch your YubiKey...\u001b[2J\n')
      return new Promise((resolve) => (finish = resolve))
    })
    const asked = code(0, kept)
    clock.advance(499)
    expect(told).toEqual([])
    clock.advance(1)
    expect(told).toMatchObject([{ text: 'mfa_process (ykman): Touch your YubiKey... [2J' }])
    expect(told[0]!.signal.aborted).toBe(false)
    finish(ended(['123456']))
    expect((await asked).expose()).toBe('123456')
    expect(told[0]!.signal.aborted).toBe(true)
  })

  it('comes without a word where the command only complains and goes on', async () => {
    const { code, told, clock } = source(async (_, { onComplaint }) => {
      onComplaint('warning: old firmware\n')
      return ended(['123456'])
    })
    await code(0, kept)
    clock.advance(1_000)
    expect([told, clock.pendingTimers()]).toEqual([[], 0])
  })

  it.each<[string, RunMfaCommand, object]>([
    ['has no code', async () => ended(['nothing']), { message: 'mfa_process (ykman) printed no code of six digits' }],
    ['fails', async () => ended([], 2), { message: 'mfa_process (ykman) ended with exit status 2' }],
    [
      'is not there',
      () => Promise.reject(Object.assign(new Error('spawn ykman ENOENT'), { code: 'ENOENT' })),
      { message: 'mfa_process (ykman) cannot be run (ENOENT)' },
    ],
    [
      'can be changed by others',
      () => Promise.reject(new FileError('FILE_UNTRUSTED', '/x can be changed', { hint: 'chmod o-w /x' })),
      { message: 'mfa_process (ykman) is not run: /x can be changed', hint: 'chmod o-w /x' },
    ],
  ])('that %s fails so that a person can be asked', async (_, run, error) => {
    expect(await rejection(source(run).code(0, kept))).toMatchObject({ code: 'AWS_CODE_SOURCE_FAILED', ...error })
  })

  it('is not wanted any more', async () => {
    const [giveUp, reason] = [new AbortController(), new Error('forgotten')]
    const { code } = source(async (_, { signal }) => {
      giveUp.abort(reason)
      expect(signal.aborted).toBe(true)
      return { end: { how: 'withdrawn' }, lines: [], complaint: '' }
    })
    expect(await rejection(code(0, giveUp.signal))).toBe(reason)
  })
})

it.each([
  [['/usr/bin/ykman', 'code'], 'ykman'],
  ['oathtool --totp -b JBSWY3DPEHPK3PXP', 'oathtool'],
  ['  /opt/bin/pass  otp', 'pass'],
  ['SEED=JBSWY3DPEHPK3PXP oathtool', 'a command'],
  ['"$(secret)"', 'a command'],
  ['', 'a command'],
])('a command is named by its program alone: %j is %s', (run, name) => {
  expect(programOf({ run, from: 'config.toml' })).toBe(name)
})
