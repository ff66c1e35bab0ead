import { describe, expect, it } from 'vitest'
import { planRenewal } from '../../../../src/vault/token/renewal-plan.ts'
import type { TokenLease } from '../../../../src/vault/token/token-lease.ts'

const lease: TokenLease = {
  displayName: 'jo',
  policies: [],
  owner: 'e1/',
  grantedAtMs: 1_000_000,
  leaseSeconds: 3600,
  isRenewable: true,
  isLimited: false,
  isBatch: false,
}
const nowMs = lease.grantedAtMs

describe('the next step for a token', () => {
  it.each<[string, Partial<TokenLease>, boolean, ReturnType<typeof planRenewal>]>([
    ['that can be renewed is that, at two thirds', {}, true, { type: 'renew', atMs: nowMs + 2_400_000 }],
    ['of a person is the same', {}, false, { type: 'renew', atMs: nowMs + 2_400_000 }],
    ['of 32 days is far ahead', { leaseSeconds: 768 * 3600 }, false, { type: 'renew', atMs: nowMs + 1_843_200_000 }],
    ['at its end is a login, at nine tenths', { isRenewable: false }, true, { type: 'login', atMs: nowMs + 3_240_000 }],
    ['at its end is nothing where a login needs a person', { isRenewable: false }, false, undefined],
    ['of a batch is a login', { isBatch: true }, true, { type: 'login', atMs: nowMs + 3_240_000 }],
    ['of a few uses is nothing', { isLimited: true }, true, undefined],
    ['without an end is nothing', { leaseSeconds: 0 }, true, undefined],
    ['of a second is not before a second', { leaseSeconds: 1.2 }, true, { type: 'renew', atMs: nowMs + 1000 }],
  ])('%s', (_, changes, mayLogIn, step) => {
    expect(planRenewal({ ...lease, ...changes }, mayLogIn, nowMs)).toEqual(step)
  })

  it('that has expired is a login at once, or nothing', () => {
    const laterMs = nowMs + 3_600_000
    expect(planRenewal(lease, true, laterMs)).toEqual({ type: 'login', atMs: laterMs })
    expect(planRenewal(lease, false, laterMs)).toBeUndefined()
  })
})
