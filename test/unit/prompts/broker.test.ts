import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { createPrompts } from '../../../src/prompts/broker.ts'
import type { PromptProgram } from '../../../src/prompts/dialogs.ts'
import type { Question } from '../../../src/prompts/kinds.ts'
import { type PromptCaller, PromptError, type PromptLease, type PromptQuestion } from '../../../src/prompts/prompt.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'

const mfa = { topic: 'aws-mfa/jo', kind: 'code', text: 'MFA code for jo' } as const satisfies PromptQuestion
const password = { topic: 'vault/corp', kind: 'password', text: 'password of jo' } as const satisfies PromptQuestion
const answerOf = async (asked: Promise<Secret<string>>) => (await asked).expose()
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A caller with a terminal that keeps the leases it is offered. @param origin of a caller that has called before */
function terminal(origin: object = {}) {
  const leases: PromptLease[] = []
  const caller: PromptCaller = { mayPrompt: true, offer: (lease) => leases.push(lease), origin }
  return { leases, caller, origin }
}

/** A prompt program whose dialogs are answered by hand; undefined is a no. */
function dialogs() {
  const open: {
    question: Question
    withdrawn: AbortSignal
    answer: (value: string | undefined) => void
    crash: (error: Error) => void
  }[] = []
  const program: PromptProgram = (question, withdrawn) =>
    new Promise((resolve, reject) => {
      open.push({
        question,
        withdrawn,
        answer: (value) => resolve(value === undefined ? undefined : new Secret(value)),
        crash: reject,
      })
    })
  return { open, program }
}

function broker(program?: PromptProgram) {
  const clock = fakeClock()
  const asked: string[] = []
  let ids = 0
  const prompts = createPrompts({
    clock,
    ...(program === undefined ? {} : { program }),
    onAsked: ({ question, by }) => asked.push(`${question.topic} by ${by}`),
    newId: () => {
      ids += 1
      return `question-${ids}`
    },
  })
  return { clock, prompts, asked }
}

describe('a question', () => {
  it('is put to one terminal, and its answer reaches everyone who waits', async () => {
    const { prompts, asked } = broker()
    const [first, second] = [terminal(), terminal()]
    prompts.attend(mfa.topic, first.caller)
    prompts.attend(mfa.topic, second.caller)
    const waiting = [prompts.ask(mfa), prompts.ask(mfa), prompts.ask(mfa)]
    expect(first.leases).toHaveLength(1)
    expect(second.leases).toHaveLength(0)
    first.leases[0]!.answer(new Secret('123456'))
    expect(await Promise.all(waiting.map(answerOf))).toEqual(['123456', '123456', '123456'])
    expect(asked).toEqual(['aws-mfa/jo by terminal'])
  })

  it('of one caller alone is another than one like it', async () => {
    const { prompts } = broker()
    const [one, other] = [terminal(), terminal()]
    prompts.attend('use', one.caller)
    prompts.attend('use', other.caller)
    const use = { topic: 'use', kind: 'confirm', text: 'allow it', isOwn: true } as const
    const waiting = [prompts.ask(use), prompts.ask(use)]
    one.leases[0]!.answer(new Secret('yes'))
    other.leases[0]!.answer(new Secret('no'))
    expect(await Promise.all(waiting)).toEqual([true, false])
  })

  it('of another topic is asked beside it', async () => {
    const { prompts } = broker()
    const [one, other] = [terminal(), terminal()]
    prompts.attend(mfa.topic, one.caller)
    prompts.attend(password.topic, other.caller)
    const waiting = [prompts.ask(mfa), prompts.ask(password)]
    other.leases[0]!.answer(new Secret('hunter2'))
    one.leases[0]!.answer(new Secret('123456'))
    expect(await Promise.all(waiting.map(answerOf))).toEqual(['123456', 'hunter2'])
  })

  it('is not put to callers that have left or have no terminal', async () => {
    const { prompts } = broker()
    const gone = terminal()
    prompts.attend(mfa.topic, gone.caller)()
    prompts.attend(mfa.topic, { mayPrompt: true })
    await expect(prompts.ask(mfa)).rejects.toMatchObject({
      code: 'PROMPT_UNAVAILABLE',
      message: 'nobody to ask: MFA code for jo',
    })
    expect(gone.leases).toHaveLength(0)
  })

  it('is not put to callers that went away while they waited, and does not count as asked', async () => {
    const { prompts, asked } = broker()
    const { leases, caller } = terminal()
    const gone = Array.from({ length: 20_000 }, terminal)
    prompts.attend(mfa.topic, caller)
    for (const { caller: other } of gone) prompts.attend(mfa.topic, { ...other, isGone: () => true })
    const waiting = prompts.ask(mfa)
    leases[0]!.release()
    await expect(waiting).rejects.toMatchObject({ code: 'PROMPT_TIMEOUT' })
    expect(gone.flatMap((other) => other.leases)).toEqual([])
    expect(asked).toEqual(['aws-mfa/jo by terminal'])
  })

  it('can be asked again once it has been answered', async () => {
    const { prompts } = broker()
    const first = terminal()
    const second = terminal(first.origin)
    prompts.attend(mfa.topic, first.caller)
    const before = prompts.ask(mfa)
    first.leases[0]!.answer(new Secret('111111'))
    expect(await answerOf(before)).toBe('111111')
    const after = prompts.ask({ ...mfa, notice: 'that code was wrong' })
    prompts.attend(mfa.topic, second.caller)
    expect(second.leases[0]!.question.notice).toBe('that code was wrong')
    second.leases[0]!.answer(new Secret('222222'))
    expect(await answerOf(after)).toBe('222222')
  })
})

describe('a lease', () => {
  it('goes to another place when its holder goes away, and is not offered to that caller again', async () => {
    const { prompts } = broker()
    const [first, second] = [terminal(), terminal()]
    prompts.attend(mfa.topic, first.caller)
    prompts.attend(mfa.topic, second.caller)
    const waiting = prompts.ask(mfa)
    first.leases[0]!.release()
    expect(second.leases).toHaveLength(1)
    second.leases[0]!.answer(new Secret('123456'))
    expect(await answerOf(waiting)).toBe('123456')
    expect(first.leases).toHaveLength(1)
  })

  it('goes to another place when nobody answers for a minute', async () => {
    const { clock, prompts } = broker()
    const [first, second] = [terminal(), terminal()]
    prompts.attend(mfa.topic, first.caller)
    prompts.attend(mfa.topic, second.caller)
    const waiting = prompts.ask(mfa)
    clock.advance(59_999)
    expect(second.leases).toHaveLength(0)
    clock.advance(1)
    expect(second.leases).toHaveLength(1)
    // Too late: the question is somewhere else now.
    first.leases[0]!.answer(new Secret('111111'))
    first.leases[0]!.cancel()
    second.leases[0]!.answer(new Secret('222222'))
    expect(await answerOf(waiting)).toBe('222222')
  })

  it('goes to the program when no other terminal is left', async () => {
    const { open, program } = dialogs()
    const { prompts, asked } = broker(program)
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const waiting = prompts.ask(mfa)
    leases[0]!.release()
    await settle()
    open[0]!.answer('123456')
    expect(await answerOf(waiting)).toBe('123456')
    expect(asked).toEqual(['aws-mfa/jo by terminal', 'aws-mfa/jo by program'])
  })

  it('that ends with nobody left to ask fails the question without a cool-down', async () => {
    const { clock, prompts } = broker()
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const waiting = prompts.ask(mfa)
    leases[0]!.release()
    await expect(waiting).rejects.toMatchObject({ code: 'PROMPT_TIMEOUT', message: 'nobody answered: MFA code for jo' })
    const again = terminal()
    prompts.attend(mfa.topic, again.caller)
    const second = prompts.ask(mfa)
    again.leases[0]!.answer(new Secret('123456'))
    expect(await answerOf(second)).toBe('123456')
    expect(clock.pendingTimers()).toBe(0)
  })
})

describe('a cancelled question', () => {
  it('fails everyone who waits, and is not asked again for a while', async () => {
    const { clock, prompts, asked } = broker()
    const [first, second] = [terminal(), terminal()]
    prompts.attend(mfa.topic, first.caller)
    prompts.attend(mfa.topic, second.caller)
    const waiting = [prompts.ask(mfa), prompts.ask(mfa)]
    first.leases[0]!.cancel()
    for (const result of await Promise.allSettled(waiting)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'PROMPT_CANCELLED' } })
    }
    clock.advance(4999)
    await expect(prompts.ask(mfa)).rejects.toMatchObject({ code: 'PROMPT_COOLING_DOWN' })
    expect(asked).toHaveLength(1)
    clock.advance(1)
    const later = prompts.ask(mfa)
    second.leases[0]!.answer(new Secret('123456'))
    expect(await answerOf(later)).toBe('123456')
  })

  it('does not keep other topics from being asked', async () => {
    const { prompts } = broker()
    const [one, other] = [terminal(), terminal()]
    prompts.attend(mfa.topic, one.caller)
    prompts.attend(password.topic, other.caller)
    const waiting = prompts.ask(mfa)
    one.leases[0]!.cancel()
    await expect(waiting).rejects.toThrow(PromptError)
    const asked = prompts.ask(password)
    other.leases[0]!.answer(new Secret('hunter2'))
    expect(await answerOf(asked)).toBe('hunter2')
  })

  it('cools down too when the program says no', async () => {
    const { open, program } = dialogs()
    const { prompts } = broker(program)
    const waiting = prompts.ask(mfa)
    await settle()
    open[0]!.answer(undefined)
    await expect(waiting).rejects.toMatchObject({ code: 'PROMPT_CANCELLED' })
    await expect(prompts.ask(mfa)).rejects.toMatchObject({ code: 'PROMPT_COOLING_DOWN' })
  })
})

describe('after an answer from a terminal', () => {
  /** The code was wrong: the caller who typed it comes back in a moment with a new request. */
  async function wrongCode(program?: PromptProgram, why: object = { notice: 'that code was wrong' }) {
    const { clock, prompts, asked } = broker(program)
    const [typing, other] = [terminal(), terminal()]
    prompts.attend(mfa.topic, typing.caller)
    prompts.attend(mfa.topic, other.caller)
    const first = prompts.ask(mfa)
    typing.leases[0]!.answer(new Secret('111111'))
    await first
    return { clock, prompts, asked, typing, other, waiting: prompts.ask({ ...mfa, ...why }) }
  }

  it.each([
    ['is asked again', { notice: 'that code was wrong' }],
    ['follows from it', { follows: true }],
  ])('a question that %s waits for that terminal to come back', async (_, why) => {
    const { clock, prompts, typing, other, waiting } = await wrongCode(undefined, why)
    clock.advance(2000)
    // Somebody else, at a terminal where the person is not.
    const newcomer = terminal()
    prompts.attend(mfa.topic, newcomer.caller)
    const back = terminal(typing.origin)
    prompts.attend(mfa.topic, back.caller)
    expect([...other.leases, ...newcomer.leases]).toEqual([])
    back.leases[0]!.answer(new Secret('222222'))
    expect(await answerOf(waiting)).toBe('222222')
  })

  it('the next question goes to another terminal when that one does not come back', async () => {
    const { clock, other, waiting } = await wrongCode()
    clock.advance(3000)
    other.leases[0]!.answer(new Secret('222222'))
    expect(await answerOf(waiting)).toBe('222222')
  })

  it('a question that is not asked again waits for no terminal', async () => {
    const { prompts } = broker()
    const [typing, other] = [terminal(), terminal()]
    prompts.attend(mfa.topic, typing.caller)
    const first = prompts.ask(mfa)
    typing.leases[0]!.answer(new Secret('111111'))
    await first
    prompts.attend(mfa.topic, other.caller)
    const waiting = prompts.ask(mfa)
    other.leases[0]!.answer(new Secret('222222'))
    expect(await answerOf(waiting)).toBe('222222')
  })

  it('the next question goes to the program when no terminal comes back', async () => {
    const { open, program } = dialogs()
    const { clock, prompts } = broker(program)
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const first = prompts.ask(mfa)
    leases[0]!.answer(new Secret('111111'))
    await first
    const waiting = prompts.ask({ ...mfa, notice: 'that code was wrong' })
    clock.advance(2999)
    await settle()
    expect(open).toHaveLength(0)
    clock.advance(1)
    await settle()
    open[0]!.answer('222222')
    expect(await answerOf(waiting)).toBe('222222')
  })
})

describe('the prompt program', () => {
  it('is asked only if there is no terminal', async () => {
    const { open, program } = dialogs()
    const { prompts, asked } = broker(program)
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const waiting = prompts.ask(mfa)
    await settle()
    leases[0]!.answer(new Secret('123456'))
    expect(await answerOf(waiting)).toBe('123456')
    expect(open).toHaveLength(0)
    expect(asked).toEqual(['aws-mfa/jo by terminal'])
  })

  it('keeps its question when a terminal turns up in the meantime', async () => {
    const { open, program } = dialogs()
    const { prompts } = broker(program)
    const waiting = prompts.ask(mfa)
    await settle()
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    open[0]!.answer('123456')
    expect(await answerOf(waiting)).toBe('123456')
    expect(leases).toHaveLength(0)
  })

  it('shows one dialog at a time', async () => {
    const { open, program } = dialogs()
    const { prompts, asked } = broker(program)
    const waiting = [prompts.ask(mfa), prompts.ask(password)]
    await settle()
    expect(open).toHaveLength(1)
    expect(asked).toEqual(['aws-mfa/jo by program'])
    open[0]!.answer('123456')
    await settle()
    expect(open[1]!.question).toBe(password)
    open[1]!.answer('hunter2')
    expect(await Promise.all(waiting.map(answerOf))).toEqual(['123456', 'hunter2'])
  })

  it('leaves a question that waits for its turn to a terminal that turns up', async () => {
    const { open, program } = dialogs()
    const { prompts } = broker(program)
    const first = prompts.ask(mfa)
    const second = prompts.ask(password)
    await settle()
    const { leases, caller } = terminal()
    prompts.attend(password.topic, caller)
    leases[0]!.answer(new Secret('hunter2'))
    expect(await answerOf(second)).toBe('hunter2')
    open[0]!.answer('123456')
    await first
    await settle()
    expect(open).toHaveLength(1)
  })

  it('gets a question back that a terminal took over and gave up', async () => {
    const { open, program } = dialogs()
    const { prompts } = broker(program)
    const first = prompts.ask(mfa)
    const second = prompts.ask(password)
    await settle()
    const { leases, caller } = terminal()
    prompts.attend(password.topic, caller)
    leases[0]!.release()
    open[0]!.answer('123456')
    await first
    await settle()
    open[1]!.answer('hunter2')
    expect(await answerOf(second)).toBe('hunter2')
  })

  it('that fails does not keep later questions from it', async () => {
    const { open, program } = dialogs()
    const { prompts } = broker(program)
    const crashed = prompts.ask(mfa)
    await settle()
    open[0]!.crash(new Error('no display'))
    await expect(crashed).rejects.toMatchObject({ code: 'PROMPT_UNAVAILABLE', cause: new Error('no display') })
    const timedOut = prompts.ask(mfa)
    await settle()
    open[1]!.crash(new PromptError('PROMPT_TIMEOUT', 'nobody answered'))
    await expect(timedOut).rejects.toMatchObject({ code: 'PROMPT_TIMEOUT' })
    const later = prompts.ask(mfa)
    await settle()
    open[2]!.answer('123456')
    expect(await answerOf(later)).toBe('123456')
  })
})

describe('a lease', () => {
  it.each<[string, (lease: PromptLease, world: { clock: FakeClock; asker: AbortController }) => void]>([
    ['is answered', (lease) => lease.answer(new Secret('123456'))],
    ['is cancelled', (lease) => lease.cancel()],
    ['is given back', (lease) => lease.release()],
    ['is left for a minute', (_, { clock }) => clock.advance(60_000)],
    ['is withdrawn', (_, { asker }) => asker.abort(new Error('logged out'))],
  ])('tells its end once when it %s', async (_, end) => {
    const { clock, prompts } = broker()
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const asker = new AbortController()
    const asked = prompts.ask(mfa, asker.signal).catch(() => {})
    const [lease] = leases
    let ends = 0
    lease!.onEnd(() => {
      ends += 1
    })
    expect(ends).toBe(0)
    end(lease!, { clock, asker })
    lease!.release()
    expect(ends).toBe(1)
    await asked
  })
})

describe('a question whose answer nobody wants any more', () => {
  const reason = new Error('logged out')

  it('is taken from the terminal that has it', async () => {
    const { prompts } = broker()
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const asker = new AbortController()
    const waiting = prompts.ask(mfa, asker.signal)
    const [lease] = leases
    asker.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(prompts.open()).toEqual([])
    // Too late, and for nobody.
    lease!.answer(new Secret('123456'))
    lease!.cancel()
    lease!.release()
    const next = terminal()
    prompts.attend(mfa.topic, next.caller)
    const again = prompts.ask(mfa)
    next.leases[0]!.answer(new Secret('654321'))
    expect(await answerOf(again)).toBe('654321')
  })

  it('is taken from the prompt program, and its late no is nobody else’s', async () => {
    const { open, program } = dialogs()
    const { prompts } = broker(program)
    const asker = new AbortController()
    const waiting = prompts.ask(mfa, asker.signal)
    await settle()
    asker.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(open[0]!.withdrawn.aborted).toBe(true)
    const again = prompts.ask(mfa)
    open[0]!.answer(undefined)
    await settle()
    open[1]!.answer('654321')
    expect(await answerOf(again)).toBe('654321')
  })

  it.each(['crash', 'answer'] as const)('is not mistaken for its successor: a late %s', async (how) => {
    const { open, program } = dialogs()
    const { prompts } = broker(program)
    const asker = new AbortController()
    const waiting = prompts.ask(mfa, asker.signal)
    await settle()
    asker.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    const again = prompts.ask(mfa)
    if (how === 'crash') open[0]!.crash(new Error('closed'))
    else open[0]!.answer('111111')
    await settle()
    open[1]!.answer('654321')
    expect(await answerOf(again)).toBe('654321')
  })

  it('leaves the queue for the prompt program', async () => {
    const { open, program } = dialogs()
    const { prompts } = broker(program)
    const first = prompts.ask(mfa)
    const asker = new AbortController()
    const queued = prompts.ask(password, asker.signal)
    asker.abort(reason)
    await expect(queued).rejects.toBe(reason)
    await settle()
    open[0]!.answer('123456')
    expect(await answerOf(first)).toBe('123456')
    await settle()
    expect(open).toHaveLength(1)
  })

  it('stays while another waits for the same answer', async () => {
    const { prompts } = broker()
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const asker = new AbortController()
    const leaving = prompts.ask(mfa, asker.signal)
    const staying = prompts.ask(mfa, new AbortController().signal)
    asker.abort(reason)
    await expect(leaving).rejects.toBe(reason)
    leases[0]!.answer(new Secret('123456'))
    expect(await answerOf(staying)).toBe('123456')
  })

  it('is not asked at all', async () => {
    const { prompts, asked } = broker()
    await expect(prompts.ask(mfa, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(asked).toEqual([])
  })
})

describe('an invalid answer', () => {
  it('from a terminal is reported there, and the question stays there', async () => {
    const { prompts } = broker()
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const waiting = prompts.ask(mfa)
    expect(leases[0]!.answer(new Secret('12345'))).toEqual({ complaint: 'a code is 6 digits' })
    expect(prompts.open()).toMatchObject([{ place: 'terminal' }])
    expect(leases[0]!.answer(new Secret('123 456'))).toBe('taken')
    expect(leases[0]!.answer(new Secret('123 456'))).toBe('gone')
    expect(await answerOf(waiting)).toBe('123456')
  })

  it('from the program makes it ask again, with the reason', async () => {
    const { open, program } = dialogs()
    const { prompts, asked } = broker(program)
    const waiting = prompts.ask(mfa)
    open[0]!.answer('12345')
    await settle()
    expect(open[1]!.question).toMatchObject({ text: mfa.text, notice: 'a code is 6 digits' })
    open[1]!.answer('123456')
    expect(await answerOf(waiting)).toBe('123456')
    // It was put once, as where a terminal asks again by itself.
    expect(asked).toEqual(['aws-mfa/jo by program'])
  })

  it('given again and again by a program fails the question', async () => {
    let runs = 0
    const { prompts } = broker(async () => new Secret(`${runs++}`))
    await expect(prompts.ask(mfa)).rejects.toMatchObject({
      code: 'PROMPT_ANSWER_INVALID',
      message: 'no valid answer (a code is 6 digits): MFA code for jo',
    })
    expect(runs).toBe(3)
    expect(prompts.open()).toEqual([])
  })
})

describe('a question of each kind', () => {
  const topic = 'topic'
  const text = 'which one'

  it('has an answer of its kind', async () => {
    const { prompts } = broker()
    const put = (typed: string) =>
      prompts.attend(topic, { mayPrompt: true, offer: (lease) => void lease.answer(new Secret(typed)) })
    put('yes')
    const confirmed: boolean = await prompts.ask({ topic, kind: 'confirm', text })
    put('no')
    const refused: boolean = await prompts.ask({ topic, kind: 'confirm', text })
    put('')
    const visited: 'done' | Secret<string> = await prompts.ask({
      topic,
      kind: 'visit',
      text,
      url: 'https://sso.example.com/',
    })
    put('2')
    const chosen: string = await prompts.ask({ topic, kind: 'choice', text, options: ['userpass', 'oidc'] })
    expect([confirmed, refused, visited, chosen]).toEqual([true, false, 'done', 'oidc'])
  })

  it('differs from a question of another kind about the same topic', async () => {
    const { prompts } = broker()
    const [first, second] = [terminal(), terminal()]
    prompts.attend(topic, first.caller)
    prompts.attend(topic, second.caller)
    const asked = [prompts.ask({ topic, kind: 'password', text }), prompts.ask({ topic, kind: 'code', text })]
    second.leases[0]!.answer(new Secret('123456'))
    first.leases[0]!.answer(new Secret('hunter2'))
    expect(await Promise.all(asked.map(answerOf))).toEqual(['hunter2', '123456'])
  })

  it.each([
    [{ topic, kind: 'visit', text, url: 'http://sso.example.com/' }, 'the page is not https'],
    [{ topic, kind: 'choice', text, options: [] }, 'there is nothing to choose from'],
  ] as const)('is not put to anybody where that is not safe: %j', async (question, fault) => {
    const { prompts, asked } = broker()
    prompts.attend(topic, terminal().caller)
    await expect(prompts.ask(question)).rejects.toMatchObject({
      code: 'PROMPT_QUESTION_INVALID',
      message: `cannot be asked (${fault}): which one`,
      hint: 'what is asked comes from a server: its operator has to set it right',
    })
    expect(asked).toEqual([])
  })

  it('to confirm that was dismissed or left open is asked again at once, because it has no answer', async () => {
    const { clock, prompts } = broker()
    const question = { topic, kind: 'confirm', text } as const
    const [clicked, left, last] = [terminal(), terminal(), terminal()]
    prompts.attend(topic, clicked.caller)
    const first = prompts.ask(question)
    clicked.leases[0]!.cancel()
    await expect(first).rejects.toMatchObject({ code: 'PROMPT_CANCELLED' })
    prompts.attend(topic, left.caller)
    const second = prompts.ask(question)
    clock.advance(5 * 60_000)
    await expect(second).rejects.toMatchObject({ code: 'PROMPT_TIMEOUT' })
    prompts.attend(topic, last.caller)
    const third = prompts.ask(question)
    last.leases[0]!.answer(new Secret('yes'))
    expect(await third).toBe(true)
  })

  it('to visit a page stays at its terminal for longer than it takes to type', async () => {
    const { clock, prompts } = broker()
    const { leases, caller } = terminal()
    prompts.attend(topic, caller)
    const waiting = prompts.ask({ topic, kind: 'visit', text, url: 'https://sso.example.com/' })
    clock.advance(299_999)
    leases[0]!.answer(new Secret(''))
    expect(await waiting).toBe('done')
  })
})

describe('an open question', () => {
  it('is listed with its place, and since when it is open', async () => {
    const { open, program } = dialogs()
    const { clock, prompts } = broker(program)
    const startMs = clock.now()
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const waiting = [prompts.ask(mfa)]
    clock.advance(1000)
    waiting.push(prompts.ask(password), prompts.ask({ ...password, topic: 'vault/other' }))
    await settle()
    const { topic: _, ...code } = mfa
    expect(prompts.open()).toEqual([
      { id: 'question-1', question: code, sinceMs: startMs, place: 'terminal' },
      {
        id: 'question-2',
        question: expect.objectContaining({ kind: 'password' }),
        sinceMs: startMs + 1000,
        place: 'program',
      },
      { id: 'question-3', question: expect.anything(), sinceMs: startMs + 1000, place: undefined },
    ])
    leases[0]!.answer(new Secret('123456'))
    open[0]!.answer('hunter2')
    await waiting[1]
    await settle()
    open[1]!.answer('hunter3')
    await Promise.all(waiting)
    expect(prompts.open()).toEqual([])
  })

  it('is answered from elsewhere, and the terminal that has it is told that it has ended', async () => {
    const { clock, prompts } = broker()
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const waiting = prompts.ask(mfa)
    let ends = 0
    leases[0]!.onEnd(() => {
      ends += 1
    })
    const { id } = prompts.open()[0]!
    expect(prompts.answer(id, new Secret('12345'))).toEqual({ complaint: 'a code is 6 digits' })
    expect(ends).toBe(0)
    expect(prompts.answer(id, new Secret('123456'))).toBe('taken')
    expect(await answerOf(waiting)).toBe('123456')
    expect(ends).toBe(1)
    expect(leases[0]!.answer(new Secret('654321'))).toBe('gone')
    expect(prompts.answer(id, new Secret('123456'))).toBe('gone')
    expect(prompts.cancel(id)).toBe(false)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('is answered from elsewhere, and the dialog that has it is closed', async () => {
    const { open, program } = dialogs()
    const { prompts } = broker(program)
    const waiting = prompts.ask(mfa)
    await settle()
    expect(prompts.answer('question-1', new Secret('123456'))).toBe('taken')
    expect(await answerOf(waiting)).toBe('123456')
    expect(open[0]!.withdrawn.aborted).toBe(true)
    open[0]!.crash(new PromptError('PROMPT_TIMEOUT', 'closed'))
    const next = prompts.ask(mfa)
    await settle()
    open[1]!.answer('654321')
    expect(await answerOf(next)).toBe('654321')
  })

  it('is cancelled from elsewhere for everyone who waits', async () => {
    const { prompts } = broker()
    const { leases, caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const waiting = [prompts.ask(mfa), prompts.ask(mfa)]
    expect(prompts.cancel('question-1')).toBe(true)
    for (const asked of waiting) await expect(asked).rejects.toMatchObject({ code: 'PROMPT_CANCELLED' })
    expect(leases[0]!.answer(new Secret('123456'))).toBe('gone')
    await expect(prompts.ask(mfa)).rejects.toMatchObject({ code: 'PROMPT_COOLING_DOWN' })
  })

  it('that got a wrong answer from elsewhere is asked again where it was, without a wait', async () => {
    const { prompts } = broker()
    const { caller } = terminal()
    prompts.attend(mfa.topic, caller)
    const first = prompts.ask(mfa)
    prompts.answer('question-1', new Secret('111111'))
    await first
    const other = terminal()
    prompts.attend(mfa.topic, other.caller)
    const second = prompts.ask({ ...mfa, notice: 'that code was wrong' })
    other.leases[0]!.answer(new Secret('222222'))
    expect(await answerOf(second)).toBe('222222')
  })
})
