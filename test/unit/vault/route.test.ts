import { describe, expect, it } from 'vitest'
import { serverAddress } from '../../../src/http/server-address.ts'
import { createRouteTo } from '../../../src/vault/route.ts'

const address = 'https://vault.example.com'
const to = (text: string) => serverAddress(new URL(text))
const route = (
  server: string,
  environment: Record<string, string>,
  over: { address?: string; srvLookup?: boolean } = {},
) =>
  createRouteTo({
    address,
    srvLookup: false,
    environment,
    proxyRoots: undefined,
    resolveSrv: async () => [{ name: 'node-1', port: 8200, priority: 1, weight: 1 }],
    random: () => 0,
    ...over,
  })(to(server))

describe('the way to a vault', () => {
  it.each([
    [{}, undefined],
    [{ HTTPS_PROXY: 'http://p:1' }, 'HTTPS_PROXY (http://p:1)'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1', VAULT_PROXY_ADDR: 'http://q:2', NO_PROXY: '*' }, 'VAULT_PROXY_ADDR (http://q:2)'],
    [{ VAULT_HTTP_PROXY: 'q:2' }, 'VAULT_HTTP_PROXY (http://q:2)'],
  ])('in %o leads through %s', (environment: Record<string, string>, proxy) => {
    expect(route(address, environment).proxy?.text).toBe(proxy)
  })

  it('without TLS leads through no proxy', () => {
    const environment = { HTTPS_PROXY: 'http://p:1', VAULT_PROXY_ADDR: 'http://q:2' }
    expect(route('http://vault.example.com', environment).proxy).toBeUndefined()
  })

  it('follows SRV records of the configured address, without a port, and of no other', async () => {
    const srv = { srvLookup: true }
    expect(await route(address, {}, srv).locate?.()).toEqual([{ hostname: 'node-1', port: 8200 }])
    expect(route('https://node-2.example.com', {}, srv).locate).toBeUndefined()
    expect(route(address, {}, { ...srv, address: `${address}:443` }).locate).toBeUndefined()
    expect(route(address, {}).locate).toBeUndefined()
  })
})
