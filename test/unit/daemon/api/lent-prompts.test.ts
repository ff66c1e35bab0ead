import { describe, expect, it } from 'vitest'
import { createLentPrompts, type LentPrompts } from '../../../../src/daemon/api/lent-prompts.ts'
import type { ApiConnection, ApiReply, ApiRequest } from '../../../../src/ipc/server/api-route.ts'
import type { PromptCaller, PromptLease } from '../../../../src/prompts/prompt.ts'

const question = { topic: 'aws-mfa/jo', kind: 'code', text: 'MFA code for jo' } as const

/** A lease that writes down what becomes of it. */
function capturingLease(id = 'lease-1') {
  const fate: string[] = []
  let tellEnd = () => {}
  const end = (how: string) => {
    fate.push(how)
    tellEnd()
  }
  const lease: PromptLease = {
    id,
    question,
    answer(typed) {
      end(`answered ${typed.expose()}`)
      return 'taken'
    },
    cancel: () => end('cancelled'),
    release: () => end('released'),
    onEnd(run) {
      tellEnd = run
    },
  }
  return { lease, fate, end }
}

function fakeConnection() {
  const closing: (() => void)[] = []
  let asking = 0
  const connection: ApiConnection = {
    peer: undefined,
    onClose: (run) => closing.push(run),
    ask() {
      asking += 1
      return () => {
        asking -= 1
      }
    },
  }
  return {
    connection,
    asking: () => asking,
    close() {
      for (const run of closing) run()
    },
  }
}

function request(connection: ApiConnection, mode?: string, signal = new AbortController().signal): ApiRequest {
  const headers = mode === undefined ? {} : { 'latchkey-prompt': mode }
  return { method: 'GET', path: '/', params: {}, headers, body: undefined, connection, signal }
}

const done: ApiReply = { status: 200 }

/** A call on whose way a question is lent to its caller. */
const lendTo = (connection: ApiConnection, lent: LentPrompts, lease: PromptLease) =>
  lent.serve(request(connection, 'terminal'), (caller) => {
    caller.offer!(lease)
    return new Promise(() => {})
  })

describe('the prompts lent over the local API', () => {
  it.each([
    ['terminal', { mayPrompt: true, offers: true }],
    ['program', { mayPrompt: true, offers: false }],
    ['never', { mayPrompt: false, offers: false }],
    ['something else', { mayPrompt: true, offers: false }],
    [undefined, { mayPrompt: true, offers: false }],
  ])('a caller that says %s', async (mode, expected) => {
    const lent = createLentPrompts({ terminal: true })
    let seen: PromptCaller | undefined
    await lent.serve(request(fakeConnection().connection, mode), async (caller) => {
      seen = caller
      return done
    })
    expect({ mayPrompt: seen?.mayPrompt, offers: seen?.offer !== undefined }).toEqual(expected)
  })

  it('uses no terminal if the configuration says so', async () => {
    const lent = createLentPrompts({ terminal: false })
    await lent.serve(request(fakeConnection().connection, 'terminal'), async (caller) => {
      expect(caller.offer).toBeUndefined()
      return done
    })
  })

  it('answers 401 with the question as soon as it is lent, while the work goes on', async () => {
    const { lease, fate } = capturingLease()
    const { connection } = fakeConnection()
    const lent = createLentPrompts({ terminal: true })
    const reply = await lendTo(connection, lent, lease)
    expect(reply).toMatchObject({
      status: 401,
      body: { error: { code: 'PROMPT_LENT', prompt: { id: 'lease-1', kind: 'code', text: 'MFA code for jo' } } },
    })
    expect(fate).toEqual([])
    expect(lent.settle('lease-1', { answer: '123456' }, connection)).toBe(true)
    expect(fate).toEqual(['answered 123456'])
  })

  it('remembers who has answered one: what is held after that may come of the answer', async () => {
    const [asked, other] = [fakeConnection().connection, fakeConnection().connection]
    const lent = createLentPrompts({ terminal: true })
    const hasAnswered = async (connection: ApiConnection) => {
      let seen: boolean | undefined
      await lent.serve(request(connection), async (caller) => {
        seen = caller.hasAnswered
        return done
      })
      return seen
    }
    await lendTo(asked, lent, capturingLease().lease)
    expect(await hasAnswered(asked)).toBe(false)
    lent.settle('lease-1', { answer: '123456' }, asked)
    expect([await hasAnswered(asked), await hasAnswered(other)]).toEqual([true, false])
  })

  it('takes an answer once, and only on the connection that holds the lease', async () => {
    const { lease, fate } = capturingLease()
    const [holder, other] = [fakeConnection().connection, fakeConnection().connection]
    const lent = createLentPrompts({ terminal: true })
    await lendTo(holder, lent, lease)
    expect(lent.settle('lease-1', { answer: '1' }, other)).toBe(false)
    expect(lent.settle('lease-1', { cancel: true }, holder)).toBe(true)
    expect(lent.settle('lease-1', { cancel: true }, holder)).toBe(false)
    expect(fate).toEqual(['cancelled'])
  })

  it('says on its connection that a person is being asked, until there is an answer', async () => {
    const { lease } = capturingLease()
    const { connection, asking } = fakeConnection()
    const lent = createLentPrompts({ terminal: true })
    await lendTo(connection, lent, lease)
    expect(asking()).toBe(1)
    lent.settle('lease-1', { answer: '1' }, connection)
    expect(asking()).toBe(0)
  })

  it('no longer says so once the question has gone elsewhere or was withdrawn', async () => {
    const { lease, end } = capturingLease()
    const { connection, asking } = fakeConnection()
    const lent = createLentPrompts({ terminal: true })
    await lendTo(connection, lent, lease)
    end('its time was over')
    expect(asking()).toBe(0)
    expect(lent.settle('lease-1', { answer: '1' }, connection)).toBe(false)
  })

  it('gives a question back when its connection closes', async () => {
    const { lease, fate } = capturingLease()
    const { connection, close } = fakeConnection()
    const lent = createLentPrompts({ terminal: true })
    await lendTo(connection, lent, lease)
    close()
    expect(fate).toEqual(['released'])
    expect(lent.settle('lease-1', { answer: '1' }, connection)).toBe(false)
  })

  it('treats the calls on one connection as those of one caller', async () => {
    const lent = createLentPrompts({ terminal: true })
    const { connection } = fakeConnection()
    const origins: unknown[] = []
    for (const on of [connection, connection, fakeConnection().connection]) {
      await lent.serve(request(on, 'terminal'), async ({ origin }) => {
        origins.push(origin)
        return done
      })
    }
    expect(origins[0]).toBe(origins[1])
    expect(origins[0]).not.toBe(origins[2])
  })

  it('reports when its caller has gone', async () => {
    const lent = createLentPrompts({ terminal: true })
    const gone = new AbortController()
    await lent.serve(request(fakeConnection().connection, 'terminal', gone.signal), async (caller) => {
      expect(caller.isGone?.()).toBe(false)
      gone.abort()
      expect(caller.isGone?.()).toBe(true)
      return done
    })
  })

  it('rejects an invalid answer with a reason, and still lends the question', async () => {
    const { lease, fate } = capturingLease()
    const { connection, asking } = fakeConnection()
    const lent = createLentPrompts({ terminal: true })
    await lendTo(connection, lent, { ...lease, answer: () => ({ complaint: 'a code is 6 digits' }) })
    expect(() => lent.settle('lease-1', { answer: '1' }, connection)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: 'answer: a code is 6 digits' }),
    )
    expect(asking()).toBe(1)
    expect(lent.settle('lease-1', { cancel: true }, connection)).toBe(true)
    expect(fate).toEqual(['cancelled'])
  })

  it('includes the fields of its kind', async () => {
    const { lease } = capturingLease()
    const lent = createLentPrompts({ terminal: true })
    const fields = { kind: 'visit', text: 'log in', url: 'https://sso.example.com/', userCode: 'WDJB' } as const
    const reply = await lendTo(fakeConnection().connection, lent, { ...lease, question: { topic: 't', ...fields } })
    expect(reply.body).toMatchObject({ error: { prompt: { id: 'lease-1', ...fields } } })
    expect(JSON.stringify(reply.body)).not.toContain('topic')
  })

  it.each(['answered', 'withdrawn'])('tells who watches that a question is lent no more: %s', async (how) => {
    const { lease, end } = capturingLease()
    const { connection } = fakeConnection()
    const lent = createLentPrompts({ terminal: true })
    await lent.untilEnded('lease-1')
    await lendTo(connection, lent, lease)
    const told: string[] = []
    const watching = [1, 2].map((watcher) => lent.untilEnded('lease-1').then(() => told.push(`told ${watcher}`)))
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toEqual([])
    if (how === 'answered') lent.settle('lease-1', { answer: '123456' }, connection)
    else end(how)
    await Promise.all(watching)
    expect(told).toEqual(['told 1', 'told 2'])
  })
})
