import { describe, expect, it } from 'vitest'
import { PromptError, type PromptLease } from '../../../src/core/prompt.ts'
import { Secret } from '../../../src/core/secret.ts'
import { createPrompts } from '../../../src/daemon/prompts.ts'
import { createSharedLogin } from '../../../src/vault/shared-login.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const topic = 'vault/corp'

/** The daemon's broker of questions, and a login that asks one and fails for the answer `wrong`. */
function world() {
  const clock = fakeClock()
  let ids = 0
  const prompts = createPrompts({ clock, newId: () => String(ids++) })
  const asked: string[] = []
  const shared = createSharedLogin({
    prompts,
    topic,
    clock,
    async login() {
      asked.push(topic)
      const answer = await prompts.ask({ topic, kind: 'password', text: 'password' })
      if (answer.expose() === 'wrong') throw new Error('wrong password')
      return `logged in ${asked.length}`
    },
  })
  /** A call of someone at a terminal: it ends with the outcome, or with the question, as over the local API. */
  const call = () =>
    new Promise<string | PromptLease>((resolve, reject) => {
      shared.run({ mayPrompt: true, offer: resolve }).then(resolve, reject)
    })
  /** The question that a call ends with, and the outcome of the login behind it once it is answered. */
  const lent = async () => (await call()) as PromptLease
  return { clock, asked, shared, call, lent }
}

describe('a login with a question that is lent to its caller', () => {
  it('has its outcome kept for the caller that comes back after it', async () => {
    const { asked, shared, call, lent } = world()
    const lease = await lent()
    const another = shared.run({ mayPrompt: false })
    lease.answer(new Secret('right'))
    await another
    expect(await call()).toBe('logged in 1')
    expect(asked).toHaveLength(1)
  })

  it('has its failure kept too', async () => {
    const { asked, shared, call, lent } = world()
    const lease = await lent()
    const another = shared.run({ mayPrompt: false })
    lease.answer(new Secret('wrong'))
    await expect(another).rejects.toThrow('wrong password')
    await expect(call()).rejects.toThrow('wrong password')
    expect(asked).toHaveLength(1)
  })

  it('has its outcome kept once: the next caller wants a new login', async () => {
    const { asked, shared, call, lent } = world()
    const lease = await lent()
    const another = shared.run({ mayPrompt: false })
    lease.answer(new Secret('right'))
    await another
    await call()
    const again = await call()
    expect(again).toMatchObject({ question: { topic } })
    expect(asked).toHaveLength(2)
  })

  it('has its outcome kept for ten seconds', async () => {
    const { clock, asked, shared, call, lent } = world()
    const lease = await lent()
    const waiting = shared.run({ mayPrompt: false })
    lease.answer(new Secret('right'))
    await waiting
    clock.advance(10_000)
    expect(await call()).toMatchObject({ question: { topic } })
    expect(asked).toHaveLength(2)
  })

  it('that was cancelled is kept for nobody', async () => {
    const { shared, call, lent } = world()
    const lease = await lent()
    const waiting = shared.run({ mayPrompt: false })
    lease.cancel()
    await expect(waiting).rejects.toMatchObject({ code: 'PROMPT_CANCELLED' })
    await expect(call()).rejects.toMatchObject({ code: 'PROMPT_COOLING_DOWN' })
  })

  it('is for nobody after it was cleared', async () => {
    const { asked, shared, call, lent } = world()
    const lease = await lent()
    const another = shared.run({ mayPrompt: false })
    lease.answer(new Secret('right'))
    await another
    shared.clear()
    expect(await call()).toMatchObject({ question: { topic } })
    expect(asked).toHaveLength(2)
  })

  it('is joined by who comes meanwhile, with a terminal or without', async () => {
    const { asked, shared, lent } = world()
    const lease = await lent()
    const others = Promise.all([shared.run({ mayPrompt: false }), shared.run({ mayPrompt: true, offer: () => {} })])
    lease.answer(new Secret('right'))
    expect(await others).toEqual(['logged in 1', 'logged in 1'])
    expect(asked).toHaveLength(1)
  })

  it('without a terminal fails for all', async () => {
    const { shared } = world()
    await expect(shared.run({ mayPrompt: true })).rejects.toBeInstanceOf(PromptError)
  })
})

describe('a login without a question', () => {
  it('is made anew for each caller', async () => {
    const clock = fakeClock()
    let count = 0
    const prompts = createPrompts({ clock, newId: () => '1' })
    const shared = createSharedLogin({ prompts, topic, clock, login: async () => ++count })
    expect([await shared.run({ mayPrompt: true }), await shared.run({ mayPrompt: true })]).toEqual([1, 2])
  })
})
