import { describe, expect, it } from 'vitest'
import { openTestVault, type TestVault } from '../../../../support/dev-vault.ts'

async function openWithUsers(): Promise<TestVault> {
  const vault = await openTestVault()
  await vault.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
  await vault.admin('POST', 'auth/userpass/users/jo', { password: 'pw', token_policies: 'ssh', token_ttl: '1h' })
  return vault
}

const logIn = ({ call }: TestVault, name: string, password: string) =>
  call('POST', `auth/userpass/login/${name}`, { body: { password } })

const minuteMs = 60_000

describe('a user who logs in by password', () => {
  it('gets a token with the terms that were set, and is one entity in every login', async () => {
    const vault = await openWithUsers()
    const first = await logIn(vault, 'jo', 'pw')
    expect(first.json.auth).toMatchObject({
      policies: ['default', 'ssh'],
      lease_duration: 3600,
      metadata: { username: 'jo' },
    })
    const second = await logIn(vault, 'JO', 'pw')
    expect(second.json.auth.entity_id).toBe(first.json.auth.entity_id)
    expect(second.json.auth.client_token).not.toBe(first.json.auth.client_token)
  })

  it('is locked out from the sixth attempt on, for 15 minutes, and nothing says so', async () => {
    const vault = await openWithUsers()
    for (let attempt = 1; attempt <= 5; attempt += 1) expect((await logIn(vault, 'jo', 'bad')).status).toBe(400)
    expect((await logIn(vault, 'jo', 'pw')).json.errors).toEqual(['permission denied'])
    vault.advance(15 * minuteMs - 1)
    expect((await logIn(vault, 'Jo', 'pw')).status).toBe(403)
    vault.advance(1)
    expect((await logIn(vault, 'jo', 'pw')).status).toBe(200)
  })

  it('is not locked out by failures before a success, or long ago', async () => {
    const vault = await openWithUsers()
    const fail = async (times: number) => {
      for (let attempt = 1; attempt <= times; attempt += 1) await logIn(vault, 'jo', 'bad')
    }
    await fail(4)
    expect((await logIn(vault, 'jo', 'pw')).status).toBe(200)
    await fail(4)
    vault.advance(15 * minuteMs)
    await fail(4)
    expect((await logIn(vault, 'jo', 'pw')).status).toBe(200)
  })

  it('is not locked out with others, nor are names that nobody has', async () => {
    const vault = await openWithUsers()
    await vault.admin('POST', 'auth/userpass/users/mia', { password: 'pw' })
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      await logIn(vault, 'jo', 'bad')
      expect((await logIn(vault, 'nobody', 'bad')).json.errors).toEqual(['invalid username or password'])
    }
    expect((await logIn(vault, 'mia', 'pw')).status).toBe(200)
  })

  it('renews by the terms at the time, and not once the policies have changed or the user is gone', async () => {
    const vault = await openWithUsers()
    const token = (await logIn(vault, 'jo', 'pw')).json.auth.client_token
    const renew = () => vault.call('POST', 'auth/token/renew-self', { token, body: {} })
    await vault.admin('POST', 'auth/userpass/users/jo', { token_ttl: '2h', token_max_ttl: '3h' })
    expect((await renew()).json.auth.lease_duration).toBe(7200)
    vault.advance(90 * minuteMs)
    expect((await renew()).json.auth.lease_duration).toBe(5400)
    await vault.admin('POST', 'auth/userpass/users/jo/policies', { token_policies: ['other'] })
    expect((await renew()).json.errors).toEqual([
      '1 error occurred:\n\t* failed to renew entry: policies have changed, not renewing\n\n',
    ])
    await vault.admin('DELETE', 'auth/userpass/users/jo')
    expect((await renew()).status).toBe(204)
  })

  it('is turned away from outside of the networks that were set', async () => {
    const vault = await openWithUsers()
    await vault.admin('POST', 'auth/userpass/users/jo', { token_bound_cidrs: '10.0.0.0/8' })
    expect((await logIn(vault, 'jo', 'pw')).json.errors).toEqual(['permission denied'])
  })

  it('can be given a batch token, a number of uses, and no default policy; never root', async () => {
    const vault = await openWithUsers()
    const change = (terms: object) => vault.admin('POST', 'auth/userpass/users/jo', terms)
    await change({ token_num_uses: 2, token_no_default_policy: true })
    expect((await logIn(vault, 'jo', 'pw')).json.auth).toMatchObject({ num_uses: 2, policies: ['ssh'] })
    await change({ token_num_uses: 0, token_type: 'batch' })
    expect((await logIn(vault, 'jo', 'pw')).json.auth).toMatchObject({ token_type: 'batch', renewable: false })
    await change({ token_policies: 'root' })
    expect((await logIn(vault, 'jo', 'pw')).json.errors).toEqual(['auth methods cannot create root tokens'])
  })
})

describe('the users', () => {
  it('are listed, read without their password, changed and removed', async () => {
    const vault = await openWithUsers()
    await vault.admin('POST', 'auth/userpass/users/Mia', { password: 'a', policies: 'x', ttl: '1h', max_ttl: '2h' })
    expect(await vault.admin('LIST', 'auth/userpass/users')).toEqual({ keys: ['jo', 'mia'] })
    expect(await vault.admin('LIST', 'auth/userpass/users?after=jo')).toEqual({ keys: ['mia'] })
    expect(await vault.admin('GET', 'auth/userpass/users?list=true&limit=1')).toEqual({ keys: ['jo'] })
    expect(await vault.admin('GET', 'auth/userpass/users?list=1')).toEqual({ keys: ['jo', 'mia'] })
    expect(await vault.admin('GET', 'auth/userpass/users/mia')).toEqual({
      token_bound_cidrs: [],
      token_explicit_max_ttl: 0,
      token_max_ttl: 7200,
      token_no_default_policy: false,
      token_num_uses: 0,
      token_period: 0,
      token_policies: ['x'],
      token_ttl: 3600,
      token_type: 'default',
    })
    await vault.admin('POST', 'auth/userpass/users/mia/password', { password: 'b' })
    expect((await logIn(vault, 'mia', 'a')).status).toBe(400)
    expect((await logIn(vault, 'mia', 'b')).status).toBe(200)
    await vault.admin('DELETE', 'auth/userpass/users/mia')
    const { rootToken: token } = vault.vault
    expect((await vault.call('GET', 'auth/userpass/users/mia', { token })).status).toBe(404)
  })

  it.each([
    ['users/new', {}, 400, 'missing password'],
    ['users/nobody/password', { password: 'a' }, 500, '1 error occurred:\n\t* username does not exist\n\n'],
    ['users/nobody/policies', { policies: 'a' }, 500, '1 error occurred:\n\t* username does not exist\n\n'],
    ['users/jo/password', {}, 400, 'missing password'],
    ['users/jo', { token_ttl: '2h', token_max_ttl: '1h' }, 400, "'token_ttl' cannot be greater than 'token_max_ttl'"],
    ['users/jo', { token_type: 'magic' }, 400, `invalid 'token_type' value "magic"`],
    ['users/jo', { token_bound_cidrs: '10.0.0.0/40' }, 400, 'invalid CIDR block "10.0.0.0/40"'],
    ['users/jo', { token_num_uses: -1 }, 400, "'token_num_uses' cannot be negative"],
    [
      'users/jo',
      { token_type: 'batch', token_period: 5 },
      400,
      "'token_type' cannot be 'batch' or 'default_batch' when set to generate periodic tokens",
    ],
    [
      'users/jo',
      { token_type: 'batch', token_num_uses: 5 },
      400,
      "'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count",
    ],
  ])('refuse %s with %j', async (path, body, status, message) => {
    const { vault, call } = await openWithUsers()
    const reply = await call('POST', `auth/userpass/${path}`, { token: vault.rootToken, body })
    expect({ status: reply.status, errors: reply.json.errors }).toEqual({ status, errors: [message] })
  })

  it('are created and changed under two different capabilities', async () => {
    const vault = await openWithUsers()
    await vault.admin('POST', 'sys/policies/acl/hr', {
      policy: 'path "auth/userpass/users/*" { capabilities = ["create"] }',
    })
    const { client_token: token } = await vault.admin('POST', 'auth/token/create', { policies: ['hr'] })
    const write = (name: string) =>
      vault.call('POST', `auth/userpass/users/${name}`, { token: String(token), body: { password: 'a' } })
    expect((await write('new')).status).toBe(204)
    expect((await write('new')).status).toBe(403)
  })
})
