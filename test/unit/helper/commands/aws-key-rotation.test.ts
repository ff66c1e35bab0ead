import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { checkedAnswer } from '../../../../src/helper/checked-answer.ts'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { addAwsKeysCommands } from '../../../../src/helper/commands/aws-keys.ts'
import type { DaemonAccess } from '../../../../src/helper/daemon-access.ts'
import { HelperError } from '../../../../src/helper/fast/failure.ts'

const seen = { createdAt: '2025-09-24T12:00:00Z', use: 'never', seenAt: '2026-01-02T12:00:00Z' } as const
const former = { source: 'master', accessKeyId: 'AKIAOLD', seen }
const made = { type: 'made', userName: 'jo', accessKeyId: 'AKIANEW', former }
const retired = { type: 'retired', formerKeyId: 'AKIAOLD', accessKeyId: 'AKIANEW', retiredAt: '2026-01-02T11:00:00Z' }
const needed = { type: 'session-needed' }
const session = { source: 'master', mfaSerial: 'arn:mfa', expiresAt: '2026-01-02T23:00:00Z', isNew: true }

/** Runs a command beside a daemon that gives these answers, in turn. */
async function run(line: string, ...answers: unknown[]) {
  const calls: unknown[] = []
  let printed = ''
  let noted = ''
  const daemon: DaemonAccess = {
    async call(name, ...input) {
      calls.push([name, ...input])
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      return checkedAnswer(name, answer)
    },
  }
  const context = {
    daemon,
    nowMs: () => Date.UTC(2026, 0, 2, 12, 0, 0),
    print(text: string) {
      printed += text
    },
    note(text: string) {
      noted += text
    },
  } as unknown as CommandContext
  const program = new Command()
  addAwsKeysCommands(program, context)
  const error = await program.parseAsync(['keys', ...line.split(' ')], { from: 'user' }).then(
    () => undefined,
    (failure: unknown) => failure,
  )
  return { calls, printed, noted, error }
}

const step = ['rotateKey', { params: { source: 'master' }, body: { finish: false } }]
const login = ['awsLogin', { body: { profile: 'master' } }]

describe('keys rotate', () => {
  it('takes step after step, asks for codes where they are needed, and says what was done', async () => {
    const inUse = { type: 'in-use', accessKeyId: 'AKIANEW' }
    const orphan = { type: 'orphan-deleted', accessKeyId: 'AKIALOST' }
    const end = { ...retired, isNew: true }
    const answers = [needed, session, orphan, made, inUse, needed, session, end]
    const { calls, printed, noted, error } = await run('rotate master', ...answers)
    expect(error).toBeUndefined()
    expect(calls).toEqual([step, login, step, step, step, step, login, step])
    expect(printed).toBe(`AKIALOST is deleted: it was made by a run that was cut off before it could store the secret
AKIAOLD, the access key of jo: age 100 days, last used never
AKIANEW is made, stored and read back; it is not in use yet
AKIANEW is known to AWS, and is the key of master now
AKIAOLD is inactive
if nothing has missed it for some days, this deletes it: latchkey aws keys rotate master --finish
`)
    expect(noted.match(/an MFA session has begun/g)).toHaveLength(2)
  })

  it('says how one has ended that is over', async () => {
    const { printed } = await run('rotate master', { ...retired, isNew: false })
    expect(printed).toMatch(/^AKIANEW has replaced AKIAOLD, which is inactive since 2026-01-02T11:00:00Z\n/)
  })

  it('that fails on the way says that it goes on from there, and before that does not', async () => {
    const failure = new HelperError('REFUSED', 'no route')
    const later = await run('rotate master', made, failure)
    expect([later.error, later.noted]).toEqual([
      failure,
      'it stops here, and goes on from here when the command is run again\n',
    ])
    expect(await run('rotate master', failure)).toMatchObject({ error: failure, noted: '', printed: '' })
  })

  it('--now goes with --finish', async () => {
    const { calls } = await run('rotate master --finish --now', { type: 'finished', formerKeyId: 'AKIAOLD' })
    expect(calls).toEqual([['rotateKey', { params: { source: 'master' }, body: { finish: true, now: true } }]])
    expect(await run('rotate master --now')).toMatchObject({ calls: [], error: { code: 'USAGE' } })
  })

  it('--finish deletes the former key', async () => {
    const { calls, printed } = await run('rotate master --finish', { type: 'finished', formerKeyId: 'AKIAOLD' })
    expect(calls).toEqual([['rotateKey', { params: { source: 'master' }, body: { finish: true } }]])
    expect(printed).toBe('AKIAOLD is deleted\n')
  })
})

describe('keys list', () => {
  it('says which rotations are not finished, and what ends them', async () => {
    const retired = { state: 'retired', formerKeyId: 'AKIAOLDER', retiredAt: '2026-01-01T12:00:00Z' }
    const stopped = { state: 'under-way', formerKeyId: 'AKIAX' }
    const keys = [
      { ...former, rotation: retired },
      { source: 'b c', accessKeyId: 'AKIAB', rotation: stopped },
    ]
    const { printed } = await run('list', { keys })
    expect(printed).toContain(`
  ! master: warning: AKIAOLDER, which it has replaced, is inactive since 2026-01-01T12:00:00Z and still there: latchkey aws keys rotate master --finish
  ! b c: warning: its rotation has stopped on the way: latchkey aws keys rotate 'b c' goes on with it
`)
  })

  it('shows the keys beside an item that is none, and fails', async () => {
    const corrupt = { code: 'AWS_KEY_CORRUPT', message: 'no key', hint: 'latchkey aws keys add b' }
    const unreadable = [{ source: 'b', error: corrupt }]
    const { printed, noted, error } = await run('list', { keys: [former], unreadable })
    expect(printed).toContain('master         AKIAOLD')
    expect(noted).toBe('  ! b: no key\n    hint: latchkey aws keys add b\n')
    expect(error).toMatchObject({ code: 'REFUSED', message: 'not all keys in the keychain can be read' })
  })
})

describe('keys list --refresh', () => {
  const refresh = (source: string) => ['refreshKey', { params: { source } }]

  it('asks about each key, and tells those about which AWS does not say', async () => {
    const list = { keys: [former, { source: 'b\u001b', accessKeyId: 'AKIAB' }] }
    const refused = new HelperError('REFUSED', 'it may not', { hint: 'ask an administrator' })
    const asked = { type: 'seen', key: former }
    const { calls, printed, noted, error } = await run('list --refresh', list, needed, session, asked, refused, list)
    expect(calls).toEqual([['listKeys'], refresh('master'), login, refresh('master'), refresh('b\u001b'), ['listKeys']])
    expect(printed).toContain('master         AKIAOLD  100 days  never      2026-01-02T12:00:00Z\n')
    expect(noted).toContain('  ! b: it may not\n    hint: ask an administrator\n')
    expect(error).toMatchObject({ code: 'REFUSED', message: 'AWS could not be asked about all keys' })
  })

  it('asks for no further code where somebody has said no', async () => {
    const cancelled = new HelperError('CANCELLED', 'cancelled')
    const { error, calls } = await run('list --refresh', { keys: [former, former] }, needed, cancelled)
    expect(error).toBe(cancelled)
    expect(calls).toHaveLength(3)
  })
})
