import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { type AskForSshEffects, askForSshReady } from '../../../../src/helper/asking/ssh-ready.ts'
import { type ScriptedApi, type ScriptedReply, scriptedApi } from '../../../support/helper-api.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const target = { user: 'jo', host: 'db' }
const lent: ScriptedReply = {
  status: 401,
  body: { error: { code: 'PROMPT_LENT', message: 'm', prompt: { id: 'q', kind: 'password', text: 'password of jo' } } },
}

async function ask(api: Pick<ScriptedApi, 'folder'>, effects: Partial<AskForSshEffects> = {}) {
  let said = ''
  const questions: string[] = []
  await askForSshReady(
    target,
    { LATCHKEY_RUNTIME_DIR: api.folder, HOME: '/nowhere' },
    {
      terminal: { mayAsk: () => true, isForeground: async () => true },
      ssh: { isBatch: false, isQuery: false },
      readLine: async (text) => {
        questions.push(text)
        return new Secret('pw')
      },
      show: () => {},
      note: (text) => {
        said += text
      },
      ...effects,
    },
  )
  return { said, questions }
}

/** Lends a question to whoever offers a terminal, until it is answered. */
const asking = () => {
  let isAnswered = false
  return scriptedApi(({ path, mode }) => {
    if (path !== '/v1/ssh/ready') {
      isAnswered = true
      return { status: 204 }
    }
    return mode === 'terminal' && !isAnswered ? lent : { status: 200, body: {} }
  })
}

describe('latchkey ssh ready where a person is needed', () => {
  it('asks on the terminal of ssh, and says nothing more', async () => {
    const api = await asking()
    const { said, questions } = await ask(api)
    expect({ said, count: questions.length }).toEqual({ said: '', count: 1 })
    expect(api.requests.map(({ mode, path }) => mode ?? path)).toEqual(['terminal', '/v1/prompts/q', 'terminal'])
  })

  it('asks there without an ssh above it, too', async () => {
    expect((await ask(await asking(), { ssh: undefined })).questions).toHaveLength(1)
  })

  it.each<[string, Partial<AskForSshEffects>]>([
    ['of an ssh with BatchMode', { ssh: { isBatch: true, isQuery: false } }],
    ['in the background', { terminal: { mayAsk: () => false, isForeground: async () => false } }],
  ])('leaves the question to the daemon on a terminal %s', async (_, effects) => {
    const api = await asking()
    expect(await ask(api, effects)).toEqual({ said: '', questions: [] })
    expect(api.requests.map(({ mode }) => mode)).toEqual(['program'])
  })

  it('does nothing under ssh -G', async () => {
    const api = await asking()
    await ask(api, { ssh: { isBatch: false, isQuery: true } })
    expect(api.requests).toEqual([])
  })

  it('is silent after a question that was cancelled, and where the daemon has gone', async () => {
    expect(await ask(await asking(), { readLine: async () => undefined })).toMatchObject({ said: '' })
    expect(await ask({ folder: temporaryFolder() })).toMatchObject({ said: '' })
  })

  it('says in a line what went wrong', async () => {
    const problem = { code: 'VAULT_LOGIN_FAILED', message: 'wrong password', hint: 'latchkey login' }
    const api = await scriptedApi(() => ({ status: 200, body: { problem } }))
    expect((await ask(api)).said).toBe('latchkey: wrong password; hint: latchkey login\n')
    const refusing = await scriptedApi(() => ({ status: 409, body: { error: { code: 'X', message: 'no' } } }))
    expect((await ask(refusing)).said).toBe('latchkey: no\n')
  })
})
