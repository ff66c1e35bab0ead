import { sectionHeader } from '../../core/text/section-name.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { SshListExplanation } from '../../ipc/endpoints/ssh-explain.ts'
import type { SshExplanation } from './explanation.ts'
import { explainHop } from './hops.ts'
import type { KnownKey } from './known-keys.ts'
import { knownName, type SshSettings } from './ssh-settings.ts'

/** What the notices are about. */
export interface NoticeFacts extends Omit<SshExplanation, 'notices'> {
  settings: SshSettings
  /** What latchkey would list. */
  list: SshListExplanation
  keys: readonly KnownKey[]
  /** Whether another key of the host leads to another list. */
  dependsOnKey: boolean
  /** Options of the command line. */
  options: readonly string[]
  /** Where the agent and the files of identities are. */
  ownSocket: string
  folder: string
}

/** sshd's MaxAuthTries where nothing else is set. */
const usualTries = 6
/** How many keys a client of sshd 10.6 and later may ask about before they count (PubkeyAuthOptions max-pk-ok, sshd_config(5)). */
const usualQueries = 6

/** What is in the way of a login, or worth knowing, with what to do; what keeps everything from working comes first. */
export function noticesOf(facts: NoticeFacts): readonly string[] {
  return [agentNotices, keyNotices, offerNotices, hostNotices, wayNotices].flatMap((notices) => notices(facts))
}

function agentNotices({ agent, ownSocket, list }: NoticeFacts): string[] {
  const line = `latchkey ssh config --install, or write IdentityAgent ${ownSocket} in ~/.ssh/config, or export SSH_AUTH_SOCK=${shellWord(ownSocket)}`
  if (agent.type === 'none') return [`ssh asks no agent, because ${agent.why}: ${line}`]
  if (agent.type === 'other') return [`ssh asks another agent, ${agent.path}: ${line}`]
  if (list.isLocked) return ['the agent is locked, and lists nothing: latchkey unlock']
  return (list.agentsLeftOut ?? []).map(
    ({ name, error }) => `the keys of the agent ${name} are left out: ${error.message}`,
  )
}

function keyNotices({ settings, list }: NoticeFacts): string[] {
  return [
    ...(settings.usesKeys
      ? []
      : ['ssh offers no key at all: PubkeyAuthentication or PreferredAuthentications of ssh_config is in the way']),
    ...(list.isRevoked
      ? ['the key of the host is @revoked in known_hosts: ssh does not connect, and the agent lists nothing']
      : []),
  ]
}

function offerNotices({ offers, leftOut, fitting, user, folder, settings, list }: NoticeFacts): string[] {
  if (leftOut.length === 0 && list.listed.length === 0) return ['the agent has nothing for this host: latchkey status']
  if (offers.length === 0 && settings.identitiesOnly && list.listed.length > 0) {
    const name = list.listed.find(({ identity }) => identity !== undefined)?.identity ?? 'NAME'
    return [
      `IdentitiesOnly yes, and no IdentityFile names anything that the agent has: ssh offers nothing of it; write IdentityFile ${folder}/${name}-cert.pub, with renew = "always" in ${sectionHeader('ssh', 'identity', name)}`,
    ]
  }
  if (offers.length === 0) return []
  if (fitting !== undefined && fitting > usualTries) {
    const { identity } = offers[fitting - 1]!
    // A key of another kind has no section.
    const mend =
      identity === undefined
        ? ''
        : `: write hosts = [${JSON.stringify(knownName(settings))}] in ${sectionHeader('ssh', 'identity', identity)}`
    return [
      `the first that fits comes at place ${fitting}, and most servers hang up after ${usualTries} (MaxAuthTries), from OpenSSH 10.6 on after ${usualTries + usualQueries}${mend}`,
    ]
  }
  const isSure = !offers.some(({ standing }) => standing === 'fits' || standing === 'unknown')
  return isSure
    ? [
        `nothing that ssh offers surely lets ${user} in: see what is against each; log in as another user (USER@HOST), or ask for that principal in config.toml`,
      ]
    : []
}

function hostNotices({ settings, list, keys, host, dependsOnKey }: NoticeFacts): string[] {
  const name = knownName(settings)
  const file = settings.knownHostsFiles[0] ?? 'known_hosts'
  const notices: string[] = []
  if (host.known === 'new')
    notices.push(
      settings.strictHostKeyChecking === 'yes' || settings.strictHostKeyChecking === 'true'
        ? `known_hosts has no key for ${name}, so ssh does not connect (StrictHostKeyChecking yes)`
        : list.names.length > 0
          ? `known_hosts has no key for ${name} yet: ssh writes it to ${file} before it asks the agent, which then knows the host by this name`
          : `known_hosts has no key for ${name} yet`,
    )
  if (list.isUnnamed) notices.push(unnamed(settings, list, keys))
  if (dependsOnKey)
    notices.push(
      `known_hosts has several keys for ${name}, and with another of them the list is another: ssh-keygen -F ${shellWord(name)}`,
    )
  return notices
}

/** Some identities have `hosts`, and nobody can say whether they are for this host. */
function unnamed(settings: SshSettings, { knownHosts }: SshListExplanation, keys: readonly KnownKey[]): string {
  const effect = 'latchkey does not know this host by a name, and lists everything, what has no hosts first'
  const foreign = [...keys.map(({ file }) => file), ...settings.knownHostsFiles].find(
    (file) => !knownHosts.includes(file),
  )
  const isFound = keys.some(({ file }) => knownHosts.includes(file))
  if (!isFound && foreign !== undefined)
    return `${effect}: ssh has it in ${foreign}, which latchkey does not read; add that to known_hosts in [ssh]`
  return `${effect}: where known_hosts has it hashed, its name has to stand in full in hosts, or on the command line of ssh`
}

function wayNotices({ hops, options, settings, offers }: NoticeFacts): string[] {
  const hidden = offers.flatMap(({ identity, isForwarded }) =>
    identity === undefined || isForwarded ? [] : [identity],
  )
  return [
    ...hops.map(
      (hop) =>
        `on the way is ${hop}, which is a login of its own, and needs permit-port-forwarding: ${explainHop(hop, options)}`,
    ),
    ...(settings.proxyCommand === undefined ? [] : [`the way there is up to ProxyCommand: ${settings.proxyCommand}`]),
    ...(settings.forwardsAgent && hidden.length > 0
      ? [`ForwardAgent: the host is not shown ${hidden.join(', ')}, unless forward = "allow"`]
      : []),
  ]
}
