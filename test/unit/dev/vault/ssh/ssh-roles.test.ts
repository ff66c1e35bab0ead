import { describe, expect, it } from 'vitest'
import { openTestVault, type TestVault } from '../../../../support/dev-vault.ts'

async function openWithMount(): Promise<TestVault> {
  const vault = await openTestVault()
  await vault.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
  return vault
}

describe('an SSH role', () => {
  it('is replaced whole by a write, and removed', async () => {
    const { vault, admin, call } = await openWithMount()
    await admin('POST', 'ssh/roles/jo@corp', { key_type: 'CA', allow_user_certificates: true, default_user: 'jo' })
    await admin('POST', 'ssh/roles/jo@corp', { key_type: 'ca', allow_host_certificates: 'true', port: 5 })
    expect(await admin('GET', 'ssh/roles/jo@corp')).toMatchObject({
      allow_user_certificates: false,
      allow_host_certificates: true,
      default_user: '',
      not_before_duration: 30,
      issuer_ref: 'default',
    })
    await admin('DELETE', 'ssh/roles/jo@corp')
    expect((await call('GET', 'ssh/roles/jo@corp', { token: vault.rootToken })).status).toBe(404)
  })

  it('for one-time passwords can be kept', async () => {
    const { admin } = await openWithMount()
    await admin('POST', 'ssh/roles/otp', { key_type: 'otp', default_user: 'jo', cidr_list: '10.0.0.0/8,192.168.1.1' })
    expect(await admin('GET', 'ssh/roles/otp')).toEqual({
      allowed_users: '',
      cidr_list: '10.0.0.0/8,192.168.1.1',
      default_user: 'jo',
      exclude_cidr_list: '',
      key_type: 'otp',
      port: 22,
    })
  })

  const ca = { key_type: 'ca', allow_user_certificates: true }
  it.each([
    [{}, 400, 'missing key type'],
    [{ key_type: 'magic' }, 400, 'invalid key type'],
    [{ key_type: 'dynamic' }, 400, 'dynamic key type roles are no longer supported'],
    [{ key_type: 'otp' }, 400, 'missing default user'],
    [{ key_type: 'otp', default_user: 'jo', cidr_list: 'here' }, 500, 'invalid CIDR address: here'],
    [{ ...ca, algorithm_signer: 'md5' }, 500, 'unknown algorithm signer "md5"'],
    [{ ...ca, allowed_user_key_lengths: { rsa: 'big' } }, 400, 'error processing allowed_user_key_lengths'],
    [{ ...ca, ttl: 'long' }, 400, 'Field validation failed'],
  ])('is refused: %j', async (body, status, message) => {
    const { vault, call } = await openWithMount()
    const reply = await call('POST', 'ssh/roles/x', { token: vault.rootToken, body })
    expect(reply.status).toBe(status)
    expect(reply.json.errors[0]).toContain(message)
  })

  it.each([
    [{}, 'Missing ip'],
    [{ ip: '10.0.0.1', username: 'root' }, 'Username is not present is allowed users list'],
    [{ ip: '10.9.0.1' }, 'Error validating IP: IP does not belong to role'],
    [{ ip: '11.0.0.1', username: 'ops' }, 'Error validating IP: IP does not belong to role'],
    [{ ip: '10.0.0.1', username: 'ops' }, 'one-time passwords are not built into the development server'],
  ])('gives no password for %j', async (body, message) => {
    const { vault, admin, call } = await openWithMount()
    await admin('POST', 'ssh/roles/otp', {
      key_type: 'otp',
      default_user: 'jo',
      allowed_users: 'ops, dev',
      cidr_list: '10.0.0.0/8',
      exclude_cidr_list: '10.9.0.0/16',
    })
    const reply = await call('POST', 'ssh/creds/otp', { token: vault.rootToken, body })
    expect(reply.json.errors[0]).toContain(message)
  })

  it('gives no password where it has no user, or is not there', async () => {
    const { vault, admin, call } = await openWithMount()
    await admin('POST', 'ssh/roles/ca', ca)
    const errorOf = async (role: string, body: object) =>
      (await call('POST', `ssh/creds/${role}`, { token: vault.rootToken, body })).json.errors
    expect(await errorOf('none', { ip: '10.0.0.1' })).toEqual(['Role "none" not found'])
    expect(await errorOf('ca', { ip: '10.0.0.1' })).toEqual(["No default username registered. Use 'username' option"])
    expect(await errorOf('ca', { ip: '10.0.0.1', username: 'a' })).toEqual([
      'Username has to be either in allowed users list or has to be a default username',
    ])
  })
})
