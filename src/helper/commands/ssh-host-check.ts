import type { Command } from 'commander'
import { displayJson } from '../../core/text/display-text.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import type { OwnFacts } from '../host-check/finding.ts'
import { findingsOf } from '../host-check/findings.ts'
import { formatHostCheck } from '../host-check/report.ts'
import { observeHost } from '../host-check/run-check.ts'
import { addSshOptions, sshDestination } from './ssh-target.ts'

interface HostCheckOptions {
  identity?: string[]
  issuer?: string[]
  json?: true
}

/** `latchkey ssh host-check` */
export function addSshHostCheckCommand(ssh: Command, context: CommandContext): void {
  const check = ssh
    .command('host-check')
    .description('log in to a host, and see whether its sshd takes certificates of our CA, by sudo sshd -T there')
    .argument('<host>', '[USER@]HOST, as for ssh', sshDestination)
    .option('--identity <name>', 'whose CA it is to trust (default: one of those of all identities)', collect)
    .option('--issuer <ref>', 'of the mount of that CA, this issuer alone (OpenBao); may be repeated', collect)
    .option('--json', 'print it as JSON')
  const options = addSshOptions(check)
  check.action(async (host: string, { identity, issuer, json }: HostCheckOptions) => {
    const own = await ownSide(identity, issuer, context)
    const observed = await observeHost({ destination: host, options }, context)
    const findings = findingsOf(observed, own)
    const { user } = observed
    context.print(json ? `${displayJson({ host, user, findings }, 2)}\n` : formatHostCheck(host, user, findings))
    const bad = findings.filter(({ type }) => type === 'bad')
    if (bad.length > 0)
      throw new HelperError('REFUSED', `${host} does not let ${user} in by a certificate of ours`, {
        hint: bad.find(({ hint }) => hint !== undefined)?.hint ?? mending,
      })
    const unseen = findings.filter(({ type }) => type === 'unseen')
    if (unseen.length > 0)
      throw new HelperError('REFUSED', `not all of ${host} could be seen`, {
        hint:
          unseen.find(({ hint }) => hint !== undefined)?.hint ??
          'log in as somebody who may use sudo without a password',
      })
  })
}

/** The CAs and identities that the host is compared with. */
async function ownSide(
  named: readonly string[] | undefined,
  issuers: readonly string[] | undefined,
  { daemon }: CommandContext,
): Promise<OwnFacts> {
  const { ssh } = await daemon.call('getStatus')
  const identities = ssh.identities.filter(({ name }) => named === undefined || named.includes(name))
  const { cas, unread = [] } = await daemon.call('readSshCas', {
    body: {
      ...(named === undefined ? { everyIdentity: true } : { identities: [...named] }),
      ...(issuers === undefined ? { everyIssuer: true } : { issuers: [...issuers] }),
    },
  })
  return { cas, unreadCas: unread, identities }
}

/** Where a setting of sshd is in the way. */
const mending = 'change that in /etc/ssh/sshd_config there, then: sshd -t && systemctl reload ssh'

const collect = (value: string, former: readonly string[] = []) => [...former, value]
