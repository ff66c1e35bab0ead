import { describe, expect, it } from 'vitest'
import { parseVaultAddress } from '../../../src/vault/address.ts'
import { redirectTarget } from '../../../src/vault/redirect.ts'

const decide = (from: string, location: string | undefined, redirectHosts: readonly string[] = []) =>
  redirectTarget({
    location,
    path: '/v1/ssh/sign/ops',
    address: parseVaultAddress(from),
    redirectHosts,
    server: 'vault corp',
  })
const vault = 'https://vault.example.com:8200'

describe('a redirect', () => {
  it.each([
    ['/v1/x?a=b', '/v1/x?a=b'],
    ['https://VAULT.example.com:8200/v1/x', '/v1/x'],
    ['x', '/v1/ssh/sign/x'],
  ])('to the same server (%s) is followed', (location, path) => {
    expect(decide(vault, location)).toEqual({ type: 'same-server', path })
  })

  it('to another server over TLS is followed where its certificate is for the configured host, too', () => {
    expect(decide(vault, 'https://node-2.example.com/v1/x?y')).toEqual({
      type: 'other-server',
      path: '/v1/x?y',
      address: { isTls: true, hostname: 'node-2.example.com', port: 443, socketPath: undefined },
      origin: 'https://node-2.example.com',
      isNamed: false,
    })
  })

  it.each([
    ['node-2.example.com', true],
    ['Node-2.Example.com:443', true],
    ['node-2.example.com:8200', false],
    ['example.com', false],
    ['2.example.com', false],
  ])('to a host is named by redirect_hosts = ["%s"]: %s', (host, isNamed) => {
    expect(decide(vault, 'https://node-2.example.com/', ['x', host])).toMatchObject({ isNamed })
  })

  it('to an address of IPv6 is named with its brackets', () => {
    expect(decide(vault, 'https://[::1]:8200/', ['[::1]:8200'])).toMatchObject({
      isNamed: true,
      address: { hostname: '::1', port: 8200 },
    })
  })

  it.each([
    [vault, 'http://vault.example.com:8200/', 'without TLS'],
    [vault, 'http://node-2.example.com/', 'without TLS'],
    [vault, 'ftp://node-2.example.com/', 'without TLS'],
    ['http://vault', 'http://node-2/', 'to another server: http://node-2'],
    ['unix:///run/v', 'https://node-2/', 'to another server: https://node-2'],
    [vault, 'http://[', 'to nowhere'],
    [vault, undefined, 'to nowhere'],
  ])('of %s to %s is refused', (from, location, words) => {
    expect(() => decide(from, location)).toThrow(
      expect.objectContaining({ code: 'VAULT_REDIRECTED', message: expect.stringContaining(words) }),
    )
  })

  it('out of TLS is refused even to a host that is named', () => {
    expect(() => decide(vault, 'http://node-2/', ['node-2'])).toThrow('without TLS')
  })

  it('is followed from a socket or without TLS to a host that is named, and into TLS', () => {
    expect(decide('unix:///run/v', 'https://node-2/', ['node-2'])).toMatchObject({ isNamed: true })
    expect(decide('http://vault', 'http://node-2/', ['node-2'])).toMatchObject({ isNamed: true })
    expect(decide('http://vault', 'https://vault/')).toMatchObject({ isNamed: false, origin: 'https://vault' })
  })
})
