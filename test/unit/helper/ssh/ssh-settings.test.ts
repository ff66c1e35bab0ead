import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { knownName, parseSshSettings, triesCertificatesFirst } from '../../../../src/helper/ssh/ssh-settings.ts'

const recorded = readFileSync(join(import.meta.dirname, '../../../vectors/ssh-v/settings.txt'), 'utf8').split('\n')
const least = ['user jo', 'hostname web', 'port 22']

it('are read as ssh -G of OpenSSH 9.2 prints them', () => {
  expect(parseSshSettings(recorded)).toMatchObject({
    user: 'ubuntu',
    hostname: 'web1.example.com',
    port: 22,
    hostKeyAlias: 'foo',
    identityAgent: '/run/user/1000/latchkey/agent.sock',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: ssh expands it
    identityFiles: ['${XDG_RUNTIME_DIR}/latchkey/identity/ops-cert.pub'],
    certificateFiles: ['~/x-cert.pub'],
    identitiesOnly: true,
    usesKeys: true,
    acceptedAlgorithms: expect.arrayContaining(['ssh-ed25519-cert-v01@openssh.com']),
    hostKeyAlgorithms: expect.arrayContaining(['ssh-ed25519']),
    knownHostsFiles: [
      '/home/jo/.ssh/known_hosts',
      '/home/jo/.ssh/known_hosts2',
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ],
    strictHostKeyChecking: 'ask',
    forwardsAgent: false,
    forwardsPorts: false,
    wantsTerminal: true,
    hops: ['a@hop1:22', 'hop2'],
    proxyCommand: undefined,
  })
})

it.each([
  [
    ['userknownhostsfile /home/jo/my hosts ~/x %d/y none'],
    { knownHostsFiles: expect.arrayContaining(['/home/jo/my hosts', '~/x', '%d/y', 'none']) },
  ],
  [['pubkeyauthentication false'], { usesKeys: false }],
  [['pubkeyauthentication no'], { usesKeys: false }],
  [['pubkeyauthentication host-bound'], { usesKeys: true }],
  [['preferredauthentications password,keyboard-interactive'], { usesKeys: false }],
  [['preferredauthentications publickey'], { usesKeys: true }],
  [['forwardagent yes', 'localforward 8080 [localhost]:80'], { forwardsAgent: true, forwardsPorts: true }],
  [['forwardagent /run/agent.sock'], { forwardsAgent: true }],
  [['requesttty no'], { wantsTerminal: false }],
  [['hashknownhosts yes', 'hostkeyalias none'], { hashesKnownHosts: true, hostKeyAlias: undefined }],
  [['proxycommand nc %h %p', 'proxyjump none'], { proxyCommand: 'nc %h %p', hops: [] }],
  [['identityfile none', 'identityfile a', 'identityfile b c'], { identityFiles: ['a', 'b c'] }],
  // Where it still has to be applied to ssh's own list nothing is known.
  [['pubkeyacceptedalgorithms +ssh-rsa'], { acceptedAlgorithms: undefined }],
  [['pubkeyacceptedkeytypes ssh-ed25519'], { acceptedAlgorithms: ['ssh-ed25519'] }],
])('%j means %j', (lines, settings) => {
  expect(parseSshSettings([...least, ...lines])).toMatchObject(settings)
})

it.each([[[]], [['user jo', 'hostname web']], [['user jo', 'hostname web', 'port x']]])('%j is nothing', (lines) => {
  expect(parseSshSettings(lines)).toBeUndefined()
})

it('name a host as known_hosts has it', () => {
  const name = (...lines: string[]) => knownName(parseSshSettings([...lines, ...least])!)
  expect(name()).toBe('web')
  expect(name('port 2222')).toBe('[web]:2222')
  expect(name('port 2222', 'hostkeyalias alias')).toBe('alias')
})

it.each([
  ['OpenSSH_9.2p1 Debian-2', false],
  ['OpenSSH_10.4p1', false],
  ['OpenSSH_10.5p1, OpenSSL 3', true],
  ['OpenSSH_11.0', true],
  ['another ssh', false],
])('%s tries certificates first: %s', (version, expected) => {
  expect(triesCertificatesFirst(version)).toBe(expected)
})
