import { describe, expect, it } from 'vitest'
import { totp } from '../../src/core/totp/totp.ts'
import { vaultSuite } from '../support/vault-suite.ts'
import { nobody, person } from '../support/vault-world.ts'

/**
 * One suite, two subjects: the embedded Vault, and any real one that VAULT_TEST_ADDR and VAULT_TEST_TOKEN name
 * (CONTRIBUTING.md). What it needs is made under random names and taken away again.
 */
vaultSuite(({ subject, policy, ops, open }) => {
  /** jo, who logs in by password, and is wanted a code of. */
  const world = async ({ isEnrolled = true } = {}) => {
    const mount = await subject().enableLogin('userpass')
    const user = { password: 'right', token_policies: [policy()], token_ttl: '10m' }
    await subject().admin('POST', `auth/${mount}/users/jo`, user)
    const method = await subject().newTotpMethod()
    const seed = isEnrolled ? await enroll(method.id, `auth/${mount}/login/jo`, { password: 'right' }) : ''
    await subject().enforceMfa([method.id], [mount])
    return { auth: { method: 'userpass', mount, username: 'jo' } as const, method, seed }
  }
  /** A person is known from their first login on. @returns the seed of their codes */
  const enroll = async (methodId: string, path: string, body: object): Promise<string> => {
    const { entity_id: entityId } = (await subject().call('POST', path, { body })).json.auth
    const wishes = { method_id: methodId, entity_id: entityId }
    const { url } = await subject().admin('POST', 'identity/mfa/method/totp/admin-generate', wishes)
    return new URL(String(url)).searchParams.get('secret')!
  }
  const codesOf = (seed: string) => {
    const right = totp(seed, Date.now())
    return { right, wrong: [1, 2, 3].map((step) => String((Number(right) + step) % 1e6).padStart(6, '0')) }
  }

  describe('login MFA', () => {
    it('has a second try for a wrong code, and leads to a token that signs', async () => {
      const { auth, seed } = await world()
      const { right, wrong } = codesOf(seed)
      const { tokens, sign } = open(auth, { answers: ['right', wrong[0]!, right] })
      expect(await tokens.login(person)).toMatchObject({
        displayName: `${auth.mount}-jo`,
        policies: expect.arrayContaining([policy()]),
      })
      expect((await sign(ops())).certificate.keyId).toContain(`${auth.mount}-jo`)
    })

    it('has a second try for a wrong password, before any code', async () => {
      const { auth, seed } = await world()
      const { tokens } = open(auth, { answers: ['wrong', 'right', codesOf(seed).right] })
      expect(await tokens.login(person)).toMatchObject({ displayName: `${auth.mount}-jo` })
    })

    it('takes a code once', async () => {
      const { auth, seed } = await world()
      const { right } = codesOf(seed)
      await open(auth, { answers: ['right', right] }).tokens.login(person)
      const { tokens } = open(auth, { answers: ['right', right, right, right] })
      await expect(tokens.login(person)).rejects.toMatchObject({ code: 'VAULT_MFA_FAILED' })
    })

    it('takes no code after five wrong ones, for a while', async () => {
      const { auth, seed } = await world()
      const { right, wrong } = codesOf(seed)
      const first = open(auth, { answers: ['right', ...wrong] })
      await expect(first.tokens.login(person)).rejects.toMatchObject({ code: 'VAULT_MFA_FAILED' })
      const second = open(auth, { answers: ['right', wrong[0]!, wrong[1]!, right] })
      await expect(second.tokens.login(person)).rejects.toMatchObject({
        code: 'VAULT_LOGIN_LOCKED',
        message: expect.stringContaining('too many wrong codes of jo'),
      })
    })

    it('says of somebody who has no authenticator app there that no code is right', async () => {
      const { auth } = await world({ isEnrolled: false })
      const { tokens } = open(auth, { answers: ['right', '123456'] })
      await expect(tokens.login(person)).rejects.toMatchObject({
        code: 'VAULT_LOGIN_LOCKED',
        message: expect.stringContaining('has no authenticator app of jo'),
      })
    })

    it.each(['id', 'name'] as const)(
      'in one phase takes the code with the password, by the %s of the method',
      async (by) => {
        const { auth, method, seed } = await world()
        const { right, wrong } = codesOf(seed)
        const once = { ...auth, mfa_method: method[by] }
        await expect(open(once, { answers: ['right', wrong[0]!] }).tokens.login(person)).rejects.toMatchObject({
          code: 'VAULT_MFA_FAILED',
          hint: expect.stringContaining('mfa_method'),
        })
        const { tokens, sign } = open(once, { answers: ['wrong', right, 'right', right] })
        expect(await tokens.login(person)).toMatchObject({ displayName: `${auth.mount}-jo` })
        await sign(ops())
      },
    )

    it('of a login that needs nobody waits for somebody who asks for it', async () => {
      const mount = await subject().enableLogin('approle')
      await subject().admin('POST', `auth/${mount}/role/ci`, { token_policies: [policy()], token_ttl: '10m' })
      const { role_id: roleId } = await subject().admin('GET', `auth/${mount}/role/ci/role-id`)
      const { secret_id: secretId } = await subject().admin('POST', `auth/${mount}/role/ci/secret-id`)
      const method = await subject().newTotpMethod()
      const body = { role_id: roleId, secret_id: secretId }
      const { right } = codesOf(await enroll(method.id, `auth/${mount}/login`, body))
      await subject().enforceMfa([method.id], [mount])
      const { tokens, sign } = open(
        { method: 'approle', mount, role_id: String(roleId), secret_id_file: '/s' },
        { files: new Map([['/s', String(secretId)]]), answers: [right] },
      )
      await expect(sign(ops())).rejects.toMatchObject({ code: 'VAULT_MFA_NEEDED' })
      expect(await tokens.login(person)).toMatchObject({ displayName: mount })
      await sign(ops())
      const inline = open(
        { method: 'approle', mount, role_id: String(roleId), secret_id_file: '/s', inline: true },
        { files: new Map([['/s', String(secretId)]]) },
      )
      await expect(inline.tokens.login(nobody)).rejects.toMatchObject({
        code: 'VAULT_CONFIG',
        hint: expect.stringContaining('remove inline = true'),
      })
    })
  })
})
