import { expect, it } from 'vitest'
import { environmentWarnings } from '../../../../src/daemon/config/environment-warnings.ts'
import { readVaultVariables } from '../../../../src/vault/environment.ts'
import { parseConfig } from '../../../support/parsed-config.ts'

const warnings = (environment: Record<string, string>, toml: string) =>
  environmentWarnings(readVaultVariables(environment), parseConfig(toml, '/c.toml', environment))
const corp = '[vault.corp]\naddress = "https://v"\n'
const lab = '[vault.lab]\naddress = "https://w"\n'

it('says nothing of what is used', () => {
  expect(warnings({ VAULT_ADDR: 'https://v', VAULT_NAMESPACE: 'team' }, corp)).toEqual([])
  expect(warnings({ VAULT_ADDR: 'https://v', VAULT_NAMESPACE: 'team' }, '[vault.corp]\n')).toEqual([])
  expect(warnings({ VAULT_NAMESPACE: 'team' }, corp)).toEqual([])
  expect(warnings({ VAULT_ADDR: 'https://v/', VAULT_TLS_SERVER_NAME: 'x' }, `${corp}${lab}`)).toEqual([])
})

it('says of what is about a server that it is none of those that are configured', () => {
  const environment = { BAO_ADDR: 'https://other', VAULT_NAMESPACE: 'team', VAULT_CACERT: '/ca.pem' }
  expect(warnings(environment, corp)).toEqual([
    'not used: VAULT_NAMESPACE, VAULT_CACERT, because BAO_ADDR is the server that is meant, and no [vault.…] is for it',
  ])
})

it('says of what is about a server that it could be any of them', () => {
  expect(warnings({ VAULT_NAMESPACE: 'team' }, `${corp}${lab}`)).toEqual([
    'not used: VAULT_NAMESPACE, because without VAULT_ADDR nobody knows which [vault.…] is meant',
  ])
})

it('says what is not read, where there is a vault', () => {
  expect(warnings({ VAULT_SKIP_VERIFY: 'true' }, corp)).toEqual([
    expect.stringContaining('VAULT_SKIP_VERIFY is refused'),
  ])
  expect(warnings({ VAULT_SKIP_VERIFY: 'true', VAULT_NAMESPACE: 'x' }, '')).toEqual([])
})
