import { expect, it } from 'vitest'
import { readIncludedFile, writeIncludedFile } from '../../../../src/helper/ssh-config/included-file.ts'

const settings = {
  writtenBy: 'latchkey ssh config --install',
  latchkey: '/opt/latchkey/bin/latchkey',
  hostToken: '%k',
  agentSocket: '/run/user/1/latchkey/agent.sock',
  lastingNames: [],
  knownHosts: ['/etc/ssh/ssh_known_hosts', '/run/user/1/latchkey/known_hosts'],
} as const

it('has what is run before each ssh, which agent it asks, and where host CAs are', () => {
  expect(writeIncludedFile(settings)).toBe(`# Written by latchkey, and written anew by: latchkey ssh config --install
Match exec "test -x /opt/latchkey/bin/latchkey" exec "/opt/latchkey/bin/latchkey ssh ready --if-running --user '%r' --port %p --hostname '%h' '%k'"
    IdentityAgent /run/user/1/latchkey/agent.sock
Match all
    GlobalKnownHostsFile /etc/ssh/ssh_known_hosts /run/user/1/latchkey/known_hosts
`)
})

it('names no alias where ssh has no word for it', () => {
  expect(writeIncludedFile({ ...settings, hostToken: '%h' })).toContain(`--port %p '%h'"\n`)
})

it('leaves the agent to SSH_AUTH_SOCK, and names identities where there is a certificate', () => {
  const lastingNames = [{ identity: 'ops', hosts: ['*.prod', '!db.prod'], certificate: '/run/a b/ops-cert.pub' }]
  const text = writeIncludedFile({ ...settings, agentSocket: undefined, lastingNames })
  expect(text).not.toContain('IdentityAgent')
  const linesFor = (criterion: string) => `Match ${criterion} "*.prod,!db.prod" exec "test -r '/run/a b/ops-cert.pub'"
    IdentityFile "/run/a b/ops-cert.pub"
    IdentitiesOnly yes
`
  expect(text).toContain(`'%k'"\n${linesFor('originalhost')}${linesFor('host')}Match all\n`)
})

it.each(['/opt/latchkey', '/opt/a b/latchkey', '/opt/100%/latchkey', '/opt/$HOME/latch key', '/opt/é/latchkey'])(
  'can be read again: %s',
  (latchkey) => {
    const { writtenBy } = settings
    expect(readIncludedFile(writeIncludedFile({ ...settings, latchkey }))).toEqual({ writtenBy, latchkey })
  },
)

it('doubles percent signs where ssh has tokens', () => {
  const text = writeIncludedFile({ ...settings, latchkey: '/a%h/l', agentSocket: '/b%h/s', knownHosts: ['/c%h'] })
  expect(text).toContain('test -x /a%%h/l"')
  expect(text).toContain('IdentityAgent /b%%h/s\n')
  expect(text).toContain('GlobalKnownHostsFile /c%h\n')
})

it.each([
  [{ latchkey: "/o'brien/latchkey" }, "'"],
  [{ latchkey: '/a"b/latchkey' }, '"'],
  [{ latchkey: '/a\nb/latchkey' }, 'control characters'],
  [{ agentSocket: '/run/$USER/agent.sock' }, '$'],
  [{ knownHosts: ['/a\\b'] }, '\\'],
])('refuses a path that ssh_config cannot name: %j', (more, sign) => {
  expect(() => writeIncludedFile({ ...settings, ...more })).toThrow(
    expect.objectContaining({ code: 'REFUSED', hint: expect.stringContaining(`choose one without ${sign}:`) }),
  )
})

it.each(['', 'Host a\n', '# Written by latchkey, and written anew by: x\nHost a\n'])(
  'is not taken for one that it is not: %j',
  (text) => expect(readIncludedFile(text)).toBeUndefined(),
)
