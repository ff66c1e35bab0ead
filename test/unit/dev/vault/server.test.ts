import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { onLoopback } from '../../../../src/dev/loopback.ts'
import { createDevVault } from '../../../../src/dev/vault/server.ts'
import { openTestVault } from '../../../support/dev-vault.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

function memoryStorage() {
  const saved: string[] = []
  return { load: () => saved.at(-1), save: (text: string) => void saved.push(text) }
}

describe('the development Vault', () => {
  it('listens on loopback and says what it is for', async () => {
    const { vault } = await openTestVault()
    expect(vault.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(vault.notice).toContain('development')
    expect(vault.notice).toContain(vault.address)
  })

  it('gives the port back when it is closed, and ends connections that are open', async () => {
    const { vault } = await openTestVault()
    const port = Number(new URL(vault.address).port)
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    await vault.close()
    if (!socket.destroyed) await once(socket, 'close')
    const again = await openTestVault({ listen: { port } })
    expect(again.vault.address).toBe(vault.address)
  })

  it('fails to start on a port that is taken', async () => {
    const { vault } = await openTestVault()
    const port = Number(new URL(vault.address).port)
    await expect(createDevVault({ listen: onLoopback(port), now: () => 0, log: () => {} })).rejects.toThrow(
      'EADDRINUSE',
    )
  })

  it('answers on a Unix socket that is its owner’s alone', async () => {
    const socketPath = join(temporaryFolder(), 'v.sock')
    const { vault } = await openTestVault({ listen: { port: 0, socketPath } })
    expect(vault.socketPath).toBe(socketPath)
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    const answer = await new Promise<string>((resolve, reject) => {
      request({ socketPath, path: '/v1/sys/health' }, (response) => void text(response).then(resolve, reject)).end()
    })
    expect(JSON.parse(answer)).toMatchObject({ initialized: true, sealed: false })
  })

  it('logs each call with its status, and no secret', async () => {
    const { vault, call, calls } = await openTestVault({ rootToken: 'root-secret' })
    await call('GET', 'auth/token/lookup-self?code=hidden', { token: 'root-secret' })
    await call('LIST', 'sys/policies/acl', { token: 'wrong-secret' })
    await call('POST', 'sys/wrapping/unwrap/s.hidden', { token: vault.rootToken, body: { password: 'hidden' } })
    const time = '2026-11-23T09:29:00.000Z'
    expect(calls).toEqual([
      { time, method: 'GET', path: '/v1/auth/token/lookup-self', status: 200 },
      { time, method: 'LIST', path: '/v1/sys/policies/acl', status: 403 },
      { time, method: 'POST', path: '/v1/sys/wrapping/unwrap/[redacted]', status: 404 },
    ])
  })

  it.each([
    ['outside of /v1/', 'GET', '../ui/', {}, 404, []],
    ['a path that is not encoded as a URL', 'GET', 'sys/%zz', {}, 400, ['the path is not encoded as a URL']],
    ['a way up in the path', 'GET', 'ssh/..%2Fsys/mounts', {}, 400, ['path cannot contain parent references']],
    ['a method that nobody knows', 'PROPFIND', 'sys/mounts', {}, 405, []],
    [
      'a body that is no object',
      'POST',
      'auth/token/create',
      { raw: '[]' },
      400,
      ['failed to decode JSON input: not an object'],
    ],
    [
      'half a body',
      'POST',
      'auth/token/create',
      { raw: '{"a":' },
      400,
      ['failed to decode JSON input: unexpected EOF'],
    ],
    [
      'a wrong character in a list',
      'POST',
      'auth/token/create',
      { raw: '{"a":[x]}' },
      400,
      ["failed to decode JSON input: invalid character 'x'"],
    ],
    [
      'a body beyond every need',
      'POST',
      'auth/token/create',
      { raw: ' '.repeat(8 * 2 ** 20) },
      413,
      ['http: request body too large'],
    ],
    ['a namespace', 'GET', 'sys/mounts', { headers: { 'X-Vault-Namespace': 'team' } }, 404, ['namespace not found']],
    ['a path that no mount has', 'GET', 'nothing', {}, 404, ['no handler for route "nothing". route entry not found.']],
    [
      'a path that a mount does not have',
      'GET',
      'sys/nothing',
      {},
      404,
      ['1 error occurred:\n\t* unsupported path\n\n'],
    ],
    [
      'an operation that a path does not have',
      'DELETE',
      'sys/mounts',
      {},
      405,
      ['1 error occurred:\n\t* unsupported operation\n\n'],
    ],
    ['a patch', 'PATCH', 'sys/mounts', {}, 405, ['1 error occurred:\n\t* unsupported operation\n\n']],
    [
      'a wrap TTL that is none',
      'GET',
      'sys/mounts',
      { headers: { 'X-Vault-Wrap-TTL': 'long' } },
      400,
      ['invalid wrap TTL "long"'],
    ],
  ] as const)('refuses %s', async (_title, method, path, options, status, errors) => {
    const { vault, call } = await openTestVault()
    const reply = await call(method, path, { token: vault.rootToken, ...options })
    expect({ status: reply.status, errors: reply.json.errors }).toEqual({ status, errors })
  })

  it('takes the token from an Authorization header too, and treats the root namespace as none', async () => {
    const { vault, call } = await openTestVault()
    const headers = { Authorization: `Bearer ${vault.rootToken}`, 'X-Vault-Namespace': 'root/' }
    expect((await call('GET', 'auth/token/lookup-self', { headers })).status).toBe(200)
  })

  it('warns of fields that it does not know', async () => {
    const { admin, call, vault } = await openTestVault()
    const reply = await call('POST', 'auth/token/create', {
      token: vault.rootToken,
      body: { ttl: '1h', colour: 'red' },
    })
    expect(reply.json.warnings).toEqual(['Endpoint ignored these unrecognized parameters: [colour]'])
    expect(await admin('GET', 'auth/token/lookup-self')).toMatchObject({ policies: ['root'] })
    // Where it has nothing else to say.
    await admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
    const role = { key_type: 'ca', allow_user_certificates: true, allow_everything: true }
    const written = await call('POST', 'ssh/roles/r', { token: vault.rootToken, body: role })
    expect(written).toMatchObject({ status: 200, json: { data: null } })
    expect(written.json.warnings).toEqual(['Endpoint ignored these unrecognized parameters: [allow_everything]'])
  })
})

describe('a sealed development Vault', () => {
  it('answers nothing but its status until it is unsealed with its key', async () => {
    const { vault, call } = await openTestVault()
    const tried = () => call('GET', 'auth/token/lookup-self', { token: vault.rootToken })
    vault.seal()
    expect((await tried()).json.errors).toEqual(['Vault is sealed'])
    expect((await call('GET', 'sys/health?sealedcode=299')).status).toBe(299)
    expect((await call('GET', 'sys/health?sealedcode=no')).status).toBe(400)
    expect((await call('PUT', 'sys/unseal', { body: {} })).status).toBe(400)
    expect((await call('PUT', 'sys/unseal', { body: { key: 'wrong' } })).status).toBe(400)
    expect((await tried()).status).toBe(503)
    const unsealed = await call('PUT', 'sys/unseal', { body: { key: vault.unsealKey } })
    expect(unsealed.json).toMatchObject({ sealed: false, t: 1, n: 1 })
    expect((await tried()).status).toBe(200)
    vault.seal()
    vault.unseal()
    expect((await tried()).status).toBe(200)
  })

  it('can be sealed only by a token with sudo', async () => {
    const { admin, call } = await openTestVault()
    await admin('POST', 'sys/policies/acl/seal', { policy: 'path "sys/seal" { capabilities = ["update"] }' })
    const { client_token: token } = await admin('POST', 'auth/token/create', { policies: ['seal'] })
    expect((await call('POST', 'sys/seal', { token: String(token) })).status).toBe(403)
  })

  it('says that it was initialised long ago', async () => {
    const { call } = await openTestVault()
    expect((await call('GET', 'sys/init')).json).toEqual({ initialized: true })
    expect((await call('PUT', 'sys/init', { body: {} })).status).toBe(400)
    expect((await call('DELETE', 'sys/init')).status).toBe(405)
  })
})

describe('what a development Vault keeps', () => {
  it('goes on where the last run stopped: the CA, roles, users, tokens', async () => {
    const state = memoryStorage()
    const first = await openTestVault({ state })
    await first.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
    await first.admin('POST', 'ssh/config/ca', { key_type: 'ed25519' })
    await first.admin('POST', 'ssh/roles/ops', { key_type: 'ca', allow_user_certificates: true })
    await first.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await first.admin('POST', 'auth/userpass/users/jo', { password: 'pw' })
    const { client_token: token } = await first.admin('POST', 'auth/token/create', { ttl: '1h', policies: ['default'] })
    const key = (await first.call('GET', 'ssh/public_key')).text
    await first.close()

    const second = await openTestVault({ state, rootToken: 'ignored-now' })
    expect(second.vault.rootToken).toBe(first.vault.rootToken)
    expect((await second.call('GET', 'ssh/public_key')).text).toBe(key)
    expect(await second.admin('GET', 'ssh/roles/ops')).toMatchObject({ allow_user_certificates: true })
    expect((await second.call('POST', 'auth/userpass/login/jo', { body: { password: 'pw' } })).status).toBe(200)
    expect((await second.call('GET', 'auth/token/lookup-self', { token: String(token) })).status).toBe(200)
  })

  it('holds no password, secret id or token but the root token', async () => {
    const state = memoryStorage()
    const { admin, call } = await openTestVault({ state })
    await admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await admin('POST', 'auth/userpass/users/jo', { password: 'correct horse' })
    await admin('POST', 'sys/auth/approle', { type: 'approle' })
    await admin('POST', 'auth/approle/role/ci', {})
    const { secret_id: secretId } = await admin('POST', 'auth/approle/role/ci/secret-id')
    const { json } = await call('POST', 'auth/userpass/login/jo', { body: { password: 'correct horse' } })
    const saved = state.load()
    expect(saved).toContain('"jo"')
    for (const secret of ['correct horse', String(secretId), json.auth.client_token]) {
      expect(saved).not.toContain(secret)
    }
  })

  it('is saved before the answer, and a failure to save is a failure of the call', async () => {
    let isBroken = false
    const state = {
      load: () => undefined,
      save() {
        if (isBroken) throw new Error('disk full')
      },
    }
    const { vault, call } = await openTestVault({ state })
    isBroken = true
    const reply = await call('POST', 'sys/policies/acl/a', { token: vault.rootToken, body: { policy: 'path "a" {}' } })
    expect(reply.status).toBe(500)
    expect(reply.json.errors).toEqual(['the state of the development Vault could not be saved'])
    isBroken = false
    expect((await call('GET', 'sys/policies/acl/a', { token: vault.rootToken })).status).toBe(200)
  })

  it.each([
    ['{"version":', 'is not JSON'],
    ['{"version":1}', 'has another version'],
  ])('is not begun anew over something unreadable: %s', async (text, message) => {
    const starting = createDevVault({
      state: { load: () => text, save: () => {} },
      now: () => 0,
      log: () => {},
    })
    await expect(starting).rejects.toThrow(message)
  })

  it('treats names that every object has like any other name', async () => {
    const { vault, admin, call } = await openTestVault()
    await admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
    const read = (path: string) => call('GET', path, { token: vault.rootToken })
    expect((await read('ssh/roles/constructor')).status).toBe(404)
    expect((await read('sys/policies/acl/toString')).status).toBe(404)
    await admin('POST', 'ssh/roles/__proto__', { key_type: 'ca', allow_user_certificates: true })
    expect((await read('ssh/roles/__proto__')).status).toBe(200)
    expect((await read('ssh/roles/other')).status).toBe(404)
  })
})

describe('a development Vault with TLS', () => {
  const pem = (name: string) => readFileSync(join(import.meta.dirname, '../../../vectors/tls', `${name}.pem`), 'utf8')
  const healthOf = (address: string, options: object) =>
    new Promise<number | undefined>((resolve, reject) => {
      requestTls(
        `${address}/v1/sys/health`,
        { ca: pem('ca'), servername: 'localhost', agent: false, ...options },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        },
      )
        .on('error', reject)
        .end()
    })

  it('is reached by those who trust its CA', async () => {
    const { vault } = await openTestVault({ tls: { key: pem('server-key'), cert: pem('server') } })
    expect(vault.address).toMatch(/^https:/)
    expect(await healthOf(vault.address, {})).toBe(200)
    await expect(healthOf(vault.address, { ca: pem('other-ca') })).rejects.toThrow()
  })

  it('turns away clients without a certificate where it wants one', async () => {
    const { vault } = await openTestVault({ tls: { key: pem('server-key'), cert: pem('server'), ca: pem('ca') } })
    await expect(healthOf(vault.address, {})).rejects.toThrow()
    expect(await healthOf(vault.address, { key: pem('client-key'), cert: pem('client') })).toBe(200)
  })
})
