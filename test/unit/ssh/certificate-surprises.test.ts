import { describe, expect, it } from 'vitest'
import type { SshCertificate } from '../../../src/ssh/certificate.ts'
import {
  type AskedCertificate,
  certificateCautions,
  certificateExcess,
} from '../../../src/ssh/certificate-surprises.ts'

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)

function certificateWith(given: Partial<SshCertificate>): SshCertificate {
  return {
    principals: ['bob'],
    validAfter: BigInt(nowMs / 1000) - 30n,
    validBefore: BigInt(nowMs / 1000) + 1800n,
    criticalOptions: new Map(),
    extensions: new Map([['permit-pty', '']]),
    ...given,
  } as SshCertificate
}

const excess = (given: Partial<SshCertificate>, asked: AskedCertificate) =>
  certificateExcess(certificateWith(given), asked, nowMs)
const cautions = (given: Partial<SshCertificate>, asked: AskedCertificate) =>
  certificateCautions(certificateWith(given), asked, nowMs)

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
    expect(excess({ principals }, { principals: asked })).toEqual([])
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
    expect(excess({ principals }, { principals: asked })).toEqual([words])
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
    expect(excess({ criticalOptions: new Map(Object.entries(given)) }, { criticalOptions })).toEqual(words)
  })
})

it('is a lifetime that is longer than requested, beyond the difference of clocks', () => {
  expect(excess({}, { ttlSeconds: 1800 })).toEqual([])
  expect(excess({}, { ttlSeconds: 1600 })).toEqual([])
  expect(excess({}, { ttlSeconds: 900 })).toEqual(['it is valid for 30m, though 15m was asked for'])
  expect(excess({ validBefore: 2n ** 64n - 1n }, { ttlSeconds: 900 })).toHaveLength(1)
})

describe('the extensions', () => {
  const terminal = { 'permit-pty': '' }

  it.each<[Record<string, string>, Record<string, string> | undefined, string[]]>([
    // Left to the role.
    [{ ...terminal, 'permit-agent-forwarding': '' }, undefined, []],
    [terminal, terminal, []],
    [{}, terminal, []],
    [terminal, {}, ['it also allows "permit-pty", which was not asked for']],
    [
      { ...terminal, 'permit-agent-forwarding': '', 'login@example.com': 'jo' },
      { ...terminal, 'login@example.com': 'bob' },
      ['it also allows "permit-agent-forwarding", "login@example.com=jo", which was not asked for'],
    ],
  ])('%j if %j was asked for', (given, extensions, words) => {
    expect(excess({ extensions: new Map(Object.entries(given)) }, { extensions })).toEqual(words)
  })
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
  ])('is worth a warning unless it was not asked for: %j', (extensions, expected) => {
    expect(cautions({ extensions: new Map() }, { extensions })).toEqual(expected)
    expect(excess({ extensions: new Map() }, { extensions })).toEqual([])
  })
})

it('a life of more than a day is worth a warning where none was asked for', () => {
  const lasting = (hours: bigint) => ({ validBefore: BigInt(nowMs / 1000) + hours * 3600n })
  expect(cautions(lasting(25n), {})).toEqual([])
  expect(cautions(lasting(768n), {})).toEqual(['it is valid for 768h, far longer than a day: set ttl in config.toml'])
  expect(cautions({ validBefore: 2n ** 64n - 1n }, {})).toHaveLength(1)
  expect(cautions(lasting(768n), { ttlSeconds: 768 * 3600 })).toEqual([])
  expect(excess(lasting(768n), {})).toEqual([])
})
