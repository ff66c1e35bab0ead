import { describe, expect, it } from 'vitest'
import type { SshCertificate } from '../../../src/ssh/certificate.ts'
import { type AskedCertificate, certificateSurprises } from '../../../src/ssh/certificate-surprises.ts'

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)

function surprises(given: Partial<SshCertificate>, asked: AskedCertificate): string[] {
  const certificate = {
    principals: ['bob'],
    validAfter: BigInt(nowMs / 1000) - 30n,
    validBefore: BigInt(nowMs / 1000) + 1800n,
    criticalOptions: new Map(),
    extensions: new Map([['permit-pty', '']]),
    ...given,
  } as SshCertificate
  return certificateSurprises(certificate, asked, nowMs)
}

describe('the principals', () => {
  it.each<[readonly string[], readonly string[] | undefined]>([
    [['bob'], ['bob']],
    [
      ['alice', 'bob'],
      ['bob', 'alice'],
    ],
    [['anyone'], undefined],
    [['*'], ['*']],
  ])('%j are no surprise if %j was asked for', (principals, asked) => {
    expect(surprises({ principals }, { principals: asked })).toEqual([])
  })

  it.each<[readonly string[], readonly string[] | undefined, string]>([
    [['bob', 'root', 'alice'], ['bob'], 'it is also for "root", "alice", which was not asked for'],
    [['bob', '*'], ['bob'], 'it is also for "*", which was not asked for'],
    [['a', 'root'], ['a,root'], 'it is also for "a", "root", which was not asked for'],
    [['bob', 'Bob'], ['bob'], 'it is also for "Bob", which was not asked for'],
    [['bob', 'a\u001b[2J'], ['bob'], 'it is also for "a\\u001b[2J", which was not asked for'],
    [['*'], undefined, 'it is for "*", which may mean any user: set principals in config.toml'],
    [
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
      ['a'],
      'it is also for "b", "c", "d", "e", "f" and 1 more, which was not asked for',
    ],
  ])('%j if %j was asked for', (principals, asked, words) => {
    expect(surprises({ principals }, { principals: asked })).toEqual([words])
  })
})

describe('the critical options', () => {
  const address = { 'source-address': '10.0.0.0/8' }

  it.each<[Record<string, string>, Record<string, string> | undefined, string[]]>([
    [address, address, []],
    [{}, undefined, []],
    [{ 'force-command': 'id' }, undefined, ['it is restricted by "force-command=id", which was not asked for']],
    [
      { ...address, 'verify-required': '' },
      address,
      ['it is restricted by "verify-required", which was not asked for'],
    ],
    [{}, address, ['it is not restricted by "source-address=10.0.0.0/8", which was asked for']],
    [
      { 'source-address': '0.0.0.0/0' },
      address,
      ['it is not restricted by "source-address=10.0.0.0/8", which was asked for'],
    ],
  ])('%j if %j was asked for', (given, criticalOptions, words) => {
    expect(surprises({ criticalOptions: new Map(Object.entries(given)) }, { criticalOptions })).toEqual(words)
  })
})

it('is a lifetime that is longer than requested, beyond the difference of clocks', () => {
  expect(surprises({}, { ttlSeconds: 1800 })).toEqual([])
  expect(surprises({}, { ttlSeconds: 1600 })).toEqual([])
  expect(surprises({}, { ttlSeconds: 900 })).toEqual(['it is valid for 30m, though 15m was asked for'])
  expect(surprises({ validBefore: 2n ** 64n - 1n }, { ttlSeconds: 900 })).toHaveLength(1)
})

it('is not an extension that a role adds', () => {
  const extensions = new Map([
    ['permit-agent-forwarding', ''],
    ['permit-pty', ''],
  ])
  expect(surprises({ extensions }, {})).toEqual([])
})

describe('a certificate without a terminal', () => {
  const words =
    'it gives ssh no terminal without permit-pty: set that in default_extensions of the role, or in extensions of config.toml'

  it.each<[Record<string, string> | undefined, string[]]>([
    // Left to the role, which adds none unless it is told to.
    [undefined, [words]],
    [{ 'permit-pty': '', 'permit-X11-forwarding': '' }, [words]],
    // For git and its like nobody wants one.
    [{ 'permit-port-forwarding': '' }, []],
    [{}, []],
  ])('is reported unless it was not asked for: %j', (extensions, expected) => {
    expect(surprises({ extensions: new Map() }, { extensions })).toEqual(expected)
  })
})
