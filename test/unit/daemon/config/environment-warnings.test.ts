import { expect, it } from 'vitest'
import { environmentWarnings } from '../../../../src/daemon/config/environment-warnings.ts'
import { parseConfig } from '../../../support/parsed-config.ts'

const text = { type: 'text', text: '' } as const
const warnings = (
  environment: Record<string, string>,
  toml: string,
  file: Parameters<typeof environmentWarnings>[2] = text,
) =>
  environmentWarnings(
    environment,
    '/c.toml',
    file,
    parseConfig(toml, '/c.toml', { vaultAddress: environment.VAULT_ADDR }),
  )

it('names a file of LATCHKEY_CONFIG that is not there, and no other', () => {
  expect(warnings({ LATCHKEY_CONFIG: '/c.toml' }, '', { type: 'missing' })).toEqual([
    'LATCHKEY_CONFIG is /c.toml, and there is no such file',
  ])
  expect(warnings({ LATCHKEY_CONFIG: '' }, '', { type: 'missing' })).toEqual([])
  expect(warnings({ LATCHKEY_CONFIG: '/c.toml' }, '')).toEqual([])
})

it('says that VAULT_NAMESPACE beside VAULT_ADDR is not used', () => {
  const environment = { VAULT_ADDR: 'https://v', VAULT_NAMESPACE: 'team' }
  expect(warnings(environment, '[vault.corp]\n')).toEqual([
    'VAULT_NAMESPACE is not used for [vault.corp]: write namespace = "team" there, or unset it',
  ])
  expect(warnings(environment, '[vault.corp]\nnamespace = "team"\n')).toEqual([])
  expect(warnings(environment, '[vault.corp]\naddress = "https://w"\n')).toEqual([])
  expect(warnings({ VAULT_ADDR: 'https://v' }, '[vault.corp]\n')).toEqual([])
})
