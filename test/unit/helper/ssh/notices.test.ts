import { describe, expect, it } from 'vitest'
import type { KnownKey } from '../../../../src/helper/ssh/known-keys.ts'
import { type NoticeFacts, noticesOf } from '../../../../src/helper/ssh/notices.ts'
import { sshExplanation, sshOffer, sshSettings } from '../../../support/ssh-explanation.ts'

const file = '/home/jo/.ssh/known_hosts'
const list: NoticeFacts['list'] = {
  isLocked: false,
  knownHosts: [file],
  usesHosts: true,
  names: ['web.prod'],
  isRevoked: false,
  isUnnamed: false,
  listed: [sshOffer('ops')],
  leftOut: [],
}
const key: KnownKey = { role: 'host', type: 'ssh-ed25519', key: 'AAAA', file, line: 1 }

function notices(changes: Partial<NoticeFacts> = {}): readonly string[] {
  const { notices: _, ...explanation } = sshExplanation()
  return noticesOf({
    ...explanation,
    settings: sshSettings(),
    options: ['-p', '22', '-F', '/my config'],
    list,
    keys: [key],
    dependsOnKey: false,
    ownSocket: '/run/agent.sock',
    folder: '/run/identity',
    ...changes,
  })
}
const one = (changes: Partial<NoticeFacts>) => {
  const all = notices(changes)
  expect(all).toHaveLength(1)
  return all[0]
}
const unnamed = { ...list, isUnnamed: true, names: [] }

it('other agents are named that are left out', () => {
  const agentsLeftOut = [{ name: 'card', error: { code: 'UPSTREAM_LATE', message: 'it has not answered' } }]
  expect(one({ list: { ...list, agentsLeftOut } })).toBe('the keys of the agent card are left out: it has not answered')
})

it('there are none where nothing is in the way', () => {
  expect(notices()).toEqual([])
})

describe('a notice', () => {
  it('says that ssh asks another agent, and the lines that make it ask this one', () => {
    const lines =
      'latchkey ssh config --install, or write IdentityAgent /run/agent.sock in ~/.ssh/config, or export SSH_AUTH_SOCK=/run/agent.sock'
    expect(one({ agent: { type: 'none', why: 'SSH_AUTH_SOCK is not set' } })).toBe(
      `ssh asks no agent, because SSH_AUTH_SOCK is not set: ${lines}`,
    )
    expect(one({ agent: { type: 'other', path: '/tmp/ssh' } })).toBe(`ssh asks another agent, /tmp/ssh: ${lines}`)
  })

  it('says what keeps every key back', () => {
    expect(one({ list: { ...list, isLocked: true } })).toContain('latchkey unlock')
    expect(one({ settings: sshSettings('pubkeyauthentication no') })).toContain('offers no key at all')
    expect(one({ list: { ...list, isRevoked: true } })).toContain('@revoked')
    expect(one({ list: { ...list, listed: [] }, offers: [] })).toBe(
      'the agent has nothing for this host: latchkey status',
    )
  })

  it('gives the lines that go with IdentitiesOnly', () => {
    const withheld = {
      offers: [],
      leftOut: [{ comment: 'ops', why: 'x' }],
      settings: sshSettings('identitiesonly yes'),
    }
    expect(one(withheld)).toContain(
      'write IdentityFile /run/identity/ops-cert.pub, with renew = "always" in [ssh.identity.ops]',
    )
    expect(notices({ ...withheld, settings: sshSettings() })).toEqual([])
  })

  it('counts the tries', () => {
    const before = (count: number) =>
      Array.from({ length: count }, (_, at) => sshOffer(`i${at}`, { standing: 'unknown' }))
    expect(notices({ offers: [...before(5), sshOffer('ops')], fitting: 6 })).toEqual([])
    expect(one({ offers: [...before(6), sshOffer('ops')], fitting: 7 })).toBe(
      'the first that fits comes at place 7, and most servers hang up after 6 (MaxAuthTries), from OpenSSH 10.6 on after 12: write hosts = ["web.prod"] in [ssh.identity.ops]',
    )
  })

  it('says that nothing is for this user, where that is known', () => {
    const others = [sshOffer('a', { standing: 'other-user' }), sshOffer('b', { standing: 'not-valid' })]
    expect(one({ offers: others })).toContain('nothing that ssh offers surely lets jo in')
    expect(notices({ offers: [...others, sshOffer('c', { standing: 'unknown' })] })).toEqual([])
  })

  it('says what becomes of a host that is new', () => {
    const host = { known: 'new', names: [] } as const
    expect(one({ host, keys: [] })).toContain(`ssh writes it to ${file} before it asks the agent`)
    expect(one({ host, keys: [], settings: sshSettings('stricthostkeychecking true') })).toContain(
      'ssh does not connect',
    )
    expect(one({ host, keys: [], list: { ...list, names: [] } })).toBe('known_hosts has no key for web.prod yet')
  })

  it('says why the agent does not know the name of a host', () => {
    const elsewhere = { ...key, file: '/etc/other' }
    expect(one({ list: unnamed, keys: [elsewhere] })).toContain(
      'ssh has it in /etc/other, which latchkey does not read; add that to known_hosts in [ssh]',
    )
    expect(one({ list: unnamed })).toContain('where known_hosts has it hashed')
  })

  it('says that the list depends on which key the host shows', () => {
    expect(one({ dependsOnKey: true })).toContain('ssh-keygen -F web.prod')
  })

  it('says what is on the way, and what another machine is not shown', () => {
    expect(notices({ hops: ['gate', 'u@x:22'] })).toEqual([
      "on the way is gate, which is a login of its own, and needs permit-port-forwarding: latchkey ssh explain -F '/my config' gate",
      expect.stringContaining('ssh://u@x:22'),
    ])
    expect(one({ settings: sshSettings('proxycommand nc %h %p') })).toContain('nc %h %p')
    const settings = sshSettings('forwardagent yes')
    expect(one({ settings })).toBe('ForwardAgent: the host is not shown ops, unless forward = "allow"')
    expect(notices({ settings, offers: [sshOffer('ops', { isForwarded: true })] })).toEqual([])
  })
})
