import { describe, expect, it } from 'vitest'
import { createSelfCalls } from '../../src/vault/token/self-calls.ts'
import { createJwtIssuer } from '../support/json-web-tokens.ts'
import { pem } from '../support/vault-network.ts'
import { vaultSuite } from '../support/vault-suite.ts'
import { nobody, person, tokenOf } from '../support/vault-world.ts'

const issuer = createJwtIssuer()
const claims = (own: object = {}) => {
  const now = Math.floor(Date.now() / 1000)
  return { sub: 'job-1', aud: 'vault', project: 'web', iat: now, nbf: now - 60, exp: now + 300, ...own }
}
const jwt = (own: object = {}) => issuer.sign(claims(own))

/**
 * One suite, two subjects: the embedded Vault, and any real one that VAULT_TEST_ADDR and VAULT_TEST_TOKEN name
 * (CONTRIBUTING.md). What it needs is made under random names and taken away again.
 */
vaultSuite(({ subject, policy, ops, open, newToken, byToken }) => {
  async function mountJwt(): Promise<string> {
    const mount = await subject().enableLogin('jwt')
    await subject().admin('POST', `auth/${mount}/config`, { jwt_validation_pubkeys: [issuer.publicKey] })
    await subject().admin('POST', `auth/${mount}/role/ci`, {
      role_type: 'jwt',
      user_claim: 'sub',
      bound_audiences: ['vault'],
      bound_claims: { project: 'web' },
      token_policies: [policy()],
    })
    return mount
  }

  async function mountCert(): Promise<string> {
    const mount = await subject().enableLogin('cert')
    await subject().admin('POST', `auth/${mount}/certs/laptop`, {
      certificate: pem('client'),
      token_policies: [policy()],
    })
    return mount
  }

  describe('a login to the server', () => {
    it('by a token that is there signs, and asks nothing of the server beforehand', async () => {
      const { certificate, warnings } = await byToken(await newToken()).sign(ops())
      expect(certificate).toMatchObject({ principals: ['ubuntu'], extensions: new Map([['permit-pty', '']]) })
      expect(certificate.validBefore - certificate.validAfter).toBe(1830n)
      expect(warnings).toEqual([])
    })

    it('by password has a second try, is renewed, and is revoked by a logout', async () => {
      const mount = await subject().enableLogin('userpass')
      const user = { password: 'right', token_policies: [policy()], token_ttl: '10m', token_max_ttl: '1h' }
      await subject().admin('POST', `auth/${mount}/users/jo`, user)
      const { tokens, sign, client, clock } = open(
        { method: 'userpass', mount, username: 'jo' },
        { answers: ['wrong', 'right'] },
      )
      expect(await tokens.login(person)).toMatchObject({
        displayName: `${mount}-jo`,
        policies: expect.arrayContaining(['default', policy()]),
      })
      const { certificate } = await sign(ops())
      expect(certificate.keyId).toContain(`${mount}-jo`)
      const token = await tokenOf(tokens)
      const calls = createSelfCalls(client, clock)
      const lease = await calls.lookUp({ token, lease: undefined })
      expect((await calls.renew({ token, lease }, lease)).leaseSeconds).toBe(600)
      await tokens.logout()
      await expect(calls.lookUp({ token, lease: undefined })).rejects.toMatchObject({
        code: expect.stringMatching(/^VAULT_TOKEN_(REJECTED|INVALID)$/),
      })
      await expect(sign(ops())).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    })

    it('by AppRole takes a secret id, plain or wrapped once, and no other', async () => {
      const mount = await subject().enableLogin('approle')
      await subject().admin('POST', `auth/${mount}/role/ci`, { token_policies: [policy()], token_ttl: '10m' })
      const { role_id: roleId } = await subject().admin('GET', `auth/${mount}/role/ci/role-id`)
      const { secret_id: secretId } = await subject().admin('POST', `auth/${mount}/role/ci/secret-id`)
      const token = await newToken({ policies: ['root'] })
      const wrapped = await subject().call('POST', `auth/${mount}/role/ci/secret-id`, {
        token,
        headers: { 'X-Vault-Wrap-TTL': '5m' },
      })
      const opened = (content: string, more: { wrapped?: boolean } = {}) =>
        open(
          { method: 'approle', mount, role_id: String(roleId), secret_id_file: '/s', ...more },
          { files: new Map([['/s', content]]) },
        )
      await opened(String(secretId)).sign(ops())
      await opened(wrapped.json.wrap_info.token, { wrapped: true }).sign(ops())
      await expect(opened(wrapped.json.wrap_info.token, { wrapped: true }).sign(ops())).rejects.toMatchObject({
        code: 'VAULT_WRAPPING_TOKEN_INVALID',
      })
      await expect(opened('756086f6-630e-56fb-ef7b-87893e6ad586').sign(ops())).rejects.toMatchObject({
        code: 'VAULT_LOGIN_FAILED',
        message: expect.stringContaining(`auth/${mount}/`),
      })
    })

    it('by JWT takes one that fits, and says what does not', async () => {
      const mount = await mountJwt()
      const opened = (jwt: string, role = 'ci') =>
        open({ method: 'jwt', mount, role, jwt: { file: '/j' } }, { files: new Map([['/j', jwt]]) })
      await opened(jwt()).sign(ops())
      // Clocks may differ by a minute.
      await opened(jwt({ exp: claims().iat - 30 })).sign(ops())
      const refusals = [
        [opened(jwt({ exp: claims().iat - 90 })), 'VAULT_LOGIN_FAILED', 'has expired'],
        [opened(jwt({ nbf: claims().iat + 90 })), 'VAULT_LOGIN_FAILED', 'not yet valid'],
        [opened(jwt({ exp: undefined, nbf: undefined, iat: undefined })), 'VAULT_LOGIN_FAILED', 'no issued at'],
        [opened(jwt({ exp: 1 })), 'VAULT_LOGIN_FAILED', 'has expired'],
        [opened(jwt({ aud: 'elsewhere' })), 'VAULT_LOGIN_FAILED', 'aud'],
        [opened(jwt({ project: 'other' })), 'VAULT_LOGIN_FAILED', 'project'],
        [opened(createJwtIssuer().sign({ ...claims(), sub: 'forger' })), 'VAULT_LOGIN_FAILED', 'signature'],
        [opened(jwt(), 'nope'), 'VAULT_ROLE_UNKNOWN', 'nope'],
      ] as const
      for (const [{ sign }, code, text] of refusals) {
        await expect(sign(ops())).rejects.toMatchObject({ code, message: expect.stringContaining(text) })
      }
    })

    it('by client certificate takes the one that it knows, over TLS', async (context) => {
      if (!subject().address.startsWith('https:')) return context.skip('the server speaks no TLS')
      const mount = await mountCert()
      const opened = (shown: string) => open({ method: 'cert', mount }, { shown })
      const { tokens, sign } = opened('client')
      const { displayName } = await tokens.login(nobody)
      expect(displayName).toBe(`${mount}-laptop`)
      expect((await sign(ops())).certificate.keyId).toContain(displayName)
      await expect(opened('elsewhere').sign(ops())).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    })

    it('at a mount that is not there is refused as one that is locked', async () => {
      const { tokens } = open({ method: 'userpass', mount: subject().newName(), username: 'jo' }, { answers: ['pw'] })
      await expect(tokens.login(person)).rejects.toMatchObject({
        code: 'VAULT_LOGIN_LOCKED',
        hint: expect.stringContaining('check mount of auth'),
      })
    })
  })

  describe('a login in each request', () => {
    const inline = async () => {
      const mount = await mountJwt()
      return (token: string) =>
        open(
          { method: 'jwt', mount, role: 'ci', jwt: { file: '/j' }, inline: true },
          { files: new Map([['/j', token]]) },
        )
    }
    /** Only OpenBao has it; another server has to be named as what it is. */
    const isKnown = async (tried: ReturnType<typeof open>): Promise<boolean> => {
      const error = await tried.tokens.login(nobody).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (error === undefined) return true
      expect(subject().isEmbedded).toBe(false)
      expect(error).toMatchObject({ code: 'VAULT_CONFIG', hint: expect.stringContaining('remove inline = true') })
      return false
    }

    it('signs without a token, or is named as what the server does not do', async (context) => {
      const opened = await inline()
      if (!(await isKnown(opened(jwt())))) return context.skip('the server has no inline authentication')
      const accessors = async () => (await subject().admin('GET', 'auth/token/accessors?list=true')).keys
      const before = await accessors()
      await opened(jwt()).sign(ops())
      expect(await accessors()).toEqual(before)
      await expect(opened(jwt({ exp: 1 })).sign(ops())).rejects.toMatchObject({
        code: 'VAULT_LOGIN_FAILED',
        isOfLogin: true,
      })
      await expect(opened(jwt()).sign({ ...ops(), role: 'other' })).rejects.toMatchObject({
        code: 'VAULT_DENIED',
        isOfLogin: false,
      })
      await expect(opened(jwt()).sign({ ...ops(), role: 'rsa' })).rejects.toMatchObject({
        code: 'VAULT_KEY_NOT_ALLOWED',
        hint: expect.stringContaining('rsa-4096'),
      })
    })

    it('by AppRole spends a use of the secret id with each', async (context) => {
      const mount = await subject().enableLogin('approle')
      const role = { token_policies: [policy()], secret_id_num_uses: 2 }
      await subject().admin('POST', `auth/${mount}/role/ci`, role)
      const { role_id: roleId } = await subject().admin('GET', `auth/${mount}/role/ci/role-id`)
      const { secret_id: secretId } = await subject().admin('POST', `auth/${mount}/role/ci/secret-id`)
      const tried = open(
        { method: 'approle', mount, role_id: String(roleId), secret_id_file: '/s', inline: true },
        { files: new Map([['/s', String(secretId)]]) },
      )
      if (!(await isKnown(tried))) return context.skip('the server has no inline authentication')
      await tried.sign(ops())
      await expect(tried.sign(ops())).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED', isOfLogin: true })
    })

    it('by client certificate has no parameters', async (context) => {
      if (!subject().address.startsWith('https:')) return context.skip('the server speaks no TLS')
      const mount = await mountCert()
      const tried = open({ method: 'cert', mount, inline: true }, { shown: 'client' })
      if (!(await isKnown(tried))) return context.skip('the server has no inline authentication')
      await tried.sign(ops())
    })
  })
})
