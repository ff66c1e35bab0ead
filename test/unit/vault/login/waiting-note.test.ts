import { setImmediate as turnOfLoop } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { PromptQuestion, Prompts } from '../../../../src/prompts/prompt.ts'
import { createWaitingNote } from '../../../../src/vault/login/waiting-note.ts'
import { testClient } from '../../../support/vault-world.ts'

/** Where notes are shown until they are withdrawn. @param refuses nobody is there to be shown one */
function world({ refuses = false } = {}) {
  const asked: PromptQuestion[] = []
  const shown: string[] = []
  const prompts: Prompts = {
    ask: (question, signal) => {
      asked.push(question)
      if (refuses) return Promise.reject(new Error('nobody'))
      shown.push(question.text)
      return new Promise((_, reject) => {
        signal!.addEventListener('abort', () => {
          shown.splice(shown.indexOf(question.text), 1)
          reject(signal!.reason as Error)
        })
      })
    },
    attend: () => () => {},
  }
  const login = new AbortController()
  const note = createWaitingNote({ client: testClient('http://127.0.0.1:1'), prompts }, login.signal)
  return { asked, shown, login, note }
}

it('a note is shown to whoever has typed before it, once, until it ends', () => {
  const { asked, shown, note } = world()
  note.show('tap 7')
  note.show('tap 7')
  expect(asked).toEqual([
    { topic: 'vault/corp', kind: 'note', text: 'tap 7', follows: true, remedy: 'latchkey login corp' },
  ])
  note.end()
  expect(shown).toEqual([])
  note.show('tap 7')
  expect(shown).toEqual(['tap 7'])
})

it('another note takes the place of the one before', () => {
  const { shown, note } = world()
  note.show('approve')
  note.show('tap 7')
  expect(shown).toEqual(['tap 7'])
})

it('a note that could not be shown is tried again, and fails nothing', async () => {
  const { asked, note } = world({ refuses: true })
  note.show('tap 7')
  await turnOfLoop()
  note.show('tap 7')
  expect(asked).toHaveLength(2)
})

it('a note goes with the login that nobody wants any more, and none comes after it', () => {
  const { asked, shown, login, note } = world()
  note.show('approve')
  login.abort(new Error('logged out'))
  expect(shown).toEqual([])
  note.show('tap 7')
  expect(asked).toHaveLength(1)
})
