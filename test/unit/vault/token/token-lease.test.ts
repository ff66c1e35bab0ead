import { describe, expect, it } from 'vitest'
import { parseAnswer, type VaultAnswer } from '../../../../src/vault/answer.ts'
import {
  expiresAtMs,
  leaseFromLookup,
  leaseFromRenewal,
  type TokenLease,
} from '../../../../src/vault/token/token-lease.ts'
import { recorded } from '../../../support/vault-answers.ts'

const nowMs = Date.UTC(2026, 10, 23, 9, 29)
const answer = (topic: string, name: string): VaultAnswer => {
  const { status, json } = recorded(topic, name)
  return parseAnswer(status, Buffer.from(JSON.stringify(json)), undefined)!
}
const before: TokenLease = {
  displayName: 'userpass-jo',
  policies: ['default'],
  owner: 'e1/',
  grantedAtMs: nowMs - 400_000,
  leaseSeconds: 600,
  isRenewable: true,
  isLimited: false,
  isBatch: false,
}

describe('a looked up token', () => {
  it.each([
    [
      'lookup-self, renewable service token',
      { leaseSeconds: 600, isRenewable: true, isLimited: false, isBatch: false },
    ],
    ['lookup-self, periodic', { leaseSeconds: 900, isRenewable: true }],
    ['lookup-self, not renewable', { leaseSeconds: 300, isRenewable: false }],
    ['lookup-self, batch token', { isBatch: true, isRenewable: false }],
    ['num_uses 2, first use', { isLimited: true }],
    ['lookup-self of root', { leaseSeconds: 0, isRenewable: false, policies: ['root'], displayName: 'token' }],
  ])('%s', (name, lease) => {
    expect(leaseFromLookup(answer('token', name), 'corp', nowMs)).toMatchObject({ grantedAtMs: nowMs, ...lease })
  })

  it('has the policies of its identity too, each once', () => {
    const data = { ttl: 1, policies: ['a', 'b'], identity_policies: ['b', 'c'] }
    const lease = leaseFromLookup(
      { status: 200, data, auth: undefined, warnings: [], clockSkewMs: undefined },
      'corp',
      nowMs,
    )
    expect(lease.policies).toEqual(['a', 'b', 'c'])
  })

  it('with only the ttl known is not renewed, and has no limit', () => {
    const answered = { status: 200, data: { ttl: 60 }, auth: undefined, warnings: [], clockSkewMs: undefined }
    expect(leaseFromLookup(answered, 'corp', nowMs)).toMatchObject({
      isRenewable: false,
      isLimited: false,
      isBatch: false,
      policies: [],
    })
  })

  it.each([undefined, {}, { ttl: 'soon' }, { ttl: -1 }, { ttl: 1e15 }])(
    'with the data %j is a bad response',
    (data) => {
      expect(() =>
        leaseFromLookup({ status: 200, data, auth: undefined, warnings: [], clockSkewMs: undefined }, 'corp', nowMs),
      ).toThrow(expect.objectContaining({ code: 'VAULT_BAD_RESPONSE' }))
    },
  )
})

describe('a renewed token', () => {
  it('lives on from now and can be renewed again', () => {
    expect(leaseFromRenewal(before, answer('token', 'renew-self'), nowMs)).toEqual({ ...before, grantedAtMs: nowMs })
  })

  it('that the server capped is at its end', () => {
    const lease = leaseFromRenewal(
      before,
      answer('token', 'renew against explicit_max_ttl: capped, with a warning'),
      nowMs,
    )
    expect(lease).toMatchObject({ leaseSeconds: 360, isRenewable: false })
  })

  it('that gained nothing is at its end, though the server does not say so', () => {
    const ending = { ...before, grantedAtMs: nowMs, leaseSeconds: 600 }
    expect(leaseFromRenewal(ending, answer('token', 'renew-self'), nowMs + 500).isRenewable).toBe(false)
  })

  it('that nothing is said about is not renewed again', () => {
    const nothing = { status: 200, data: undefined, auth: undefined, warnings: [], clockSkewMs: undefined }
    expect(leaseFromRenewal(before, nothing, nowMs)).toEqual({ ...before, isRenewable: false })
  })
})

it('a token with no ttl does not expire', () => {
  expect(expiresAtMs({ ...before, leaseSeconds: 0 })).toBeUndefined()
  expect(expiresAtMs(before)).toBe(nowMs + 200_000)
})
