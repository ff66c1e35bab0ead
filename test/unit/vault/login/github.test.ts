import { describe, expect, it } from 'vitest'
import { github } from '../../../../src/vault/login/github.ts'
import type { SecretSource } from '../../../../src/vault/login/secret-source.ts'
import { openTestVault } from '../../../support/dev-vault.ts'
import { loginContext, scriptedPrompts, testClient } from '../../../support/vault-world.ts'

async function world(token: SecretSource | undefined, ...typed: readonly string[]) {
  const server = await openTestVault()
  await server.admin('POST', 'sys/auth/github', { type: 'github' })
  await server.admin('POST', 'auth/github/behind/people/octo', { password: 'ghp_octo', groups: ['ops'] })
  await server.admin('POST', 'auth/github/behind/people/eve', { password: 'ghp_eve', factor: 'stranger' })
  const { prompts, questions } = scriptedPrompts(...typed)
  const files = new Map([['/token', 'ghp_octo']])
  const context = loginContext(testClient(server.vault.address), {
    prompts,
    files,
    runProgram: async () => 'ghp_octo\n',
  })
  const made = github.create({ method: 'github', ...(token === undefined ? {} : { token }) }, context)
  return { server, questions, files, made }
}

describe('a login by GitHub', () => {
  it.each<SecretSource>([{ file: '/token' }, { command: ['gh', 'auth', 'token'] }])(
    'needs no person with a token of %j',
    async (source) => {
      const { made, questions } = await world(source)
      expect(made.isUnattended).toBe(true)
      expect((await made.login(false)).lease).toMatchObject({
        displayName: 'github-octo',
        policies: ['default', 'ops'],
      })
      expect(questions).toEqual([])
    },
  )

  it('asks for a token where none is configured, and again for one that GitHub does not know', async () => {
    const { made, questions } = await world(undefined, 'ghp_typo', 'ghp_octo')
    expect(made.isUnattended).toBe(false)
    expect((await made.login(true)).lease.displayName).toBe('github-octo')
    expect(questions.map(({ text, notice }) => [text, notice])).toEqual([
      ['GitHub token for vault corp', undefined],
      ['GitHub token for vault corp', 'GitHub does not know this token; 2 more tries'],
    ])
  })

  it('of a stranger to the organization is not asked for again', async () => {
    const { made, questions } = await world(undefined, 'ghp_eve', 'ghp_eve')
    await expect(made.login(true)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_LOCKED',
      hint: expect.stringContaining('read:org'),
    })
    expect(questions).toHaveLength(1)
  })

  it('with a token that GitHub refuses is not sent again before its file changes, although that is a 500', async () => {
    const { server, made, files } = await world({ file: '/token' })
    files.set('/token', 'ghp_old')
    const refused = { code: 'VAULT_LOGIN_FAILED' }
    await expect(made.login(false)).rejects.toMatchObject(refused)
    await expect(made.login(false)).rejects.toMatchObject(refused)
    expect(server.calls.filter(({ path }) => path.endsWith('github/login'))).toHaveLength(1)
    files.set('/token', 'ghp_octo')
    await made.login(false)
  })

  it('that GitHub limits passes by itself', async () => {
    const { server, made } = await world({ file: '/token' })
    await server.admin('POST', 'auth/github/behind', { is_down: true })
    await expect(made.login(false)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_LOCKED',
      message: expect.stringContaining('HTTP 403'),
    })
  })
})
