import { expect, it } from 'vitest'
import { environmentWarnings } from '../../../../src/daemon/config/environment-warnings.ts'
import { parseConfig } from '../../../support/parsed-config.ts'

const warnings = (environment: Record<string, string>, toml: string) =>
  environmentWarnings(environment, parseConfig(toml, '/c.toml', { vaultAddress: environment.VAULT_ADDR }))

it('says that VAULT_NAMESPACE beside VAULT_ADDR is not used', () => {
  const environment = { VAULT_ADDR: 'https://v', VAULT_NAMESPACE: 'team' }
  expect(warnings(environment, '[vault.corp]\n')).toEqual([
    'VAULT_NAMESPACE is not used for [vault.corp]: write namespace = "team" there, or unset it',
  ])
  expect(warnings(environment, '[vault.corp]\nnamespace = "team"\n')).toEqual([])
  expect(warnings(environment, '[vault.corp]\naddress = "https://w"\n')).toEqual([])
  expect(warnings({ VAULT_ADDR: 'https://v' }, '[vault.corp]\n')).toEqual([])
})
