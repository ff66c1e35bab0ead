import { describe, expect, it } from 'vitest'
import { jwt } from '../../../../src/vault/login/jwt.ts'
import type { SecretSource } from '../../../../src/vault/login/secret-source.ts'
import { openTestVault } from '../../../support/dev-vault.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { createJwtIssuer } from '../../../support/json-web-tokens.ts'
import { forToken, loginContext, testClient } from '../../../support/vault-world.ts'

const issuer = createJwtIssuer()

async function world({ role = 'ci', source = { file: '/jwt' } }: { role?: string; source?: SecretSource } = {}) {
  const server = await openTestVault()
  await server.admin('POST', 'sys/auth/jwt', { type: 'jwt' })
  await server.admin('POST', 'auth/jwt/config', { jwt_validation_pubkeys: [issuer.publicKey] })
  await server.admin('POST', 'auth/jwt/role/ci', {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_audiences: ['vault'],
    bound_claims: { project: 'web' },
  })
  await server.admin('POST', 'auth/jwt/role/people', {
    role_type: 'oidc',
    user_claim: 'sub',
    allowed_redirect_uris: ['http://localhost:8250/oidc/callback'],
  })
  const claims = (own: object = {}) => {
    const exp = server.nowMs() / 1000 + 300
    return issuer.sign({ sub: 'job-1', aud: 'vault', project: 'web', exp, ...own })
  }
  const files = new Map([['/jwt', claims()]])
  const runs: (readonly string[])[] = []
  const printed = { text: claims() }
  const clock = fakeClock()
  const made = forToken(
    jwt.create(
      { method: 'jwt', role, jwt: source },
      loginContext(testClient(server.vault.address), {
        files,
        clock,
        environment: { CI_JWT: claims() },
        runProgram: async (command, args) => {
          runs.push([command, ...args])
          return `${printed.text}\n`
        },
      }),
    ),
  )
  const sent = () => server.calls.filter(({ path }) => path === '/v1/auth/jwt/login').length
  return { server, claims, files, runs, printed, clock, made, sent }
}

describe('a login by JWT', () => {
  it.each<SecretSource>([{ file: '/jwt' }, { env: 'CI_JWT' }, { command: ['ci-token', 'vault'] }])(
    'needs no person, whatever it comes from: %j',
    async (source) => {
      const { made, runs } = await world({ source })
      expect(made).toMatchObject({ name: 'jwt', isUnattended: true })
      expect((await made.login(false)).lease).toMatchObject({ displayName: 'jwt-ci', policies: ['default'] })
      expect(runs).toEqual('command' in source ? [['ci-token', 'vault']] : [])
    },
  )

  it('reads it anew each time, and at once where a refused one has been replaced', async () => {
    const { made, files, claims, sent } = await world()
    files.set('/jwt', claims({ exp: 1 }))
    const refused = { code: 'VAULT_LOGIN_FAILED', message: expect.stringContaining('has expired') }
    await expect(made.login(false)).rejects.toMatchObject(refused)
    await expect(made.login(false)).rejects.toMatchObject(refused)
    expect(sent()).toBe(1)
    files.set('/jwt', claims())
    await made.login(false)
    expect(sent()).toBe(2)
  })

  it('does not run a command again and again for what is refused, unless a person asks', async () => {
    const { made, printed, claims, runs, clock } = await world({ source: { command: ['ci-token'] } })
    printed.text = claims({ project: 'db' })
    const refused = { code: 'VAULT_LOGIN_FAILED' }
    await expect(made.login(false)).rejects.toMatchObject(refused)
    await expect(made.login(false)).rejects.toMatchObject(refused)
    expect(runs).toHaveLength(1)
    await expect(made.login(true)).rejects.toMatchObject(refused)
    expect(runs).toHaveLength(2)
    printed.text = claims()
    clock.advance(5 * 60_000)
    await made.login(false)
    expect(runs).toHaveLength(3)
  })

  it.each([
    [{ project: 'db' }, 'claim "project" does not match', 'bound_claims'],
    [{ aud: 'other' }, 'audience claim does not match', 'bound_audiences'],
  ])('is refused with %j: it says what does not fit', async (claim, message, hint) => {
    const { made, files, claims } = await world()
    files.set('/jwt', claims(claim))
    await expect(made.login(false)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_FAILED',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
  })

  it.each([
    ['nope', 'VAULT_ROLE_UNKNOWN', 'no role "nope" at auth/jwt/'],
    ['people', 'VAULT_ROLE_KIND', 'for logins in a browser'],
  ])('with the role %s says what is wrong with it', async (role, code, message) => {
    const { made } = await world({ role })
    await expect(made.login(false)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  it('without a role asks for one to be configured', async () => {
    const { server, files } = await world()
    const made = forToken(
      jwt.create({ method: 'jwt', jwt: { file: '/jwt' } }, loginContext(testClient(server.vault.address), { files })),
    )
    await expect(made.login(false)).rejects.toMatchObject({
      code: 'VAULT_CONFIG',
      hint: expect.stringContaining('role'),
    })
  })
})
