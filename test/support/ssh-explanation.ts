import type { ExplainedOffer, SshExplanation } from '../../src/helper/ssh/explanation.ts'
import { parseSshSettings, type SshSettings } from '../../src/helper/ssh/ssh-settings.ts'

/** What ssh says of `jo@web.prod`, and more lines of `ssh -G`. */
export const sshSettings = (...lines: readonly string[]): SshSettings =>
  parseSshSettings([
    ...lines,
    'user jo',
    'hostname web.prod',
    'port 22',
    'userknownhostsfile /home/jo/.ssh/known_hosts',
  ])!

/** An identity that fits, without a certificate so far. */
export const sshOffer = (identity: string, changes: Partial<ExplainedOffer> = {}): ExplainedOffer => ({
  identity,
  comment: `${identity}@corp`,
  kind: 'certificate',
  keyType: 'ssh-ed25519',
  isForwarded: false,
  confirm: 'never',
  signsLogins: true,
  warnings: [],
  standing: 'fits',
  cautions: [],
  ...changes,
})

/** An explanation in which all is well. */
export const sshExplanation = (changes: Partial<SshExplanation> = {}): SshExplanation => ({
  destination: 'web',
  user: 'jo',
  hostname: 'web.prod',
  port: 22,
  hops: [],
  agent: { type: 'latchkey', path: '/run/agent.sock' },
  host: { known: 'key', names: ['web.prod'] },
  offers: [sshOffer('ops')],
  fitting: 1,
  leftOut: [],
  notices: [],
  ...changes,
})
