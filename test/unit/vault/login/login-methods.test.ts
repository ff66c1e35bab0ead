import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { type AuthConfig, authSchema, createLoginMethod } from '../../../../src/vault/login/login-methods.ts'
import { recorded } from '../../../support/vault-answers.ts'
import { scriptedVault } from '../../../support/vault-http.ts'
import { loginContext, scriptedPrompts, testClient } from '../../../support/vault-world.ts'

async function method(auth: AuthConfig) {
  const vault = await scriptedVault()
  vault.on('POST auth/userpass/login/jo', recorded('userpass', 'login'))
  vault.on('POST auth/corp/up/login/jo', recorded('userpass', 'login'))
  vault.on('POST auth/approle/login', recorded('approle', 'login'))
  const read: string[] = []
  const made = createLoginMethod(
    auth,
    loginContext(testClient(vault.address), {
      prompts: scriptedPrompts('pw').prompts,
      readText: async (path) => {
        read.push(path)
        return 'content'
      },
    }),
  )
  return { vault, read, made }
}

describe('the configured login', () => {
  it('by token looks in the file, from the home folder', async () => {
    const { read, made } = await method({ method: 'token', token_file: '~/t' })
    expect(made.type === 'external' && (await made.find(false)).token.expose()).toBe('content')
    expect(read).toEqual(['/home/jo/t'])
  })

  it.each([
    [undefined, 'auth/userpass/login/jo'],
    ['corp/up', 'auth/corp/up/login/jo'],
    ['/auth/corp/up/', 'auth/corp/up/login/jo'],
  ])('by password at the mount %s goes to %s', async (mount, path) => {
    const { vault, made } = await method({ method: 'userpass', mount, username: 'jo' })
    expect(made).toMatchObject({ type: 'login', name: 'userpass', isUnattended: false })
    if (made.type === 'login') await made.login(true)
    expect(vault.calls()).toEqual([`POST ${path}`])
  })

  it('by AppRole reads the secret id from the home folder', async () => {
    const { vault, read, made } = await method({ method: 'approle', role_id: 'r', secret_id_file: '~/s' })
    expect(made).toMatchObject({ type: 'login', name: 'approle', isUnattended: true })
    if (made.type === 'login') await made.login(true)
    expect(read).toEqual(['/home/jo/s'])
    expect(vault.requests[0]!.body).toEqual({ role_id: 'r', secret_id: 'content' })
  })

  it('by AppRole with a wrapped secret id opens it', async () => {
    const { vault, made } = await method({ method: 'approle', role_id: 'r', secret_id_file: '/s', wrapped: true })
    if (made.type === 'login') await made.login(true).catch(() => {})
    expect(vault.calls()).toEqual(['POST sys/wrapping/lookup'])
  })

  it('tells one user and mount from another', async () => {
    const identity = async (auth: AuthConfig) => {
      const { made } = await method(auth)
      return made.type === 'login' ? made.identity : undefined
    }
    const all = [
      await identity({ method: 'userpass', username: 'jo' }),
      await identity({ method: 'userpass', username: 'mia' }),
      await identity({ method: 'userpass', mount: 'ldap', username: 'jo' }),
      await identity({ method: 'approle', role_id: 'jo' }),
    ]
    expect(new Set(all).size).toBe(4)
  })
})

it('no method of login MFA is taken that a header cannot name', () => {
  const read = (mfa_method: string) => v.safeParse(authSchema, { method: 'userpass', username: 'jo', mfa_method })
  expect(read('手机').success).toBe(true)
  const [issue] = read('a\nX-Vault-Token: b').issues ?? []
  expect(issue?.message).toBe('has characters that cannot be sent')
})

it.each(['///', 'a//b', '..', 'auth/../sys', '.'])('no mount is taken whose path leads elsewhere: %s', (mount) => {
  const methods = [
    'userpass',
    'ldap',
    'radius',
    'okta',
    'approle',
    'jwt',
    'kubernetes',
    'cert',
    'aws',
    'github',
    'oidc',
  ]
  for (const name of methods) {
    const mistake = (given: string) =>
      v.safeParse(authSchema, { method: name, mount: given }).issues?.find(({ path }) => path?.at(-1)?.key === 'mount')
    expect(mistake('auth/corp/'), name).toBeUndefined()
    expect(mistake(mount)?.message, name).toBe('not the path of a mount')
  }
})

it.each(['.', '..'])('no user is taken whose name leads elsewhere: %s', (username) => {
  for (const method of ['userpass', 'ldap', 'radius', 'okta'])
    expect(v.safeParse(authSchema, { method, username }).issues?.map(({ message }) => message)).toEqual([
      'not a name in a vault',
    ])
})
