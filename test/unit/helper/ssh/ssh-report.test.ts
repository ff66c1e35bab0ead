import { expect, it } from 'vitest'
import { formatSshExplanation } from '../../../../src/helper/ssh/ssh-report.ts'
import { sshExplanation, sshOffer } from '../../../support/ssh-explanation.ts'

const nowMs = Date.UTC(2026, 0, 2, 12)
const certificate = {
  keyId: 'vault-jo',
  serial: '7',
  principals: ['jo', 'deploy'],
  validAfter: '2026-01-02T11:00:00Z',
  validBefore: '2026-01-02T12:23:00Z',
  ca: 'SHA256:ca',
  caType: 'ssh-rsa',
  signedWith: 'rsa-sha2-256',
  extensions: ['permit-pty'],
  criticalOptions: {},
}

it('names the agent that has a key', () => {
  const { identity: _, ...key } = sshOffer('card', { kind: 'key', comment: 'card', agent: 'hardware', hosts: ['x'] })
  const { hosts: __, ...everywhere } = key
  const text = formatSshExplanation(sshExplanation({ offers: [{ ...key, fits: 'x' }, everywhere] }), nowMs)
  expect(text).toContain('why here: the agent hardware has it; x of its hosts fits\n')
  expect(text).toContain('why here: the agent hardware has it; it has no hosts, so it is for every host\n')
})

it('shows which identity ssh offers, why, and what is left out', () => {
  const offers = [
    sshOffer('ops', { certificate, hosts: ['*.prod', 'x'], fits: '*.prod', cautions: ['be careful'] }),
    sshOffer('other', {
      askedPrincipals: ['root'],
      file: '/run/other-cert.pub',
      error: { code: 'VAULT_DENIED', message: 'the role refuses', hint: 'latchkey login' },
    }),
    sshOffer('late', {
      kind: 'former-certificate',
      certificate: { ...certificate, validBefore: '2026-01-02T11:00:00Z' },
    }),
    { ...sshOffer('x', { kind: 'key', fingerprint: 'SHA256:k', hosts: ['db'] }), identity: 'bare' },
  ]
  const { identity: _, ...added } = sshOffer('added', { kind: 'key', comment: 'jo@laptop' })
  const text = formatSshExplanation(
    sshExplanation({
      offers: [...offers, added],
      leftOut: [{ identity: 'db', comment: 'db@corp', why: 'its hosts are others: db.prod' }],
      notices: ['something to do'],
    }),
    nowMs,
  )
  expect(text).toBe(`jo at web.prod, port 22
  host: its key is in known_hosts; to latchkey it is web.prod
  agent: latchkey, /run/agent.sock
ssh offers, in this order:
1. ops: certificate (ssh-ed25519), 23m left: the first that fits
   why here: *.prod of its hosts fits
   principals: jo, deploy
   key id vault-jo, serial 7, by the CA SHA256:ca (rsa-sha2-256)
   extensions: permit-pty
   ! be careful
2. other: a certificate (ssh-ed25519) that is fetched when it is needed
   why here: /run/other-cert.pub names it; it has no hosts, so it is for every host
   principals: root (asked for)
   ! the last try to fetch a certificate failed: the role refuses (latchkey login)
3. late: the certificate before its renewal (ssh-ed25519), expired
   why here: it has no hosts, so it is for every host
   principals: jo, deploy
   key id vault-jo, serial 7, by the CA SHA256:ca (rsa-sha2-256)
   extensions: permit-pty
4. bare: key (ssh-ed25519) SHA256:k
   why here: nobody knows whether its hosts fit: db
5. jo@laptop: key (ssh-ed25519)
   why here: added with ssh-add
left out:
  db: its hosts are others: db.prod
  ! something to do
what a server takes, it says only when it is asked: --try
`)
})

it('shows a login that was tried, and nothing that could move the cursor', () => {
  const text = formatSshExplanation(
    sshExplanation({
      offers: [],
      agent: { type: 'latchkey', identity: 'ops', path: '/run/agent-ops.sock' },
      host: { known: 'certificate', names: [] },
      attempt: {
        passed: 0,
        tried: [
          { name: 'a\u001b[2J', type: 'ED25519', fingerprint: 'SHA256:a', result: 'refused' },
          { name: 'b', type: 'ED25519-CERT', fingerprint: 'SHA256:b', result: 'accepted' },
        ],
        outcome: { type: 'in', hasTerminal: true },
        meaning: 'web lets you in',
      },
    }),
    nowMs,
  )
  expect(text).toBe(`jo at web.prod, port 22
  host: its CA is in known_hosts
  agent: latchkey, the socket of ops, /run/agent-ops.sock
ssh offers nothing from the agent
the login:
  1. a [2J (ED25519): not taken
  2. b (ED25519-CERT): accepted
  web lets you in
`)
})

it('shows which agent is asked instead, and that a host is new', () => {
  const by = (agent: Parameters<typeof sshExplanation>[0]) => formatSshExplanation(sshExplanation(agent), nowMs)
  expect(by({ agent: { type: 'none', why: 'IdentityAgent is none' } })).toContain(
    'agent: none, because IdentityAgent is none\n',
  )
  expect(by({ agent: { type: 'other', path: '/x' } })).toContain('agent: another one, /x\n')
  expect(by({ host: { known: 'new', names: [] } })).toContain('host: known_hosts does not have it\n')
})
