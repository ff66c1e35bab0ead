import { describe, expect, it } from 'vitest'
import { openTestVault } from '../../../../support/dev-vault.ts'

describe('the mounts', () => {
  it('are there from the start, and are listed twice in one answer, as very old clients expect', async () => {
    const { vault, call } = await openTestVault()
    const { json } = await call('GET', 'sys/mounts', { token: vault.rootToken })
    expect(Object.keys(json.data).sort()).toEqual(['cubbyhole/', 'identity/', 'sys/'])
    expect(json['sys/']).toEqual(json.data['sys/'])
    const auth = await call('GET', 'sys/auth', { token: vault.rootToken })
    expect(auth.json.data).toMatchObject({ 'token/': { type: 'token', config: { token_type: 'default-service' } } })
  })

  it('can be made at several paths, each with its own keys and its own accessor', async () => {
    const { admin, call } = await openTestVault()
    for (const path of ['ssh', 'team/a/ssh']) {
      await admin('POST', `sys/mounts/${path}`, { type: 'ssh', description: path })
      await admin('POST', `${path}/config/ca`, { key_type: 'ed25519' })
    }
    expect((await call('GET', 'ssh/public_key')).text).not.toBe((await call('GET', 'team/a/ssh/public_key')).text)
    const [first, second] = [await admin('GET', 'sys/mounts/ssh'), await admin('GET', 'sys/mounts/team/a/ssh')]
    expect(first.accessor).not.toBe(second.accessor)
    expect(second).toMatchObject({ type: 'ssh', description: 'team/a/ssh', local: false })
  })

  it.each([
    ['sys/mounts/ssh', { type: 'ssh' }, 'path is already in use at ssh/'],
    ['sys/mounts/ssh/below', { type: 'ssh' }, 'path is already in use at ssh/'],
    ['sys/mounts/a', { type: 'ssh' }, 'existing mount at a/b/'],
    ['sys/mounts/kv', { type: 'kv' }, 'plugin not found in the catalog: kv'],
    ['sys/mounts/x', { type: 'userpass' }, 'plugin not found in the catalog: userpass'],
    ['sys/mounts/x', { type: 'constructor' }, 'plugin not found in the catalog: constructor'],
    ['sys/mounts/x', {}, 'backend type must be specified as a string'],
    ['sys/auth/x', { type: 'ssh' }, 'plugin not found in the catalog: ssh'],
    [
      'sys/mounts/x',
      { type: 'ssh', config: { default_lease_ttl: 'long' } },
      'unable to parse default_lease_ttl of long',
    ],
    ['sys/mounts/x', { type: 'ssh', config: { listing_visibility: 'all' } }, 'invalid listing_visibility type'],
    [
      'sys/mounts/x',
      { type: 'ssh', config: { default_lease_ttl: '2h', max_lease_ttl: '1h' } },
      'given default lease TTL greater than given max lease TTL',
    ],
  ])('refuse %s with %j', async (path, body, message) => {
    const { vault, admin, call } = await openTestVault()
    await admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
    await admin('POST', 'sys/mounts/a/b', { type: 'ssh' })
    const reply = await call('POST', path, { token: vault.rootToken, body })
    expect({ status: reply.status, errors: reply.json.errors }).toEqual({ status: 400, errors: [message] })
  })

  it('are tuned, and their times to live then hold', async () => {
    const { vault, admin, call } = await openTestVault()
    await admin('POST', 'sys/auth/people', { type: 'userpass', config: { default_lease_ttl: '2h' } })
    await admin('POST', 'auth/people/users/jo', { password: 'pw' })
    const logIn = async () => (await call('POST', 'auth/people/login/jo', { body: { password: 'pw' } })).json
    expect((await logIn()).auth.lease_duration).toBe(7200)
    await admin('POST', 'sys/auth/people/tune', {
      max_lease_ttl: '1h',
      description: 'people',
      listing_visibility: 'unauth',
    })
    expect(await logIn()).toMatchObject({
      auth: { lease_duration: 3600 },
      warnings: [expect.stringContaining('capped')],
    })
    expect(await admin('GET', 'sys/auth/people/tune')).toMatchObject({
      default_lease_ttl: 7200,
      max_lease_ttl: 3600,
      description: 'people',
      listing_visibility: 'unauth',
    })
    await admin('POST', 'sys/auth/people/tune', {
      default_lease_ttl: 'system',
      max_lease_ttl: 'system',
      listing_visibility: 'hidden',
    })
    expect(await admin('GET', 'sys/auth/people/tune')).toMatchObject({ default_lease_ttl: 2_764_800 })
    expect((await call('GET', 'sys/internal/ui/mounts')).json.data.auth).toEqual({})
    const { rootToken: token } = vault
    expect((await call('GET', 'sys/auth/none/tune', { token })).status).toBe(400)
    expect((await call('POST', 'sys/auth/none/tune', { token, body: {} })).status).toBe(400)
    expect((await call('GET', 'sys/auth/none', { token })).status).toBe(400)
  })

  it('limit renewals too, also of tokens that were made with others', async () => {
    const { admin, call, advance } = await openTestVault()
    await admin('POST', 'sys/auth/people', {
      type: 'userpass',
      config: { default_lease_ttl: '20m', max_lease_ttl: '1h' },
    })
    await admin('POST', 'auth/people/users/jo', { password: 'pw' })
    await admin('POST', 'sys/auth/token/tune', { default_lease_ttl: '20m', max_lease_ttl: '1h' })
    const tokens = [
      await call('POST', 'auth/people/login/jo', { body: { password: 'pw' } }),
      { json: { auth: await admin('POST', 'auth/token/create', { policies: ['default'] }) } },
    ].map(({ json }) => String(json.auth.client_token))
    const renew = async (token: string, increment?: string) =>
      (await call('POST', 'auth/token/renew-self', { token, body: { increment } })).json.auth.lease_duration
    advance(600_000)
    for (const token of tokens) expect(await renew(token)).toBe(1200)
    for (const token of tokens) expect(await renew(token, '5h')).toBe(3000)
  })

  it.each(['auth/people', 'sys/x', 'identity'])('at %s are neither made nor ended by sys/mounts', async (path) => {
    const { vault, admin, call } = await openTestVault()
    const { rootToken: token } = vault
    await admin('POST', 'sys/auth/people', { type: 'userpass' })
    const made = await call('POST', `sys/mounts/${path}`, { token, body: { type: 'userpass' } })
    expect({ status: made.status, errors: made.json.errors }).toEqual({
      status: 403,
      errors: [`cannot mount "${path}/"`],
    })
    const ended = await call('DELETE', `sys/mounts/${path}`, { token })
    expect({ status: ended.status, errors: ended.json.errors }).toEqual({
      status: 400,
      errors: [`cannot unmount "${path}/"`],
    })
    // There it is tuned without sudo.
    expect(await admin('GET', 'sys/mounts/auth/people/tune')).toMatchObject({ token_type: 'default-service' })
  })

  it('take all that was theirs with them: keys, users, and the tokens of their logins', async () => {
    const { vault, admin, call } = await openTestVault()
    await admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await admin('POST', 'auth/userpass/users/jo', { password: 'pw' })
    const login = await call('POST', 'auth/userpass/login/jo', { body: { password: 'pw' } })
    await admin('DELETE', 'sys/auth/userpass')
    expect((await call('GET', 'auth/token/lookup-self', { token: login.json.auth.client_token })).status).toBe(403)
    expect((await call('POST', 'auth/userpass/login/jo', { body: { password: 'pw' } })).status).toBe(403)
    await admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    expect((await call('LIST', 'auth/userpass/users', { token: vault.rootToken })).status).toBe(404)
    await admin('DELETE', 'sys/auth/none')
    const fixed = await call('DELETE', 'sys/mounts/identity', { token: vault.rootToken })
    expect(fixed.json.errors).toEqual(['cannot unmount "identity/"'])
  })

  it('need sudo to make a login method', async () => {
    const { admin, call } = await openTestVault()
    await admin('POST', 'sys/policies/acl/a', { policy: 'path "sys/*" { capabilities = ["update"] }' })
    const { client_token: token } = await admin('POST', 'auth/token/create', { policies: ['a'] })
    const make = (path: string, type: string) => call('POST', path, { token: String(token), body: { type } })
    expect((await make('sys/auth/userpass', 'userpass')).status).toBe(403)
    expect((await make('sys/mounts/ssh', 'ssh')).status).toBe(204)
  })
})
