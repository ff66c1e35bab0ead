import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { readCaKey } from '../../src/vault/ssh/ca-key.ts'
import { createSelfCalls } from '../../src/vault/token/self-calls.ts'
import { expiresAtMs } from '../../src/vault/token/token-lease.ts'
import { vaultSuite } from '../support/vault-suite.ts'

/**
 * One suite, two subjects: the embedded Vault, and any real one that VAULT_TEST_ADDR and VAULT_TEST_TOKEN name
 * (CONTRIBUTING.md). What it needs is made under random names and taken away again.
 */
vaultSuite(({ subject, ops, newToken, byToken }) => {
  describe('a certificate of the server', () => {
    it('is of the CA that the mount names, for the principals and the time that were asked for', async () => {
      const { sign, client } = byToken(await newToken())
      const { certificate } = await sign({ ...ops(), principals: ['deploy'], ttlSeconds: 300 })
      expect(certificate.principals).toEqual(['deploy'])
      expect(certificate.validBefore - certificate.validAfter).toBe(330n)
      expect(certificate.signatureKey.blob).toEqual((await readCaKey(client, ops().mount)).blob)
    })

    it('lives no longer than the role allows, where more was asked for', async () => {
      const { certificate } = await byToken(await newToken()).sign({ ...ops(), ttlSeconds: 7200 })
      expect(certificate.validBefore - certificate.validAfter).toBe(3630n)
    })

    it.each([
      ['a role that there is not', { role: 'unknown' }, 'VAULT_ROLE_UNKNOWN'],
      ['a role beyond the policy', { role: 'other' }, 'VAULT_DENIED'],
      ['a role for hosts', { role: 'hosts' }, 'VAULT_ROLE_KIND'],
      ['a role for other keys', { role: 'rsa' }, 'VAULT_KEY_NOT_ALLOWED'],
      ['a role without a default user', { role: 'nobody' }, 'VAULT_PRINCIPALS'],
      ['a principal that is not allowed', { principals: ['root'] }, 'VAULT_PRINCIPALS'],
      [
        'an extension that is not allowed',
        { extensions: { 'permit-x11-forwarding': '' } },
        'VAULT_OPTIONS_NOT_ALLOWED',
      ],
    ])('is refused for %s', async (_, signing, code) => {
      await expect(byToken(await newToken()).sign({ ...ops(), ...signing })).rejects.toMatchObject({ code })
    })

    it('of a larger key is signed by the role for it', async () => {
      const key = publicKeyFromKeyObject(generateKeyPairSync('rsa', { modulusLength: 4096 }).publicKey)
      const { certificate } = await byToken(await newToken()).sign({ ...ops(), role: 'rsa' }, key)
      expect(certificate.publicKey.blob).toEqual(key.blob)
    })

    it('is not to be had where nothing is mounted, nor in a namespace that there is not', async () => {
      const mount = subject().newName()
      await expect(byToken(await newToken({ policies: ['root'] })).sign({ mount, role: 'ops' })).rejects.toMatchObject({
        code: 'VAULT_MOUNT_UNKNOWN',
      })
      const { client } = byToken(await newToken())
      await expect(readCaKey(client, mount)).rejects.toMatchObject({ code: 'VAULT_CA_MISSING' })
      await expect(byToken(await newToken(), { namespace: subject().newName() }).sign(ops())).rejects.toMatchObject({
        code: expect.stringMatching(/^VAULT_(NAMESPACE|TOKEN_REJECTED)$/),
      })
    })
  })

  describe('a token of the server', () => {
    it('that nobody knows, or that was revoked, is refused', async () => {
      const token = await newToken()
      await subject().admin('POST', 'auth/token/revoke', { token })
      for (const dead of [token, 'hvs.CAESIJlatchkeyNobodyKnowsThisOne']) {
        await expect(byToken(dead).sign(ops())).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
      }
    })

    it.each([
      ['a maximum', { explicit_max_ttl: '15m' }],
      ['a period', { period: '15m' }],
    ])('with %s is renewed within it', async (_, wishes) => {
      const { client, clock } = byToken('unused')
      const calls = createSelfCalls(client, clock)
      const token = new Secret(await newToken(wishes))
      const lease = await calls.lookUp({ token, lease: undefined })
      const renewed = await calls.renew({ token, lease }, lease)
      expect(expiresAtMs(renewed)! - clock.now()).toBeLessThanOrEqual(15 * 60_000 + 5000)
    })

    it('that is not renewable, or is a batch token, says so', async () => {
      const { client, clock } = byToken('unused')
      const calls = createSelfCalls(client, clock)
      for (const wishes of [{ renewable: false }, { type: 'batch' }]) {
        const token = new Secret(await newToken(wishes))
        const lease = await calls.lookUp({ token, lease: undefined })
        await expect(calls.renew({ token, lease }, lease)).rejects.toMatchObject({ code: 'VAULT_NOT_RENEWABLE' })
      }
    })

    it('that is good for one use signs once', async () => {
      const { sign } = byToken(await newToken({ num_uses: 1 }))
      await sign(ops())
      await expect(sign(ops())).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    })
  })
})
