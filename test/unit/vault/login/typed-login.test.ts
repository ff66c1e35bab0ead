import { expect, it } from 'vitest'
import { PromptError } from '../../../../src/prompts/prompt.ts'
import { createTypedLogin } from '../../../../src/vault/login/typed-login.ts'
import type { LeasedToken } from '../../../../src/vault/token/token-lease.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'
import { scriptedPrompts, testClient } from '../../../support/vault-world.ts'

const wrong = new VaultError('VAULT_LOGIN_FAILED', 'wrong', { status: 400 })
const granted = {} as LeasedToken

/** A server that takes this secret alone. */
function world(right: string, ...typed: (string | Error)[]) {
  const { prompts, questions } = scriptedPrompts(...typed)
  const sent: string[] = []
  const client = testClient('http://127.0.0.1:1')
  const login = createTypedLogin(
    { what: 'password of jo', wrong: 'wrong password' },
    { client, prompts },
    async (secret) => {
      sent.push(secret.expose())
      if (secret.expose() === 'locked') throw new VaultError('VAULT_LOGIN_LOCKED', 'locked')
      if (secret.expose() !== right) throw wrong
      return granted
    },
  )
  return { login, questions, sent }
}

it('a secret is asked for, and again with how many tries are left where it was wrong', async () => {
  const { login, questions, sent } = world('right', 'one', 'two', 'right')
  expect(await login(true)).toBe(granted)
  expect(sent).toEqual(['one', 'two', 'right'])
  expect(questions[0]).toEqual({
    topic: 'vault/corp',
    kind: 'password',
    text: 'password of jo for vault corp',
    remedy: 'latchkey login corp',
  })
  expect(questions.map(({ notice }) => notice)).toEqual([
    undefined,
    'wrong password; 2 more tries',
    'wrong password; 1 more try',
  ])
})

it('nobody is asked a fourth time', async () => {
  const { login, sent } = world('right', 'one', 'two', 'three', 'right')
  await expect(login(true)).rejects.toBe(wrong)
  expect(sent).toHaveLength(3)
})

it.each([
  ['a refusal that no other secret would cure', 'locked', 'locked'],
  ['a person who says no', new PromptError('PROMPT_CANCELLED', 'cancelled'), 'cancelled'],
])('%s ends it', async (_, typed, message) => {
  const { login, questions } = world('right', typed, 'right')
  await expect(login(true)).rejects.toThrow(message)
  expect(questions).toHaveLength(1)
})
