import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import type { InlineLogin } from '../../../../src/vault/inline-login.ts'
import { type AuthConfig, createLoginMethod } from '../../../../src/vault/login/login-methods.ts'
import { createIssuerList } from '../../../../src/vault/ssh/issuer-list.ts'
import { createInlineSource } from '../../../../src/vault/token/inline-source.ts'
import type { FullVaultOptions } from '../../../doubles/vault/full-server.ts'
import { openTestVault, type TestVault } from '../../../support/dev-vault.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { createJwtIssuer } from '../../../support/json-web-tokens.ts'
import { pem } from '../../../support/vault-network.ts'
import { loginContext, nobody, testClient } from '../../../support/vault-world.ts'

const issuer = createJwtIssuer()
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPQFP9jD12WFq1GUsehsf/ypquePwdr1i9TRAH9tANRv'
const secretId = '756086f6-630e-56fb-ef7b-87893e6ad586'

const auths = {
  jwt: { method: 'jwt', role: 'ci', jwt: { file: '/jwt' }, inline: true },
  approle: { method: 'approle', role_id: 'role-1', secret_id_file: '/secret-id', inline: true },
  cert: { method: 'cert', inline: true },
} as const satisfies Record<string, AuthConfig>

async function prepare(server: TestVault): Promise<void> {
  await server.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
  await server.admin('POST', 'ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
  await server.admin('POST', 'ssh/roles/ops', {
    key_type: 'ca',
    allow_user_certificates: true,
    allowed_users: 'ubuntu',
    default_user: 'ubuntu',
  })
  await server.admin('POST', 'sys/policies/acl/ops', { policy: 'path "ssh/sign/ops" { capabilities = ["update"] }' })
  for (const type of ['jwt', 'approle', 'cert']) await server.admin('POST', `sys/auth/${type}`, { type })
  await server.admin('POST', 'auth/jwt/config', { jwt_validation_pubkeys: [issuer.publicKey] })
  const jwtRole = { role_type: 'jwt', user_claim: 'sub', bound_audiences: ['vault'], token_policies: ['ops'] }
  await server.admin('POST', 'auth/jwt/role/ci', jwtRole)
  await server.admin('POST', 'auth/approle/role/ci', { role_id: 'role-1', token_policies: ['ops'] })
  await server.admin('POST', 'auth/approle/role/ci/custom-secret-id', { secret_id: secretId })
  await server.admin('POST', 'auth/cert/certs/laptop', { certificate: pem('client'), token_policies: ['ops'] })
}

async function world(kind: keyof typeof auths = 'jwt', options: Partial<FullVaultOptions> = {}) {
  const server = await openTestVault({ tls: { key: pem('server-key'), cert: pem('server'), asks: true }, ...options })
  await prepare(server)
  const clock = fakeClock(server.nowMs())
  const jwt = (own: object = {}) =>
    issuer.sign({ sub: 'job-1', aud: 'vault', exp: server.nowMs() / 1000 + 300, ...own })
  const files = new Map([
    ['/jwt', jwt()],
    ['/secret-id', secretId],
  ])
  const client = testClient(server.vault.address, {
    tls: { ca: pem('ca'), clientCert: pem('client'), clientKey: new Secret(pem('client-key')) },
  })
  const context = loginContext(client, { files, clock, clientCertificate: () => pem('client') })
  const method = createLoginMethod(auths[kind], context)
  if (method.type !== 'inline') throw new Error('not inline')
  const source = createInlineSource({ client, method, clock })
  const sign = (role = 'ops') =>
    source.withAccess((access) =>
      client.request({
        method: 'POST',
        path: `ssh/sign/${role}`,
        purpose: { type: 'sign', mount: 'ssh', role, keyType: 'ed25519' },
        ...access,
        body: { public_key: key },
      }),
    )
  const sent = () => server.calls.length
  const accessors = async () => (await server.admin('GET', 'auth/token/accessors?list=true')).keys
  return { server, clock, jwt, files, client, source, sign, sent, accessors }
}

describe('a login that goes with each request', () => {
  it.each(['jwt', 'approle', 'cert'] as const)('by %s gets a certificate and leaves no token', async (kind) => {
    const { sign, accessors, source } = await world(kind)
    const before = await accessors()
    expect((await sign()).data?.signed_key).toContain('ssh-ed25519-cert-v01@openssh.com')
    await sign()
    expect(await accessors()).toEqual(before)
    expect(source.status()).toEqual({ state: 'inline' })
  })

  it('gives what logs in and nothing else', async () => {
    const { source } = await world('jwt')
    const seen: InlineLogin[] = []
    await source.withAccess(async (access) => {
      expect(Object.keys(access)).toEqual(['inline'])
      if ('inline' in access) seen.push(access.inline)
    })
    expect(seen[0]).toMatchObject({ body: { role: 'ci' }, purpose: { type: 'login', mount: 'jwt' } })
    expect(source.isOfPresentLogin({ inline: seen[0]! })).toBe(true)
    expect(source.look()).toBe(undefined)
  })

  it('that is refused has the advice of that login, and is not sent again until there is another secret', async () => {
    const { sign, files, jwt, sent, source } = await world('jwt')
    files.set('/jwt', jwt({ exp: 1 }))
    const refused = {
      code: 'VAULT_LOGIN_FAILED',
      message: expect.stringContaining('the JWT for auth/jwt/ has expired'),
    }
    const before = sent()
    await expect(sign()).rejects.toMatchObject(refused)
    await expect(sign()).rejects.toMatchObject(refused)
    expect(sent()).toBe(before + 1)
    expect(source.status()).toMatchObject({ state: 'inline', lastError: refused })
    files.set('/jwt', jwt())
    await sign()
    expect(source.status()).toEqual({ state: 'inline' })
  })

  it('lists the issuers of a mount where it may, which a refused login does not', async () => {
    const { server, client, source, files, jwt, accessors } = await world('jwt')
    const clock = fakeClock()
    const { list } = createIssuerList(client, source, clock)
    const before = await accessors()
    expect(await list('ssh')).toBeUndefined()
    expect(source.status()).toEqual({ state: 'inline' })
    const policy = 'path "ssh/issuers" { capabilities = ["list"] }'
    await server.admin('POST', 'sys/policies/acl/ops', { policy })
    const { keys } = await server.admin('GET', 'ssh/issuers?list=true')
    expect(keys).toHaveLength(1)
    clock.advance(600_000)
    expect(await list('ssh')).toEqual(keys)
    expect(await accessors()).toEqual(before)
    files.set('/jwt', jwt({ exp: 1 }))
    expect(await list('ssh')).toBeUndefined()
    expect(source.status()).toMatchObject({ state: 'inline', lastError: { code: 'VAULT_LOGIN_FAILED' } })
    files.delete('/jwt')
    expect(await list('ssh')).toBeUndefined()
  })

  it('is not held back by what was refused with it', async () => {
    const { sign, sent, source } = await world('jwt')
    const before = sent()
    await expect(sign('other')).rejects.toMatchObject({ code: 'VAULT_DENIED' })
    expect(source.status()).toEqual({ state: 'inline' })
    await sign()
    expect(sent()).toBe(before + 2)
  })

  it('never shows the secret in an error', async () => {
    const { sign, files } = await world('jwt')
    files.set('/jwt', 'not-a-jwt-but-secret')
    const error = await sign().catch((thrown: unknown) => thrown)
    expect(JSON.stringify(error) + String(error)).not.toContain('not-a-jwt-but-secret')
    expect(error).toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
  })

  it('is named as what has to go where the server does not look at it', async () => {
    const blind: FullVaultOptions['plugins'] = [
      () => ({
        around: (call, next) =>
          next({
            ...call,
            header: (name) => (name.startsWith('x-vault-inline-auth-') ? undefined : call.header(name)),
          }),
      }),
    ]
    const { sign, sent, source } = await world('jwt', { plugins: blind })
    const unknown = {
      code: 'VAULT_CONFIG',
      message: expect.stringContaining('does not do inline authentication'),
      hint: expect.stringContaining('remove inline = true'),
    }
    await expect(sign()).rejects.toMatchObject(unknown)
    const before = sent()
    await expect(sign()).rejects.toMatchObject(unknown)
    expect(sent()).toBe(before)
    await expect(source.login(nobody)).rejects.toMatchObject(unknown)
  })

  it('is tried by a person, who learns whether it works, and as whom', async () => {
    const { source, server, files, jwt, accessors } = await world('jwt')
    const before = await accessors()
    expect(await source.login(nobody)).toEqual({ displayName: 'jwt-ci', policies: [], isInline: true })
    expect(server.calls.at(-1)?.path).toBe('/v1/auth/token/lookup-self')
    expect(await accessors()).toEqual(before)
    files.set('/jwt', jwt({ aud: 'other' }))
    await expect(source.login(nobody)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    server.vault.seal()
    await expect(source.login(nobody)).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    expect(source.status()).toMatchObject({ lastError: { code: 'VAULT_SEALED' } })
  })

  it('is not made after a logout, until a person wants it again', async () => {
    const { source, sign, sent } = await world('jwt')
    await source.logout()
    const before = sent()
    await expect(sign()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect([sent(), source.status().state]).toEqual([before, 'logged-out'])
    await source.login(nobody)
    await sign()
    source.close()
    await expect(sign()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
  })

  it('loses to a logout that comes meanwhile', async () => {
    const { source } = await world('jwt')
    const login = source.login(nobody)
    await source.logout()
    await expect(login).rejects.toMatchObject({ message: expect.stringContaining('logged out while') })
  })

  it('is not sent twice by itself: a use of the secret may have been counted', async () => {
    const { sign, server, sent } = await world('approle')
    server.vault.seal()
    const before = sent()
    await expect(sign()).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    expect(sent()).toBe(before + 1)
  })
})
