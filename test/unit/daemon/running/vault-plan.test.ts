import { expect, it } from 'vitest'
import { isSameIdentity, type VaultPlan, vaultChange } from '../../../../src/daemon/running/vault-plan.ts'
import type { Roots } from '../../../../src/http/tls.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'

const config = {
  name: 'corp',
  address: 'https://v',
  auth: { method: 'userpass', username: 'jo' },
  isOpen: false,
  timeout: 10,
  max_retries: 2,
  srv_lookup: false,
} as const
const rootsOf = (pem: string): Roots => ({ certificates: async () => [pem] })
const plan: VaultPlan = { config, files: { version: '1' }, roots: rootsOf('A'), tokenRefusal: undefined }
const withConfig = (over: Partial<VaultPlan['config']>): VaultPlan => ({ ...plan, config: { ...config, ...over } })

it.each([
  ['nothing', withConfig({}), 'kept'],
  ['the timeout', withConfig({ timeout: 5 }), 'reconnected'],
  ['how often it is asked again', withConfig({ max_retries: 0 }), 'reconnected'],
  ['where it may redirect', withConfig({ redirect_hosts: ['x'] }), 'reconnected'],
  ['whether SRV records count', withConfig({ srv_lookup: true }), 'reconnected'],
  ['the name in the certificate', withConfig({ server_name: 'x' }), 'reconnected'],
  ['the path of a file with the same content', withConfig({ ca_file: '/other' }), 'kept'],
  ['the content of a file', { ...plan, files: { version: '2' } }, 'reconnected'],
  ['what is trusted usually', { ...plan, roots: rootsOf('B') }, 'reconnected'],
  ['the address', withConfig({ address: 'https://w' }), 'replaced'],
  ['the namespace', withConfig({ namespace: 'n' }), 'replaced'],
  ['the login', withConfig({ auth: { method: 'userpass', username: 'eve' } }), 'replaced'],
  ['whose the shared token is', { ...plan, tokenRefusal: new VaultError('VAULT_CONFIG', 'no') }, 'replaced'],
] as const)('a vault of which %s has changed is %s', (_, next, change) => {
  expect(vaultChange(plan, next)).toBe(change)
})

it('what is trusted usually means nothing beside a ca_file', () => {
  const own = { ...plan, files: { ca: 'C', version: '1' } }
  expect(vaultChange(own, { ...own, roots: rootsOf('B') })).toBe('kept')
})

it('an identity is the same, whatever the order of its keys', () => {
  const identity = {
    name: 'ops',
    vault: 'corp',
    mount: 'ssh',
    role: 'r',
    renew: 'always',
    forward: 'never',
    confirm: 'never',
    list_key: false,
    socket: false,
    key_type: 'ed25519',
  } as const
  expect(isSameIdentity(identity, { ...identity })).toBe(true)
  expect(
    isSameIdentity({ ...identity, extensions: { a: '', b: '' } }, { ...identity, extensions: { b: '', a: '' } }),
  ).toBe(true)
  expect(isSameIdentity(identity, { ...identity, forward: 'allow' })).toBe(false)
  expect(isSameIdentity(identity, { ...identity, key_type: 'rsa-4096' })).toBe(false)
})
