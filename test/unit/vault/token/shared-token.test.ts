import { describe, expect, it } from 'vitest'
import { refuseSharedToken, type SharedTokenUser } from '../../../../src/vault/token/shared-token.ts'

const a: SharedTokenUser = { name: 'a', address: 'https://a.example.com:8200' }
const b: SharedTokenUser = { name: 'b', address: 'https://b.example.com:8200' }
const team: SharedTokenUser = { name: 'team', address: a.address, namespace: 'team' }
const refused = (users: readonly SharedTokenUser[], environment = {}) =>
  [...refuseSharedToken(users, environment).keys()].sort()

describe('the token that the command lines use', () => {
  it.each<[string, readonly SharedTokenUser[], Record<string, string>, string[]]>([
    ['the only vault', [a], {}, []],
    ['nobody, where there is no vault', [], {}, []],
    ['none of two servers', [a, b], {}, ['a', 'b']],
    ['none of two namespaces', [a, team], {}, ['a', 'team']],
    ['both sections of one server', [a, { ...a, name: 'again', address: 'https://A.example.com:8200/' }], {}, []],
    ['the server of VAULT_ADDR', [a, b], { VAULT_ADDR: a.address }, ['b']],
    ['the server of BAO_ADDR first', [a, b], { BAO_ADDR: b.address, VAULT_ADDR: a.address }, ['a']],
    ['nobody, where an empty BAO_ADDR hides VAULT_ADDR', [a, b], { BAO_ADDR: '', VAULT_ADDR: a.address }, ['a', 'b']],
    ['nobody, where VAULT_ADDR is of neither', [a, b], { VAULT_ADDR: 'https://c.example.com:8200' }, ['a', 'b']],
    ['nobody, where VAULT_ADDR is not of the only vault', [a], { VAULT_ADDR: b.address }, ['a']],
    ['nobody, where VAULT_ADDR cannot be read', [a], { VAULT_ADDR: 'a.example.com:8200' }, ['a']],
    [
      'nobody by plain HTTP where VAULT_ADDR has TLS',
      [{ ...a, address: 'http://a.example.com:8200' }],
      { VAULT_ADDR: a.address },
      ['a'],
    ],
    ['nobody on another port', [{ ...a, address: 'https://a.example.com' }], { VAULT_ADDR: a.address }, ['a']],
    ['nobody behind another path', [{ ...a, address: `${a.address}/b` }], { VAULT_ADDR: `${a.address}/a` }, ['a']],
    ['the only namespace there, whatever the variable says', [team], { VAULT_ADDR: a.address }, []],
    ['the namespace of VAULT_NAMESPACE', [a, team], { VAULT_ADDR: a.address, VAULT_NAMESPACE: '/team/' }, ['a']],
    ['the root namespace without it', [a, team], { VAULT_ADDR: a.address }, ['team']],
    [
      'the namespace of BAO_NAMESPACE first',
      [a, team],
      { BAO_ADDR: a.address, BAO_NAMESPACE: 'team', VAULT_NAMESPACE: 'x' },
      ['a'],
    ],
    [
      'no namespace that is not named',
      [team, { ...team, name: 'lab', namespace: 'lab' }],
      { VAULT_ADDR: a.address, VAULT_NAMESPACE: 'x' },
      ['lab', 'team'],
    ],
    [
      'one namespace, not the same of another server',
      [team, { ...b, namespace: 'team' }],
      { VAULT_ADDR: a.address },
      ['b'],
    ],
    ['no namespace without an address', [a, team], { VAULT_NAMESPACE: 'team' }, ['a', 'team']],
    [
      'the socket of VAULT_ADDR',
      [{ ...a, address: 'unix:///run//vault.sock' }],
      { VAULT_ADDR: 'unix:///run/vault.sock' },
      [],
    ],
    ['no other socket', [{ ...a, address: 'unix:///run/b.sock' }], { VAULT_ADDR: 'unix:///run/a.sock' }, ['a']],
  ])('goes to %s', (_whom, users, environment, names) => {
    expect(refused(users, environment)).toEqual(names)
  })

  it.each([
    'HTTPS://A.EXAMPLE.COM:8200',
    'https://a.example.com:8200/',
    'https://a.example.com:8200//',
    'https://a.example.com:08200',
  ])('goes to a server however it is spelled: %s', (address) => {
    expect(refused([{ ...a, address }], { VAULT_ADDR: a.address })).toEqual([])
  })

  it.each([
    ['https://a.example.com', 'https://a.example.com:443'],
    ['http://a.example.com:80', 'http://a.example.com/'],
  ])('takes %s for %s', (address, other) => {
    expect(refused([{ ...a, address }], { VAULT_ADDR: other })).toEqual([])
  })

  it('says why not, and what to write', () => {
    expect(refuseSharedToken([a, b], {}).get('b')).toMatchObject({
      code: 'VAULT_CONFIG',
      message: 'vault b: the token of this machine could be for any of a, b, so none of them gets it',
      hint: expect.stringContaining('[vault.b] auth = { method = "token", token_file ='),
    })
    expect(refuseSharedToken([a, b], { BAO_ADDR: a.address }).get('b')).toMatchObject({
      code: 'VAULT_CONFIG',
      message: 'vault b: the token of this machine is for the server of BAO_ADDR, not for this one',
      hint: expect.stringContaining('[vault.b] auth = { method = "token", token_file ='),
    })
  })
})
