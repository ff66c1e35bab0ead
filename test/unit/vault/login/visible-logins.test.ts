import { describe, expect, it } from 'vitest'
import { readVisibleLogins } from '../../../../src/vault/login/visible-logins.ts'
import { readExchanges } from '../../../support/vault-exchanges.ts'
import { scriptedVault } from '../../../support/vault-http.ts'
import { testClient } from '../../../support/vault-world.ts'

const route = 'GET sys/internal/ui/mounts'
const configured = 'write into [vault.corp] of config.toml how you log in, such as: auth = { method = "oidc" }'

async function read(answer: object, namespace?: string) {
  const vault = await scriptedVault()
  vault.on(route, answer)
  const client = testClient(vault.address, { maxRetries: 0, ...(namespace === undefined ? {} : { namespace }) })
  const outcome = await readVisibleLogins(client).catch((error: unknown) => error)
  return { outcome, vault }
}

const mounts = (auth: unknown) => ({ json: { data: { auth, secret: {} } } })

describe('the logins that a server shows', () => {
  it('are read from what a real one has answered, without a token', async () => {
    const found = readExchanges('userpass').find(({ name }) => name === 'mounts visible without a token')!
    const { outcome, vault } = await read({ json: found.response.json })
    expect(outcome).toEqual({
      logins: [{ method: 'userpass', needsName: true, mount: 'userpass', description: 'company login' }],
      others: [],
    })
    expect(vault.requests[0]!.headers['x-vault-token']).toBeUndefined()
  })

  it('are those of the namespace', async () => {
    const { vault } = await read(mounts({}), 'team')
    expect(vault.requests[0]!.headers['x-vault-namespace']).toBe('team')
  })

  it('go by the type of a mount, in the order of the mounts; those that take settings are named', async () => {
    const { outcome } = await read(
      mounts({
        'sso/': { type: 'oidc', description: null, options: null },
        'corp/ldap/': { type: 'ldap', description: 'the directory' },
        'gitlab/': { type: 'jwt' },
        'hub/': { type: 'github' },
        'ci/': { type: 'approle' },
        'token/': { type: 'token' },
        'new/': { type: 'saml' },
      }),
    )
    expect(outcome).toEqual({
      logins: [
        { method: 'ldap', needsName: true, mount: 'corp/ldap', description: 'the directory' },
        { method: 'oidc', needsName: false, mount: 'gitlab', description: '' },
        { method: 'github', needsName: false, mount: 'hub', description: '' },
        { method: 'oidc', needsName: false, mount: 'sso', description: '' },
      ],
      others: ['approle at ci', 'saml at new'],
    })
  })

  it('are none where the server has none', async () => {
    expect((await read(mounts(undefined))).outcome).toEqual({ logins: [], others: [] })
  })

  it('are not shown where a name could command a terminal, and not more than a person can choose from', async () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`m${n}/`, { type: 'userpass' }]))
    const { outcome } = await read(mounts({ ...many, '\u001b[2J/': { type: 'userpass' }, 'x/': { type: '\u0007' } }))
    expect(outcome).toMatchObject({ others: [] })
    expect((outcome as { logins: object[] }).logins).toHaveLength(50)
  })

  it('are described in one line that can be read', async () => {
    const { outcome } = await read(
      mounts({ 'a/': { type: 'userpass', description: 'for\u001b[2J\nall '.repeat(9000) } }),
    )
    const [login] = (outcome as { logins: { description: string }[] }).logins
    expect(login!.description).toMatch(/^for \[2J all for .{280,290}…$/)
  })

  it.each([
    ['refuses to say', { status: 403, json: { errors: ['permission denied'] } }],
    ['is sealed', { status: 503, json: { errors: ['Vault is sealed'] } }],
    ['is something else', { raw: '<html>' }],
    ['says what cannot be read', mounts({ 'a/': 'userpass' })],
    ['says nothing', { json: { data: null } }],
  ])('are to be configured where the server %s', async (_, answer) => {
    const { outcome } = await read(answer)
    expect(outcome).toMatchObject({ name: 'VaultError', hint: expect.stringContaining(configured) })
  })
})
