import { expect, it } from 'vitest'
import { isLocal, serverAddress } from '../../../src/http/server-address.ts'

it.each([
  ['http://localhost:8200', true],
  ['http://127.0.0.1:8200', true],
  ['http://[::1]:8200', true],
  ['http://127.evil.example.com', false],
  ['http://10.0.0.1', false],
])('%s is local: %s', (address, local) => {
  expect(isLocal(serverAddress(new URL(address)))).toBe(local)
})

it('a socket is local', () => {
  expect(isLocal({ hostname: 'vault', port: 80, socketPath: '/run/v' })).toBe(true)
})

it.each([
  ['https://Vault.example.com', { isTls: true, hostname: 'vault.example.com', port: 443 }],
  ['http://vault', { isTls: false, hostname: 'vault', port: 80 }],
  ['https://[::1]:8200', { hostname: '::1', port: 8200 }],
])('%s is read', (address, expected) => {
  expect(serverAddress(new URL(address))).toMatchObject({ ...expected, socketPath: undefined })
})
