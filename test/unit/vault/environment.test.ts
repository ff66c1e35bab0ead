import { describe, expect, it } from 'vitest'
import { readVaultVariables, vaultVariable } from '../../../src/vault/environment.ts'

const warningsOf = (environment: Record<string, string>) => readVaultVariables(environment).warnings

describe('a variable of Vault’s clients', () => {
  it.each([
    [{ VAULT_ADDR: 'v' }, { name: 'VAULT_ADDR', value: 'v' }],
    [{ BAO_ADDR: 'b' }, { name: 'BAO_ADDR', value: 'b' }],
    [
      { BAO_ADDR: 'b', VAULT_ADDR: 'v' },
      { name: 'BAO_ADDR', value: 'b' },
    ],
    [{ BAO_ADDR: '', VAULT_ADDR: 'v' }, undefined],
    [{ VAULT_ADDR: '' }, undefined],
    [{}, undefined],
  ])('is read from %o', (environment: Record<string, string>, expected) => {
    expect(vaultVariable(environment, 'ADDR')).toEqual(expected)
  })

  it('is what it is called', () => {
    const names = [
      'ADDR',
      'NAMESPACE',
      'CACERT',
      'CACERT_BYTES',
      'CAPATH',
      'CLIENT_CERT',
      'CLIENT_KEY',
      'TLS_SERVER_NAME',
    ]
    const environment = Object.fromEntries(names.map((name) => [`VAULT_${name}`, name]))
    const { address, server, warnings } = readVaultVariables(environment)
    expect([address, ...Object.values(server)]).toEqual(names.map((name) => ({ name: `VAULT_${name}`, value: name })))
    expect(warnings).toEqual([])
  })

  it('is nothing where nothing is set', () => {
    expect(readVaultVariables({ VAULT_TOKEN: 'x', HOME: '/home/jo' })).toMatchObject({
      address: undefined,
      timeoutSeconds: undefined,
      maxRetries: undefined,
      srvLookup: undefined,
      proxy: undefined,
      warnings: [],
    })
  })
})

describe('VAULT_CLIENT_TIMEOUT', () => {
  it.each([
    ['30', 30],
    ['30s', 30],
    ['1m30s', 90],
    ['10m', 600],
  ])('of %s is %d seconds', (text, timeoutSeconds) => {
    expect(readVaultVariables({ VAULT_CLIENT_TIMEOUT: text })).toMatchObject({ timeoutSeconds, warnings: [] })
  })

  it.each(['0', '11m', '-1', '1.5s', 'soon'])('of %s is not used, with a warning', (text) => {
    expect(readVaultVariables({ VAULT_CLIENT_TIMEOUT: text })).toMatchObject({
      timeoutSeconds: undefined,
      warnings: ['VAULT_CLIENT_TIMEOUT is not used: it is not a duration from 1s to 10m'],
    })
  })
})

it('VAULT_MAX_RETRIES is a whole number', () => {
  expect(readVaultVariables({ BAO_MAX_RETRIES: '0' })).toMatchObject({ maxRetries: 0, warnings: [] })
  expect(warningsOf({ BAO_MAX_RETRIES: '-1' })).toEqual(['BAO_MAX_RETRIES is not used: it is not a whole number'])
})

it('VAULT_SRV_LOOKUP is a truth value as Go has them', () => {
  for (const text of ['1', 't', 'T', 'true', 'TRUE', 'True'])
    expect(readVaultVariables({ VAULT_SRV_LOOKUP: text })).toMatchObject({ srvLookup: true, warnings: [] })
  for (const text of ['0', 'f', 'F', 'false', 'FALSE', 'False'])
    expect(readVaultVariables({ VAULT_SRV_LOOKUP: text })).toMatchObject({ srvLookup: false, warnings: [] })
  expect(warningsOf({ VAULT_SRV_LOOKUP: 'yes' })).toEqual(['VAULT_SRV_LOOKUP is not used: it is not true or false'])
})

it('VAULT_PROXY_ADDR wins over VAULT_HTTP_PROXY', () => {
  expect(readVaultVariables({ VAULT_PROXY_ADDR: 'a', BAO_HTTP_PROXY: 'b' }).proxy?.name).toBe('VAULT_PROXY_ADDR')
  expect(readVaultVariables({ BAO_HTTP_PROXY: 'b' }).proxy?.name).toBe('BAO_HTTP_PROXY')
})

describe('a warning', () => {
  it.each([
    'AGENT_ADDR',
    'CLIENT_CERT_BYTES',
    'CLIENT_KEY_BYTES',
    'DISABLE_REDIRECTS',
    'HEADERS',
    'MFA',
    'RATE_LIMIT',
    'WRAP_TTL',
  ])('names %s, which is not read, and not what is in it', (name) => {
    const [warning, ...others] = warningsOf({ [`VAULT_${name}`]: 'hvs.secret' })
    expect(warning).toMatch(new RegExp(`^VAULT_${name} is not used: .`))
    expect(others).toEqual([])
    expect(warning).not.toContain('hvs.secret')
  })

  it.each(['1', 'true', 'T', 'nonsense'])('refuses VAULT_SKIP_VERIFY=%s', (text) => {
    expect(warningsOf({ VAULT_SKIP_VERIFY: text })).toEqual([
      expect.stringMatching(/^VAULT_SKIP_VERIFY is refused: a server whose certificate nobody checks/),
    ])
  })

  it.each(['0', 'false', 'F', ''])('does not mind VAULT_SKIP_VERIFY=%s', (text) => {
    expect(warningsOf({ VAULT_SKIP_VERIFY: text })).toEqual([])
  })
})
