import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { callWithPrompts, type PromptingOptions } from '../../../../src/helper/asking/lent-prompt.ts'
import type { ApiCall } from '../../../../src/ipc/client/client.ts'
import type { ApiAnswer } from '../../../../src/ipc/client/http-reply.ts'

const request = { method: 'GET', path: '/v1/aws/credentials/dev' } as const
const prompt = { id: 'p/1', kind: 'code', text: 'MFA code' }
const lent: ApiAnswer = { status: 401, body: { error: { code: 'PROMPT_LENT', message: 'asks', prompt } } }
const done: ApiAnswer = { status: 200, body: { done: true } }
const settled: ApiAnswer = { status: 204, body: undefined }

/** A daemon with these replies, one after the other. */
function daemon(...replies: ApiAnswer[]) {
  const calls: (ApiCall & { connection: number })[] = []
  const closed: number[] = []
  let connections = 0
  const options: PromptingOptions = {
    connect: () => {
      const connection = ++connections
      return {
        call: async (call) => {
          calls.push({ ...call, connection })
          return replies.shift()!
        },
        close: () => closed.push(connection),
      }
    },
    mayAsk: () => true,
    isForeground: async () => true,
    ask: async () => new Secret('123456'),
  }
  return { calls, closed, options }
}

describe('a call that may be asked back', () => {
  it('ends with its answer where nothing is asked', async () => {
    const { calls, options } = daemon(done)
    expect(await callWithPrompts(request, options)).toEqual(done)
    expect(calls).toEqual([{ ...request, headers: { 'latchkey-prompt': 'terminal' }, connection: 1 }])
  })

  it('offers no terminal where there is none', async () => {
    const { calls, options } = daemon(done)
    await callWithPrompts(request, { ...options, mayAsk: () => false })
    expect(calls[0]?.headers).toEqual({ 'latchkey-prompt': 'program' })
  })

  it('treats a question for a terminal that it did not offer as an answer', async () => {
    const { calls, options } = daemon(lent, lent, lent, lent)
    const ask = async () => expect.unreachable()
    expect(await callWithPrompts(request, { ...options, isForeground: async () => false, ask })).toEqual(lent)
    expect(await callWithPrompts(request, { ...options, mayAsk: () => false, ask })).toEqual(lent)
    expect(calls.map(({ headers }) => headers?.['latchkey-prompt'])).toEqual(['terminal', 'program', 'program'])
  })

  it('answers each question on the connection that it was lent on, then asks anew', async () => {
    const { calls, options } = daemon(lent, settled, lent, settled, done)
    expect(await callWithPrompts(request, options)).toEqual(done)
    expect(calls.map(({ path, body, connection }) => [path, body, connection])).toEqual([
      [request.path, undefined, 1],
      ['/v1/prompts/p%2F1', { answer: '123456' }, 1],
      [request.path, undefined, 1],
      ['/v1/prompts/p%2F1', { answer: '123456' }, 1],
      [request.path, undefined, 1],
    ])
  })

  it('goes on when the question has gone meanwhile', async () => {
    const gone = { status: 404, body: { error: { code: 'PROMPT_GONE', message: 'gone' } } }
    const { options } = daemon(lent, gone, done)
    expect(await callWithPrompts(request, options)).toEqual(done)
  })

  it('ends where the daemon does not accept the answer: the question stays, and would not be asked again', async () => {
    const message = 'answer: a code is 8 digits'
    const { options } = daemon(lent, { status: 400, body: { error: { code: 'REQUEST_INVALID', message } } })
    await expect(callWithPrompts(request, options)).rejects.toMatchObject({ code: 'REFUSED', message })
  })

  it('tells the daemon that the person said no', async () => {
    const { calls, options } = daemon(lent, settled)
    const call = callWithPrompts(request, { ...options, ask: async () => undefined })
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(calls[1]?.body).toEqual({ cancel: true })
  })

  it('gives the question back when it has moved into the background', async () => {
    const { calls, closed, options } = daemon(lent, done)
    expect(await callWithPrompts(request, { ...options, isForeground: async () => false })).toEqual(done)
    expect(closed).toEqual([1])
    expect(calls[1]).toEqual({ ...request, headers: { 'latchkey-prompt': 'program' }, connection: 2 })
  })

  it.each([
    ['no error', {}],
    ['no prompt', { error: { code: 'X', message: 'x' } }],
    ['a prompt without an id', { error: { prompt: { ...prompt, id: undefined } } }],
    ['a prompt of an unknown kind', { error: { prompt: { ...prompt, kind: 'retina' } } }],
    ['a prompt with another notice', { error: { prompt: { ...prompt, notice: 1 } } }],
    ['a page that is not safe to visit', { error: { prompt: { ...prompt, kind: 'visit', url: 'http://192.0.2.1/' } } }],
    ['a prompt without a text', { error: { prompt: { ...prompt, text: 1 } } }],
  ])('asks nothing for a 401 with %s', async (_what, body) => {
    const { options } = daemon({ status: 401, body })
    expect(await callWithPrompts(request, options)).toEqual({ status: 401, body })
  })
})

describe('a question that may be withdrawn', () => {
  /** A daemon whose other connection answers when the test says so. */
  function watched(...replies: ApiAnswer[]) {
    const { calls, options } = daemon(...replies)
    let end!: { resolve: (answer: ApiAnswer) => void; reject: (error: Error) => void }
    const closed: string[] = []
    const withdrawn: string[] = []
    const watching: PromptingOptions = {
      ...options,
      connect() {
        const connection = options.connect()
        return {
          call: (call) =>
            call.path === '/v1/prompts/p%2F1' && call.method === 'GET'
              ? new Promise((resolve, reject) => {
                  end = { resolve, reject }
                })
              : connection.call(call),
          close: () => closed.push('closed'),
        }
      },
      onWithdrawn: async () => void withdrawn.push('told'),
    }
    return { calls, options: watching, closed, withdrawn, end: () => end }
  }
  const untilAborted = (signal?: AbortSignal): Promise<never> =>
    new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason as Error)))

  it('goes from the terminal, the person is told, and the call is repeated', async () => {
    const { calls, options, closed, withdrawn, end } = watched(lent, lent, settled, done)
    const asked: string[] = []
    const ask = async (question: { text: string }, signal?: AbortSignal) => {
      asked.push(question.text)
      if (asked.length === 2) return new Secret('123456')
      end().resolve(settled)
      return untilAborted(signal)
    }
    expect(await callWithPrompts(request, { ...options, ask })).toEqual(done)
    expect([asked.length, withdrawn, closed]).toEqual([2, ['told'], ['closed', 'closed']])
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET ${request.path}`,
      `GET ${request.path}`,
      'POST /v1/prompts/p%2F1',
      `GET ${request.path}`,
    ])
  })

  it('stays where the daemon only had to make room', async () => {
    const { options, withdrawn, end } = watched(lent, settled, done)
    const ask = async (_: unknown, signal?: AbortSignal) => {
      end().resolve({ status: 503, body: {} })
      await new Promise((resolve) => setImmediate(resolve))
      expect(signal?.aborted).toBe(false)
      return new Secret('123456')
    }
    expect(await callWithPrompts(request, { ...options, ask })).toEqual(done)
    expect(withdrawn).toEqual([])
  })

  it('ends with the daemon', async () => {
    const { options, end } = watched(lent)
    const ask = (_: unknown, signal?: AbortSignal) => {
      end().reject(new Error('the daemon has gone'))
      return untilAborted(signal)
    }
    await expect(callWithPrompts(request, { ...options, ask })).rejects.toThrow('the daemon has gone')
  })

  it('is taken from any caller where its outcome is found out elsewhere', async () => {
    const visit = { id: 'p/1', kind: 'visit', text: 'log in', url: 'https://sso.example.com/' }
    const body = { error: { code: 'PROMPT_LENT', message: 'asks', prompt: visit } }
    const { calls, options, end } = watched({ status: 401, body }, done)
    const { onWithdrawn: _, ...untold } = options
    const ask = (_question: unknown, signal?: AbortSignal) => {
      end().resolve(settled)
      return untilAborted(signal)
    }
    expect(await callWithPrompts(request, { ...untold, ask })).toEqual(done)
    expect(calls.map(({ path }) => path)).toEqual([request.path, request.path])
  })

  it('is not watched for a caller whose own it is', async () => {
    const { options, closed, end } = watched(lent, settled, done)
    const { onWithdrawn: _, ...untold } = options
    expect(await callWithPrompts(request, untold)).toEqual(done)
    expect([end(), closed]).toEqual([undefined, []])
  })
})
