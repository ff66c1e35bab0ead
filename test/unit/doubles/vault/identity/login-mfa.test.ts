import { describe, expect, it } from 'vitest'
import { totp } from '../../../../../src/core/totp/totp.ts'
import { openTestVault } from '../../../../support/dev-vault.ts'

/** jo, of whom a code of the method `phone` is wanted. */
async function world() {
  const server = await openTestVault()
  await server.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
  await server.admin('POST', 'auth/userpass/users/jo', { password: 'pw' })
  const logIn = async (mfa?: string) => {
    const headers = mfa === undefined ? {} : { 'X-Vault-MFA': mfa }
    return server.call('POST', 'auth/userpass/login/jo', { body: { password: 'pw' }, headers })
  }
  const entityId = (await logIn()).json.auth.entity_id
  const asRoot = (method: string, path: string, body?: object) =>
    server.call(method, path, { token: server.vault.rootToken, body })
  const wishes = { method_name: 'phone', issuer: 'corp' }
  const { method_id } = await server.admin('POST', 'identity/mfa/method/totp', wishes)
  const id = String(method_id)
  const generate = () =>
    asRoot('POST', 'identity/mfa/method/totp/admin-generate', { method_id: id, entity_id: entityId })
  const enforce = (more: object = {}) =>
    asRoot('POST', 'identity/mfa/login-enforcement/all', {
      mfa_method_ids: [id],
      identity_entity_ids: [entityId],
      ...more,
    })
  return { server, logIn, asRoot, id, generate, enforce, entityId }
}

// The words of OpenBao 2.6.2.
describe('login MFA of the double', () => {
  it('refuses a method and an enforcement that are not complete, and takes away no method that is wanted', async () => {
    const { asRoot, enforce, id } = await world()
    const errors = async (reply: ReturnType<typeof asRoot>) => [(await reply).status, (await reply).json.errors]
    expect(await errors(asRoot('POST', 'identity/mfa/method/totp', {}))).toEqual([400, ['issuer must be set']])
    expect(await errors(enforce({ mfa_method_ids: ['nope'] }))).toEqual([
      400,
      ["one of the provided method ids doesn't exist"],
    ])
    expect(await errors(enforce({ identity_entity_ids: [] }))).toEqual([
      400,
      ['One of auth_method_accessors, auth_method_types, identity_group_ids, identity_entity_ids must be specified'],
    ])
    expect((await asRoot('GET', 'identity/mfa/login-enforcement?list=true')).status).toBe(404)
    await enforce()
    const { text, json } = await asRoot('GET', 'identity/mfa/login-enforcement?list=true')
    expect(text).toContain('"keys":["all"]')
    expect(await errors(asRoot('DELETE', `identity/mfa/method/totp/${id}`))).toEqual([
      500,
      [expect.stringContaining('methodID is still used by an enforcement configuration with ID: ')],
    ])
    expect(json.data.key_info).toHaveProperty('all.name', 'all')
    await asRoot('DELETE', 'identity/mfa/login-enforcement/all')
    expect((await asRoot('DELETE', `identity/mfa/method/totp/${id}`)).status).toBe(204)
    expect((await asRoot('GET', 'identity/mfa/method/totp?list=true')).status).toBe(404)
  })

  it('counts neither malformed nor used codes, and looks at no more than five for half a minute', async () => {
    const { server, generate, enforce, logIn, id, entityId } = await world()
    await enforce()
    const requirement = (await logIn()).json.auth as unknown as { mfa_requirement: { mfa_request_id: string } }
    const validate = async (code: string, method = id) => {
      const body = { mfa_request_id: requirement.mfa_requirement.mfa_request_id, mfa_payload: { [method]: [code] } }
      const { status, json } = await server.call('POST', 'sys/mfa/validate', { body })
      return [status, ...(json.errors ?? [])]
    }
    const failed = (reason: string) => [
      403,
      `failed to satisfy enforcement all. error: 2 errors occurred:\n\t* ${reason}\n\t* login MFA validation failed for methodID: [${id}]\n\n`,
    ]
    const wrong = failed('MFA credentials not supplied or incorrect')
    expect(await validate('123456')).toEqual(
      failed(`MFA secret for method name "phone" not present in entity "${entityId}"`),
    )
    const { url } = (await generate()).json.data
    const seed = new URL(String(url)).searchParams.get('secret')!
    expect((await generate()).json.warnings).toEqual(['Entity already has a secret for MFA method "phone"'])
    const right = () => totp(seed, server.nowMs())
    const other = String((Number(right()) + 1) % 1e6).padStart(6, '0')
    for (let count = 1; count <= 7; count += 1) expect(await validate('123')).toEqual(wrong)
    for (let count = 1; count <= 5; count += 1) expect(await validate(other)).toEqual(wrong)
    const many = (count: number) =>
      failed(
        `maximum TOTP validation attempts ${count} exceeded the allowed attempts 5. Please try again in 30.000000002s seconds`,
      )
    expect(await validate(other)).toEqual(many(6))
    expect(await validate(right(), 'phone')).toEqual(many(7))
    server.advance(29_000)
    expect(await validate(right())).toEqual(many(8))
    server.advance(1000)
    expect(await validate(right(), 'phone')).toEqual([200])
    expect((await logIn(`phone:${right()}`)).json.errors).toEqual(['permission denied'])
  })
})
