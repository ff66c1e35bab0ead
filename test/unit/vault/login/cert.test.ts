import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { cert } from '../../../../src/vault/login/cert.ts'
import { openTestVault } from '../../../support/dev-vault.ts'
import { pem } from '../../../support/vault-network.ts'
import { forToken, loginContext, testClient } from '../../../support/vault-world.ts'

/** A server that asks for a certificate, and a client that shows one. */
async function world(shown: string | undefined, name?: string) {
  const server = await openTestVault({ tls: { key: pem('server-key'), cert: pem('server'), asks: true } })
  await server.admin('POST', 'sys/auth/cert', { type: 'cert' })
  await server.admin('POST', 'auth/cert/certs/laptop', { certificate: pem('client'), token_ttl: '1h' })
  const clientOf = (certificate: string | undefined) =>
    testClient(server.vault.address, {
      tls: {
        ca: pem('ca'),
        ...(certificate === undefined
          ? {}
          : { clientCert: pem(certificate), clientKey: new Secret(pem(`${certificate}-key`)) }),
      },
    })
  const configured = { pem: pem('client') as string | undefined }
  const context = loginContext(clientOf(shown), { clientCertificate: () => configured.pem })
  const made = forToken(cert.create({ method: 'cert', ...(name === undefined ? {} : { name }) }, context))
  const sent = () => server.calls.filter(({ path }) => path === '/v1/auth/cert/login').length
  return { server, clientOf, configured, made, sent }
}

describe('a login by client certificate', () => {
  it.each([undefined, 'laptop'])('shows that of the connection and needs no person, for the role %s', async (name) => {
    const { made } = await world('client', name)
    expect(made).toMatchObject({ name: 'cert', isUnattended: true })
    expect((await made.login(false)).lease).toMatchObject({ displayName: 'cert-laptop', leaseSeconds: 3600 })
  })

  it('without one sends nothing and says what to set', async () => {
    const { made, configured, sent } = await world('client')
    configured.pem = undefined
    await expect(made.login(false)).rejects.toMatchObject({
      code: 'VAULT_CONFIG',
      hint: expect.stringContaining('client_cert_file'),
    })
    expect(sent()).toBe(0)
  })

  it('that is refused is tried again once there is another certificate', async () => {
    const { made, configured, sent } = await world('elsewhere')
    const refused = {
      code: 'VAULT_LOGIN_FAILED',
      message: expect.stringContaining('does not accept the client certificate'),
    }
    await expect(made.login(false)).rejects.toMatchObject(refused)
    await expect(made.login(false)).rejects.toMatchObject(refused)
    expect(sent()).toBe(1)
    configured.pem = pem('elsewhere')
    await expect(made.login(false)).rejects.toMatchObject(refused)
    expect(sent()).toBe(2)
  })

  it('says so where something on the way has kept the certificate to itself', async () => {
    const { made } = await world(undefined)
    await expect(made.login(false)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_LOCKED',
      message: expect.stringContaining('no client certificate has reached auth/cert/'),
    })
  })

  it('with another role than asked for is refused', async () => {
    const { made } = await world('client', 'other')
    await expect(made.login(false)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
  })

  it.each([undefined, 'elsewhere'])('cannot be renewed over a connection with another one: %s', async (other) => {
    const { made, clientOf } = await world('client')
    const { token } = await made.login(false)
    const renew = (shown: string | undefined) =>
      clientOf(shown).request({
        method: 'POST',
        path: 'auth/token/renew-self',
        purpose: { type: 'token', operation: 'renew' },
        body: {},
        token,
      })
    await renew('client')
    await expect(renew(other)).rejects.toMatchObject({ code: 'VAULT_NOT_RENEWABLE' })
  })
})
