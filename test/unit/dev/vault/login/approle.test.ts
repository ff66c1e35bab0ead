import { describe, expect, it } from 'vitest'
import { openTestVault, type TestVault } from '../../../../support/dev-vault.ts'

async function openWithRole(role: object = {}): Promise<TestVault> {
  const vault = await openTestVault()
  await vault.admin('POST', 'sys/auth/approle', { type: 'approle' })
  await vault.admin('POST', 'auth/approle/role/ci', { role_id: 'ci-id', token_policies: 'ssh', ...role })
  return vault
}

const logIn = ({ call }: TestVault, secretId: string, roleId = 'ci-id') =>
  call('POST', 'auth/approle/login', { body: { role_id: roleId, secret_id: secretId } })

const newSecretId = async ({ admin }: TestVault, wishes: object = {}) =>
  String((await admin('POST', 'auth/approle/role/ci/secret-id', wishes)).secret_id)

describe('an AppRole login', () => {
  it('knows the role and what was said of the secret id', async () => {
    const vault = await openWithRole()
    const secretId = await newSecretId(vault, { metadata: '{"job": "7"}' })
    const { json } = await logIn(vault, secretId)
    expect(json.auth).toMatchObject({ metadata: { job: '7', role_name: 'ci' }, policies: ['default', 'ssh'] })
  })

  it('needs a secret id that lives, of this very role', async () => {
    const vault = await openWithRole({ secret_id_ttl: '10m' })
    await vault.admin('POST', 'auth/approle/role/other', { role_id: 'other-id' })
    const secretId = await newSecretId(vault)
    expect((await logIn(vault, secretId, 'other-id')).status).toBe(400)
    expect((await logIn(vault, ` ${secretId} `)).status).toBe(200)
    vault.advance(10 * 60_000)
    expect((await logIn(vault, secretId)).json.errors).toEqual(['invalid role or secret ID'])
  })

  it('is locked out after five wrong secret ids', async () => {
    const vault = await openWithRole()
    const secretId = await newSecretId(vault)
    for (let attempt = 1; attempt <= 5; attempt += 1) expect((await logIn(vault, 'wrong')).status).toBe(400)
    expect((await logIn(vault, secretId)).status).toBe(403)
  })

  it('can do without a secret id, by network', async () => {
    const near = await openWithRole({ bind_secret_id: false, secret_id_bound_cidrs: '127.0.0.0/8' })
    expect((await near.call('POST', 'auth/approle/login', { body: { role_id: 'ci-id' } })).status).toBe(200)
    const refused = await near.call('POST', 'auth/approle/role/ci/secret-id', { token: near.vault.rootToken, body: {} })
    expect(refused.json.errors).toEqual(['bind_secret_id is not set on the role'])
  })

  it('takes its networks from the secret id, for itself and for its token', async () => {
    const vault = await openWithRole()
    const far = await newSecretId(vault, { cidr_list: '10.0.0.0/8' })
    expect((await logIn(vault, far)).json.errors[0]).toContain('CIDR restrictions on the secret ID')
    const bound = await newSecretId(vault, { token_bound_cidrs: ['10.0.0.0/8'] })
    const token = (await logIn(vault, bound)).json.auth.client_token
    expect((await vault.call('GET', 'auth/token/lookup-self', { token })).status).toBe(403)
    expect(await vault.admin('POST', 'auth/token/lookup', { token })).toMatchObject({ bound_cidrs: ['10.0.0.0/8'] })
  })

  it('gives a token that is renewed as long as the role is there', async () => {
    const vault = await openWithRole({ token_ttl: '10m', token_period: '20m' })
    const token = (await logIn(vault, await newSecretId(vault))).json.auth.client_token
    const renew = () => vault.call('POST', 'auth/token/renew-self', { token, body: {} })
    expect((await renew()).json.auth.lease_duration).toBe(1200)
    await vault.admin('DELETE', 'auth/approle/role/ci')
    expect((await renew()).json.errors[0]).toContain('role "ci" does not exist during renewal')
  })
})

describe('an AppRole', () => {
  it('is listed, read, changed field by field and removed with its secret ids', async () => {
    const vault = await openWithRole({ secret_id_num_uses: 5, secret_id_ttl: 600 })
    const secretId = await newSecretId(vault)
    await vault.admin('POST', 'auth/approle/role/CI', { token_ttl: '1h' })
    expect(await vault.admin('LIST', 'auth/approle/role')).toEqual({ keys: ['ci'] })
    expect(await vault.admin('GET', 'auth/approle/role/ci')).toMatchObject({
      bind_secret_id: true,
      secret_id_num_uses: 5,
      secret_id_ttl: 600,
      token_policies: ['ssh'],
      token_ttl: 3600,
    })
    await vault.admin('POST', 'auth/approle/role/ci/role-id', { role_id: 'new-id' })
    expect(await vault.admin('GET', 'auth/approle/role/ci/role-id')).toEqual({ role_id: 'new-id' })
    expect((await logIn(vault, secretId, 'new-id')).status).toBe(200)
    await vault.admin('DELETE', 'auth/approle/role/ci')
    const { rootToken: token } = vault.vault
    expect((await vault.call('GET', 'auth/approle/role/ci', { token })).status).toBe(404)
    expect((await vault.call('GET', 'auth/approle/role/ci/role-id', { token })).status).toBe(404)
  })

  it.each([
    ['role/ci', { role_id: '' }, 400, 'invalid role_id supplied, or failed to generate a role_id'],
    ['role/ci', { secret_id_num_uses: -1 }, 400, 'secret_id_num_uses cannot be negative'],
    ['role/ci', { secret_id_bound_cidrs: 'x' }, 400, 'invalid CIDR block "x"'],
    [
      'role/ci',
      { bind_secret_id: false },
      500,
      '1 error occurred:\n\t* at least one constraint should be enabled on the role\n\n',
    ],
    ['role/ci/role-id', {}, 400, 'missing role_id'],
    ['role/none/secret-id', {}, 404, '1 error occurred:\n\t* role "none" does not exist\n\n'],
    ['role/ci/secret-id', { num_uses: 6 }, 400, "num_uses cannot be higher than the role's secret_id_num_uses"],
    ['role/ci/secret-id', { num_uses: 0 }, 400, "num_uses cannot be higher than the role's secret_id_num_uses"],
    ['role/ci/secret-id', { num_uses: -1 }, 400, 'num_uses cannot be negative'],
    ['role/ci/secret-id', { ttl: '1h' }, 400, "ttl cannot be longer than the role's secret_id_ttl"],
    ['role/ci/secret-id', { metadata: 'a=b=c' }, 400, 'failed to parse metadata'],
    ['role/ci/custom-secret-id', {}, 400, 'missing secret_id'],
  ])('refuses %s with %j', async (path, body, status, message) => {
    const { vault, call } = await openWithRole({ secret_id_num_uses: 5, secret_id_ttl: '10m' })
    const reply = await call('POST', `auth/approle/${path}`, { token: vault.rootToken, body })
    expect({ status: reply.status, errors: reply.json.errors }).toEqual({ status, errors: [message] })
  })
})

describe('the secret ids of a role', () => {
  it('are looked up and destroyed by themselves or by their accessor', async () => {
    const vault = await openWithRole({ secret_id_num_uses: 2 })
    const { admin, call } = vault
    const role = 'auth/approle/role/ci'
    const chosen = await admin('POST', `${role}/custom-secret-id`, { secret_id: 'mine', metadata: 'a=b', num_uses: 1 })
    expect(chosen).toMatchObject({ secret_id: 'mine', secret_id_num_uses: 1, secret_id_ttl: 0 })
    const { secret_id_accessor: accessor } = chosen
    expect(await admin('LIST', `${role}/secret-id`)).toEqual({ keys: [accessor] })
    const looked = await admin('POST', `${role}/secret-id/lookup`, { secret_id: 'mine' })
    expect(looked).toMatchObject({
      metadata: { a: 'b' },
      secret_id_num_uses: 1,
      expiration_time: '0001-01-01T00:00:00Z',
    })
    const lookUp = () =>
      call('POST', `${role}/secret-id-accessor/lookup`, {
        token: vault.vault.rootToken,
        body: { secret_id_accessor: accessor },
      })
    expect((await lookUp()).json.data).toEqual(looked)
    await admin('POST', `${role}/secret-id-accessor/destroy`, { secret_id_accessor: accessor })
    expect((await lookUp()).status).toBe(404)

    const second = await newSecretId(vault, { ttl: '1h' })
    await admin('POST', `${role}/secret-id/destroy`, { secret_id: second })
    expect((await logIn(vault, second)).status).toBe(400)
    const gone = await call('POST', `${role}/secret-id/lookup`, {
      token: vault.vault.rootToken,
      body: { secret_id: second },
    })
    expect(gone.status).toBe(204)
  })

  it('cannot be registered twice', async () => {
    const { vault, admin, call } = await openWithRole()
    const body = { secret_id: 'mine' }
    await admin('POST', 'auth/approle/role/ci/custom-secret-id', body)
    const again = await call('POST', 'auth/approle/role/ci/custom-secret-id', { token: vault.rootToken, body })
    expect(again.status).toBe(500)
  })
})
