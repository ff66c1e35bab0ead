import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { isExcepted, parseProxy, proxyFor } from '../../../src/http/proxy.ts'
import { serverAddress } from '../../../src/http/server-address.ts'

const vault = (address = 'https://vault.example.com:8200') => serverAddress(new URL(address))
const proxied = (environment: Record<string, string>, address?: string) => proxyFor(vault(address), environment)?.text

describe('the proxy of a server', () => {
  const environment = { HTTPS_PROXY: 'http://proxy:3128' }

  it('is that of HTTPS_PROXY, before https_proxy', () => {
    expect(proxied(environment)).toBe('HTTPS_PROXY (http://proxy:3128)')
    expect(proxied({ https_proxy: 'http://small:1' })).toBe('https_proxy (http://small:1)')
    expect(proxied({ ...environment, https_proxy: 'http://small:1' })).toBe('HTTPS_PROXY (http://proxy:3128)')
    expect(proxied({ HTTPS_PROXY: '', https_proxy: 'http://small:1' })).toBe('https_proxy (http://small:1)')
  })

  it.each([
    ['nothing is set', {}, undefined],
    ['it speaks plain HTTP', environment, 'http://vault.example.com:8200'],
    ['it is localhost', environment, 'https://localhost:8200'],
    ['it is on loopback', environment, 'https://127.1.2.3:8200'],
    ['it is on loopback by IPv6', environment, 'https://[::1]:8200'],
    ['NO_PROXY names it', { ...environment, NO_PROXY: 'example.com' }, undefined],
    ['no_proxy names it', { ...environment, no_proxy: 'example.com' }, undefined],
    ['only HTTP_PROXY is set', { HTTP_PROXY: 'http://proxy:3128' }, undefined],
  ])('is none where %s', (_, variables: Record<string, string>, address) => {
    expect(proxied(variables, address)).toBeUndefined()
  })

  it('is that of NO_PROXY, before no_proxy', () => {
    expect(proxied({ ...environment, NO_PROXY: 'x', no_proxy: '*' })).toBeDefined()
  })
})

describe('NO_PROXY', () => {
  it.each([
    ['*', 'vault.example.com', true],
    ['x, *', 'vault.example.com', true],
    ['vault.example.com', 'vault.example.com', true],
    ['VAULT.example.com', 'Vault.Example.com.', true],
    ['example.com', 'vault.example.com', true],
    ['example.com', 'example.com', true],
    ['.example.com', 'vault.example.com', true],
    ['.example.com', 'example.com', false],
    ['*.example.com', 'vault.example.com', true],
    ['*.example.com', 'example.com', false],
    ['example.com', 'badexample.com', false],
    ['ample.com', 'example.com', false],
    ['vault.example.com:8200', 'vault.example.com', true],
    ['vault.example.com:443', 'vault.example.com', false],
    ['10.0.0.5', '10.0.0.5', true],
    ['10.0.0.5:8200', '10.0.0.5', true],
    ['10.0.0.5:80', '10.0.0.5', false],
    ['10.0.0.0/8', '10.200.1.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/33', '10.0.0.1', false],
    ['10.0.0.0/8', 'ten.example.com', false],
    ['0.5', '10.0.0.5', false],
    ['fd00::/8', 'fd12::1', true],
    ['fd12:0::1', 'fd12::1', true],
    ['[fd12::1]:8200', 'fd12::1', true],
    ['[fd12::1]:80', 'fd12::1', false],
    ['', 'vault.example.com', false],
    [',, ,', 'vault.example.com', false],
    [':8200', 'vault.example.com', false],
    ['/', '10.0.0.1', false],
  ])('"%s" names %s: %s', (entries, hostname, names) => {
    expect(isExcepted({ hostname, port: 8200 }, entries)).toBe(names)
  })
})

describe('the address of a proxy', () => {
  it.each([
    ['http://proxy:3128', { isTls: false, hostname: 'proxy', port: 3128 }],
    ['http://proxy', { isTls: false, port: 80 }],
    ['https://proxy', { isTls: true, port: 443 }],
    ['proxy:3128', { isTls: false, hostname: 'proxy', port: 3128 }],
    ['http://[::1]:3128/', { hostname: '::1', port: 3128 }],
  ])('%s is read', (written, expected) => {
    expect(parseProxy(written, 'HTTPS_PROXY')).toMatchObject({ ...expected, authorization: undefined })
  })

  it('may have a user and a password, which are shown nowhere', () => {
    const proxy = parseProxy('http://jo:p%40ss%3A@proxy:3128', 'HTTPS_PROXY')
    expect(proxy.authorization?.expose()).toBe(`Basic ${Buffer.from('jo:p@ss:').toString('base64')}`)
    expect(inspect(proxy, { depth: 9 })).not.toMatch(/p@ss|p%40ss/)
  })

  it.each(['socks5://jo:hunter22@proxy:1080', 'http://', 'http://jo:%zz-hunter22@proxy', 'a b'])(
    '%s cannot be used, which is said without repeating it',
    (written) => {
      const error = thrownBy(() => parseProxy(written, 'HTTPS_PROXY'))
      expect(error).toMatchObject({ code: 'HTTP_CONFIG', message: expect.stringContaining('HTTPS_PROXY is not') })
      expect(inspect(error)).not.toContain('hunter22')
    },
  )
})

function thrownBy(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
