import { describe, expect, it } from 'vitest'
import { openTestVault, type TestVault } from '../../../../support/dev-vault.ts'

async function openWithLogin(): Promise<
  TestVault & { accessor: string; logIn: () => Promise<{ token: string; entityId: string }> }
> {
  const vault = await openTestVault()
  await vault.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
  await vault.admin('POST', 'auth/userpass/users/jo', { password: 'pw' })
  const { accessor } = await vault.admin('GET', 'sys/auth/userpass')
  return {
    ...vault,
    accessor: String(accessor),
    async logIn() {
      const { json } = await vault.call('POST', 'auth/userpass/login/jo', { body: { password: 'pw' } })
      return { token: json.auth.client_token, entityId: json.auth.entity_id }
    },
  }
}

describe('an entity', () => {
  it('is made at the first login, with the name by which the method knows the caller', async () => {
    const { admin, accessor, logIn } = await openWithLogin()
    const { entityId } = await logIn()
    const entity = await admin('GET', `identity/entity/id/${entityId}`)
    expect(entity).toMatchObject({ id: entityId, name: expect.stringMatching(/^entity_/), disabled: false })
    expect(entity.aliases).toMatchObject([
      { name: 'jo', mount_accessor: accessor, mount_path: 'auth/userpass/', mount_type: 'userpass' },
    ])
  })

  it('can be made before, and the login then finds it', async () => {
    const { admin, accessor, logIn } = await openWithLogin()
    const { id } = await admin('POST', 'identity/entity', { name: 'Jo', metadata: { team: 'web' }, policies: 'Web' })
    const alias = { name: 'jo', canonical_id: id, mount_accessor: accessor }
    const { id: aliasId } = await admin('POST', 'identity/entity-alias', alias)
    expect((await logIn()).entityId).toBe(id)
    expect(await admin('GET', `identity/entity-alias/id/${String(aliasId)}`)).toMatchObject({
      canonical_id: id,
      name: 'jo',
    })
    expect(await admin('GET', 'identity/entity/name/Jo')).toMatchObject({
      metadata: { team: 'web' },
      policies: ['web'],
    })
    await admin('POST', 'identity/entity-alias', alias)
    await admin('DELETE', `identity/entity-alias/id/${String(aliasId)}`)
    expect((await logIn()).entityId).not.toBe(id)
  })

  it('gives its policies to all tokens of its logins', async () => {
    const { admin, call, logIn } = await openWithLogin()
    const { entityId, token } = await logIn()
    await admin('POST', 'sys/policies/acl/web', { policy: 'path "sys/mounts" { capabilities = ["read"] }' })
    expect((await call('GET', 'sys/mounts', { token })).status).toBe(403)
    await admin('POST', `identity/entity/id/${entityId}`, { policies: ['web'] })
    expect((await call('GET', 'sys/mounts', { token })).status).toBe(200)
    const { json } = await call('GET', 'auth/token/lookup-self', { token })
    expect(json.data).toMatchObject({ policies: ['default'], identity_policies: ['web'] })
    const renewed = await call('POST', 'auth/token/renew-self', { token, body: {} })
    expect(renewed.json.auth).toMatchObject({
      policies: ['default', 'web'],
      identity_policies: ['web'],
      token_policies: ['default'],
    })
  })

  it('that is disabled has no use for its tokens', async () => {
    const { admin, call, logIn } = await openWithLogin()
    const { entityId, token } = await logIn()
    await admin('POST', `identity/entity/id/${entityId}`, { disabled: true })
    expect((await call('GET', 'auth/token/lookup-self', { token })).json.errors).toEqual(['permission denied'])
  })

  it('is listed, renamed and removed', async () => {
    const { vault, admin, call } = await openTestVault()
    const { id } = await admin('POST', 'identity/entity', { name: 'a' })
    await admin('POST', 'identity/entity', { name: 'a', metadata: { x: 'y' } })
    await admin('POST', 'identity/entity/name/b', {})
    expect(await admin('LIST', 'identity/entity/name')).toEqual({ keys: ['a', 'b'] })
    await admin('POST', `identity/entity/id/${String(id)}`, { name: 'c' })
    expect(await admin('GET', 'identity/entity/name/c')).toMatchObject({ id, metadata: { x: 'y' } })
    await admin('DELETE', 'identity/entity/name/b')
    expect(await admin('LIST', 'identity/entity/id')).toEqual({ keys: [id] })
    await admin('DELETE', `identity/entity/id/${String(id)}`)
    await admin('DELETE', 'identity/entity/name/none')
    expect((await call('GET', 'identity/entity/name/c', { token: vault.rootToken })).status).toBe(404)
    expect((await call('GET', 'identity/entity-alias/id/none', { token: vault.rootToken })).status).toBe(404)
  })

  it.each([
    ['entity', { id: 'none' }, 'entity not found from id'],
    ['entity/name/b', { name: 'b', id: 'none' }, 'entity not found from id'],
    ['entity-alias', { mount_accessor: 'x' }, 'missing alias name'],
    ['entity-alias', { name: 'x' }, 'missing mount_accessor'],
    ['entity-alias', { name: 'x', mount_accessor: 'y' }, 'invalid mount accessor "y"'],
  ])('is refused by %s with %j', async (path, body, message) => {
    const { vault, call } = await openTestVault()
    const reply = await call('POST', `identity/${path}`, { token: vault.rootToken, body })
    expect({ status: reply.status, errors: reply.json.errors }).toEqual({ status: 400, errors: [message] })
  })

  it('shares neither its name nor an alias with another one', async () => {
    const { vault, admin, call, accessor } = await openWithLogin()
    const { id: first } = await admin('POST', 'identity/entity', { name: 'a' })
    const { id: second } = await admin('POST', 'identity/entity', { name: 'b' })
    const errorOf = async (path: string, body: object) =>
      (await call('POST', `identity/${path}`, { token: vault.rootToken, body })).json.errors?.[0]
    expect(await errorOf(`entity/id/${String(second)}`, { name: 'a' })).toContain('already in use')
    const alias = (canonical_id: unknown) => ({ name: 'jo', mount_accessor: accessor, canonical_id })
    expect(await errorOf('entity-alias', alias('none'))).toBe('invalid canonical ID')
    await admin('POST', 'identity/entity-alias', alias(first))
    expect(await errorOf('entity-alias', alias(second))).toBe('alias already belongs to another entity')
  })
})
