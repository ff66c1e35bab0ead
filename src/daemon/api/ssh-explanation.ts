import type { Agent } from '../../agent/agent.ts'
import type { ImaginedHost, ListPreview, StoredIdentity } from '../../agent/connection/list-preview.ts'
import { unbound } from '../../agent/keys/key-store.ts'
import type { Lock } from '../../agent/lock/lock.ts'
import type { Upstream } from '../../agent/upstream/upstream.ts'
import { sectionHeader } from '../../core/text/section-name.ts'
import type { ListedIdentity, SshListExplanation, SshListRequest } from '../../ipc/endpoints/ssh-explain.ts'
import { formatHostName } from '../../ssh/known-hosts/host-name.ts'
import { decodePublicKey, fingerprint } from '../../ssh/public-key.ts'
import { readOr } from '../../ssh/read-or.ts'
import { equalBytes } from '../../ssh/wire.ts'
import type { KnownHostsFiles } from '../known-hosts-files.ts'
import type { ConfigService } from '../running/config-service.ts'
import type { RunningIdentity } from '../running/running-identity.ts'
import type { RunningVault } from '../running/running-vault.ts'
import type { StoredKey } from '../static-keys/stored-keys.ts'
import { ApiError, reportedError } from './api-errors.ts'
import { describeKey, fitOf, kindOf, publicParts, rulesOf } from './listed-identity.ts'
import { describeIdentity } from './status.ts'

/** What an explanation is made of. */
export interface SshExplanationDeps {
  agent: Pick<Agent, 'preview' | 'viewOf'>
  config: Pick<ConfigService, 'current' | 'vaults'>
  knownHosts: Pick<KnownHostsFiles, 'paths'>
  lock: Pick<Lock, 'isLocked'>
  staticKeys: () => readonly StoredKey[]
  upstreams: () => readonly Upstream[]
}

/** A function that says what an ssh would be listed, and what is known of it. @throws {ApiError} IDENTITY_UNKNOWN */
export function createSshExplanation(deps: SshExplanationDeps) {
  const { agent, config, knownHosts, lock, staticKeys, upstreams } = deps
  const all = () => config.vaults().flatMap((vault) => vault.identities.map((identity) => ({ vault, identity })))

  const settingsOf = ({ store, identity: { keyBlob } }: StoredIdentity) => {
    const { addedKeys, upstreams: agents } = config.current().ssh
    if (store.isAdded) return { hosts: addedKeys[fingerprint(keyBlob)]?.hosts }
    const agent = agents.find(({ name }) => store.name === `agent ${name}`)
    if (agent !== undefined) return { agent: agent.name, hosts: agent.hosts }
    const known = staticKeys().find(({ key }) => equalBytes(key.keyBlob, keyBlob))?.record
    return known === undefined ? {} : { staticKey: known.name, hosts: known.hosts }
  }

  const viewOf = (name: string | undefined) => {
    if (name === undefined) return undefined
    const [found] = all().filter(({ identity }) => identity.config.name === name && identity.config.socket)
    if (found !== undefined) return agent.viewOf(() => [found.identity.key])
    throw new ApiError('IDENTITY_UNKNOWN', `no identity ${name} has a socket of its own`, {
      hint: `socket = true in ${sectionHeader('ssh', 'identity', name)} of config.toml; latchkey status`,
    })
  }

  return async ({ commandLine, host, identity }: SshListRequest): Promise<SshListExplanation> => {
    const preview = await agent.preview({ commandLine, host: imagined(host) }, viewOf(identity))
    const describe = (stored: StoredIdentity) => {
      const owner = all().find((one) => one.identity.key.name === stored.store.name)
      return owner === undefined
        ? describeKey(stored, preview, settingsOf(stored))
        : describeConfigured(stored, preview, owner.vault, owner.identity)
    }
    const { destination, isRevoked, isUnnamed, listed, leftOut } = preview
    const shown = new Set([...listed, ...leftOut].map(({ store }) => store.name))
    const away = all().filter(
      ({ identity: { config: own, key } }) =>
        own.upstream_key !== undefined && !shown.has(key.name) && (identity ?? own.name) === own.name,
    )
    return {
      isLocked: lock.isLocked(),
      knownHosts: knownHosts.paths(),
      usesHosts: destination !== undefined,
      names: (destination?.names ?? []).map(formatHostName),
      isRevoked,
      isUnnamed,
      listed: listed.map(describe),
      leftOut: [
        ...leftOut.map((stored) => ({ ...describe(stored), why: stored.why })),
        ...away.flatMap(({ vault, identity: { config: own, key } }) =>
          key.expected(unbound).map((one) => ({
            ...describeConfigured({ store: key, identity: one }, preview, vault, { config: own, key }),
            why: 'agent-away' as const,
          })),
        ),
      ],
      agentsLeftOut: upstreams().flatMap(({ name, status }) => {
        const { lastError } = status()
        return lastError === undefined ? [] : [{ name, error: reportedError(lastError) }]
      }),
    }
  }
}

function imagined(host: SshListRequest['host']): ImaginedHost {
  switch (host.type) {
    case 'key': {
      const blob = Buffer.from(host.key, 'base64')
      return isKnownKind(blob) ? { type: 'key', blob } : { type: 'unknown' }
    }
    case 'new':
      return { type: 'new', name: { host: host.name.toLowerCase(), port: host.port }, isHashed: host.isHashed }
    case 'unknown':
      return host
  }
}

/** What cannot be read here cannot be verified either when ssh shows it: docs/PROTOCOL.md P-11. */
function isKnownKind(blob: Uint8Array): boolean {
  return readOr(undefined, () => decodePublicKey(blob)) !== undefined
}

function describeConfigured(
  { store, identity }: StoredIdentity,
  { destination, stores }: ListPreview,
  vault: RunningVault,
  { config, key }: RunningIdentity,
): ListedIdentity {
  const { error, warnings = [], keyType } = describeIdentity(vault, { config, key })
  const isHeld = identity.keyBlob.length > 0
  const kind = isHeld ? kindOf(identity) : identity.behind === undefined ? 'certificate' : 'key'
  return {
    identity: config.name,
    comment: identity.comment,
    keyType,
    kind,
    ...(isHeld ? publicParts(identity) : config.principals && { askedPrincipals: config.principals }),
    ...fitOf(config.hosts, destination),
    ...rulesOf({ store, identity }, stores),
    warnings: kind === 'certificate' ? warnings : [],
    ...(error === undefined ? {} : { error }),
  }
}
