import { expect, it } from 'vitest'
import { isLoopbackHost } from '../../../src/http/loopback-host.ts'

it.each(['localhost:8250', 'LocalHost:8250', '127.0.0.1:8250', '[::1]:8250'])('%s is this machine', (host) => {
  expect(isLoopbackHost(host, 8250)).toBe(true)
})

it.each([
  undefined,
  '',
  'localhost',
  'localhost:8251',
  'evil.example:8250',
  'localhost.evil.example:8250',
  '127.0.0.1.evil.example:8250',
  '127.0.0.2:8250',
  '0.0.0.0:8250',
  '::1:8250',
  'localhost:8250, evil.example',
])('%s is not', (host) => {
  expect(isLoopbackHost(host, 8250)).toBe(false)
})

it('the default port of http may be left out', () => {
  expect(isLoopbackHost('localhost', 80)).toBe(true)
})
