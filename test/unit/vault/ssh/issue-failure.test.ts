import { expect, it } from 'vitest'
import { SshError } from '../../../../src/ssh/wire.ts'
import { issueFailure } from '../../../../src/vault/ssh/issue-failure.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'

it.each([
  ['VAULT_UNREACHABLE', 'passing'],
  ['VAULT_SEALED', 'passing'],
  ['VAULT_RATE_LIMITED', 'passing'],
  // A network that wants a sign-in first answers in the place of the vault.
  ['VAULT_BAD_RESPONSE', 'passing'],
  // An address that is not bound yet, a role that others have locked for a while.
  ['VAULT_LOGIN_FAILED', 'passing'],
  ['VAULT_LOGIN_LOCKED', 'passing'],
  ['VAULT_LOGIN_NEEDED', 'login'],
  ['VAULT_DENIED', 'lasting'],
  ['VAULT_ROLE_UNKNOWN', 'lasting'],
  ['VAULT_PRINCIPALS', 'lasting'],
  ['VAULT_CONFIG', 'lasting'],
  ['VAULT_SECRET_MISSING', 'passing'],
] as const)('%s is %s', (code, failure) => {
  expect(issueFailure(new VaultError(code, 'refused'))).toBe(failure)
})

it('a certificate that cannot be read, or is not what was asked for, is a failure until the role is changed', () => {
  const unreadable = new SshError('CERTIFICATE_INVALID', 'no certificate')
  expect(issueFailure(unreadable)).toBe('lasting')
  expect(issueFailure(new VaultError('VAULT_BAD_RESPONSE', 'no certificate', { cause: unreadable }))).toBe('lasting')
})

it('whatever else goes wrong here passes, or is reported at every try', () => {
  expect(issueFailure(new TypeError('a fault of ours'))).toBe('passing')
})
