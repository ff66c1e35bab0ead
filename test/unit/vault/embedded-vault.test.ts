import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { publicKeyFromKeyObject } from '../../../src/ssh/public-key.ts'
import { type AuthConfig, createLoginMethod } from '../../../src/vault/login/login-methods.ts'
import { createCaWatch } from '../../../src/vault/ssh/ca-watch.ts'
import { createVaultIssuer } from '../../../src/vault/ssh/issuer.ts'
import { createTokenSource } from '../../../src/vault/token/token-source.ts'
import { openTestVault } from '../../support/dev-vault.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'
import {
  forToken,
  loginContext,
  nobody,
  person,
  recordingLog,
  scriptedPrompts,
  testClient,
  testKeychain,
  tokenOf,
  until,
} from '../../support/vault-world.ts'

const key = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
const never = new AbortController().signal

const opsRole = {
  key_type: 'ca',
  allow_user_certificates: true,
  allowed_users: 'ubuntu',
  default_user: 'ubuntu',
  ttl: '30m',
  max_ttl: '1h',
}

/** The whole room against the embedded development server, whose clock goes with ours, `skewMs` ahead. */
async function world(passwords: readonly string[] = [], skewMs = 0) {
  const server = await openTestVault()
  await server.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
  await server.admin('POST', 'ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
  await server.admin('POST', 'ssh/roles/ops', opsRole)
  await server.admin('PUT', 'sys/policies/acl/ops', {
    policy: 'path "ssh/sign/ops" { capabilities = ["update"] }',
  })
  const base = fakeClock(server.nowMs() - skewMs)
  const clock: FakeClock = {
    ...base,
    advance(ms) {
      server.advance(ms)
      base.advance(ms)
    },
  }
  const { log } = recordingLog()
  const keychain = testKeychain()
  const files = new Map<string, string>()
  const { prompts, questions } = scriptedPrompts(...passwords)
  const client = testClient(server.vault.address, { clock, maxRetries: 0 })
  const open = (auth: AuthConfig) => {
    const method = forToken(createLoginMethod(auth, loginContext(client, { prompts, keychain, clock, log, files })))
    const tokens = createTokenSource({
      client,
      method,
      keychain,
      clock,
      random: () => 0,
      log,
      prompts,
      tellLoginNeeded: () => {},
    })
    const ca = createCaWatch(client, 'ssh', clock, log)
    const issuer = (role = 'ops', ttlSeconds?: number) =>
      createVaultIssuer({ client, tokens, ca, signing: { mount: 'ssh', role, ttlSeconds }, clock, log })
    return { tokens, issuer }
  }
  const paths = () => server.calls.map(({ path }) => path)
  return { server, clock, files, questions, open, paths }
}

describe('with the embedded vault', () => {
  it('a person logs in, has a key certified, the token is renewed to its maximum, and logout ends it', async () => {
    const { server, clock, open } = await world(['correct horse'])
    await server.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await server.admin('POST', 'auth/userpass/users/jo', {
      password: 'correct horse',
      token_policies: ['ops'],
      token_ttl: '30m',
      token_max_ttl: '45m',
    })
    const { tokens, issuer } = open({ method: 'userpass', username: 'jo' })
    tokens.start()
    expect(await tokens.login(person)).toEqual({
      displayName: 'userpass-jo',
      policies: ['default', 'ops'],
      expiresAtMs: clock.now() + 30 * 60_000,
    })
    const { certificate } = await issuer().issue(key, never)
    expect(certificate).toMatchObject({ principals: ['ubuntu'], keyId: expect.stringContaining('userpass-jo') })
    const endMs = clock.now() + 45 * 60_000
    clock.advance(20 * 60_000)
    await until(() => tokens.status().expiresAtMs === endMs)
    await tokens.logout()
    await expect(issuer().issue(key, never)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    tokens.stop()
  })

  it.each([
    ['behind', 600_000],
    ['ahead', -600_000],
  ])('a clock that is ten minutes %s gets a certificate, with how far it is off', async (_, skewMs) => {
    const { server, files, open } = await world([], skewMs)
    await server.admin('POST', 'ssh/roles/ops', { ...opsRole, ttl: '5m' })
    files.set('/token', server.vault.rootToken)
    const { issuer } = open({ method: 'token', token_file: '/token' })
    const issued = await issuer().issue(key, never)
    expect(Math.abs(issued.clockSkewMs - skewMs)).toBeLessThanOrEqual(1000)
  })

  it('a user is locked out by wrong passwords, and is told so', async () => {
    const { server, questions, open } = await world(['a', 'b', 'c', 'd', 'e', 'f', 'right'])
    await server.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await server.admin('POST', 'auth/userpass/users/jo', { password: 'right' })
    const { tokens } = open({ method: 'userpass', username: 'jo' })
    await expect(tokens.login(person)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    await expect(tokens.login(person)).rejects.toMatchObject({ code: 'VAULT_LOGIN_LOCKED' })
    expect(questions).toHaveLength(6)
  })

  it('an AppRole opens its wrapped secret id, logs in again by itself, and knows when that is used up', async () => {
    const { server, clock, files, open, paths } = await world()
    await server.admin('POST', 'sys/auth/approle', { type: 'approle' })
    await server.admin('POST', 'auth/approle/role/ci', {
      token_policies: ['ops'],
      token_ttl: '10m',
      secret_id_num_uses: 2,
    })
    const { role_id } = await server.admin('GET', 'auth/approle/role/ci/role-id')
    const wrapped = await server.call('POST', 'auth/approle/role/ci/secret-id', {
      token: server.vault.rootToken,
      headers: { 'X-Vault-Wrap-TTL': '5m' },
    })
    files.set('/secret-id', wrapped.json.wrap_info.token)
    const { tokens, issuer } = open({
      method: 'approle',
      role_id: String(role_id),
      secret_id_file: '/secret-id',
      wrapped: true,
    })
    await issuer().issue(key, never)
    clock.advance(10 * 60_000)
    await issuer().issue(key, never)
    expect(paths().filter((path) => path.includes('unwrap'))).toHaveLength(1)
    clock.advance(10 * 60_000)
    await expect(tokenOf(tokens)).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    await expect(tokens.login(nobody)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
  })

  it('a forged wrapping is not opened', async () => {
    const { server, files, open, paths } = await world()
    const wrapped = await server.call('POST', 'sys/wrapping/wrap', {
      token: server.vault.rootToken,
      body: { secret_id: 'forged' },
      headers: { 'X-Vault-Wrap-TTL': '5m' },
    })
    files.set('/secret-id', wrapped.json.wrap_info.token)
    const { tokens } = open({ method: 'approle', role_id: 'r', secret_id_file: '/secret-id', wrapped: true })
    await expect(tokenOf(tokens)).rejects.toMatchObject({ code: 'VAULT_WRAPPING_TOKEN_INVALID' })
    expect(paths().filter((path) => path.includes('unwrap'))).toEqual([])
  })

  it('a token of two uses signs twice, and then asks for another', async () => {
    const { server, files, open } = await world()
    const created = await server.admin('POST', 'auth/token/create', { policies: ['ops'], num_uses: 2 })
    files.set('/home/jo/.vault-token', String(created.client_token))
    const { tokens, issuer } = open({ method: 'token' })
    tokens.start()
    await issuer().issue(key, never)
    await issuer().issue(key, never)
    tokens.stop()
    await expect(issuer().issue(key, never)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      hint: expect.stringMatching(/^run: vault login;/),
    })
  })

  it('a disabled entity costs no login: its token is used again once it is enabled', async () => {
    const { server, clock, open, paths } = await world(['pw'])
    await server.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await server.admin('POST', 'auth/userpass/users/jo', { password: 'pw', token_policies: ['ops'] })
    const { tokens, issuer } = open({ method: 'userpass', username: 'jo' })
    await tokens.login(person)
    await issuer().issue(key, never)
    const listed = await server.call('LIST', 'identity/entity/id', { token: server.vault.rootToken })
    const [id] = listed.json.data.keys as string[]
    await server.admin('POST', `identity/entity/id/${id}`, { disabled: true })
    const refused = { code: 'VAULT_LOGIN_NEEDED', message: expect.stringContaining('this network is not allowed') }
    await expect(issuer().issue(key, never)).rejects.toMatchObject(refused)
    const calls = paths().length
    await expect(issuer().issue(key, never)).rejects.toMatchObject(refused)
    expect(paths()).toHaveLength(calls)
    expect(tokens.status().state).toBe('login-needed')
    await server.admin('POST', `identity/entity/id/${id}`, { disabled: false })
    clock.advance(5000)
    await issuer().issue(key, never)
    expect(tokens.status().state).toBe('logged-in')
    expect(paths().filter((path) => path.includes('/login/'))).toHaveLength(1)
  })

  it('a certificate is foreign once the token of another person has come, and outdated once the CA was rotated', async () => {
    const { server, clock, files, open } = await world()
    await server.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    const logIn = async (name: string) => {
      await server.admin('POST', `auth/userpass/users/${name}`, { password: 'pw', token_policies: ['ops', 'default'] })
      const answer = await server.call('POST', `auth/userpass/login/${name}`, { body: { password: 'pw' } })
      return String(answer.json.auth.client_token)
    }
    files.set('/home/jo/.vault-token', await logIn('jo'))
    const { tokens, issuer } = open({ method: 'token' })
    let replaced = 0
    tokens.onReplaced(() => {
      replaced += 1
    })
    const jo = issuer()
    const first = await jo.issue(key, never)
    await tokens.login(nobody)
    expect(first.standing()).toBe('current')
    // Of the same person.
    files.set('/home/jo/.vault-token', await logIn('jo'))
    clock.advance(1000)
    await jo.look()
    await tokens.login(nobody)
    expect([first.standing(), replaced]).toEqual(['current', 1])
    files.set('/home/jo/.vault-token', await logIn('cy'))
    clock.advance(1000)
    await jo.look()
    expect([first.standing(), replaced]).toEqual(['foreign', 2])
    const second = await jo.issue(key, never)
    expect([first.standing(), second.standing()]).toEqual(['foreign', 'current'])

    await server.admin('DELETE', 'ssh/config/ca', {})
    await server.admin('POST', 'ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
    clock.advance(300_000)
    await second.look()
    expect(second.standing()).toBe('outdated')
    expect((await jo.issue(key, never)).standing()).toBe('current')
  })

  it('a revoked token is found dead, and a new one in the file is taken up', async () => {
    const { server, files, open } = await world()
    const create = async () =>
      String((await server.admin('POST', 'auth/token/create', { policies: ['ops'] })).client_token)
    const first = await create()
    files.set('/home/jo/.vault-token', first)
    const { issuer } = open({ method: 'token' })
    await issuer().issue(key, never)
    await server.call('POST', 'auth/token/revoke-self', { token: first })
    await expect(issuer().issue(key, never)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    files.set('/home/jo/.vault-token', await create())
    await issuer().issue(key, never)
  })

  it('a periodic token in a file is kept alive', async () => {
    const { server, clock, files, open, paths } = await world()
    const created = await server.admin('POST', 'auth/token/create', { policies: ['ops'], period: '15m' })
    files.set('/home/jo/.vault-token', String(created.client_token))
    const { tokens, issuer } = open({ method: 'token' })
    tokens.start()
    await issuer().issue(key, never)
    clock.advance(5000)
    await until(() => tokens.status().expiresAtMs !== undefined)
    for (let count = 1; count <= 3; count += 1) {
      const endMs = tokens.status().expiresAtMs
      clock.advance(10 * 60_000)
      await until(() => tokens.status().expiresAtMs !== endMs)
    }
    await issuer().issue(key, never)
    expect(paths().filter((path) => path.endsWith('renew-self'))).toHaveLength(3)
    tokens.stop()
  })

  it('a ttl above the maximum is cut, a wrong role and a sealed server are explained', async () => {
    const { server, files, open } = await world()
    files.set('/home/jo/.vault-token', server.vault.rootToken)
    const { issuer } = open({ method: 'token' })
    const { certificate } = await issuer('ops', 36_000).issue(key, never)
    const { validAfter, validBefore } = certificate
    expect(Number(validBefore - validAfter)).toBe(3630)
    await expect(issuer('OPS').issue(key, never)).rejects.toMatchObject({ code: 'VAULT_ROLE_UNKNOWN' })
    server.vault.seal()
    await expect(issuer().issue(key, never)).rejects.toMatchObject({ code: 'VAULT_SEALED' })
  })
})
