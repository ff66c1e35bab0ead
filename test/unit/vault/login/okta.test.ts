import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import type { PromptQuestion, Prompts } from '../../../../src/prompts/prompt.ts'
import { okta } from '../../../../src/vault/login/okta.ts'
import { openTestVault } from '../../../support/dev-vault.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { scriptedVault } from '../../../support/vault-http.ts'
import { loginContext, testClient, until } from '../../../support/vault-world.ts'

/** Answers each kind of question in its own way; notes stay until they are withdrawn. */
function phonePrompts(typed: { password: string; code?: string }) {
  const questions: PromptQuestion[] = []
  const shown: string[] = []
  const prompts: Prompts = {
    async ask(question, signal) {
      questions.push(question)
      if (question.kind === 'password') return new Secret(typed.password) as never
      if (question.kind === 'code') return new Secret(typed.code ?? '') as never
      shown.push(question.text)
      return new Promise<never>((_, reject) => {
        signal!.addEventListener('abort', () => {
          shown.splice(shown.indexOf(question.text), 1)
          reject(signal!.reason as Error)
        })
      })
    },
    attend: () => () => {},
  }
  return { prompts, questions, shown }
}

async function world(factor: string, code?: string) {
  const server = await openTestVault()
  await server.admin('POST', 'sys/auth/okta', { type: 'okta' })
  await server.admin('POST', 'auth/okta/behind/people/jo', { password: 'pw of jo', groups: ['ops'], factor })
  const asked = phonePrompts({ password: 'pw of jo', ...(code === undefined ? {} : { code }) })
  const clock = fakeClock()
  const context = loginContext(testClient(server.vault.address, { clock }), { prompts: asked.prompts, clock })
  const made = okta.create({ method: 'okta', username: 'jo' }, context)
  const sent = (path: string) => server.calls.filter((call) => call.path.includes(path)).length
  /** Lets time pass, looks being made meanwhile, until this is so. */
  const passing = async (isTrue: () => boolean) => {
    await until(() => {
      clock.advance(500)
      return isTrue()
    })
  }
  const phone = (outcome: string) => server.admin('POST', 'auth/okta/behind/phone/jo', { outcome })
  return { ...asked, server, clock, made, sent, passing, phone }
}

describe('a login by Okta', () => {
  it('without a second factor shows nothing', async () => {
    const { made, questions } = await world('')
    expect((await made.login(true)).lease.displayName).toBe('okta-jo')
    expect(questions.map(({ kind }) => kind)).toEqual(['password'])
  })

  it('says that it waits for a push, once, and takes that away when it is approved', async () => {
    const { made, shown, questions, passing, phone } = await world('push')
    const login = made.login(true)
    await passing(() => shown.length > 0)
    expect(shown).toEqual(['approve the login to vault corp in Okta Verify'])
    await phone('approved')
    expect((await login).lease.displayName).toBe('okta-jo')
    expect(shown).toEqual([])
    expect(questions.map(({ kind }) => kind)).toEqual(['password', 'note'])
  })

  it('shows the number that is to be tapped', async () => {
    const { made, shown, passing, phone } = await world('number')
    const login = made.login(true)
    await passing(() => shown.some((text) => text.includes('tap 42')))
    expect(shown).toEqual(['tap 42 in Okta Verify to log in to vault corp'])
    await phone('approved')
    await login
    expect(shown).toEqual([])
  })

  it('that is denied on the phone is not taken for a wrong password', async () => {
    const { made, shown, questions, passing, phone } = await world('push')
    const login = made.login(true)
    const refused = expect(login).rejects.toMatchObject({
      code: 'VAULT_MFA_FAILED',
      message: expect.stringContaining('denied'),
    })
    await passing(() => shown.length > 0)
    await phone('denied')
    await refused
    expect(questions.filter(({ kind }) => kind === 'password')).toHaveLength(1)
  })

  it('with a code asks for it, of any length that Okta has', async () => {
    const { made, questions, sent } = await world('totp', '246810')
    expect((await made.login(true)).lease.displayName).toBe('okta-jo')
    expect(questions[1]).toMatchObject({ kind: 'code', text: 'Okta code of jo for vault corp', maxDigits: 10 })
    expect(sent('okta/login')).toBe(2)
  })

  it('with a wrong code says so', async () => {
    const { made } = await world('totp', '111111')
    await expect(made.login(true)).rejects.toMatchObject({ code: 'VAULT_MFA_FAILED' })
  })

  it('of somebody who is locked out says where to look', async () => {
    const { made } = await world('locked')
    await expect(made.login(true)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_LOCKED',
      hint: expect.stringContaining('in a browser'),
    })
  })

  it('asks again after a wrong password, and not where Okta is away', async () => {
    const server = await scriptedVault()
    server.on(
      'POST auth/okta/login/jo',
      {
        status: 400,
        json: { errors: ['Okta auth failed: the API returned an error: Authentication failed (code=E0000004)'] },
      },
      {
        status: 400,
        json: {
          errors: [
            'Okta auth failed: Post "https://corp.okta.com/api/v1/authn": dial tcp: lookup corp.okta.com: no such host',
          ],
        },
      },
    )
    const { prompts, questions } = phonePrompts({ password: 'pw' })
    const made = okta.create({ method: 'okta', username: 'jo' }, loginContext(testClient(server.address), { prompts }))
    await expect(made.login(true)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_LOCKED',
      message: expect.stringContaining('Okta behind auth/okta/ does not answer'),
    })
    expect(questions.map(({ notice }) => notice)).toEqual([undefined, expect.stringContaining('2 more tries')])
  })

  it('waits longer for a person than for a server', async () => {
    const { made, clock, shown, passing, phone } = await world('push')
    const login = made.login(true)
    await passing(() => shown.length > 0)
    clock.advance(80_000)
    await phone('approved')
    expect((await login).lease.displayName).toBe('okta-jo')
  })
})
