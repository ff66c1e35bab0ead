import { describe, expect, it } from 'vitest'
import { PromptError } from '../../../../src/prompts/prompt.ts'
import type { LoginContext, LoginRequest } from '../../../../src/vault/login/login-method.ts'
import { userpass } from '../../../../src/vault/login/userpass.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { recorded } from '../../../support/vault-answers.ts'
import { scriptedVault } from '../../../support/vault-http.ts'
import { loginContext, scriptedPrompts, testClient } from '../../../support/vault-world.ts'

const route = 'POST auth/userpass/login/jo'
const granted = recorded('userpass', 'login')
const wrong = recorded('userpass', 'wrong password')
const locked = recorded('userpass', 'failure 6')

function create(auth: { username?: string; mount?: string }, context: LoginContext): LoginRequest {
  return userpass.create({ method: 'userpass', username: 'jo', ...auth }, context)
}

async function world(...answers: readonly (string | Error)[]) {
  const vault = await scriptedVault()
  const { prompts, questions } = scriptedPrompts(...answers)
  const clock = fakeClock()
  const method = create({}, loginContext(testClient(vault.address), { prompts, clock }))
  return { vault, questions, method, clock }
}

describe('a login by password', () => {
  it('asks once and grants what the server says', async () => {
    const { vault, questions, method, clock } = await world('correct horse')
    vault.on(route, granted)
    const { token, lease } = await method.login(true)
    expect(token.expose()).toBe('s.wPMJzD7YTp6Ff4B5VefC7HWn')
    expect(lease).toEqual({
      displayName: 'userpass-jo',
      policies: ['default', 'ssh-user'],
      owner: expect.stringMatching(/^5de243df-.*\/$/),
      grantedAtMs: clock.now(),
      leaseSeconds: 3600,
      isRenewable: true,
      isLimited: false,
      isBatch: false,
    })
    expect(questions).toEqual([
      { topic: 'vault/corp', kind: 'password', remedy: 'latchkey login corp', text: 'password of jo for vault corp' },
    ])
    expect(vault.requests[0]!.body).toEqual({ password: 'correct horse' })
  })

  it('asks again with a notice after a wrong password, three times in all', async () => {
    const { vault, questions, method } = await world('a', 'b', 'c', 'd')
    vault.on(route, wrong)
    await expect(method.login(true)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_FAILED',
      hint: expect.stringContaining('five wrong'),
    })
    expect(questions.map(({ notice }) => notice)).toEqual([
      undefined,
      'wrong password, or no such user; 2 more tries',
      'wrong password, or no such user; 1 more try',
    ])
    expect(vault.requests).toHaveLength(3)
  })

  it('of a locked user explains that, and does not ask again', async () => {
    const { vault, questions, method } = await world('right', 'right')
    vault.on(route, locked)
    await expect(method.login(true)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_LOCKED',
      message: expect.stringContaining('is locked'),
      hint: expect.stringContaining('15 minutes'),
    })
    expect(questions).toHaveLength(1)
  })

  it('sends nothing when nobody answers', async () => {
    const { vault, method } = await world(new PromptError('PROMPT_CANCELLED', 'cancelled'))
    await expect(method.login(true)).rejects.toMatchObject({ code: 'PROMPT_CANCELLED' })
    expect(vault.requests).toEqual([])
  })

  it.each([
    [{ json: { data: {} } }],
    [{ json: { auth: { client_token: '', lease_duration: 1, renewable: true } } }],
    [{ json: { auth: { client_token: 'a\nb', lease_duration: 1, renewable: true } } }],
  ])('that is answered without a token fails: %j', async (answer) => {
    const { vault, method } = await world('pw')
    vault.on(route, answer)
    await expect(method.login(true)).rejects.toMatchObject({ code: 'VAULT_BAD_RESPONSE' })
  })

  it('goes to the configured mount, the name encoded', async () => {
    const vault = await scriptedVault()
    const method = create(
      { username: 'jo/x', mount: 'corp/up' },
      loginContext(testClient(vault.address), { prompts: scriptedPrompts('pw').prompts }),
    )
    vault.on('POST auth/corp/up/login/jo%2Fx', granted)
    expect((await method.login(true)).lease.displayName).toBe('corp-up-jo/x')
  })
})
