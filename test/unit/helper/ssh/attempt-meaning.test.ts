import { describe, expect, it } from 'vitest'
import { meaningOf } from '../../../../src/helper/ssh/attempt-meaning.ts'
import type { SshExplanation } from '../../../../src/helper/ssh/explanation.ts'
import type { LoginAttempt, LoginOutcome, TriedKey } from '../../../../src/helper/ssh/login-attempt.ts'
import { sshExplanation, sshOffer, sshSettings } from '../../../support/ssh-explanation.ts'

const tried = (...results: TriedKey['result'][]): TriedKey[] =>
  results.map((result, index) => ({ name: `key ${index + 1}`, type: 'ED25519', fingerprint: 'SHA256:x', result }))
const target = { destination: 'web', options: ['-p', '22'] }

function meaning(outcome: LoginOutcome, parts: Partial<LoginAttempt> = {}, changes: Partial<SshExplanation> = {}) {
  const attempt = { passed: 0, tried: tried('refused'), outcome, ...parts }
  return meaningOf(attempt, sshExplanation(changes), sshSettings(), target)
}
const said = (...args: Parameters<typeof meaning>) => meaning(...args).meaning
const hint = (...args: Parameters<typeof meaning>) => meaning(...args).hint
const denied = { type: 'denied', methods: ['publickey', 'password'], isPartial: false } as const

describe('a login', () => {
  it('that succeeds says by what', () => {
    const inside = { type: 'in', hasTerminal: true } as const
    expect(meaning(inside, { tried: tried('accepted') })).toEqual({ meaning: 'jo@web.prod lets you in, by key 1' })
    for (const [count, place] of [
      [2, '2nd'],
      [3, '3rd'],
      [4, '4th'],
      [11, '11th'],
      [21, '21st'],
    ] as const) {
      const keys = tried(...Array.from({ length: count }, () => 'refused' as const))
      expect(said(inside, { tried: keys })).toBe(`jo@web.prod lets you in, by key ${count}, the ${place} key`)
    }
    expect(said(inside, { tried: [] })).toBe('jo@web.prod lets you in, without a key')
    expect(meaning({ type: 'in', hasTerminal: false })).toEqual({
      meaning: 'jo@web.prod lets you in, by key 1, but gives no terminal',
      hint: expect.stringContaining('permit-pty'),
    })
  })

  it('with too many keys says which one to put first', () => {
    const six = tried(...Array.from({ length: 6 }, () => 'refused' as const))
    const offers = [sshOffer('a', { standing: 'unknown' }), sshOffer('ops')]
    expect(meaning({ type: 'too-many' }, { tried: six }, { offers, fitting: 2 })).toEqual({
      meaning: 'jo@web.prod ended the connection after 6 keys that it does not take (MaxAuthTries)',
      hint: 'hosts = ["web.prod"] in [ssh.identity.ops]; or in ssh_config IdentitiesOnly yes with IdentityFile …/identity/ops-cert.pub',
    })
    expect(said({ type: 'too-many' })).toContain('after the one key that')
    const { fitting: _, ...without } = sshExplanation({ offers })
    const attempt = { passed: 0, tried: six, outcome: { type: 'too-many' } } as const
    expect(meaningOf(attempt, without, sshSettings(), target).hint).toContain('say in hosts of each')
  })

  it('that is denied says what is known to be wrong, and where the rest is', () => {
    expect(meaning(denied)).toEqual({
      meaning: 'jo@web.prod does not take the one key that it was offered',
      hint: expect.stringMatching(/TrustedUserCAKeys.*journalctl -u ssh/),
    })
    expect(said(denied, { tried: tried('refused', 'refused') })).toContain('takes none of the 2 keys')
    const other = sshOffer('db', { standing: 'other-user', cautions: ['for postgres, not for jo'] })
    expect(hint(denied, {}, { offers: [other] })).toMatch(/^db: for postgres, not for jo; .*journalctl/)
    expect(hint(denied, {}, { offers: [other, sshOffer('ops')] })).not.toContain('postgres')
  })

  it('without a key says why there was none', () => {
    const none = { tried: [] }
    expect(said(denied, none)).toBe('jo@web.prod was offered no key, and takes publickey, password')
    expect(hint(denied, none, { agent: { type: 'none', why: 'x' } })).toContain('does not ask latchkey')
    expect(hint(denied, none, { leftOut: [{ comment: 'db', why: 'x' }] })).toBe('everything is left out: see why')
    expect(hint(denied, none)).toBe('latchkey status')
    const error = { code: 'VAULT_LOGIN_NEEDED', message: 'nobody is logged in', hint: 'latchkey login corp' }
    expect(hint(denied, none, { offers: [sshOffer('ops', { error })] })).toBe('ops: latchkey login corp')
  })

  it.each<[LoginOutcome, RegExp, RegExp, Partial<LoginAttempt>?]>([
    [
      denied,
      /would have taken a key that the agent did not sign with/,
      /^latchkey status$/,
      { tried: tried('not-signed') },
    ],
    [{ ...denied, isPartial: true }, /takes the key, and wants publickey or password besides/, /^ssh -p 22 web$/],
    [{ type: 'host-changed' }, /has proved another key/, /ssh-keygen -R web\.prod \(takes out whole lines/],
    [{ type: 'host-changed', file: '/k h' }, /has proved another key/, /ssh-keygen -R web\.prod -f '\/k h' \(/],
    [
      { type: 'host-unknown' },
      /^known_hosts has no key for web\.prod, and a try accepts none$/,
      /^ssh -p 22 web, which asks/,
    ],
    [{ type: 'host-revoked' }, /@revoked/, /whoever runs the host/],
    [{ type: 'host-unverified' }, /does not trust/, /^ssh -p 22 web$/],
    [
      { type: 'unreachable', reason: 'Connection refused' },
      /at port 22: Connection refused$/,
      /^no sshd listens there/,
    ],
    [{ type: 'unreachable', reason: 'No route to host' }, /No route to host$/, /VPN/],
    [{ type: 'unresolved' }, /^nobody knows an address of web\.prod$/, /^getent hosts web\.prod/],
    [{ type: 'no-common-algorithm', reason: 'no matching x' }, /no matching x$/, /^ssh -G -p 22 web shows/],
    [{ type: 'closed' }, /closed the connection/, /MaxStartups/],
    [{ type: 'timed-out' }, /did not answer in time/, /VPN/],
    [{ type: 'other', reason: 'strange' }, /did not get in to jo@web\.prod: strange$/, /^ssh -v -p 22 web$/],
  ])('that ends with %j is explained', (outcome, what, next, parts = {}) => {
    expect(said(outcome, parts)).toMatch(what)
    expect(hint(outcome, parts)).toMatch(next)
  })
})

describe('a login by other hosts', () => {
  const hops = { hops: ['gate', 'u@inner'] }
  it('says which of them it ended at', () => {
    expect(meaning(denied, { passed: 1 }, hops)).toEqual({
      meaning: 'u@inner does not take the one key that it was offered',
      hint: 'latchkey ssh explain --try u@inner',
    })
    expect(said({ type: 'unreachable', reason: 'Connection refused' }, {}, hops)).toBe(
      'gate cannot be reached: Connection refused',
    )
    expect(said(denied, { passed: 2 }, hops)).toMatch(/^jo@web\.prod/)
  })

  it('says that the last one does not lead on', () => {
    const prohibited = { type: 'not-forwarded', reason: 'administratively prohibited: open failed' } as const
    expect(meaning(prohibited, { passed: 2 }, hops)).toEqual({
      meaning: 'u@inner lets you in, and does not lead on to jo@web.prod: administratively prohibited: open failed',
      hint: expect.stringContaining('permit-port-forwarding'),
    })
    const refused = { type: 'not-forwarded', reason: 'connect failed: Connection refused' } as const
    expect(hint(refused, { passed: 2 }, hops)).toBe('look at Port and HostName in ssh_config, as u@inner sees them')
  })
})
