import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import type { Roots, TlsSettings } from '../../../src/http/tls.ts'
import { scriptedVault } from '../../support/vault-http.ts'
import { clientTimeoutMs, hastyClock, testClient } from '../../support/vault-world.ts'

const pem = (name: string) => readFileSync(new URL(`../../vectors/tls/${name}.pem`, import.meta.url), 'utf8')
const ca = pem('ca')

async function server(name: string, options: object = {}) {
  const vault = await scriptedVault({ tls: { cert: pem(name), key: pem(`${name}-key`), ...options } })
  vault.on('GET auth/token/lookup-self', { json: { data: {} } })
  return vault
}

const lookUp = {
  method: 'GET',
  path: 'auth/token/lookup-self',
  purpose: { type: 'token', operation: 'look up' },
} as const

function request(address: string, tls: TlsSettings, clock = hastyClock(clientTimeoutMs)) {
  return testClient(address, { tls, clock }).request({ ...lookUp, token: new Secret('hvs.secret') })
}

describe('a server', () => {
  it('of the configured CA is trusted', async () => {
    const vault = await server('server')
    await expect(request(vault.address, { ca })).resolves.toMatchObject({ status: 200 })
  })

  it('of another CA gets no request, is not tried again, and the hint names ca_file', async () => {
    const vault = await server('server')
    const clock = hastyClock(clientTimeoutMs)
    await expect(request(vault.address, { ca: pem('other-ca') }, clock)).rejects.toMatchObject({
      code: 'VAULT_TLS',
      message: expect.stringContaining('is not trusted'),
      hint: expect.stringContaining('ca_file'),
    })
    expect(vault.requests).toEqual([])
    expect(clock.waits).toEqual([])
  })

  it('of a CA that nobody configured is not trusted', async () => {
    const vault = await server('server')
    await expect(request(vault.address, {})).rejects.toMatchObject({ code: 'VAULT_TLS' })
  })

  it('is checked even where the environment turns the checks of Node off', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    onTestFinished(() => void vi.unstubAllEnvs())
    const vault = await server('server')
    await expect(request(vault.address, { ca: pem('other-ca') })).rejects.toMatchObject({ code: 'VAULT_TLS' })
    expect(vault.requests).toEqual([])
  })

  it('with a certificate for another name is refused; server_name says which name it has', async () => {
    const vault = await server('elsewhere')
    await expect(request(vault.address, { ca })).rejects.toMatchObject({
      code: 'VAULT_TLS',
      message: expect.stringContaining('its certificate is for another name, elsewhere.example.test'),
      hint: expect.stringContaining('server_name'),
    })
    await expect(request(vault.address, { ca, serverName: 'elsewhere.example.test' })).resolves.toMatchObject({
      status: 200,
    })
  })

  it('with an expired certificate is refused', async () => {
    const vault = await server('expired')
    await expect(request(vault.address, { ca })).rejects.toMatchObject({
      code: 'VAULT_TLS',
      message: expect.stringContaining('has expired'),
    })
  })

  it('without TLS 1.2 is refused', async () => {
    const vault = await server('server', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })
    await expect(request(vault.address, { ca })).rejects.toMatchObject({ code: 'VAULT_TLS' })
  })

  it('that speaks plain http says so', async () => {
    const vault = await scriptedVault()
    await expect(request(vault.address.replace('http:', 'https:'), { ca })).rejects.toMatchObject({
      code: 'VAULT_TLS',
      message: expect.stringContaining('does not speak TLS'),
      hint: expect.stringContaining('plain http'),
    })
  })
})

const rootsOf = (...pems: readonly string[]): Roots => ({ certificates: async () => pems })

describe('roots in the place of Node’s', () => {
  const broken = ca.replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAA')

  it('are trusted, whatever of them cannot be read', async () => {
    const vault = await server('server')
    await expect(request(vault.address, { roots: rootsOf(broken, pem('other-ca'), ca) })).resolves.toMatchObject({
      status: 200,
    })
    await expect(request(vault.address, { roots: rootsOf(pem('other-ca'), broken) })).rejects.toMatchObject({
      code: 'VAULT_TLS',
    })
  })

  it('count for nothing beside a CA that is named', async () => {
    const vault = await server('server')
    await expect(request(vault.address, { roots: rootsOf(ca), ca: pem('other-ca') })).rejects.toMatchObject({
      code: 'VAULT_TLS',
    })
  })

  it('go with a client certificate', async () => {
    const vault = await server('server', { ca, requestCert: true, rejectUnauthorized: true })
    const tls = { roots: rootsOf(ca), clientCert: pem('client'), clientKey: new Secret(pem('client-key')) }
    await expect(request(vault.address, tls)).resolves.toMatchObject({ status: 200 })
  })
})

describe('a client certificate', () => {
  const wanting = () => server('server', { ca, requestCert: true, rejectUnauthorized: true })

  it('is shown to a server that wants one', async () => {
    const vault = await wanting()
    const tls = { ca, clientCert: pem('client'), clientKey: new Secret(pem('client-key')) }
    await expect(request(vault.address, tls)).resolves.toMatchObject({ status: 200 })
  })

  it('that is missing is asked for by the names of its settings', async () => {
    const vault = await wanting()
    await expect(request(vault.address, { ca })).rejects.toMatchObject({
      code: 'VAULT_TLS',
      hint: expect.stringContaining('client_cert_file'),
    })
    expect(vault.requests).toEqual([])
  })

  it.each([
    [42, 'it refuses our client certificate', 'client_cert_file'],
    [45, 'it says that our client certificate has expired', 'client_cert_file'],
    [48, 'it does not know the CA of our client certificate', 'a CA that the server knows'],
  ])('that the server refuses with alert %s is explained in words, and not shown again', async (alert, words, hint) => {
    let connections = 0
    const port = await refusingServer(alert, () => {
      connections += 1
    })
    await expect(request(`https://127.0.0.1:${port}`, { ca })).rejects.toMatchObject({
      code: 'VAULT_TLS',
      message: `no secure connection to vault corp (https://127.0.0.1:${port}): ${words}`,
      hint: expect.stringContaining(hint),
    })
    expect(connections).toBe(1)
  })

  it('with the key of another is refused at once, without showing a key', () => {
    const key = pem('server-key')
    const error = thrownBy(() =>
      testClient('https://vault', { tls: { clientCert: pem('client'), clientKey: new Secret(key) } }),
    )
    expect(error).toMatchObject({ code: 'VAULT_CONFIG', hint: expect.stringContaining('client_key_file') })
    expect(inspect(error, { depth: 9 })).not.toContain(key.split('\n')[1])
  })
})

describe('a CA file', () => {
  it.each([
    ['is empty', ''],
    ['is none', 'hello'],
    ['is broken', ca.replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAA')],
  ])('that %s is refused at once, instead of trusting nobody in silence', (_, content) => {
    const error = thrownBy(() => testClient('https://vault', { tls: { ca: content } }))
    expect(error).toMatchObject({ code: 'VAULT_CONFIG', hint: expect.stringContaining('ca_file') })
  })

  it('may hold several certificates and words between them', async () => {
    const vault = await server('server')
    await expect(request(vault.address, { ca: `# mine\n${pem('other-ca')}\n# theirs\n${ca}` })).resolves.toMatchObject({
      status: 200,
    })
  })
})

/** A server that answers the first bytes of each client with an alert (RFC 8446 §5.1, §6). */
async function refusingServer(alert: number, onConnection: () => void): Promise<number> {
  const refusing = createServer((socket) => {
    onConnection()
    socket.on('error', () => {}).once('data', () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, alert])))
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void refusing.close())
  await once(refusing, 'listening')
  return (refusing.address() as AddressInfo).port
}

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('it should have failed')
}
