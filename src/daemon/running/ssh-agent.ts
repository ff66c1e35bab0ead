import type { Duplex } from 'node:stream'
import { type Agent, type AgentDeps, type AgentView, createAgent } from '../../agent/agent.ts'
import { createKeyring, type Keyring } from '../../agent/keys/keyring.ts'
import { createLock, type KeepLock, type Lock } from '../../agent/lock/lock.ts'
import type { Upstream } from '../../agent/upstream/upstream.ts'
import { describeError } from '../../core/errors.ts'
import type { Marking } from '../../core/limits/admission.ts'
import type { PeerCredentials } from '../../ipc/sockets/peer-credentials.ts'
import type { SshSettings } from '../config/config.ts'
import { createKnownHostsFiles, type KnownHostsFiles } from '../known-hosts-files.ts'
import { peerProcess } from '../process/peer-process.ts'
import { createAddedHosts } from './list-settings.ts'
import { createUpstreams, type UpstreamsDeps } from './upstreams.ts'

/** The SSH agent of the daemon, and what it owns that others look at. */
export interface SshAgent {
  agent: Agent
  keyring: Keyring
  lock: Lock
  /** The other agents, the same array until they change. */
  upstreams: () => readonly Upstream[]
  knownHosts: KnownHostsFiles
  /** Serves a connection of a process until it closes. */
  serve(stream: Duplex, seat: Marking, peer: PeerCredentials | undefined, view: AgentView | undefined): void
  /** Removes what `ssh-add` has added, here and by way of us. */
  removeAddedKeys(): void
}

/** What it needs; the settings are read for each use. */
export interface SshAgentDeps
  extends Omit<AgentDeps, 'keyring' | 'lock' | 'knownHosts' | 'upstreams'>,
    Omit<UpstreamsDeps, 'configured'> {
  sshSettings: () => SshSettings
  /** The file of the host CAs; undefined: there is none. */
  hostCaFile: () => string | undefined
  /** Absent: the lock ends with the process. */
  keepLock?: KeepLock
  onKeysReleased: () => void
}

/** Puts the agent together: its keyring and its lock are empty and open. */
export function createSshAgent(deps: SshAgentDeps): SshAgent {
  const { clock, churn, log, home, pid, uid, peerOf, stores, settings, sshSettings, keepLock, onKeysReleased } = deps
  const { askPerson, poolSignatures } = deps
  const keyring = createKeyring({
    clock,
    onKeysReleased,
    hostsOf: createAddedHosts(settings),
    uses: ({ isForwarded }) => (isForwarded && sshSettings().addedKeysForwarded === 'login' ? ['login'] : undefined),
    defaultLifetimeSeconds: () => sshSettings().lifetime,
  })
  const lock = createLock({ clock, keep: keepLock })
  const configured = () => sshSettings().knownHosts
  const knownHosts = createKnownHostsFiles({ home, configured, ofHostCas: deps.hostCaFile, log })
  const upstreams = createUpstreams({ configured: () => sshSettings().upstreams, home, pid, uid, peerOf, clock, log })
  const agent = createAgent({
    keyring,
    lock,
    stores,
    upstreams,
    settings,
    knownHosts: knownHosts.read,
    clock,
    churn,
    log,
    askPerson,
    poolSignatures,
  })
  return {
    agent,
    keyring,
    lock,
    upstreams,
    knownHosts,
    serve: (stream, seat, peer, view) =>
      agent.serve(stream, seat, peer?.pid === undefined ? undefined : peerProcess(peer.pid), view),
    removeAddedKeys() {
      log.info('added keys are removed, by signal', { count: keyring.describe().length })
      keyring.removeAll()
      for (const upstream of upstreams())
        upstream.removeAdded()?.catch((error: unknown) => {
          log.warn('added keys stay with another agent', { agent: upstream.name, reason: describeError(error) })
        })
    },
  }
}
