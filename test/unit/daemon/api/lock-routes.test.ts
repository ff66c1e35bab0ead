import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { createLock } from '../../../../src/agent/lock/lock.ts'
import { CodedError } from '../../../../src/core/errors.ts'
import { lockHandlers } from '../../../../src/daemon/api/lock-routes.ts'
import type { PromptCaller } from '../../../../src/prompts/prompt.ts'
import { settle } from '../../../support/agent-issuer.ts'
import { rejection } from '../../../support/aws-world.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const program: PromptCaller = { mayPrompt: true }
const terminal: PromptCaller = { mayPrompt: true, hasTerminal: true }

function setUp(lockError?: CodedError) {
  const clock = fakeClock()
  const lock = createLock({
    clock,
    hash: async (passphrase, salt) => createHash('sha256').update(salt).update(passphrase.expose()).digest(),
  })
  const { lockAgent, unlockAgent } = lockHandlers({ lock, lockError: () => lockError })
  const request = { params: {}, connection: { peer: undefined, onClose: () => {}, ask: () => () => {} } }
  return {
    clock,
    lock,
    lockAgent: (input: { body: { passphrase?: string } }) => lockAgent({ ...request, ...input }),
    unlock: (body: { passphrase?: string }, caller = program) => unlockAgent({ ...request, body, caller }),
  }
}

it('a passphrase locks and unlocks, also over the agent protocol', async () => {
  const { lock, lockAgent, unlock } = setUp()
  await lockAgent({ body: { passphrase: 'Jürgen' } })
  expect(await unlock({})).toEqual({ type: 'passphrase-needed' })
  expect(await unlock({ passphrase: 'Jürgen' })).toEqual({ type: 'unlocked' })
  expect(lock.isLocked()).toBe(false)
})

it('a wrong one is told after a delay', async () => {
  const { clock, lock, lockAgent, unlock } = setUp()
  await lockAgent({ body: { passphrase: 'right' } })
  const refused = rejection(unlock({ passphrase: 'wrong' }))
  while (clock.pendingTimers() === 0) await settle()
  clock.advance(100)
  expect(await refused).toMatchObject({ code: 'PASSPHRASE_WRONG', hint: 'latchkey unlock' })
  expect(lock.isLocked()).toBe(true)
})

it('without a passphrase a terminal unlocks, and nothing else', async () => {
  const { lock, lockAgent, unlock } = setUp()
  await lockAgent({ body: {} })
  for (const body of [{}, { passphrase: 'guess' }])
    expect(await rejection(unlock(body))).toMatchObject({
      code: 'TERMINAL_NEEDED',
      hint: 'in a terminal: latchkey unlock',
    })
  expect(lock.isLocked()).toBe(true)
  expect(await unlock({}, terminal)).toEqual({ type: 'unlocked' })
  expect(lock.isLocked()).toBe(false)
})

it('what is so already is told', async () => {
  const { lockAgent, unlock } = setUp()
  expect(await rejection(unlock({}, terminal))).toMatchObject({ code: 'LOCK_STATE' })
  await lockAgent({ body: {} })
  expect(await rejection(lockAgent({ body: { passphrase: 'x' } }))).toMatchObject({
    code: 'LOCK_STATE',
    message: 'the SSH agent is locked already',
  })
})

it('what a restart would undo is told', async () => {
  const { lockAgent, unlock } = setUp(new CodedError('LOCK_FILE', 'the disk is full', { hint: 'df' }))
  const problem = { code: 'LOCK_FILE', message: 'the disk is full', hint: 'df' }
  expect(await lockAgent({ body: {} })).toEqual({ problem })
  expect(await unlock({}, terminal)).toEqual({ type: 'unlocked', problem })
})
