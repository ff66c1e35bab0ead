import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseVaultAddress, vaultPath } from '../../../src/vault/address.ts'

describe('an address', () => {
  it.each([
    [
      'https://vault.example.com:8200',
      { isTls: true, origin: 'https://vault.example.com:8200', port: 8200, basePath: '' },
    ],
    ['https://Vault.Example.com/', { origin: 'https://vault.example.com', port: 443, basePath: '' }],
    ['http://127.0.0.1', { isTls: false, port: 80 }],
    ['https://[::1]:8200', { hostname: '::1', port: 8200 }],
    ['https://proxy.example.com/vault/', { basePath: '/vault' }],
    ['unix:///run/vault.sock', { isTls: false, socketPath: '/run/vault.sock', hostname: 'localhost', basePath: '' }],
  ])('%s is understood', (text, parts) => {
    expect(parseVaultAddress(text)).toMatchObject({ text, ...parts })
  })

  it.each([
    'vault.example.com:8200',
    'ftp://vault',
    'https://',
    'unix://run/vault.sock',
    'https://h/?a=b',
    'https://h/#x',
  ])('%s is refused with the key to edit', (text) => {
    expect(() => parseVaultAddress(text)).toThrow(
      expect.objectContaining({ code: 'VAULT_CONFIG', hint: expect.stringContaining('config.toml') }),
    )
  })

  it.each([
    ['https://vault.example.com:8200/v1', 'address = "https://vault.example.com:8200"'],
    ['https://vault.example.com:8200/v1/', 'address = "https://vault.example.com:8200"'],
    ['https://proxy.example.com/vault/v1', 'address = "https://proxy.example.com/vault"'],
    ['https://vault.example.com/ui', 'address = "https://vault.example.com"'],
    ['https://vault.example.com/ui/vault/secrets', 'address = "https://vault.example.com"'],
  ])('%s, of the API or of a browser, is refused with what to write', (text, hint) => {
    expect(() => parseVaultAddress(text)).toThrow(
      expect.objectContaining({ code: 'VAULT_CONFIG', hint: expect.stringContaining(hint) }),
    )
  })

  it('with a password is refused without repeating it', () => {
    const error = (() => {
      try {
        return parseVaultAddress('https://jo:hunter22@vault')
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toMatchObject({ code: 'VAULT_CONFIG' })
    expect(inspect(error)).not.toContain('hunter22')
  })
})

describe('a path', () => {
  it.each([
    [['ssh', 'sign', 'ops'], 'ssh/sign/ops'],
    [['teams/a/ssh/', 'sign', 'ops'], 'teams/a/ssh/sign/ops'],
    [['ssh', 'sign', "a=b'c"], "ssh/sign/a%3Db'c"],
    [['ssh', 'sign', '../../sys/seal?x#y'], 'ssh/sign/..%2F..%2Fsys%2Fseal%3Fx%23y'],
    [['auth/userpass', 'login', 'jo@corp é'], 'auth/userpass/login/jo%40corp%20%C3%A9'],
  ])('%j is encoded as %s', ([mount, ...segments], path) => {
    expect(vaultPath(mount!, ...segments)).toBe(path)
  })

  it.each([
    [['ssh', 'sign', ''], '"ssh/sign/" is not a path in a vault: a part of it is empty'],
    [['ssh', 'sign', '..'], '"ssh/sign/.." is not a path in a vault: .. is no part of one'],
    [['ssh/../sys', 'seal'], '"ssh/../sys/seal" is not a path in a vault: .. is no part of one'],
    [['', 'sign', 'ops'], '"/sign/ops" is not a path in a vault: a part of it is empty'],
    [['a//b', 'sign', 'ops'], '"a//b/sign/ops" is not a path in a vault: a part of it is empty'],
    [['.', 'sign', 'ops'], '"./sign/ops" is not a path in a vault: . is no part of one'],
  ])('%j is refused, whoever has written it', ([mount, ...segments], message) => {
    const hint = expect.stringMatching(/^see the mounts with: vault secrets list, (?!.*config\.toml)/)
    expect(() => vaultPath(mount!, ...segments)).toThrow(
      expect.objectContaining({ code: 'VAULT_CONFIG', message, hint }),
    )
  })

  it('of a login that is refused, the mounts are those of logins', () => {
    const hint = expect.stringContaining('vault auth list')
    expect(() => vaultPath('auth/userpass', 'login', '..')).toThrow(expect.objectContaining({ hint }))
  })
})
