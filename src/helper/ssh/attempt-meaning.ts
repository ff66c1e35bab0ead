import { sectionHeader } from '../../core/text/section-name.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { SshExplanation } from './explanation.ts'
import { explainHop } from './hops.ts'
import type { LoginAttempt } from './login-attempt.ts'
import type { SshTarget } from './run-ssh.ts'
import { knownName, type SshSettings } from './ssh-settings.ts'

/** What an attempt means, and what to do about it. */
export interface AttemptMeaning {
  meaning: string
  hint?: string
}

/** Where the server says what it has against a key; to the client it says nothing. */
const serverLog = 'the reason is in the log of the server alone: journalctl -u ssh -n 50 there (-u sshd on others)'

/** In words, for the person who has tried it. */
export function meaningOf(
  { outcome, tried, passed }: LoginAttempt,
  explained: Omit<SshExplanation, 'attempt'>,
  settings: SshSettings,
  { options, destination }: SshTarget,
): AttemptMeaning {
  const { user, hops } = explained
  const hop = passed < hops.length && outcome.type !== 'in' ? hops[passed] : undefined
  const at = hop ?? `${user}@${settings.hostname}`
  const again = hop === undefined ? undefined : explainHop(hop, options, '--try')
  const ssh = `ssh ${[...options, destination].map(shellWord).join(' ')}`
  const one = tried.length === 1
  switch (outcome.type) {
    case 'in': {
      const place = tried.length > 1 ? `, the ${ordinal(tried.length)} key` : ''
      const by = tried.at(-1)?.name
      const meaning = `${at} lets you in${by === undefined ? ', without a key' : `, by ${by}${place}`}`
      if (outcome.hasTerminal) return { meaning }
      const why = 'the certificate may lack permit-pty, or the server gives none (PermitTTY)'
      return { meaning: `${meaning}, but gives no terminal`, hint: why }
    }
    case 'too-many':
      return {
        meaning: `${at} ended the connection after ${one ? 'the one key' : `${tried.length} keys`} that it does not take (MaxAuthTries)`,
        hint: again ?? narrowing(explained, knownName(settings)),
      }
    case 'denied':
      if (tried.some(({ result }) => result === 'not-signed'))
        return { meaning: `${at} would have taken a key that the agent did not sign with`, hint: 'latchkey status' }
      if (outcome.isPartial)
        return {
          meaning: `${at} takes the key, and wants ${outcome.methods.join(' or ')} besides`,
          hint: ssh,
        }
      if (tried.length === 0)
        return {
          meaning: `${at} was offered no key, and takes ${outcome.methods.join(', ')}`,
          hint: again ?? noKey(explained),
        }
      return {
        meaning: `${at} ${one ? 'does not take the one key' : `takes none of the ${tried.length} keys`} that it was offered`,
        hint: again ?? refusal(explained),
      }
    case 'host-changed':
      return {
        meaning: `${at} has proved another key than known_hosts has: nobody was let near it`,
        hint: again ?? `ask whoever runs the host; if its key was changed: ${forgetting(settings, outcome.file)}`,
      }
    case 'host-unknown':
      return {
        meaning: `known_hosts has no key for ${hop ?? knownName(settings)}, and a try accepts none`,
        hint: `${ssh}, which asks; compare the fingerprint with that of the host`,
      }
    case 'host-revoked':
      return { meaning: `the key of ${at} is @revoked in known_hosts`, hint: 'ask whoever runs the host' }
    case 'host-unverified':
      return { meaning: `ssh does not trust the key of ${at}`, hint: again ?? ssh }
    case 'unreachable':
      return {
        meaning: `${at} cannot be reached${hop === undefined ? ` at port ${settings.port}` : ''}: ${outcome.reason}`,
        hint: /refused/.test(outcome.reason)
          ? 'no sshd listens there: look at Port and HostName in ssh_config, and at the server'
          : 'look at the network or VPN, and at HostName in ssh_config',
      }
    case 'unresolved':
      return {
        meaning: `nobody knows an address of ${hop ?? settings.hostname}`,
        hint: again ?? `getent hosts ${shellWord(settings.hostname)}; HostName in ssh_config`,
      }
    case 'not-forwarded': {
      const before = hops.at(-1) ?? 'the host before'
      const isForbidden = /prohibited/.test(outcome.reason)
      return {
        meaning: `${before} lets you in, and does not lead on to ${at}: ${outcome.reason}`,
        hint: isForbidden
          ? `the certificate needs permit-port-forwarding, and sshd AllowTcpForwarding: ${explainHop(before, options)}`
          : `look at Port and HostName in ssh_config, as ${before} sees them`,
      }
    }
    case 'no-common-algorithm':
      return {
        meaning: `ssh and ${at} have no algorithm in common: ${outcome.reason}`,
        hint: `${ssh.replace('ssh', 'ssh -G')} shows those of ssh`,
      }
    case 'closed':
      return {
        meaning: `${at} closed the connection before anybody could log in`,
        hint: again ?? `MaxStartups or a firewall, or what ProxyCommand runs; ${serverLog}`,
      }
    case 'timed-out':
      return { meaning: `${at} did not answer in time`, hint: again ?? 'look at the network or VPN' }
    case 'other':
      return { meaning: `ssh did not get in to ${at}: ${outcome.reason}`, hint: ssh.replace('ssh', 'ssh -v') }
  }
}

const forgetting = (settings: SshSettings, file: string | undefined) =>
  `ssh-keygen -R ${shellWord(knownName(settings))}${file === undefined ? '' : ` -f ${shellWord(file)}`} (takes out whole lines, other names in them too)`

const ordinal = (count: number) =>
  `${count}${['th', 'st', 'nd', 'rd'][count % 100 > 10 && count % 100 < 14 ? 0 : count % 10] ?? 'th'}`

/** How a key comes first that comes too late. */
function narrowing({ offers, fitting }: Omit<SshExplanation, 'attempt'>, name: string): string {
  const right = fitting === undefined ? undefined : offers[fitting - 1]?.identity
  if (right === undefined)
    return 'none of them surely fits: say in hosts of each [ssh.identity.…] which hosts it is for; latchkey ssh explain'
  return `hosts = [${JSON.stringify(name)}] in ${sectionHeader('ssh', 'identity', right)}; or in ssh_config IdentitiesOnly yes with IdentityFile …/identity/${right}-cert.pub`
}

function noKey({ agent, offers, leftOut }: Omit<SshExplanation, 'attempt'>): string {
  if (agent.type !== 'latchkey') return 'ssh does not ask latchkey: see the notices'
  const failed = offers.find(({ error }) => error !== undefined)
  if (failed !== undefined) return `${failed.identity}: ${failed.error?.hint ?? failed.error?.message}`
  return leftOut.length > 0 ? 'everything is left out: see why' : 'latchkey status'
}

/** What is known to be wrong with the first that was offered. */
function refusal({ offers }: Omit<SshExplanation, 'attempt'>): string {
  const suspect = offers.find(({ standing }) => standing !== 'fits' && standing !== 'unknown')
  const isSure = !offers.some(({ standing }) => standing === 'fits')
  const caution = suspect?.cautions[0]
  if (isSure && suspect !== undefined && caution !== undefined)
    return `${suspect.identity ?? suspect.comment}: ${caution}; ${serverLog}`
  return `does the server trust this CA (TrustedUserCAKeys), and allow this user? ${serverLog}`
}
