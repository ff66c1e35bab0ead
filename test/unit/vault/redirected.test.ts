import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import type { VaultApiRequest, VaultClientOptions } from '../../../src/vault/client.ts'
import { scriptedVault } from '../../support/vault-http.ts'
import { testClient } from '../../support/vault-world.ts'

const pem = (name: string) => readFileSync(new URL(`../../vectors/tls/${name}.pem`, import.meta.url), 'utf8')
const token = new Secret('hvs.very-secret-token')
const sign: VaultApiRequest = {
  method: 'POST',
  path: 'ssh/sign/ops',
  purpose: { type: 'sign', mount: 'ssh', role: 'ops', keyType: 'ssh-ed25519' },
  token,
  body: { public_key: 'ssh-ed25519 AAAA' },
}

async function secureServer(certificate: string) {
  const server = await scriptedVault({ tls: { cert: pem(certificate), key: pem(`${certificate}-key`) } })
  const port = Number(new URL(server.address).port)
  server.on('POST ssh/sign/ops', { json: { data: { signed_key: 'x' } } })
  return { ...server, port }
}

/** A standby at `https://HOST`, and the active node that it leads to, at `https://localhost`. */
async function cluster(certificate: string, options: Partial<VaultClientOptions> = {}, host = '127.0.0.1') {
  const standby = await secureServer('server')
  const active = await secureServer(certificate)
  const origin = `https://localhost:${active.port}`
  standby.on('POST ssh/sign/ops', { status: 307, headers: { Location: `${origin}/v1/ssh/sign/ops` } })
  const address = `https://${host}:${standby.port}`
  const client = testClient(address, { tls: { ca: pem('ca') }, maxRetries: 0, ...options })
  return { standby, active, origin, client, result: client.request(sign) }
}

describe('a redirect to another server', () => {
  it('whose certificate is for the configured host as well is followed with token, body and namespace', async () => {
    const { active, client, result } = await cluster('server', { namespace: 'team' })
    expect(await result).toMatchObject({ status: 200 })
    expect(active.requests).toMatchObject([
      {
        path: '/v1/ssh/sign/ops',
        body: sign.body,
        headers: { 'x-vault-token': token.expose(), 'x-vault-namespace': 'team' },
      },
    ])
    await client.request(sign)
    expect(active.connections()).toBe(1)
  })

  it('whose certificate is not gets nothing, and the error names the setting', async () => {
    const { standby, active, origin, result } = await cluster('localhost')
    await expect(result).rejects.toMatchObject({
      code: 'VAULT_REDIRECTED',
      message: `no secure connection to ${origin} (to which vault corp (${standby.address}) redirects): its certificate is not for 127.0.0.1 as well`,
      hint: expect.stringContaining('redirect_hosts'),
    })
    expect(active.connections()).toBe(1)
    expect(active.requests).toEqual([])
  })

  it('that redirect_hosts names needs no other name than its own', async () => {
    const { active, result } = await cluster('localhost', { redirectHosts: ['localhost'] })
    expect(await result).toMatchObject({ status: 200 })
    expect(active.requests).toHaveLength(1)
  })

  it('that redirect_hosts names needs its own, though, and a CA that is trusted', async () => {
    const { active, result } = await cluster('elsewhere', { redirectHosts: ['localhost'] })
    await expect(result).rejects.toMatchObject({ code: 'VAULT_TLS' })
    expect(active.requests).toEqual([])
  })

  it('is recognised by server_name, where that is set', async () => {
    const named = { tls: { ca: pem('ca'), serverName: 'vault.example.test' } }
    expect(await (await cluster('server', named)).result).toMatchObject({ status: 200 })
    const { active, result } = await cluster('localhost', named)
    await expect(result).rejects.toMatchObject({ code: 'VAULT_TLS' })
    expect(active.requests).toEqual([])
    expect(await (await cluster('localhost', { ...named, redirectHosts: ['localhost'] })).result).toMatchObject({
      status: 200,
    })
  })

  it('that redirects once more is left', async () => {
    const { active, origin, client, result } = await cluster('server')
    await result
    active.on('POST ssh/sign/ops', { status: 307, headers: { Location: `${origin}/v1/again` } })
    await expect(client.request(sign)).rejects.toMatchObject({ message: expect.stringContaining('redirects twice') })
  })

  it('does not make a login be sent twice that the other server may have seen', async () => {
    const { standby, active, client } = await cluster('server', { maxRetries: 2 })
    standby.on('POST auth/userpass/login/jo', {
      status: 307,
      headers: { Location: `https://localhost:${active.port}/v1/l` },
    })
    active.on('POST l', 'drop')
    const purpose = { type: 'login', mount: 'userpass', who: 'jo', advice: [] } as const
    const login = { method: 'POST', path: 'auth/userpass/login/jo', purpose, body: {}, isIdempotent: false } as const
    await expect(client.request(login)).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' })
    expect(active.calls().filter((call) => call === 'POST l')).toHaveLength(1)
  })
})
