import { formatDuration } from '../../core/time/duration.ts'
import type { ExplainedCertificate, ListedIdentity } from '../../ipc/endpoints/ssh-explain.ts'
import type { SshSettings } from './ssh-settings.ts'

/** Whether a server that knows nothing but the certificate's CA lets a user in by an identity. */
export type Standing =
  | 'fits'
  /** The user is not among its principals: the server would have to have them in a list of its own. */
  | 'other-user'
  /** It has ended, or has not begun. */
  | 'not-valid'
  /** The agent does not sign logins with it. */
  | 'not-signed'
  /** Only the server knows: a plain key, or a certificate that has still to be fetched. */
  | 'unknown'

/** @param nowMs ms since the epoch */
export function standingOf(identity: ListedIdentity, user: string, nowMs: number): Standing {
  const { certificate, askedPrincipals, signsLogins } = identity
  if (certificate !== undefined && validityCautions(certificate, nowMs).length > 0) return 'not-valid'
  if (!signsLogins) return 'not-signed'
  const principals = certificate?.principals ?? askedPrincipals
  if (principals === undefined) return 'unknown'
  return principals.includes(user) ? 'fits' : 'other-user'
}

type Circumstances = Pick<SshSettings, 'user' | 'forwardsAgent' | 'forwardsPorts' | 'wantsTerminal'>

/** What a server would refuse of an identity, or would not do for it, and what the agent itself does not, in words. */
export function cautionsOf(identity: ListedIdentity, circumstances: Circumstances, nowMs: number): readonly string[] {
  const { certificate, askedPrincipals, warnings, confirm, signsLogins } = identity
  const { user } = circumstances
  const ofAgent = [
    ...(signsLogins ? [] : ['the agent does not sign logins with it: write "login" into its sign in config.toml']),
    ...(confirm === 'always' ? ['you are asked before each use (confirm)'] : []),
  ]
  if (certificate === undefined) {
    const isOther = askedPrincipals !== undefined && !askedPrincipals.includes(user)
    return [...ofAgent, ...(isOther ? [otherUser(askedPrincipals, user)] : []), ...warnings]
  }
  return [
    ...ofAgent,
    ...validityCautions(certificate, nowMs),
    ...principalCautions(certificate, user),
    ...optionCautions(certificate),
    ...extensionCautions(certificate, circumstances),
    // permit-pty is said above, for all certificates alike.
    ...warnings.filter((warning) => !warning.includes('permit-pty')),
  ]
}

function validityCautions({ validAfter, validBefore }: ExplainedCertificate, nowMs: number): readonly string[] {
  const seconds = (time: string) => (nowMs - Date.parse(time)) / 1000
  if (validBefore !== undefined && seconds(validBefore) >= 0)
    return [`every server refuses it: it ended ${formatDuration(seconds(validBefore))} ago`]
  if (seconds(validAfter) < 0)
    return [`every server whose clock agrees refuses it: it begins in ${formatDuration(-seconds(validAfter))}`]
  return []
}

function principalCautions({ principals }: ExplainedCertificate, user: string): string[] {
  if (principals.length === 0) return ['it names no user: sshd refuses it']
  return principals.includes(user) ? [] : [otherUser(principals, user)]
}

const otherUser = (principals: readonly string[], user: string) =>
  `for ${principals.join(', ')}, not for ${user}: only a server takes it that has such a name for ${user} (AuthorizedPrincipalsFile, -Command)`

/** Those of OpenSSH's PROTOCOL.certkeys; sshd refuses a certificate with any other. */
function optionCautions({ criticalOptions }: ExplainedCertificate): string[] {
  return Object.entries(criticalOptions).map(([name, value]) => {
    switch (name) {
      case 'force-command':
        return `whatever you run, the server runs: ${value}`
      case 'source-address':
        return `servers take it only from ${value}`
      case 'verify-required':
        return 'servers take it only from a security key that has verified its user'
      default:
        return `sshd does not know the critical option ${name}, and refuses the certificate`
    }
  })
}

function extensionCautions(
  { extensions }: ExplainedCertificate,
  { forwardsAgent, forwardsPorts, wantsTerminal }: Circumstances,
): string[] {
  const lacks = (name: string, isWanted: boolean) => isWanted && !extensions.includes(name)
  const lacking = (what: string, name: string) =>
    `${what} without ${name}: set it in default_extensions of the role, or in extensions of config.toml`
  return [
    ...(lacks('permit-pty', wantsTerminal) ? [lacking('no terminal', 'permit-pty')] : []),
    ...(lacks('permit-agent-forwarding', forwardsAgent)
      ? [lacking('ForwardAgent has no effect', 'permit-agent-forwarding')]
      : []),
    ...(lacks('permit-port-forwarding', forwardsPorts)
      ? [lacking('ports are not forwarded', 'permit-port-forwarding')]
      : []),
  ]
}
