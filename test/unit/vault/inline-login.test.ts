import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { inlineHeaders } from '../../../src/vault/inline-login.ts'

const login = (mount: string, body: Readonly<Record<string, unknown>> = {}) => ({
  body,
  purpose: { type: 'login', mount, who: 'role ci', advice: [] } as const,
})

describe('the headers of a request that logs in', () => {
  it('hold the path and each parameter, numbered, as OpenBao reads them', () => {
    const headers = inlineHeaders(login('corp/jwt', { role: 'ci', jwt: new Secret('eyJ~~~?') }))
    const { 'X-Vault-Inline-Auth-Path': path, ...parameters } = headers
    expect(path).toBe('auth/corp/jwt/login')
    expect(
      Object.entries(parameters).map(([name, value]) => [
        name,
        JSON.parse(Buffer.from(value, 'base64url').toString()) as unknown,
      ]),
    ).toEqual([
      ['X-Vault-Inline-Auth-Parameter-1', { key: 'role', value: 'ci' }],
      ['X-Vault-Inline-Auth-Parameter-2', { key: 'jwt', value: 'eyJ~~~?' }],
    ])
    // RawURLEncoding refuses padding and the other alphabet.
    expect(Object.values(parameters).join('')).toMatch(/^[\w-]+$/)
  })

  it('are only the path where the connection is the proof', () => {
    expect(inlineHeaders(login('cert'))).toEqual({ 'X-Vault-Inline-Auth-Path': 'auth/cert/login' })
  })

  it('name the mount by its bytes', () => {
    const { 'X-Vault-Inline-Auth-Path': path } = inlineHeaders(login('j wẅ'))
    expect(Buffer.from(path!, 'latin1').toString('utf8')).toBe('auth/j wẅ/login')
  })

  it.each(['jwt\r\nX-Vault-Token: s.x', 'jwt\u007f', '../sys'])('are refused for the mount %j', (mount) => {
    expect(() => inlineHeaders(login(mount))).toThrow(expect.objectContaining({ code: 'VAULT_CONFIG' }))
  })
})
