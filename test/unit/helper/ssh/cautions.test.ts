import { describe, expect, it } from 'vitest'
import { cautionsOf, standingOf } from '../../../../src/helper/ssh/cautions.ts'
import type { ExplainedCertificate, ListedIdentity } from '../../../../src/ipc/endpoints/ssh-explain.ts'

const nowMs = Date.UTC(2026, 0, 2, 12)
const plain: ListedIdentity = {
  comment: 'ops',
  kind: 'certificate',
  keyType: 'ssh-ed25519',
  isForwarded: false,
  confirm: 'never',
  signsLogins: true,
  warnings: [],
}
const certified = (changes: Partial<ExplainedCertificate> = {}): ListedIdentity => ({
  ...plain,
  certificate: {
    keyId: 'id',
    serial: '1',
    principals: ['ubuntu', 'deploy'],
    validAfter: '2026-01-02T11:00:00Z',
    validBefore: '2026-01-02T13:00:00Z',
    ca: 'SHA256:ca',
    caType: 'ssh-ed25519',
    signedWith: 'ssh-ed25519',
    extensions: ['permit-pty'],
    criticalOptions: {},
    ...changes,
  },
})
const circumstances = { user: 'ubuntu', forwardsAgent: false, forwardsPorts: false, wantsTerminal: true }

describe('a server', () => {
  const cases: readonly [
    what: string,
    identity: ListedIdentity,
    expected: string,
    more?: Partial<typeof circumstances>,
  ][] = [
    ['has ended', certified({ validBefore: '2026-01-02T11:30:00Z' }), 'every server refuses it: it ended 30m ago'],
    [
      'has not begun',
      certified({ validAfter: '2026-01-02T12:05:00Z' }),
      'every server whose clock agrees refuses it: it begins in 5m',
    ],
    [
      'is for others',
      certified(),
      'for ubuntu, deploy, not for root: only a server takes it that has such a name for root (AuthorizedPrincipalsFile, -Command)',
      { user: 'root' },
    ],
    ['names nobody', certified({ principals: [] }), 'it names no user: sshd refuses it'],
    [
      'forces a command',
      certified({ criticalOptions: { 'force-command': 'ls' } }),
      'whatever you run, the server runs: ls',
    ],
    [
      'is for some addresses',
      certified({ criticalOptions: { 'source-address': '10.0.0.0/8' } }),
      'servers take it only from 10.0.0.0/8',
    ],
    [
      'has an option of its own',
      certified({ criticalOptions: { 'x@y': '' } }),
      'sshd does not know the critical option x@y, and refuses the certificate',
    ],
    [
      'gives no terminal',
      certified({ extensions: [] }),
      'no terminal without permit-pty: set it in default_extensions of the role, or in extensions of config.toml',
    ],
    [
      'forwards no agent',
      certified(),
      'ForwardAgent has no effect without permit-agent-forwarding: set it in default_extensions of the role, or in extensions of config.toml',
      { forwardsAgent: true },
    ],
    [
      'forwards no ports',
      certified(),
      'ports are not forwarded without permit-port-forwarding: set it in default_extensions of the role, or in extensions of config.toml',
      { forwardsPorts: true },
    ],
    [
      'was not asked for this user',
      { ...plain, askedPrincipals: ['postgres'] },
      'for postgres, not for ubuntu: only a server takes it that has such a name for ubuntu (AuthorizedPrincipalsFile, -Command)',
    ],
    [
      'the agent signs no logins with',
      { ...certified(), signsLogins: false },
      'the agent does not sign logins with it: write "login" into its sign in config.toml',
    ],
    ['is to be confirmed', { ...certified(), confirm: 'always' }, 'you are asked before each use (confirm)'],
    ['has a warning of its issuer', { ...certified(), warnings: ['it is valid for 9h'] }, 'it is valid for 9h'],
  ]
  it.each(cases)('is said to be careful with a certificate that %s', (_, identity, expected, more = {}) => {
    expect(cautionsOf(identity, { ...circumstances, ...more }, nowMs)).toEqual([expected])
  })

  it('has nothing against others', () => {
    expect(cautionsOf(certified(), circumstances, nowMs)).toEqual([])
    expect(cautionsOf(plain, circumstances, nowMs)).toEqual([])
    expect(cautionsOf({ ...certified(), confirm: 'forwarded' }, circumstances, nowMs)).toEqual([])
    const { validBefore: _, ...forEver } = certified().certificate!
    expect(cautionsOf({ ...plain, certificate: forEver }, circumstances, nowMs)).toEqual([])
    expect(cautionsOf(certified({ extensions: [] }), { ...circumstances, wantsTerminal: false }, nowMs)).toEqual([])
  })

  it('is not told twice that there is no terminal', () => {
    const warned = { ...certified({ extensions: [] }), warnings: ['it gives ssh no terminal without permit-pty: …'] }
    expect(cautionsOf(warned, circumstances, nowMs)).toHaveLength(1)
  })
})

it.each<[ListedIdentity, string]>([
  [certified(), 'fits'],
  [certified({ principals: ['root'] }), 'other-user'],
  [certified({ validBefore: '2026-01-02T12:00:00Z' }), 'not-valid'],
  [certified({ validAfter: '2026-01-02T12:00:01Z' }), 'not-valid'],
  [plain, 'unknown'],
  [{ ...certified(), signsLogins: false }, 'not-signed'],
  [{ ...plain, kind: 'key' }, 'unknown'],
  [{ ...plain, askedPrincipals: ['ubuntu'] }, 'fits'],
  [{ ...plain, askedPrincipals: ['root'] }, 'other-user'],
])('%j is %s', (identity, standing) => {
  expect(standingOf(identity, 'ubuntu', nowMs)).toBe(standing)
})
