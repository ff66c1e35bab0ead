import { describe, expect, it } from 'vitest'
import { createLoginMethod } from '../../../../src/vault/login/login-methods.ts'
import { openTestVault, type TestVault } from '../../../support/dev-vault.ts'
import { clientTimeoutMs, loginContext, scriptedPrompts, testClient } from '../../../support/vault-world.ts'

/** A mount of the embedded server behind which somebody knows jo. */
async function world(method: 'ldap' | 'radius', ...typed: readonly string[]) {
  const server = await openTestVault()
  await server.admin('POST', `sys/auth/${method}`, { type: method })
  await server.admin('POST', `auth/${method}/behind/people/jo`, { password: 'pw of jo', groups: ['ops'] })
  const config = method === 'ldap' ? { url: 'ldap://127.0.0.1:389' } : { host: '127.0.0.1', secret: 's' }
  await server.admin('POST', `auth/${method}/config`, config)
  const { prompts, questions } = scriptedPrompts(...typed)
  const context = loginContext(testClient(server.vault.address), { prompts })
  const made = createLoginMethod({ method, username: 'jo' }, context)
  if (made.type !== 'login') return expect.unreachable()
  return { server, questions, made }
}

describe.each(['ldap', 'radius'] as const)('a login by %s', (method) => {
  it('asks for the password of the configured name, and again after a wrong one', async () => {
    const { made, questions } = await world(method, 'wrong', 'pw of jo')
    expect(made).toMatchObject({ name: method, identity: `${method}/jo`, isUnattended: false })
    expect((await made.login(true)).lease).toMatchObject({ displayName: `${method}-jo`, isRenewable: true })
    expect(questions.map(({ kind, text, notice }) => ({ kind, text, notice }))).toEqual([
      { kind: 'password', text: 'password of jo for vault corp', notice: undefined },
      { kind: 'password', text: 'password of jo for vault corp', notice: expect.stringContaining('2 more tries') },
    ])
  })

  it('asks once where what checks the password is away, and does not call it wrong', async () => {
    const { server, made, questions } = await world(method, 'pw of jo', 'pw of jo')
    await server.admin('POST', `auth/${method}/behind`, { is_down: true })
    await expect(made.login(true)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_LOCKED',
      message: expect.stringContaining(`behind auth/${method}/ does not answer it`),
      hint: expect.stringContaining('latchkey login corp'),
    })
    expect(questions).toHaveLength(1)
  })
})

it.each(['ldap', 'radius'] as const)('by %s is waited for longer than other requests', async (method) => {
  const { server } = await world(method)
  // A clock on which the timeout of this client is over at once, and what is longer never.
  const hasty = loginContext(testClient(server.vault.address, { timeoutMs: clientTimeoutMs / 2 }), {
    prompts: scriptedPrompts('pw of jo').prompts,
  })
  const made = createLoginMethod({ method, username: 'jo' }, hasty)
  if (made.type !== 'login') return expect.unreachable()
  expect((await made.login(true)).lease.displayName).toBe(`${method}-jo`)
})

describe('the renewal of a token', () => {
  const renewed = async (method: 'ldap' | 'radius', change: (server: TestVault) => Promise<unknown>) => {
    const { server, made } = await world(method, 'pw of jo')
    const { token } = await made.login(true)
    await change(server)
    const { status, json } = await server.call('POST', 'auth/token/renew-self', { token: token.expose(), body: {} })
    return [status, ...(json.errors ?? [])]
  }
  const changed = (method: string) => (server: TestVault) =>
    server.admin('POST', `auth/${method}/behind/people/jo`, { password: 'new of jo', groups: ['ops'] })
  const away = (method: string) => (server: TestVault) =>
    server.admin('POST', `auth/${method}/behind`, { is_down: true })

  // The answers of OpenBao 2.6.2 in front of slapd and freeradius.
  it.each([
    ['ldap', changed('ldap'), 400, '1 error occurred:\n\t* failed to renew entry: invalid credentials\n\n'],
    [
      'ldap',
      away('ldap'),
      400,
      '1 error occurred:\n\t* error connecting to host "ldap://127.0.0.1:389": LDAP Result Code 200 "Network Error": dial tcp 127.0.0.1:389: connect: connection refused\n\n',
    ],
    [
      'ldap',
      (server: TestVault) => server.admin('POST', 'auth/ldap/groups/ops', { policies: 'ops' }),
      500,
      '1 error occurred:\n\t* failed to renew entry: policies have changed, not renewing\n\n',
    ],
    ['radius', changed('radius'), 400, 'access denied by the authentication server'],
    ['radius', away('radius'), 400, 'read udp 127.0.0.1:37798->127.0.0.1:1812: read: connection refused'],
  ] as const)('asks what is behind %s again, which may have changed', async (method, change, ...refusal) => {
    expect(await renewed(method, async () => {})).toEqual([200])
    expect(await renewed(method, change)).toEqual(refusal)
  })
})

it('of a name that a directory has locked is refused, whatever is typed', async () => {
  const { server, made, questions } = await world('ldap', 'pw of jo', 'pw of jo')
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await server.call('POST', 'auth/ldap/login/jo', { body: { password: 'wrong' } })
  }
  await expect(made.login(true)).rejects.toMatchObject({ code: 'VAULT_LOGIN_LOCKED' })
  expect(questions).toHaveLength(1)
})
