import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { createConfirmations } from '../../../../src/daemon/running/confirmations.ts'
import { createPrompts } from '../../../../src/prompts/broker.ts'
import type { PromptProgram } from '../../../../src/prompts/dialogs.ts'
import type { PromptCaller, PromptLease } from '../../../../src/prompts/prompt.ts'
import { rejection } from '../../../support/aws-world.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const question = { text: 'allow this use of mine', details: ['key: mine'] }
const open = () => new AbortController().signal
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

function world(program?: PromptProgram) {
  const clock = fakeClock()
  const prompts = createPrompts({ clock, ...(program === undefined ? {} : { program }), newId: () => 'id' })
  const confirmations = createConfirmations({ prompts, clock })
  const leases: PromptLease[] = []
  /** One call of the command. */
  const attend = () => {
    const caller: PromptCaller = { mayPrompt: true, offer: (lease) => leases.push(lease) }
    return confirmations.attend(caller)
  }
  const say = async (word: string) => {
    await settle()
    return leases.pop()?.answer(new Secret(word))
  }
  return { clock, confirmations, attend, say, leases }
}

describe('a use that is to be confirmed', () => {
  it('is put to the terminal that waits, each by itself and one after the other', async () => {
    const { confirmations, attend, say, leases } = world()
    void attend()
    const [first, second] = [confirmations.ask(question, open()), confirmations.ask(question, open())]
    await settle()
    expect(leases.map(({ question: { text } }) => text)).toEqual(['allow this use of mine'])
    await say('yes')
    expect(await first).toBe(true)
    await settle()
    // The command calls again.
    void attend()
    await say('no')
    expect(await second).toBe(false)
  })

  it('waits a moment for a terminal that was there a moment ago, and no longer', async () => {
    const { clock, confirmations, attend } = world()
    const attended = attend()
    clock.advance(20_000)
    await attended
    const waiting = confirmations.ask(question, open())
    const refused = rejection(waiting)
    await settle()
    clock.advance(3_000)
    expect(await refused).toMatchObject({
      code: 'PROMPT_UNAVAILABLE',
      hint: 'in a terminal: latchkey ssh approve; or set prompt.program in the configuration',
    })
    // Nobody has been there for a while.
    const late = confirmations.ask(question, open())
    expect(await rejection(late)).toMatchObject({ code: 'PROMPT_UNAVAILABLE' })
  })

  it('goes to the prompt program where no terminal waits, and is closed when the client goes', async () => {
    let withdrawn: AbortSignal | undefined
    const { confirmations } = world((asked, signal) => {
      expect(asked).toMatchObject({ kind: 'confirm', ...question })
      withdrawn = signal
      return new Promise(() => {})
    })
    const client = new AbortController()
    const asked = confirmations.ask(question, client.signal)
    const refused = rejection(asked)
    await settle()
    client.abort(new Error('gone'))
    expect((await refused).message).toBe('gone')
    expect(withdrawn?.aborted).toBe(true)
  })

  it('that was withdrawn while another was asked is never put to anybody', async () => {
    const { confirmations, attend, say, leases } = world()
    void attend()
    const first = confirmations.ask(question, open())
    const client = new AbortController()
    const second = rejection(confirmations.ask(question, client.signal))
    await settle()
    client.abort(new Error('gone'))
    await say('yes')
    expect(await first).toBe(true)
    expect((await second).message).toBe('gone')
    expect(leases).toEqual([])
  })

  it('is put to the terminal that approves, though a dialog could ask', async () => {
    const { clock, confirmations, attend, say, leases } = world(() => expect.unreachable())
    void attend()
    const [first, second] = [confirmations.ask(question, open()), confirmations.ask(question, open())]
    await say('yes')
    expect(await first).toBe(true)
    // The command is on its way back with its next call.
    await settle()
    clock.advance(2_999)
    await settle()
    void attend()
    await say('yes')
    expect(await second).toBe(true)
    const third = rejection(confirmations.ask(question, open()))
    await settle()
    void attend()
    await settle()
    expect(leases).toHaveLength(1)
    clock.advance(5 * 60_000)
    expect(await third).toMatchObject({ code: 'PROMPT_TIMEOUT', hint: 'in a terminal: latchkey ssh approve' })
  })

  it('moves from a dialog to a terminal that begins to approve', async () => {
    const closed: AbortSignal[] = []
    const { confirmations, attend, say } = world((_, signal) => {
      closed.push(signal)
      return new Promise(() => {})
    })
    const asked = confirmations.ask(question, open())
    await settle()
    expect(closed.map(({ aborted }) => aborted)).toEqual([false])
    void attend()
    await settle()
    expect(closed.map(({ aborted }) => aborted)).toEqual([true])
    await say('yes')
    expect(await asked).toBe(true)
  })

  it.each(['cancel', 'release'] as const)(
    'comes up in a dialog at once after a terminal has ended: %s',
    async (end) => {
      const { confirmations, attend, leases } = world(async () => new Secret('yes'))
      void attend()
      const first = confirmations.ask(question, open()).catch(() => 'cancelled')
      await settle()
      leases.pop()![end]()
      expect(await first).toBe(end === 'cancel' ? 'cancelled' : true)
      expect(await confirmations.ask(question, open())).toBe(true)
    },
  )

  it('does not wait for a terminal whose command has ended', async () => {
    const { confirmations, clock } = world(async () => new Secret('yes'))
    const attended = confirmations.attend({ mayPrompt: true, offer: () => expect.unreachable(), isGone: () => true })
    expect(await confirmations.ask(question, open())).toBe(true)
    clock.advance(20_000)
    await attended
    expect(await confirmations.ask(question, open())).toBe(true)
  })

  it('ends the call of a terminal that has gone while the question was put to it', async () => {
    const { confirmations } = world(async () => new Secret('yes'))
    const asked = confirmations.ask(question, open())
    await confirmations.attend({ mayPrompt: true, offer: (lease) => lease.release() })
    expect(await asked).toBe(true)
  })
})
