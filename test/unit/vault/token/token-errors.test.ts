import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { notRevoked, withPolicies } from '../../../../src/vault/token/token-errors.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'

const held = {
  token: new Secret('hvs.x'),
  lease: {
    displayName: 'jo',
    policies: ['default', 'ops'],
    owner: '',
    grantedAtMs: 0,
    leaseSeconds: 60,
    isRenewable: true,
    isLimited: false,
    isBatch: false,
  },
}
const denied = new VaultError('VAULT_DENIED', 'may not', { status: 403, hint: 'ask for it' })
const sealed = new VaultError('VAULT_SEALED', 'sealed', { status: 503, hint: 'unseal it' })

describe('a denial', () => {
  it('names the policies of the token, and is the same denial in everything else', () => {
    expect(withPolicies(denied, held)).toMatchObject({
      code: 'VAULT_DENIED',
      message: 'may not',
      status: 403,
      cause: denied,
      hint: 'ask for it; this token has: default, ops',
    })
  })

  it('stays as it is for a token whose policies are not known, and so does every other error', () => {
    expect(withPolicies(denied, { ...held, lease: undefined })).toBe(denied)
    expect(withPolicies(sealed, held)).toBe(sealed)
    const fault = new Error('fault')
    expect(withPolicies(fault, held)).toBe(fault)
  })
})

describe('a token that was not revoked', () => {
  it('is told as forgotten here, with what the server said and what becomes of it', () => {
    expect(notRevoked(sealed)).toMatchObject({
      code: 'VAULT_SEALED',
      message: 'the token is forgotten here, but not revoked: sealed',
      cause: sealed,
      hint: 'it ends by itself when its time is over; the operator can revoke it earlier',
    })
  })

  it('for a fault of ours is that fault', () => {
    const fault = new Error('fault')
    expect(notRevoked(fault)).toBe(fault)
  })
})
