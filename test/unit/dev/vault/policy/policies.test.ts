import { describe, expect, it } from 'vitest'
import { openTestVault } from '../../../../support/dev-vault.ts'

const signing = 'path "ssh/sign/*" { capabilities = ["update"] }'

describe('the policies', () => {
  it('are written, read, listed and removed, by the new paths and the old', async () => {
    const { vault, admin, call } = await openTestVault()
    await admin('PUT', 'sys/policies/acl/Signing', { policy: signing })
    await admin('PUT', 'sys/policy/old', { rules: Buffer.from(signing).toString('base64') })
    expect(await admin('GET', 'sys/policies/acl/signing')).toEqual({ name: 'signing', policy: signing })
    expect(await admin('GET', 'sys/policy/old')).toEqual({ name: 'old', rules: signing })
    expect(await admin('LIST', 'sys/policies/acl')).toEqual({ keys: ['default', 'old', 'root', 'signing'] })
    expect(await admin('GET', 'sys/policy')).toMatchObject({ policies: ['default', 'old', 'root', 'signing'] })
    await admin('DELETE', 'sys/policies/acl/old')
    expect((await call('GET', 'sys/policy/old', { token: vault.rootToken })).status).toBe(404)
    expect(await admin('GET', 'sys/policies/acl/root')).toEqual({ name: 'root', policy: '' })
  })

  it.each([
    ['POST', 'sys/policies/acl/a', {}, "'policy' parameter not supplied or empty"],
    [
      'POST',
      'sys/policies/acl/a',
      { policy: 'path "a" {' },
      'failed to parse policy: at the end: expected a name, got nothing',
    ],
    ['POST', 'sys/policies/acl/root', { policy: signing }, 'cannot update "root" policy'],
    ['DELETE', 'sys/policies/acl/root', undefined, 'cannot delete "root" policy'],
    ['DELETE', 'sys/policies/acl/default', undefined, 'cannot delete "default" policy'],
  ])('refuse %s %s with %j', async (method, path, body, message) => {
    const { vault, call } = await openTestVault()
    const reply = await call(method, path, { token: vault.rootToken, body })
    expect({ status: reply.status, errors: reply.json.errors }).toEqual({ status: 400, errors: [message] })
  })

  it('decide at each call, so that a change holds for tokens that are out', async () => {
    const { admin, call } = await openTestVault()
    const { client_token: id } = await admin('POST', 'auth/token/create', { policies: ['late', 'default'] })
    const token = String(id)
    const read = () => call('GET', 'sys/mounts', { token })
    expect((await read()).status).toBe(403)
    await admin('POST', 'sys/policies/acl/late', { policy: 'path "sys/mounts" { capabilities = ["read"] }' })
    expect((await read()).status).toBe(200)
    await admin('POST', 'sys/policies/acl/default', { policy: 'path "sys/mounts" { capabilities = ["deny"] }' })
    expect((await read()).status).toBe(403)
    expect((await call('GET', 'auth/token/lookup-self', { token })).status).toBe(403)
  })

  it('may speak of the caller’s own entity', async () => {
    const { admin, call } = await openTestVault()
    await admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await admin('POST', 'auth/userpass/users/jo', { password: 'pw' })
    const { json } = await call('POST', 'auth/userpass/login/jo', { body: { password: 'pw' } })
    const { client_token: token, entity_id: own } = json.auth
    const { id: other } = await admin('POST', 'identity/entity', { name: 'other' })
    expect((await call('GET', `identity/entity/id/${own}`, { token })).status).toBe(200)
    expect((await call('GET', `identity/entity/id/${String(other)}`, { token })).status).toBe(403)
  })
})

describe('capabilities', () => {
  it('are reported for one’s own token, for another one, and by its accessor', async () => {
    const { vault, admin, call } = await openTestVault()
    await admin('POST', 'sys/policies/acl/signing', { policy: signing })
    const { client_token: id, accessor } = await admin('POST', 'auth/token/create', { policies: ['signing'] })
    const token = String(id)
    const expected = { 'ssh/sign/ops': ['update'], 'sys/mounts': ['deny'] }
    const paths = ['ssh/sign/ops', '/sys/mounts']
    const own = await call('POST', 'sys/capabilities-self', { token, body: { paths: ['ssh/sign/ops'] } })
    expect(own.json.data).toEqual({ 'ssh/sign/ops': ['update'], capabilities: ['update'] })
    expect(await admin('POST', 'sys/capabilities', { token, paths })).toEqual({
      'ssh/sign/ops': ['update'],
      '/sys/mounts': ['deny'],
    })
    expect(
      await admin('POST', 'sys/capabilities-accessor', { accessor, paths: ['ssh/sign/ops', 'sys/mounts'] }),
    ).toEqual(expected)
    const errorOf = async (path: string, body: object) =>
      (await call('POST', path, { token: vault.rootToken, body })).json.errors
    expect(await errorOf('sys/capabilities-self', {})).toEqual(['paths must be supplied'])
    expect(await errorOf('sys/capabilities', { token: 's.none', paths })).toEqual(['invalid token'])
    expect(await errorOf('sys/capabilities-accessor', { accessor: 'none', paths })).toEqual(['invalid token'])
  })
})
