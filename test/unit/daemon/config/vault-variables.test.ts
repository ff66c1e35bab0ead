import { describe, expect, it } from 'vitest'
import { serverVariablesOf } from '../../../../src/daemon/config/vault-variables.ts'
import { readVaultVariables } from '../../../../src/vault/environment.ts'
import { parseConfig } from '../../../support/parsed-config.ts'

const vault = (toml: string, environment: Record<string, string>) =>
  parseConfig(`[vault.corp]\naddress = "https://v"\n${toml}`, '/c.toml', environment).vaults[0]!

describe('what the environment says of a server', () => {
  const team = { VAULT_NAMESPACE: 'team' }
  it.each([
    ['the server of VAULT_ADDR', 'https://V.example/', 2, { ...team, VAULT_ADDR: 'https://v.example' }, true],
    ['no other one', 'https://w.example', 1, { ...team, VAULT_ADDR: 'https://v.example' }, false],
    ['one without an address', undefined, 2, { ...team, VAULT_ADDR: 'https://v.example' }, true],
    ['the only one', 'https://w.example', 1, team, true],
    ['none of several', 'https://w.example', 2, team, false],
    ['none where VAULT_ADDR cannot be read', 'https://w.example', 1, { ...team, VAULT_ADDR: 'w' }, false],
  ])('is for %s', (_, address, count, environment: Record<string, string>, isMeant) => {
    const { namespace } = serverVariablesOf(address, count, readVaultVariables(environment))
    expect(namespace?.value).toBe(isMeant ? 'team' : undefined)
  })

  it('comes after config.toml, where an empty namespace is the root', () => {
    const environment = {
      VAULT_NAMESPACE: 'env',
      VAULT_TLS_SERVER_NAME: 'env.example',
      VAULT_CLIENT_TIMEOUT: '20',
      VAULT_MAX_RETRIES: '7',
      VAULT_SRV_LOOKUP: 'true',
    }
    expect(vault('', environment)).toMatchObject({
      namespace: 'env',
      server_name: 'env.example',
      timeout: 20,
      max_retries: 7,
      srv_lookup: true,
    })
    const own = 'namespace = "own"\nserver_name = "own"\ntimeout = "30s"\nmax_retries = 0\nsrv_lookup = false\n'
    expect(vault(own, environment)).toMatchObject({
      namespace: 'own',
      server_name: 'own',
      timeout: 30,
      max_retries: 0,
      srv_lookup: false,
    })
    expect(vault('namespace = ""\n', environment).namespace).toBeUndefined()
  })
})

describe('[vault.…]', () => {
  it.each([
    ['max_retries = 11\n', 'is more than 10'],
    ['max_retries = 1.5\n', 'not a whole number'],
    ['redirect_hosts = ["https://v"]\n', 'not a host'],
    ['redirect_hosts = ["*.example.com"]\n', 'not a host'],
  ])('refuses %s', (toml, reason) => {
    expect(() => vault(toml, {})).toThrow(reason)
  })

  it('takes hosts by name and address, with a port or without', () => {
    const hosts = ['node-2', 'node-2.example.com:8200', '10.0.0.2', '[fd00::2]:8200']
    expect(vault(`redirect_hosts = ${JSON.stringify(hosts)}\n`, {}).redirect_hosts).toEqual(hosts)
  })

  it('looks up no SRV records of an address with a port', () => {
    const toml = '[vault.corp]\naddress = "https://v:443"\nsrv_lookup = true\n'
    expect(() => parseConfig(toml, '/c.toml')).toThrow('vault.corp.srv_lookup: needs an address without a port')
    expect(parseConfig('[vault.corp]\naddress = "https://v/a:1"\nsrv_lookup = true\n', '/c.toml').vaults).toHaveLength(
      1,
    )
  })
})
