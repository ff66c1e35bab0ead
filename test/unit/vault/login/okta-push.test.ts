import { setImmediate as turnOfLoop } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Prompts } from '../../../../src/prompts/prompt.ts'
import type { VaultApiRequest, VaultClient } from '../../../../src/vault/client.ts'
import { watchOktaPush } from '../../../../src/vault/login/okta-push.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { loginContext } from '../../../support/vault-world.ts'

/** A server that says at each look what is in `numbers`, or that there is nothing. */
function world(...numbers: unknown[]) {
  const shown: string[] = []
  const prompts: Prompts = {
    ask: (question, signal) => {
      shown.push(question.text)
      return new Promise((_, reject) => {
        signal!.addEventListener('abort', () => reject(signal!.reason as Error))
      })
    },
    attend: () => () => {},
  }
  const looks: VaultApiRequest[] = []
  const client = {
    name: 'corp',
    async request(look: VaultApiRequest) {
      looks.push(look)
      const number = numbers[looks.length - 1]
      if (number === undefined) throw new Error('nothing there')
      return { data: { correct_answer: number } }
    },
  } as unknown as VaultClient
  const clock = fakeClock()
  const over = new AbortController()
  const push = watchOktaPush(loginContext(client, { prompts, clock }), 'corp/okta', 'n-1', over.signal)
  const pass = async (ms: number) => {
    clock.advance(ms)
    await turnOfLoop()
  }
  return { looks, shown, clock, over, push, pass }
}

it('nothing is asked in the first moment, which a login without a second factor takes', async () => {
  const { looks, clock, push, pass } = world(7)
  await pass(1_499)
  push.end()
  await pass(60_000)
  expect([looks, clock.pendingTimers()]).toEqual([[], 0])
})

it.each([
  ['there is no number', undefined, 'approve the login to vault corp in Okta Verify'],
  ['the number is none', '7', 'approve the login to vault corp in Okta Verify'],
  ['there is one', 7, 'tap 7 in Okta Verify to log in to vault corp'],
])('a person is told what to do where %s', async (_, number, text) => {
  const { looks, shown, pass } = world(number)
  await pass(1_500)
  expect(shown).toEqual([text])
  expect(looks).toMatchObject([{ method: 'GET', path: 'auth/corp/okta/verify/n-1' }])
  expect(looks[0]).not.toHaveProperty('token')
})

it('the number takes the place of the push when it comes, and nothing is shown twice', async () => {
  const { shown, pass } = world(undefined, 7, 7)
  for (const ms of [1_500, 1_000, 1_000]) await pass(ms)
  expect(shown).toEqual([
    'approve the login to vault corp in Okta Verify',
    'tap 7 in Okta Verify to log in to vault corp',
  ])
})

it.each(['before the first look', 'during a look'])('nobody is told once nobody wants the login (%s)', async (when) => {
  const { looks, shown, clock, over, pass } = world(7)
  if (when === 'during a look') clock.advance(1_500)
  over.abort(new Error('logged out'))
  await pass(1_500)
  await pass(60_000)
  expect([looks.length, shown, clock.pendingTimers()]).toEqual([1, [], 0])
})

it('an answer that comes after the end is not shown', async () => {
  const { shown, clock, push, pass } = world(7)
  clock.advance(1_500)
  push.end()
  await pass(60_000)
  expect([shown, clock.pendingTimers()]).toEqual([[], 0])
})
