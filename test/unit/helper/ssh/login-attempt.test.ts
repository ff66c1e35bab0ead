import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type LoginOutcome, readAttempt } from '../../../../src/helper/ssh/login-attempt.ts'

// What OpenSSH 9.2 (and 10.6, where the name says so) said to -v against a real sshd with MaxAuthTries 3.
const recorded = (name: string) => readFileSync(join(import.meta.dirname, `../../../vectors/ssh-v/${name}.txt`), 'utf8')
const ended = { how: 'exited', status: 255 } as const
const read = (name: string, hops = 0) => readAttempt(recorded(name), ended, hops)
const results = (name: string) => read(name).tried.map(({ name: key, type, result }) => `${key} ${type} ${result}`)

describe('the output of ssh -v', () => {
  const outcomes: readonly [name: string, outcome: LoginOutcome][] = [
    ['in', { type: 'in', hasTerminal: true }],
    ['in-10.6', { type: 'in', hasTerminal: true }],
    ['no-terminal', { type: 'in', hasTerminal: false }],
    ['denied', { type: 'denied', methods: ['publickey'], isPartial: false }],
    ['no-keys', { type: 'denied', methods: ['publickey'], isPartial: false }],
    ['second-factor', { type: 'denied', methods: ['password'], isPartial: true }],
    ['not-signed', { type: 'denied', methods: ['publickey'], isPartial: false }],
    ['too-many', { type: 'too-many' }],
    ['too-many-10.6', { type: 'too-many' }],
    ['host-changed', { type: 'host-changed', file: '/home/jo/.ssh/kh.changed' }],
    ['host-unknown', { type: 'host-unknown' }],
    ['unreachable', { type: 'unreachable', reason: 'Connection refused' }],
    ['unresolved', { type: 'unresolved' }],
    [
      'no-common-algorithm',
      { type: 'no-common-algorithm', reason: expect.stringMatching(/^no matching key exchange/) },
    ],
  ]
  it.each(outcomes)('says how a login ended: %s', (name, outcome) => {
    expect(read(name).outcome).toEqual(outcome)
  })

  it('says what became of each key', () => {
    expect(results('in-second')).toEqual(['key1 ED25519 refused', 'good ED25519 refused', 'good ED25519-CERT accepted'])
    expect(results('denied')).toEqual(['wrong ED25519 refused', 'wrong ED25519-CERT refused'])
    expect(results('too-many')).toEqual(['key1 ED25519 refused', 'key2 ED25519 refused', 'key3 ED25519 ended'])
    expect(results('too-many-10.6')).toEqual(results('too-many'))
    expect(results('in-10.6')).toEqual(['good ED25519-CERT accepted'])
    expect(results('not-signed')).toEqual(['good ED25519 refused', 'good ED25519-CERT not-signed'])
    expect(results('second-factor').at(-1)).toBe('good ED25519-CERT accepted')
    expect(results('no-keys')).toEqual([])
    expect(read('in').tried[0]!.fingerprint).toBe('SHA256:gVNBxqivdnTvaYKy1FiODiVuj3gNLZGegApPL0vIDEw')
  })

  it('tells the hosts on the way from the last one', () => {
    const whole = read('in-by-hop', 1)
    expect(whole).toMatchObject({ passed: 1, outcome: { type: 'in' } })
    expect(whole.tried).toHaveLength(2)
    const [toHop] = recorded('in-by-hop').split('Authenticated to') as [string]
    expect(readAttempt(`${toHop}u@hop: Permission denied (publickey).\n`, ended, 1)).toMatchObject({
      passed: 0,
      outcome: { type: 'denied' },
      tried: [{ name: 'good' }, { name: 'good' }],
    })
    expect(read('hop-forwards-nothing', 1)).toEqual({
      passed: 1,
      tried: [],
      outcome: { type: 'not-forwarded', reason: 'administratively prohibited: open failed' },
    })
  })

  it.each([
    ['Host key verification failed.', { type: 'host-unverified' }],
    [
      '@       WARNING: REVOKED HOST KEY DETECTED!               @\nHost key verification failed.',
      { type: 'host-revoked' },
    ],
    ['kex_exchange_identification: read: Connection reset by peer', { type: 'closed' }],
    ['Connection closed by 192.0.2.1 port 22', { type: 'closed' }],
    ['Connection timed out during banner exchange', { type: 'timed-out' }],
    ['ssh: connect to host web port 22: No route to host', { type: 'unreachable', reason: 'No route to host' }],
    ['debug1: x\nno such thing as this\ndebug1: y\n', { type: 'other', reason: 'no such thing as this' }],
    ['', { type: 'other', reason: 'ssh has said nothing' }],
  ])('%j is understood, or repeated', (text, outcome) => {
    expect(readAttempt(text, ended, 0).outcome).toEqual(outcome)
  })

  it('that never ended is one that has timed out', () => {
    expect(readAttempt('debug1: Connecting to web [192.0.2.1] port 22.', { how: 'timed-out' }, 0).outcome).toEqual({
      type: 'timed-out',
    })
  })
})
