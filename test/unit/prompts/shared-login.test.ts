import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { createPrompts } from '../../../src/prompts/broker.ts'
import { type PromptCaller, PromptError, type PromptLease, type PromptQuestion } from '../../../src/prompts/prompt.ts'
import { createSharedLogin } from '../../../src/prompts/shared-login.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const topic = 'vault/corp'
const password = { topic, kind: 'password', text: 'password' } as const

/** The daemon's broker of questions, and a login that asks one and fails for the answer `wrong`. */
function world({
  keepsSuccess = true,
  question = password,
}: {
  keepsSuccess?: boolean
  question?: PromptQuestion
} = {}) {
  const clock = fakeClock()
  let ids = 0
  const prompts = createPrompts({ clock, newId: () => String(ids++) })
  const asked: string[] = []
  const shared = createSharedLogin<string>({ prompts, topic, clock, keepsSuccess })
  const run = (caller: PromptCaller) =>
    shared.run(caller, async () => {
      asked.push(topic)
      const answer = await prompts.ask(question)
      if (answer instanceof Secret && answer.expose() === 'wrong') throw new Error('wrong password')
      return `logged in ${asked.length}`
    })
  const terminal = {}
  /** A call of someone at a terminal: it ends with the outcome, or with the question, as over the local API. */
  const call = (origin: object = terminal) =>
    new Promise<string | PromptLease>((resolve, reject) => {
      run({ mayPrompt: true, offer: resolve, origin }).then(resolve, reject)
    })
  /** The question that a call ends with, and the outcome of the login behind it once it is answered. */
  const lent = async () => (await call()) as PromptLease
  return { clock, asked, shared, run, call, lent }
}

describe('a login with a question that is lent to its caller', () => {
  it('keeps its outcome for the caller that comes back afterwards', async () => {
    const { asked, run, call, lent } = world()
    const lease = await lent()
    const another = run({ mayPrompt: false })
    lease.answer(new Secret('right'))
    await another
    expect(await call()).toBe('logged in 1')
    expect(asked).toHaveLength(1)
  })

  it('keeps its failure too', async () => {
    const { asked, run, call, lent } = world()
    const lease = await lent()
    const another = run({ mayPrompt: false })
    lease.answer(new Secret('wrong'))
    await expect(another).rejects.toThrow('wrong password')
    await expect(call()).rejects.toThrow('wrong password')
    expect(asked).toHaveLength(1)
  })

  it('gives a kept outcome out once: the next call wants a new login', async () => {
    const { asked, run, call, lent } = world()
    const lease = await lent()
    const another = run({ mayPrompt: false })
    lease.answer(new Secret('right'))
    await another
    await call()
    const again = await call()
    expect(again).toMatchObject({ question: { topic } })
    expect(asked).toHaveLength(2)
  })

  it('keeps its outcome for no other caller', async () => {
    const { asked, run, call, lent } = world()
    const lease = await lent()
    const another = run({ mayPrompt: false })
    lease.answer(new Secret('wrong'))
    await expect(another).rejects.toThrow('wrong password')
    expect(await call({})).toMatchObject({ question: { topic } })
    expect(asked).toHaveLength(2)
  })

  it('drops the outcome for a caller that was back in time to get it', async () => {
    const { call, lent } = world()
    const lease = await lent()
    const back = call()
    lease.answer(new Secret('wrong'))
    await expect(back).rejects.toThrow('wrong password')
    expect(await call()).toMatchObject({ question: { topic } })
  })

  it('does not keep a success that can be found elsewhere, but keeps a failure', async () => {
    const { run, call, lent } = world({ keepsSuccess: false })
    const lease = await lent()
    const another = run({ mayPrompt: false })
    lease.answer(new Secret('right'))
    await another
    const again = (await call()) as PromptLease
    const waiting = run({ mayPrompt: false })
    again.answer(new Secret('wrong'))
    await expect(waiting).rejects.toThrow('wrong password')
    await expect(call()).rejects.toThrow('wrong password')
  })

  it('keeps its outcome for ten seconds', async () => {
    const { clock, asked, run, call, lent } = world()
    const lease = await lent()
    const waiting = run({ mayPrompt: false })
    lease.answer(new Secret('right'))
    await waiting
    clock.advance(10_000)
    expect(await call()).toMatchObject({ question: { topic } })
    expect(asked).toHaveLength(2)
  })

  it('that was cancelled is kept for nobody', async () => {
    const { run, call, lent } = world()
    const lease = await lent()
    const waiting = run({ mayPrompt: false })
    lease.cancel()
    await expect(waiting).rejects.toMatchObject({ code: 'PROMPT_CANCELLED' })
    await expect(call()).rejects.toMatchObject({ code: 'PROMPT_COOLING_DOWN' })
  })

  it('has an outcome for nobody once it was abandoned', async () => {
    const { asked, shared, run, call, lent } = world()
    const lease = await lent()
    const another = run({ mayPrompt: false })
    lease.answer(new Secret('right'))
    await another
    shared.abandon(new Error('logged out'))
    expect(await call()).toMatchObject({ question: { topic } })
    expect(asked).toHaveLength(2)
  })

  it('is joined by callers that arrive in the meantime, with or without a terminal', async () => {
    const { asked, run, lent } = world()
    const lease = await lent()
    const others = Promise.all([run({ mayPrompt: false }), run({ mayPrompt: true, offer: () => {} })])
    lease.answer(new Secret('right'))
    expect(await others).toEqual(['logged in 1', 'logged in 1'])
    expect(asked).toHaveLength(1)
  })

  it('without a terminal fails for all', async () => {
    const { run } = world()
    await expect(run({ mayPrompt: true })).rejects.toBeInstanceOf(PromptError)
  })
})

describe('a login without a question', () => {
  it('is run anew for each caller', async () => {
    const clock = fakeClock()
    let count = 0
    const prompts = createPrompts({ clock, newId: () => '1' })
    const shared = createSharedLogin<number>({ prompts, topic, clock, keepsSuccess: true })
    const run = () => shared.run({ mayPrompt: true }, async () => ++count)
    expect([await run(), await run()]).toEqual([1, 2])
  })
})

describe('a login that is abandoned while it is under way', () => {
  const reason = new Error('logged out')

  it('fails at once for everyone who waits, and its signal aborts', async () => {
    const { shared } = world()
    let signal: AbortSignal | undefined
    const login = (given: AbortSignal) => {
      signal = given
      return new Promise<string>(() => {})
    }
    const waiting = [shared.run({ mayPrompt: true }, login), shared.run({ mayPrompt: false }, login)]
    await Promise.resolve()
    shared.abandon(reason)
    for (const call of waiting) await expect(call).rejects.toBe(reason)
    expect(signal).toMatchObject({ aborted: true, reason })
  })

  it('is not joined by later callers', async () => {
    const { shared } = world()
    const first = shared.run({ mayPrompt: true }, () => new Promise<string>(() => {}))
    shared.abandon(reason)
    const second = shared.run({ mayPrompt: true }, async () => 'second')
    await expect(first).rejects.toBe(reason)
    expect(await second).toBe('second')
  })

  it('keeps the reason for the caller that has left with its question, for as long as the person may be typing', async () => {
    const { shared, clock, call, lent, asked } = world()
    await lent()
    shared.abandon(reason)
    clock.advance(60_000)
    await expect(call()).rejects.toBe(reason)
    expect(asked).toHaveLength(1)
  })

  it('keeps the reason for longer if the person is visiting a page', async () => {
    const question = { topic, kind: 'visit', text: 'log in', url: 'https://sso.example.com/' } as const
    const { shared, clock, call, lent } = world({ question })
    await lent()
    shared.abandon(reason)
    clock.advance(309_999)
    await expect(call()).rejects.toBe(reason)
  })

  it('does not keep the reason for ever', async () => {
    const { shared, clock, call, lent, asked } = world()
    await lent()
    shared.abandon(reason)
    await Promise.resolve()
    clock.advance(70_000)
    // The question of the first is still there: this login heeds no signal.
    void call()
    await Promise.resolve()
    expect(asked).toHaveLength(2)
  })

  it('may fail by itself later without an unhandled rejection', async () => {
    const { shared } = world()
    let fail = (_error: Error) => {}
    const waiting = shared.run({ mayPrompt: true }, () => new Promise<string>((_, reject) => (fail = reject)))
    await Promise.resolve()
    shared.abandon(reason)
    await expect(waiting).rejects.toBe(reason)
    fail(new Error('too late'))
    await new Promise((resolve) => setImmediate(resolve))
  })
})
