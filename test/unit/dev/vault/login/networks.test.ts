import { describe, expect, it } from 'vitest'
import { isInNetworks } from '../../../../doubles/vault/login/networks.ts'

describe('an address', () => {
  it.each([
    ['10.1.2.3', ['10.0.0.0/8'], true],
    ['127.0.0.1', ['10.0.0.0/8', '127.0.0.1'], true],
    ['127.0.0.1', ['10.0.0.0/8'], false],
    ['::1', ['::/64'], true],
    ['::1', ['10.0.0.0/8'], false],
    ['', ['0.0.0.0/0'], false],
    ['10.0.0.1', ['not a network'], false],
    ['10.0.0.1', [], false],
  ])('%j in %j: %s', (address, networks, isIn) => {
    expect(isInNetworks(address, networks)).toBe(isIn)
  })
})
