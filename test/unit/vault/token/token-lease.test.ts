import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { parseAnswer, type VaultAnswer } from '../../../../src/vault/answer.ts'
import {
  expiresAtMs,
  leaseFromLogin,
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

  it('is shown by no more than can be read, on one line', () => {
    const policies = Array.from({ length: 50_000 }, (_, index) => `p\u001b[31m${index}`)
    const data = { ttl: 1, policies, display_name: 'j\no'.repeat(100_000) }
    const answered = { status: 200, data, auth: undefined, warnings: [], clockSkewMs: undefined }
    const { displayName, policies: shown } = leaseFromLookup(answered, 'corp', nowMs)
    expect(shown).toHaveLength(100)
    expect(shown[1]).toBe('p [31m1')
    expect(displayName).toMatch(/^j oj oj .{290,}…$/)
    expect(displayName.length).toBe(301)
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
      ).toThrow(
        expect.objectContaining({
          code: 'VAULT_BAD_RESPONSE',
          status: 200,
          message: 'vault corp: the answer about the token cannot be read',
          hint: expect.stringContaining('check address in config.toml'),
        }),
      )
    },
  )
})

describe('the answer to a login', () => {
  const login = { vault: 'corp', displayName: 'userpass-jo', nowMs }

  it('has all that is known of the token', () => {
    const answered = answer('userpass', 'login')
    const { auth } = answered
    const { token, lease } = leaseFromLogin(answered, login)
    expect(token).toBe(auth!.clientToken)
    expect(lease).toEqual({
      displayName: 'userpass-jo',
      policies: auth!.policies,
      owner: auth!.owner,
      grantedAtMs: nowMs,
      leaseSeconds: auth!.leaseSeconds,
      isRenewable: true,
      isLimited: false,
      isBatch: false,
    })
  })

  it.each([
    ['no auth at all', undefined],
    ['a token that cannot be sent', { clientToken: new Secret('hvs two') }],
    ['an empty token', { clientToken: new Secret('') }],
  ])('with %s is a bad response', (_, changes) => {
    const { auth, ...rest } = answer('userpass', 'login')
    const answered = { ...rest, auth: changes === undefined ? undefined : { ...auth!, ...changes } }
    expect(() => leaseFromLogin(answered, login)).toThrow(
      expect.objectContaining({
        code: 'VAULT_BAD_RESPONSE',
        status: 200,
        message: 'vault corp: the answer to the login has no token',
        hint: expect.stringContaining('check address in config.toml'),
      }),
    )
  })
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

  it.each([
    ['a second', 1000, false],
    ['more than a second', 1001, true],
  ])('that won %s can be renewed again: %s', (_, gainMs, isRenewable) => {
    const ending = { ...before, grantedAtMs: nowMs, leaseSeconds: 600 }
    expect(leaseFromRenewal(ending, answer('token', 'renew-self'), nowMs + gainMs).isRenewable).toBe(isRenewable)
  })

  it('that has no end any more can be renewed', () => {
    const { auth, ...rest } = answer('token', 'renew-self')
    const endless = { ...rest, auth: { ...auth!, leaseSeconds: 0 } }
    expect(leaseFromRenewal(before, endless, nowMs)).toMatchObject({ leaseSeconds: 0, isRenewable: true })
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

describe('a second factor that is wanted', () => {
  const wants = (enforcements: number, methods: number) => {
    const any = Array.from({ length: methods }, (_, index) => ({ type: 'totp', id: `m${index}`, uses_passcode: true }))
    const all = Array.from({ length: enforcements }, (_, index) => [`e${index}`, { any }])
    const mfa_requirement = { mfa_request_id: 'r1', mfa_constraints: Object.fromEntries(all) }
    const auth = { client_token: '', policies: [], lease_duration: 0, renewable: false, mfa_requirement }
    return parseAnswer(200, Buffer.from(JSON.stringify({ auth })), undefined)
  }

  it('is one of as many as a person may have', () => {
    expect(wants(10, 50)?.auth?.mfa?.enforcements).toHaveLength(10)
  })

  it.each([
    [11, 1],
    [1, 51],
  ])('is no answer of a vault where there are more: %i times %i', (enforcements, methods) => {
    expect(wants(enforcements, methods)).toBeUndefined()
  })
})
