import { describe, expect, it } from 'vitest'
import { formatOtherVersion, formatStatus } from '../../../src/helper/status-report.ts'
import type { Status } from '../../../src/ipc/endpoints/status.ts'
import { fullStatus } from '../../support/helper-status.ts'

const nowMs = Date.UTC(2026, 0, 2, 12, 0, 0)

describe('the status', () => {
  it('warns of an identity that is not as asked for', () => {
    const [ops] = fullStatus.ssh.identities
    const identities = [{ ...ops!, warnings: ['it is also for "root"', 'b\u001b'] }]
    expect(formatStatus({ ...fullStatus, ssh: { ...fullStatus.ssh, identities } }, nowMs)).toContain(
      'corp/operators\n  ! ops: warning: it is also for "root"\n  ! ops: warning: b\n',
    )
  })

  it('warns of a login that will end', () => {
    const vaults = fullStatus.vaults.map((vault, index) => (index === 0 ? { ...vault, warnings: ['it ends'] } : vault))
    expect(formatStatus({ ...fullStatus, vaults }, nowMs)).toContain('\n  ! corp: warning: it ends\n')
  })

  it('shows what is held, until when, and what is wrong', () => {
    expect(formatStatus(fullStatus, nowMs)).toBe(`latchkey 1.2.3, pid 42, up 3h 12m
  config    /home/jo/.config/latchkey/config.toml
  agent     /run/user/1000/latchkey/agent.sock
  api       /run/user/1000/latchkey/api.sock
  prompts   in the terminal of the caller, else by /usr/bin/pinentry, else by /usr/bin/zenity
  keychain  Secret Service

VAULT  STATE        TIME LEFT  METHOD    ADDRESS
corp   logged in    11h 58m    userpass  https://vault.example.com:8200
lab    logged in    -          token     http://127.0.0.1:8200
test   when needed  -          approle   http://127.0.0.1:8300

SSH IDENTITY  CERTIFICATE  TIME LEFT  PRINCIPALS  VAULT/ROLE
ops           valid        52m        ubuntu,jo   corp/operators
old           none yet     -          -           lab/root
  ! old: lab is sealed
    hint: ask its operators
the agent is locked: latchkey unlock or ssh-add -X unlocks it
keys added with ssh-add: 2

MFA SESSION  TIME LEFT  MFA DEVICE
master       11h 2m     arn:aws:iam::111122223333:mfa/jo

AWS PROFILE  TIME LEFT  ROLE
dev          43m        arn:aws:iam::123456789012:role/Dev
prod         expired    arn:aws:iam::210987654321:role/Prod

AWS profiles: dev, prod
`)
  })

  it('shows the keys that AWS was asked about, and warns of old ones', () => {
    const seen = { createdAt: '2025-09-24T12:00:00Z', use: 'never', seenAt: '2026-01-01T12:00:00Z' } as const
    const keys = [
      { source: 'master', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', seen: { ...seen, warning: 'it is old\u001b' } },
      { source: 'lab', accessKeyId: 'AKIAI44QH8DHBEXAMPLE', seen },
    ]
    expect(formatStatus({ ...fullStatus, aws: { ...fullStatus.aws, keys } }, nowMs)).toContain(`

ACCESS KEY OF  ID                    AGE       LAST USED  AS OF
master         AKIAIOSFODNN7EXAMPLE  100 days  never      2026-01-01T12:00:00Z
lab            AKIAI44QH8DHBEXAMPLE  100 days  never      2026-01-01T12:00:00Z
  ! master: warning: it is old

AWS profiles: dev, prod
`)
  })

  it('says what a restart does to the lock', () => {
    const lockError = { code: 'LOCK_FILE', message: 'a restart unlocks it', hint: 'df' }
    const ssh = { ...fullStatus.ssh, locked: true, lockError }
    expect(formatStatus({ ...fullStatus, ssh }, nowMs)).toContain(
      'the agent is locked: latchkey unlock or ssh-add -X unlocks it\n  ! a restart unlocks it\n    hint: df\n',
    )
  })

  it('says so where nothing is configured', () => {
    const empty: Status = {
      ...fullStatus,
      keychain: {
        description: 'Secret Service',
        error: { code: 'KEYCHAIN_LOCKED', message: 'the keychain is locked', hint: 'unlock it' },
      },
      ssh: { locked: false, addedKeys: 0, identities: [] },
      vaults: [],
      aws: { sessions: [], roles: [], profiles: [] },
    }
    expect(formatStatus(empty, nowMs).split('\n').slice(5)).toEqual([
      '  keychain  Secret Service',
      '  ! the keychain is locked',
      '    hint: unlock it',
      '',
      'no vault is configured',
      '',
      'no SSH identity is configured',
      '',
      'no AWS profile is configured',
      '',
    ])
  })

  it.each([
    [{ terminal: false, programs: ['/a'] }, 'by /a'],
    [
      { terminal: true, programs: [], whyNoProgram: 'no screen' },
      'in the terminal of the caller; no dialog: no screen',
    ],
    [{ terminal: false, programs: [], whyNoProgram: 'no screen' }, 'nowhere; no dialog: no screen'],
  ])('says where a person is asked: %j', (prompt, words) => {
    expect(formatStatus({ ...fullStatus, prompt }, nowMs)).toContain(`\n  prompts   ${words}\n`)
  })

  it('shows what the agent did not do for ssh, in harmless characters', () => {
    const notices = [
      {
        at: '2026-01-02T03:04:05Z',
        reason: 'no key',
        count: 3,
        peer: 'ssh\u001b (pid 7)',
        host: 'SHA256:h',
        key: 'SHA256:k',
      },
      { at: '2026-01-02T03:04:04Z', reason: 'another', count: 1 },
    ]
    const report = formatStatus({ ...fullStatus, ssh: { ...fullStatus.ssh, notices } }, nowMs)
    expect(report).toContain(`what ssh did not get from the agent (what a server refused, the agent cannot know):
LAST                  WHAT              WHO ASKED    HOST KEY  KEY
2026-01-02T03:04:05Z  no key (3 times)  ssh (pid 7)  SHA256:h  SHA256:k
2026-01-02T03:04:04Z  another           -            -         -
`)
  })

  it('shows the other agents, and why one is left out', () => {
    const upstreams = [
      { name: 'card', socket: '/card', adds: ['sk', 'pkcs11'], keys: 3, added: 2 },
      { name: 'gpg', socket: '/gpg', adds: [], keys: 1, added: 0 },
      { name: 'new', socket: '/new', adds: [], added: 0 },
      { name: 'away', socket: '/a\u001b', adds: [], keys: 1, added: 0, error: { code: 'X', message: 'it is away' } },
    ]
    const ssh = { ...fullStatus.ssh, upstreams }
    expect(formatStatus({ ...fullStatus, ssh }, nowMs)).toContain(
      `
OTHER AGENT  KEYS                   TAKES       SOCKET
card         3, 2 added by ssh-add  sk, pkcs11  /card
gpg          1                      -           /gpg
new          not asked yet          -           /new
away         left out               -           /a
  ! away: it is away
`,
    )
    const only = { locked: false, addedKeys: 0, identities: [], upstreams }
    const aws = { sessions: [], roles: [], profiles: [] }
    expect(formatStatus({ ...fullStatus, vaults: [], ssh: only, aws }, nowMs)).not.toContain('nothing is configured')
  })

  it('does not let anybody overlook a seed', () => {
    const aws = { ...fullStatus.aws, seeds: ['master', 'b\u001b'] }
    expect(formatStatus({ ...fullStatus, aws }, nowMs)).toContain(
      'mfa/jo\n\nMFA seeds in the keychain, so that both factors are on this machine: master, b\n\nAWS PROFILE',
    )
  })

  it('warns of what does not count as written', () => {
    const aws = { sessions: [], roles: [], profiles: ['x'], warnings: ['profile x: endpoint_url is not used'] }
    const report = formatStatus({ ...fullStatus, aws }, nowMs)
    expect(report.endsWith('\nAWS profiles: x\n  ! warning: profile x: endpoint_url is not used\n')).toBe(true)
  })

  it('shows three hundred profiles as those in hand and a count, and not every warning', () => {
    const profiles = Array.from({ length: 300 }, (_, index) => `account-${index}`)
    const roles = [
      { profile: 'account-7', roleArn: 'arn:aws:iam::123456789012:role/R', expiresAt: fullStatus.startedAt },
    ]
    const warnings = profiles.map((name) => `profile ${name}: odd`)
    const report = formatStatus({ ...fullStatus, aws: { sessions: [], roles, profiles, warnings } }, nowMs)
    expect(report).toContain('\nAWS profiles: 300 (latchkey aws profiles list)\n')
    expect(report).toContain('account-7')
    expect(report).not.toContain('account-299')
    expect(report.endsWith('  ! 290 more warnings (latchkey status --json)\n')).toBe(true)
    const twenty = formatStatus({ ...fullStatus, aws: { sessions: [], roles, profiles: profiles.slice(0, 20) } }, nowMs)
    expect(twenty).toContain('account-18, account-19')
  })

  it('says what to do first where nothing is configured, and nothing is wrong', () => {
    const nothing: Status = {
      ...fullStatus,
      ssh: { locked: false, addedKeys: 1, identities: [] },
      vaults: [],
      aws: { sessions: [], roles: [], profiles: [] },
    }
    const report = formatStatus(nothing, nowMs)
    expect(report).toContain('\nkeys added with ssh-add: 1\nnothing is configured yet. Write /home/jo/')
    expect(report).toContain('latchkey config check')
    expect(report).not.toContain('no vault is configured')
  })

  it('shows what part of the configuration does not count, and does not call missing what is switched off', () => {
    const report = formatStatus(
      {
        ...fullStatus,
        vaults: [],
        config: {
          file: '/c.toml',
          errors: [
            {
              code: 'CONFIG_INVALID',
              section: 'vault.corp',
              effect: 'off',
              message: '/c.toml:2:1: x',
              hint: 'edit /c.toml',
            },
            { code: 'CONFIG_INVALID', section: 'log', effect: 'former', message: '/c.toml:3:1: y' },
            { code: 'CONFIG_INVALID', effect: 'ignored', message: '/c.toml:4:1: z' },
          ],
          warnings: ['w'],
        },
      },
      nowMs,
    )
    expect(report).toContain(`  keychain  Secret Service
  ! vault.corp is switched off: /c.toml:2:1: x
    hint: edit /c.toml
  ! log is as it was before the edit: /c.toml:3:1: y
  ! /c.toml:4:1: z
  ! warning: w

no vault can be used: see the mistakes above
`)
  })

  it('says why nothing is known of AWS', () => {
    const error = { code: 'CONFIG_UNREADABLE', message: '/aws is a pipe', hint: 'write a file' }
    const report = formatStatus({ ...fullStatus, aws: { sessions: [], roles: [], profiles: [], error } }, nowMs)
    expect(report.endsWith('\n\n  ! AWS: /aws is a pipe\n    hint: write a file\n')).toBe(true)
  })
})

it('calls nothing expired that the daemon says is good', () => {
  const [corp] = fullStatus.vaults
  const [ops] = fullStatus.ssh.identities
  const now = '2026-01-02T12:00:00Z'
  const vaults = [{ ...corp!, expiresAt: now }]
  const ssh = { ...fullStatus.ssh, identities: [{ ...ops!, validBefore: '2026-01-02T11:59:00Z' }] }
  const report = formatStatus({ ...fullStatus, vaults, ssh }, nowMs)
  expect(report).toMatch(/^corp +logged in +0s +userpass/m)
  expect(report).toMatch(/^ops +valid +0s +/m)
})

it('says that a daemon of another version must be restarted, and how', () => {
  expect(formatOtherVersion(fullStatus, '1.2.3', 'restart it')).toBe('')
  expect(formatOtherVersion(fullStatus, '1.3.0', 'restart it')).toBe(
    `  ! the daemon is version 1.2.3, and this command is 1.3.0: a daemon goes on until it is restarted
    hint: restart it; without a service: kill 42, then latchkey daemon
`,
  )
})
