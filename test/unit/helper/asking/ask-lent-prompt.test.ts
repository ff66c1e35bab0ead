import { expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { type AskedTerminal, askLentPrompt, type ReadLine } from '../../../../src/helper/asking/ask-lent-prompt.ts'

/** A person who types these lines. */
function typing(...lines: (string | undefined)[]) {
  const asked: { prompt: string; echo: boolean }[] = []
  const shown: string[] = []
  const terminal: AskedTerminal = {
    async readLine(prompt, { echo }) {
      asked.push({ prompt, echo })
      const line = lines.shift()
      return line === undefined ? undefined : new Secret(line)
    },
    show: (text) => shown.push(text),
  }
  return { asked, shown, terminal }
}

it('asks for a code, which may be seen', async () => {
  const { asked, terminal } = typing('123456')
  const answer = await askLentPrompt({ kind: 'code', text: 'MFA code for jo' }, terminal)
  expect(answer?.expose()).toBe('123456')
  expect(asked).toEqual([{ prompt: 'MFA code for jo: ', echo: true }])
})

it('asks again for what cannot be a code, without a call to anyone', async () => {
  const { asked, terminal } = typing('12345', 'abcdef', '', '1234567', '654 321')
  expect((await askLentPrompt({ kind: 'code', text: 'code' }, terminal))?.expose()).toBe('654 321')
  expect(asked.slice(1).map(({ prompt }) => prompt)).toEqual(Array(4).fill('a code is 6 digits\ncode: '))
})

it('says first why it asks again', async () => {
  const { asked, terminal } = typing('123456')
  await askLentPrompt({ kind: 'code', text: 'code', notice: 'that code\u001b[1m was wrong' }, terminal)
  expect(asked[0]!.prompt).toBe('that code [1m was wrong\ncode: ')
})

it('hides a password, keeps its blanks, and does not take an empty one', async () => {
  const { asked, terminal } = typing('', ' a b c ')
  expect((await askLentPrompt({ kind: 'password', text: 'password for jo' }, terminal))?.expose()).toBe(' a b c ')
  expect(asked).toEqual([
    { prompt: 'password for jo: ', echo: false },
    { prompt: 'nothing was typed (Ctrl-C cancels)\npassword for jo: ', echo: false },
  ])
})

it('is cancelled by the person', async () => {
  expect(await askLentPrompt({ kind: 'code', text: 'code' }, typing(undefined).terminal)).toBeUndefined()
})

it('only shows a note', async () => {
  const { asked, shown, terminal } = typing()
  expect((await askLentPrompt({ kind: 'note', text: 'touch your key\u001b[2J' }, terminal))?.expose()).toBe('')
  expect([asked, shown]).toEqual([[], ['touch your key [2J\n']])
})

it('takes what was typed before for no yes, and goes when it is withdrawn', async () => {
  const withdrawn = new AbortController()
  const readLine: ReadLine = async (_, { echo, dropsTypeAhead, signal }) => {
    expect({ echo, dropsTypeAhead }).toEqual({ echo: true, dropsTypeAhead: true })
    withdrawn.abort(new Error('withdrawn'))
    throw signal!.reason
  }
  const question = { kind: 'confirm', text: 'allow it' } as const
  const asked = askLentPrompt(question, { readLine, show: () => {} }, withdrawn.signal)
  await expect(asked).rejects.toThrow('withdrawn')
})

const visit = { kind: 'visit', text: 'log in', url: 'https://sso.example.com/' } as const

it('opens a page, by the link to it where there is one, and once', async () => {
  const opened: [string, boolean][] = []
  const signals: AbortSignal[] = []
  const { terminal } = typing('', '', '')
  const asked: AskedTerminal = {
    ...terminal,
    visit(page, closed) {
      opened.push([page, closed.aborted])
      signals.push(closed)
    },
  }
  await askLentPrompt({ ...visit, link: 'http://localhost:8250/x' }, asked)
  await askLentPrompt(visit, asked)
  await askLentPrompt({ ...visit, notice: 'it is not finished' }, asked)
  expect(opened).toEqual([
    ['http://localhost:8250/x', false],
    ['https://sso.example.com/', false],
  ])
  // Whoever waits for a browser need not any more.
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
})

it('leaves the line when a question is over before it is answered', async () => {
  const { shown, terminal } = typing()
  const over = new AbortController()
  const readLine: AskedTerminal['readLine'] = (_, { signal }) =>
    new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason as Error)))
  const asked = askLentPrompt(visit, { ...terminal, readLine }, over.signal)
  over.abort(new Error('over'))
  await expect(asked).rejects.toThrow('over')
  expect(shown).toEqual(['\n'])
})
