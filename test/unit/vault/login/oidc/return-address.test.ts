import { describe, expect, it } from 'vitest'
import { listenPlace, type ReturnSettings, redirectUriOf } from '../../../../../src/vault/login/oidc/return-address.ts'

const settings: ReturnSettings = { mount: 'oidc', mode: 'client', redirectUri: undefined, port: undefined }
const address = 'https://vault.example.com:8200/'

describe('where a browser comes back to', () => {
  it('is the first free port from 8250 on', () => {
    const place = listenPlace(settings)
    expect([place.path, place.ports.length, place.ports[0], place.ports.at(-1)]).toEqual([
      '/oidc/callback',
      10,
      8250,
      8259,
    ])
    expect(redirectUriOf(settings, 8251, address)).toBe('http://localhost:8251/oidc/callback')
  })

  it.each<[Partial<ReturnSettings>, number, string, string?]>([
    [{ port: 9000 }, 9000, '/oidc/callback'],
    [{ redirectUri: 'http://127.0.0.1:9001/back' }, 9001, '/back'],
    [{ redirectUri: 'http://localhost/back' }, 8250, '/back'],
    [{ redirectUri: 'http://localhost:9001/back', port: 9002 }, 9002, '/back'],
    [{ redirectUri: 'https://back.example.com/latchkey' }, 8250, '/latchkey', 'back.example.com'],
    [{ redirectUri: 'http://Dev.localhost:9001/back' }, 8250, '/back', 'dev.localhost:9001'],
  ])('is what is configured, and no other port: %j', (written, port, path, host) => {
    const own = { ...settings, ...written }
    expect(listenPlace(own)).toEqual({ ports: [port], path, host })
    expect(redirectUriOf(own, port, address)).toBe(own.redirectUri ?? `http://localhost:${port}/oidc/callback`)
  })

  it('is the server in direct mode, and nowhere in device mode', () => {
    expect(redirectUriOf({ ...settings, mode: 'direct', mount: 'a/b' }, 1, address)).toBe(
      'https://vault.example.com:8200/v1/auth/a/b/oidc/callback',
    )
    expect(redirectUriOf({ ...settings, mode: 'device' }, 1, address)).toBe('')
    expect(listenPlace({ ...settings, mode: 'direct', port: 9000 }).ports).toEqual([0])
    expect(() => redirectUriOf({ ...settings, mode: 'direct' }, 1, 'unix:///run/vault')).toThrow(
      'no browser reaches the server',
    )
  })
})
