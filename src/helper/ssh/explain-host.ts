import { dirname, join } from 'node:path'
import { homeFolder } from '../../core/places/home.ts'
import type { SshListExplanation, SshListRequest } from '../../ipc/endpoints/ssh-explain.ts'
import type { CommandContext } from '../command-context.ts'
import { agentSocketPath } from '../fast/api-socket.ts'
import { type AskedAgent, askedAgent } from './asked-agent.ts'
import { cautionsOf, standingOf } from './cautions.ts'
import type { ExplainedOffer, SshExplanation } from './explanation.ts'
import { findKnownKeys, type KnownKey } from './known-keys.ts'
import { noticesOf } from './notices.ts'
import { readOfferedFiles } from './offered-files.ts'
import { type Offer, offersOf, type Withheld } from './offers.ts'
import { omissionsOf } from './omissions.ts'
import { readSshVersion, type SshTarget } from './run-ssh.ts'
import { type SshSettings, triesCertificatesFirst } from './ssh-settings.ts'

/** A host has a key of each type, at most. */
const maxKeys = 6

/** Puts together what ssh says, what known_hosts has and what the agent would list. It logs in nowhere. */
export async function explainHost(
  target: SshTarget,
  settings: SshSettings,
  context: CommandContext,
): Promise<SshExplanation> {
  const { environment } = context
  const ownSocket = agentSocketPath(environment)
  const agent = askedAgent(settings.identityAgent, { environment, ownSocket })
  const keys = await findKnownKeys(settings, environment, context.readProgram)
  const lists = await askLists(target, settings, keys, agent, context)
  const list = lists[0]!
  const host = target.destination.slice(target.destination.lastIndexOf('@') + 1)
  const files = await readOfferedFiles(settings, { environment, home: homeFolder(environment), host, settings })
  const obstacle = obstacleOf(agent, list, settings)
  const { offers, withheld } =
    obstacle === undefined
      ? offersOf(list.listed, files, settings, triesCertificatesFirst(await readSshVersion(context)))
      : { offers: [], withheld: list.listed.map((identity) => ({ identity, why: obstacle })) }
  const explained = offers.map((offer) => explainOffer(offer, settings, context.nowMs()))
  const place = explained.findIndex(({ standing }) => standing === 'fits') + 1
  const { user, hostname, port, hops } = settings
  const explanation = {
    destination: target.destination,
    user,
    hostname,
    port,
    hops,
    agent,
    host: { known: howKnown(keys), names: list.names },
    offers: explained,
    ...(place > 0 ? { fitting: place } : {}),
    leftOut: omissionsOf(list.leftOut, withheld),
  }
  const notices = noticesOf({
    ...explanation,
    settings,
    options: target.options,
    list,
    keys,
    dependsOnKey: new Set(lists.map(orderOf)).size > 1,
    ownSocket,
    folder: join(dirname(ownSocket), 'identity'),
  })
  return { ...explanation, notices }
}

/** Why ssh offers nothing of what the agent has. */
function obstacleOf(
  agent: AskedAgent,
  { isLocked }: SshListExplanation,
  { usesKeys }: SshSettings,
): Withheld['why'] | undefined {
  if (agent.type !== 'latchkey') return 'agent'
  if (isLocked) return 'locked'
  return usesKeys ? undefined : 'no-keys'
}

const orderOf = ({ listed }: SshListExplanation) => JSON.stringify(listed.map(({ comment, kind }) => [comment, kind]))

function howKnown(keys: readonly KnownKey[]): SshExplanation['host']['known'] {
  if (keys.some(({ role }) => role === 'host')) return 'key'
  return keys.some(({ role }) => role === 'cert-authority') ? 'certificate' : 'new'
}

/** What the agent would list for each key that the host may prove, the one that ssh prefers first. */
async function askLists(
  { destination, options }: SshTarget,
  settings: SshSettings,
  keys: readonly KnownKey[],
  agent: AskedAgent,
  { daemon }: CommandContext,
): Promise<readonly SshListExplanation[]> {
  const { hostKeyAlias, hostname, port, knownHostsFiles, hashesKnownHosts } = settings
  const commandLine = ['ssh', ...options, destination]
  const identity = agent.type === 'latchkey' && agent.identity !== undefined ? { identity: agent.identity } : {}
  const ask = (host: SshListRequest['host']) =>
    daemon.call('explainSshList', { body: { commandLine, host, ...identity } })
  const own = [...new Set(keys.filter(({ role }) => role === 'host').map(({ key }) => key))].slice(0, maxKeys)
  const lists: SshListExplanation[] = []
  for (const key of own) lists.push(await ask({ type: 'key', key }))
  if (lists.length > 0) return lists
  const name = { name: hostKeyAlias ?? hostname, port: hostKeyAlias === undefined ? port : 22 }
  const authority = keys.find(({ role }) => role === 'cert-authority')
  // A host certificate has the names in full, whatever known_hosts does with new ones.
  const list = await ask({ type: 'new', ...name, isHashed: authority === undefined && hashesKnownHosts })
  const file = authority?.file ?? knownHostsFiles[0]
  const isRead = file !== undefined && list.knownHosts.includes(file)
  return [isRead ? list : await ask({ type: 'unknown' })]
}

function explainOffer({ identity, file }: Offer, settings: SshSettings, nowMs: number): ExplainedOffer {
  const { blob: _, ...shown } = identity
  return {
    ...shown,
    ...(file === undefined ? {} : { file }),
    standing: standingOf(identity, settings.user, nowMs),
    cautions: cautionsOf(identity, settings, nowMs),
  }
}
