import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { OwnIdentity } from '../../../../src/helper/host-check/finding.ts'
import { findingsOf } from '../../../../src/helper/host-check/findings.ts'
import type { HostObservation, ProgramSaid } from '../../../../src/helper/host-check/observation.ts'

const vector = (version: string) =>
  readFileSync(join(import.meta.dirname, `../../../vectors/sshd/settings-${version}.txt`), 'utf8').split('\n')
const said = (...lines: string[]): ProgramSaid => ({ lines, status: 0 })
const failed = (...lines: string[]): ProgramSaid => ({ lines, status: 1 })
const caKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA'
const rsaKey = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB'
const ca = { vault: 'corp', mount: 'ssh', key: caKey, fingerprint: 'SHA256:abc' }
const rsaCa = { vault: 'corp', mount: 'old', key: rsaKey, fingerprint: 'SHA256:rsa' }
const ops: OwnIdentity = { name: 'ops', keyType: 'ssh-ed25519', principals: ['ops'] }
const certificate = said(
  '/etc/ssh/ssh_host_ed25519_key-cert.pub:',
  '        Type: ssh-ed25519-cert-v01@openssh.com host certificate',
  '        Signing CA: ED25519 SHA256:hostca (using ssh-ed25519)',
  '        Valid: from 2026-01-01T00:00:00 to 2027-01-01T00:00:00',
  '        Principals: ',
  '                web.prod',
  '                web',
  '        Critical Options: (none)',
)

const host: HostObservation = {
  user: 'ubuntu',
  groups: ['ubuntu', 'adm'],
  time: '2026-06-01T12:00:00',
  sshd: said(...vector('9.2')),
  ca: said('# ours', '', ` ${caKey} vault`),
  revoked: said(''),
  principals: said('# who', 'from="10.0.0.0/8" ops', 'dev'),
  hostCertificates: [certificate],
}
const find = (more: Partial<HostObservation> = {}, own: Partial<Parameters<typeof findingsOf>[1]> = {}) =>
  findingsOf({ ...host, ...more }, { cas: [ca], unreadCas: [], identities: [ops], ...own })
const textsOf = (type: string, ...input: Parameters<typeof find>) =>
  find(...input)
    .filter((finding) => finding.type === type)
    .map(({ text }) => text)
/** With another value of a setting, or without it. */
const having = (name: string, value?: string): Partial<HostObservation> => ({
  sshd: said(
    ...host.sshd.lines.filter((line) => !line.startsWith(`${name} `)),
    ...(value === undefined ? [] : [`${name} ${value}`]),
  ),
})

describe.each(['9.2', '10.6'])('a host with the sshd of OpenSSH %s', (version) => {
  it('that takes our certificates has nothing against it', () => {
    expect(find({ sshd: said(...vector(version)) })).toEqual([
      { type: 'good', text: 'it trusts SHA256:abc, the CA of corp/ssh' },
      {
        type: 'good',
        text: 'for ubuntu it takes the principal ops, dev (by /etc/ssh/principals/%u)',
      },
      { type: 'good', text: 'that is one of ops' },
      {
        type: 'good',
        text: 'its host key is certified for web.prod, web, by ED25519 SHA256:hostca (using ssh-ed25519), until 2027-01-01T00:00:00',
      },
    ])
  })
})

describe('a CA', () => {
  it.each([
    ['is none', having('trustedusercakeys', 'none'), 'it trusts no CA: TrustedUserCAKeys is none'],
    [
      'is in no file',
      { ca: failed('head: cannot open /x for reading: No such file or directory') },
      'it trusts no CA: TrustedUserCAKeys names /etc/ssh/trusted_ca_keys.pub, which does not exist',
    ],
    [
      'is in a folder',
      { ca: failed("head: error reading '/x': Is a directory") },
      'it trusts no CA: TrustedUserCAKeys names /etc/ssh/trusted_ca_keys.pub, which is a folder',
    ],
    [
      'has a prefix that sshd does not read',
      { ca: said(rsaKey, `cert-authority ${caKey}`) },
      'it does not trust SHA256:abc, the CA of corp/ssh: sshd stops reading /etc/ssh/trusted_ca_keys.pub at line 2',
    ],
    ['is another', { ca: said(rsaKey) }, 'it does not trust SHA256:abc, the CA of corp/ssh'],
    [
      'stands behind a line that sshd does not read',
      { ca: said('', `cert-authority ${caKey}`, caKey) },
      'it does not trust SHA256:abc, the CA of corp/ssh: /etc/ssh/trusted_ca_keys.pub has it, but sshd stops reading at line 2',
    ],
    [
      'signs as sshd does not take it',
      having('casignaturealgorithms', 'rsa-sha2-512'),
      'CASignatureAlgorithms has no ssh-ed25519: it takes no certificate of SHA256:abc, the CA of corp/ssh',
    ],
  ] as const)('that %s is bad', (_, more, text) => expect(textsOf('bad', more)).toEqual([text]))

  it('that is not trusted can be mended', () => {
    const bad = find({ ca: said(rsaKey) }).find(({ type }) => type === 'bad')
    expect(bad?.hint).toContain('latchkey ssh cloud-init --format shell')
  })

  it('and a CA that could not be read may be the one that it trusts', () => {
    const unreadCas = [{ vault: 'other', mount: 'ssh', error: { message: 'other is away', hint: 'latchkey status' } }]
    const text = 'whether it trusts the CA of other/ssh: other is away'
    expect(find({}, { unreadCas })).toContainEqual({ type: 'unseen', text, hint: 'latchkey status' })
    const elsewhere = find({ ca: said(rsaKey) }, { unreadCas })
    expect(elsewhere).toContainEqual({ type: 'note', text: 'it does not trust SHA256:abc, the CA of corp/ssh' })
    expect(elsewhere.filter(({ type }) => type === 'bad')).toEqual([])
    expect(textsOf('bad', { ca: said(rsaKey) })).toEqual(['it does not trust SHA256:abc, the CA of corp/ssh'])
  })

  it('is enough, one of several, if its algorithm is taken', () => {
    const own = { cas: [ca, rsaCa] }
    expect(textsOf('bad', {}, own)).toEqual([])
    expect(textsOf('note', {}, own)).toEqual(['it does not trust SHA256:rsa, the CA of corp/old'])
    expect(textsOf('bad', { ca: said(rsaKey) }, { cas: [rsaCa] })).toEqual([])
  })

  it('that signs nothing now is told of, and neither lets in nor keeps out', () => {
    const own = { cas: [ca, { ...rsaCa, isSpare: true as const }] }
    expect(textsOf('note', {}, own)).toEqual(['it does not trust SHA256:rsa, another issuer of corp/old'])
    expect(textsOf('bad', {}, own)).toEqual([])
    expect(textsOf('bad', { ca: said(rsaKey) }, own)).toEqual(['it does not trust SHA256:abc, the CA of corp/ssh'])
    expect(textsOf('good', { ca: said(rsaKey) }, own)).toContain('it trusts SHA256:rsa, another issuer of corp/old')
    const both = { ...having('casignaturealgorithms', 'ssh-ed25519'), ca: said(caKey, rsaKey), revoked: said(rsaKey) }
    expect(textsOf('bad', both, own)).toEqual([])
    expect(textsOf('note', both, own)).toEqual([
      'CASignatureAlgorithms has no rsa-sha2-512: it takes no certificate of SHA256:rsa, another issuer of corp/old',
      expect.stringContaining('it has revoked SHA256:rsa, another issuer of corp/old'),
    ])
  })

  it('that may not be looked at is not seen', () => {
    expect(textsOf('unseen', { ca: failed('head: x: Permission denied') })).toEqual([
      'which CAs it trusts: /etc/ssh/trusted_ca_keys.pub: Permission denied',
    ])
  })
})

describe('revoked keys', () => {
  it.each([
    [
      failed('head: x: No such file or directory'),
      'bad',
      'it refuses every key: RevokedKeys names /etc/ssh/revoked_keys, which does not exist',
    ],
    [said(caKey), 'bad', 'it has revoked SHA256:abc, the CA of corp/ssh, in /etc/ssh/revoked_keys'],
    [
      said('SSHKRL\n\u0000'),
      'unseen',
      'whether its list of revoked keys has the CA: ssh-keygen -Q -f /etc/ssh/revoked_keys CA.pub there',
    ],
    [failed('sudo: no'), 'unseen', 'which keys it has revoked: /etc/ssh/revoked_keys: no'],
  ])('%j', (revoked, type, text) => expect(textsOf(type, { revoked })).toEqual([text]))

  it('are no matter where there are none', () => {
    expect(textsOf('bad', { ...having('revokedkeys', 'none'), revoked: undefined })).toEqual([])
  })
})

describe('principals', () => {
  const byName = { ...having('authorizedprincipalsfile', 'none'), principals: undefined }
  it('are the login name where there is no file', () => {
    expect(textsOf('good', byName)).toContain('for ubuntu it takes the principal ubuntu (the login name)')
    expect(textsOf('bad', byName)).toEqual(['no identity has such a principal: ops is for ops'])
  })

  it('of an identity that has none yet are not judged', () => {
    expect(textsOf('bad', byName, { identities: [{ ...ops, principals: [] }] })).toEqual([])
  })

  it.each([
    [
      failed('head: cannot open x: No such file or directory'),
      'bad',
      'it takes no principal for ubuntu: /etc/ssh/principals/%u is AuthorizedPrincipalsFile, and there is none for that user',
    ],
    [said('# nobody'), 'bad', 'it takes no principal for ubuntu: /etc/ssh/principals/%u has none'],
    [
      failed('Permission denied'),
      'unseen',
      'which principals it takes for ubuntu: /etc/ssh/principals/%u: Permission denied',
    ],
  ])('%j', (principals, type, text) => expect(textsOf(type, { principals })).toEqual([text]))

  it('that a command gives are not seen', () => {
    const command = having('authorizedprincipalscommand', '/bin/principals %u').sshd!
    const sshd = said(...command.lines.filter((line) => !line.startsWith('authorizedprincipalsfile ')))
    expect(textsOf('unseen', { sshd, principals: undefined })).toEqual([
      'which principals /bin/principals %u gives ubuntu',
    ])
    expect(textsOf('unseen', { sshd: command })).toEqual(['which principals /bin/principals %u gives ubuntu'])
    expect(textsOf('bad', { sshd: command, principals: said('') })).toEqual([])
  })
})

describe('a host does not let in', () => {
  it.each([
    ['pubkeyauthentication', 'no', 'it takes no keys: PubkeyAuthentication is no'],
    [
      'authenticationmethods',
      'publickey,password',
      'a key alone is not enough: AuthenticationMethods is publickey,password',
    ],
    [
      'pubkeyacceptedalgorithms',
      'ssh-ed25519',
      'PubkeyAcceptedAlgorithms has no certificates of ssh-ed25519: it does not take ops',
    ],
    ['denyusers', 'u*u', 'it does not let ubuntu in: DenyUsers has ubuntu'],
    ['denyusers', 'ubunt?@10.*', 'it does not let ubuntu in: DenyUsers has ubuntu'],
    ['denygroups', 'adm', 'it does not let ubuntu in: DenyGroups has a group of ubuntu'],
    ['allowusers', 'root', 'it does not let ubuntu in: AllowUsers does not have ubuntu'],
    ['allowgroups', 'ssh.', 'it does not let ubuntu in: AllowGroups has no group of ubuntu'],
  ])('whom or what %s %s excludes', (name, value, text) => expect(textsOf('bad', having(name, value))).toEqual([text]))

  it('root where PermitRootLogin says so', () => {
    expect(textsOf('bad', { ...having('permitrootlogin', 'no'), user: 'root' })).toContain(
      'it does not let root in: PermitRootLogin is no',
    )
  })

  it.each([
    ['authenticationmethods', 'any'],
    ['denyusers', 'eve'],
    ['allowusers', 'ubuntu@10.*'],
    ['pubkeyacceptedalgorithms', 'ssh-ed25519-cert-v01@openssh.com'],
  ])('anybody but not because of %s %s', (name, value) => expect(textsOf('bad', having(name, value))).toEqual([]))

  it('anybody by a pattern that has a matcher try ever more ways', () => {
    const host = { ...having('denyusers', `${'*a'.repeat(30)}b`), user: 'a'.repeat(64) }
    expect(textsOf('bad', host).filter((text) => text.includes('DenyUsers'))).toEqual([])
  })
})

describe('a host key', () => {
  it.each([
    [[], having('hostcertificate'), 'note', 'its host key is not certified: HostCertificate is none'],
    [[], {}, 'unseen', 'its host certificate /etc/ssh/ssh_host_ed25519_key-cert.pub'],
    [[failed('/x: No such file or directory')], {}, 'unseen', 'its host certificate: No such file or directory'],
    [
      [said('Type: ssh-ed25519-cert-v01@openssh.com user certificate')],
      {},
      'note',
      'its HostCertificate is none of a host',
    ],
    [
      [certificate],
      { time: '2027-01-01T00:00:00' },
      'note',
      'its host key is certified for web.prod, web, by ED25519 SHA256:hostca (using ssh-ed25519); that has ended, at 2027-01-01T00:00:00',
    ],
    [
      [said('Type: x host certificate', 'Valid: forever')],
      {},
      'good',
      'its host key is certified for every name, by an unknown CA',
    ],
  ] as const)('%#', (hostCertificates, more, type, text) => {
    expect(textsOf(type, { ...more, hostCertificates })).toContain(text)
  })
})

it.each([
  [
    failed('sudo: a password is required'),
    'what sshd has in force: ubuntu may not use sudo there: sudo: a password is required',
  ],
  [failed('sh: 1: sudo: not found'), 'what sshd has in force: ubuntu may not use sudo there: sh: 1: sudo: not found'],
  [failed('bad configuration'), 'what sshd has in force: sshd does not say it: bad configuration'],
  [failed(), 'what sshd has in force: sshd does not say it: status 1'],
])('where sshd is not asked it says what was not seen: %j', (sshd, text) => {
  expect(find({ sshd })).toEqual([
    { type: 'unseen', text },
    {
      type: 'unseen',
      text: 'which CAs and principals it takes, what it refuses, and whether its host key is certified',
    },
  ])
})

describe('a file of which only the beginning was read', () => {
  const long = Array.from({ length: 900 }, () => `${rsaKey}${'A'.repeat(60)}`)

  it('may have the CA at its end', () => {
    expect(textsOf('bad', { ca: said(...long) })).toEqual([])
    expect(textsOf('unseen', { ca: said(...long) })).toEqual([
      'whether it trusts SHA256:abc, the CA of corp/ssh: /etc/ssh/trusted_ca_keys.pub has more than 64 KiB',
    ])
    expect(textsOf('unseen', { ca: said(caKey, ...long) })).toEqual([])
  })

  it('may revoke it there', () => {
    const [unseen, ...more] = textsOf('unseen', { revoked: said(...long) })
    expect(unseen).toMatch(/^all keys that it has revoked: \S+ has more than 64 KiB$/)
    expect(more).toEqual([])
  })
})

it('a RevokedKeys that is a folder refuses every key', () => {
  const revoked = failed("head: error reading '/etc/ssh/revoked': Is a directory")
  expect(textsOf('bad', { revoked })).toEqual([expect.stringMatching(/^it refuses every key: .* which is a folder$/)])
})

it('a principal ends where a comment begins', () => {
  const principals = said('from="10.0.0.0/8" ops # not dev', '  # nobody', '#')
  expect(textsOf('good', { principals })).toContain('for ubuntu it takes the principal ops (by /etc/ssh/principals/%u)')
})
