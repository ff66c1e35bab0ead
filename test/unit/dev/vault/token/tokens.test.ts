import { describe, expect, it } from 'vitest'
import { openTestVault, type TestVault } from '../../../../support/dev-vault.ts'

const minuteMs = 60_000

/** A token made by the root token, or by `parent`. */
async function makeToken({ vault, call }: TestVault, wishes: object, parent = vault.rootToken): Promise<string> {
  const reply = await call('POST', 'auth/token/create', { token: parent, body: wishes })
  if (reply.status !== 200) throw new Error(reply.text)
  return reply.json.auth.client_token
}

/** Whether a token is good for anything. */
const lives = async ({ call }: TestVault, token: string) =>
  (await call('GET', 'auth/token/lookup-self', { token })).status === 200

describe('a token', () => {
  it('dies at its time, and not before', async () => {
    const vault = await openTestVault()
    const token = await makeToken(vault, { policies: ['default'], ttl: '10m' })
    vault.advance(10 * minuteMs - 1)
    expect(await lives(vault, token)).toBe(true)
    vault.advance(1)
    expect(await lives(vault, token)).toBe(false)
  })

  it('dies with its parent, whether that is revoked or expires', async () => {
    const vault = await openTestVault()
    const policies = ['default', 'maker']
    await vault.admin('POST', 'sys/policies/acl/maker', {
      policy: 'path "auth/token/create" { capabilities = ["update"] }',
    })
    const parent = await makeToken(vault, { policies, ttl: '10m' })
    const child = await makeToken(vault, { ttl: '1h' }, parent)
    const grandchild = await makeToken(vault, { ttl: '1h' }, child)
    const orphan = await makeToken(vault, { policies, ttl: '1h', no_parent: true })
    await vault.admin('POST', 'auth/token/revoke', { token: child })
    expect(await lives(vault, grandchild)).toBe(false)
    const second = await makeToken(vault, { ttl: '1h' }, parent)
    vault.advance(10 * minuteMs)
    expect(await lives(vault, second)).toBe(false)
    expect(await lives(vault, orphan)).toBe(true)
  })

  it('loses its parent without dying when that is revoked as an orphan’s', async () => {
    const vault = await openTestVault()
    const parent = await makeToken(vault, { policies: ['root'], ttl: '1h' })
    const child = await makeToken(vault, { policies: ['default'], ttl: '1h' }, parent)
    await vault.admin('POST', 'auth/token/revoke-orphan', { token: parent })
    expect(await lives(vault, parent)).toBe(false)
    const { json } = await vault.call('GET', 'auth/token/lookup-self', { token: child })
    expect(json.data.orphan).toBe(true)
  })

  it('with a number of uses counts calls that are denied too, and answers the last one', async () => {
    const vault = await openTestVault()
    const token = await makeToken(vault, { policies: ['default'], ttl: '1h', num_uses: 3 })
    expect((await vault.call('GET', 'sys/mounts', { token })).status).toBe(403)
    expect((await vault.call('GET', 'auth/token/lookup-self', { token })).json.data.num_uses).toBe(1)
    expect((await vault.call('GET', 'auth/token/lookup-self', { token })).json.data.num_uses).toBe(0)
    expect((await vault.call('GET', 'auth/token/lookup-self', { token })).json.errors).toEqual(['permission denied'])
  })

  it('that is periodic lives as long as it is renewed', async () => {
    const vault = await openTestVault()
    const token = await makeToken(vault, { policies: ['default'], period: '10m' })
    for (let round = 0; round < 5; round += 1) {
      vault.advance(9 * minuteMs)
      const { json } = await vault.call('POST', 'auth/token/renew-self', { token, body: { increment: '5h' } })
      expect(json.auth.lease_duration).toBe(600)
    }
    vault.advance(10 * minuteMs)
    expect(await lives(vault, token)).toBe(false)
  })

  it('is renewed up to its explicit limit and not beyond', async () => {
    const vault = await openTestVault()
    const token = await makeToken(vault, { policies: ['default'], ttl: '5m', explicit_max_ttl: '8m' })
    vault.advance(4 * minuteMs)
    const renewed = await vault.call('POST', 'auth/token/renew-self', { token, body: {} })
    expect(renewed.json.auth.lease_duration).toBe(240)
    expect(renewed.json.warnings).toEqual([
      'TTL of "5m" exceeded the effective max_ttl of "4m"; TTL value is capped accordingly',
    ])
    vault.advance(4 * minuteMs)
    expect(await lives(vault, token)).toBe(false)
  })

  it('is renewed for no longer than the longest life of all', async () => {
    const vault = await openTestVault()
    const token = await makeToken(vault, { policies: ['default'], ttl: '768h' })
    vault.advance(767 * 60 * minuteMs)
    const { json } = await vault.call('POST', 'auth/token/renew-self', { token, body: { increment: '10h' } })
    expect(json.auth.lease_duration).toBe(3600)
  })

  it('of the batch kind is kept nowhere, carries itself, and cannot be changed by its owner', async () => {
    const states: string[] = []
    const vault = await openTestVault({ state: { load: () => undefined, save: (text) => void states.push(text) } })
    const token = await makeToken(vault, { policies: ['default'], ttl: '10m', type: 'batch' })
    expect(token).toMatch(/^b\./)
    expect(await lives(vault, token)).toBe(true)
    expect(states.at(-1)).not.toContain('"type":"batch"')
    const changed = `${token.slice(0, -4)}${token.at(-4) === 'A' ? 'B' : 'A'}${token.slice(-3)}`
    expect(await lives(vault, changed)).toBe(false)
    expect(await lives(vault, 'b.AAAA')).toBe(false)
    const other = await openTestVault()
    expect(await lives(other, token)).toBe(false)
    vault.advance(10 * minuteMs)
    expect(await lives(vault, token)).toBe(false)
  })

  it('may be found by its accessor, which does not give it away', async () => {
    const vault = await openTestVault()
    const { accessor } = await vault.admin('POST', 'auth/token/create', { policies: ['default'], ttl: '10m' })
    expect(await vault.admin('POST', 'auth/token/lookup-accessor', { accessor })).toMatchObject({ id: '', ttl: 600 })
    const renewed = await vault.admin('POST', 'auth/token/renew-accessor', { accessor, increment: 1200 })
    expect(renewed).toMatchObject({ client_token: '', lease_duration: 1200 })
    const { keys } = await vault.admin('LIST', 'auth/token/accessors')
    expect(keys).toContain(accessor)
    await vault.admin('POST', 'auth/token/revoke-accessor', { accessor })
    const { rootToken: token } = vault.vault
    const look = (body: object) => vault.call('POST', 'auth/token/lookup-accessor', { token, body })
    expect((await look({ accessor })).json.errors).toEqual(['invalid accessor'])
    expect((await look({})).json.errors).toEqual(['missing accessor'])
    const again = await vault.call('POST', 'auth/token/revoke-accessor', { token, body: { accessor } })
    expect(again.json.warnings).toEqual(['No token found with this accessor'])
  })

  it('bound to networks is refused from elsewhere', async () => {
    const vault = await openTestVault()
    await vault.admin('POST', 'sys/auth/approle', { type: 'approle' })
    const boundTo = async (networks: string) => {
      await vault.admin('POST', 'auth/approle/role/r', { role_id: 'r', token_bound_cidrs: networks })
      const { secret_id } = await vault.admin('POST', 'auth/approle/role/r/secret-id')
      const login = await vault.call('POST', 'auth/approle/login', { body: { role_id: 'r', secret_id } })
      return String(login.json.auth.client_token)
    }
    expect(await lives(vault, await boundTo('10.0.0.0/8'))).toBe(false)
    expect(await lives(vault, await boundTo('127.0.0.1'))).toBe(true)
  })
})

describe('the making of tokens', () => {
  it.each([
    [{ ttl: 'soon' }, 'time: invalid duration "soon"'],
    [{ ttl: '-5m' }, 'ttl must be positive'],
    [{ num_uses: -1 }, 'number of uses cannot be negative'],
    [{ type: 'magic' }, "invalid 'token_type' value"],
    [{ type: 'batch', period: '1h' }, 'batch tokens cannot have "period" set'],
    [{ type: 'batch', num_uses: 2 }, 'batch tokens cannot have "num_uses" set'],
    [{ type: 'batch', policies: ['root'] }, 'batch tokens cannot be root tokens'],
    [{ id: 's.mine' }, "custom token ID cannot have the 's.' prefix"],
    [{ id: 'a.b' }, "custom token ID cannot have the '.' character"],
    [{ policies: ['response-wrapping'] }, 'cannot assign policy "response-wrapping"'],
    [{ role_name: 'app' }, "'role_name' is not built into the development server"],
    [{ entity_alias: 'jo' }, "'entity_alias' is not built into the development server"],
  ])('refuses %j', async (wishes, message) => {
    const { vault, call } = await openTestVault()
    const reply = await call('POST', 'auth/token/create', { token: vault.rootToken, body: wishes })
    expect({ status: reply.status, errors: reply.json.errors }).toEqual({ status: 400, errors: [message] })
  })

  it('lets only root and sudo choose ids, periods, orphans and policies', async () => {
    const vault = await openTestVault()
    await vault.admin('POST', 'sys/policies/acl/maker', {
      policy: 'path "auth/token/create*" { capabilities = ["update"] }',
    })
    const token = await makeToken(vault, { policies: ['maker', 'default'], ttl: '1h' })
    const errorOf = async (body: object) =>
      (await vault.call('POST', 'auth/token/create', { token, body })).json.errors[0]
    expect(await errorOf({ id: 'mine' })).toBe('root or sudo privileges required to specify token id')
    expect(await errorOf({ period: '1h' })).toBe('root or sudo privileges required to create periodic token')
    expect(await errorOf({ no_parent: true })).toBe('root or sudo privileges required to create orphan token')
    expect(await errorOf({ policies: ['other'] })).toBe('child policies must be subset of parent')
    const orphan = await vault.call('POST', 'auth/token/create-orphan', { token, body: { policies: ['maker'] } })
    expect(orphan.json.auth).toMatchObject({ orphan: true, policies: ['default', 'maker'] })
  })

  it('takes an id from root, once, and warns of policies that are not there', async () => {
    const { vault, call } = await openTestVault()
    const body = { id: 'mine', policies: ['Ghost'], display_name: 'jo the 1st!', meta: { a: 'b' } }
    const made = await call('POST', 'auth/token/create', { token: vault.rootToken, body })
    expect(made.json.warnings).toEqual([
      expect.stringContaining('Supplying a custom ID'),
      'Policy "ghost" does not exist',
    ])
    const { json } = await call('GET', 'auth/token/lookup-self', { token: 'mine' })
    expect(json.data).toMatchObject({
      display_name: 'token-jo-the-1st',
      meta: { a: 'b' },
      policies: ['default', 'ghost'],
    })
    const again = await call('POST', 'auth/token/create', { token: vault.rootToken, body })
    expect(again.json.errors).toEqual(['cannot create a token with a duplicate ID'])
  })

  it('lets neither batch tokens nor tokens with few uses make others', async () => {
    const vault = await openTestVault()
    const make = async (wishes: object) => {
      const token = await makeToken(vault, { policies: ['default', 'maker'], ttl: '1h', ...wishes })
      return (await vault.call('POST', 'auth/token/create', { token, body: {} })).json.errors
    }
    await vault.admin('POST', 'sys/policies/acl/maker', {
      policy: 'path "auth/token/create" { capabilities = ["update"] }',
    })
    expect(await make({ type: 'batch' })).toEqual(['batch tokens cannot create more tokens'])
    expect(await make({ num_uses: 1 })).toEqual(['restricted use token cannot generate child tokens'])
  })

  it('gives a root token no end, except its own limit, and never more than its parent has', async () => {
    const vault = await openTestVault()
    expect(await vault.admin('POST', 'auth/token/create', {})).toMatchObject({ policies: ['root'], lease_duration: 0 })
    const limited = await makeToken(vault, { explicit_max_ttl: '1h' })
    expect((await vault.call('GET', 'auth/token/lookup-self', { token: limited })).json.data.ttl).toBe(3600)
    const child = await vault.call('POST', 'auth/token/create', { token: limited, body: {} })
    expect(child.json.errors).toEqual(['expiring root tokens cannot create non-expiring root tokens'])
  })

  it('can leave the default policy out', async () => {
    const vault = await openTestVault()
    const token = await makeToken(vault, { policies: ['a', 'default'], no_default_policy: true, ttl: '1h' })
    expect(await lives(vault, token)).toBe(false)
    expect(await vault.admin('POST', 'auth/token/lookup', { token })).toMatchObject({ policies: ['a'] })
  })
})

describe('looking up and revoking other tokens', () => {
  it('tells a token that is not there from one without permission', async () => {
    const vault = await openTestVault()
    const { rootToken } = vault.vault
    const tried = (path: string, body: object) => vault.call('POST', `auth/token/${path}`, { token: rootToken, body })
    const looked = await tried('lookup', { token: 's.nothing' })
    expect({ status: looked.status, errors: looked.json.errors }).toEqual({ status: 403, errors: ['bad token'] })
    expect((await tried('lookup', {})).json.data.policies).toEqual(['root'])
    expect((await tried('renew', { token: 's.nothing' })).json.errors).toEqual(['token not found'])
    expect((await tried('renew', {})).json.errors).toEqual(['missing token ID'])
    expect((await tried('revoke', { token: 's.nothing' })).status).toBe(204)
    expect((await tried('revoke-orphan', { token: 's.nothing' })).json.errors).toEqual(['token to revoke not found'])
    const batch = await makeToken(vault, { type: 'batch', policies: ['default'], ttl: '1h' })
    for (const path of ['revoke', 'revoke-orphan']) {
      expect((await tried(path, { token: batch })).json.errors).toEqual(['batch tokens cannot be revoked'])
    }
  })

  it('needs sudo to orphan children', async () => {
    const vault = await openTestVault()
    await vault.admin('POST', 'sys/policies/acl/p', {
      policy: 'path "auth/token/revoke-orphan" { capabilities = ["update"] }',
    })
    const token = await makeToken(vault, { policies: ['p'], ttl: '1h' })
    const reply = await vault.call('POST', 'auth/token/revoke-orphan', { token, body: { token } })
    expect(reply.json.errors).toEqual(['root or sudo privileges required to revoke and orphan'])
  })
})
