import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createAgent } from '../agent/agent.ts'
import { createKeyring } from '../agent/keyring.ts'
import { createLock } from '../agent/lock.ts'
import { createAwsCredentials } from '../aws/aws-credentials.ts'
import type { SharedConfig } from '../aws/config/shared-config.ts'
import type { StsClient } from '../aws/sts/sts-client.ts'
import { createChurn } from '../core/churn.ts'
import { agentSocketName, apiSocketName } from '../core/paths.ts'
import { formatUtc } from '../core/utc-time.ts'
import type { PeerCredentials } from '../ipc/peer-credentials.ts'
import { apiGuards } from '../ipc/refusals.ts'
import { encodeJson } from '../ipc/reply.ts'
import { createApiServer } from '../ipc/server.ts'
import { checkSocketFolder } from '../ipc/socket-folder.ts'
import { listenInherited, listenUnix, type OnStream, type UnixListener } from '../ipc/unix-listener.ts'
import type { Keychain } from '../keychain/keychain.ts'
import { createLastingKeychain } from '../keychain/lasting-keychain.ts'
import type { Prompts } from '../prompts/prompt.ts'
import { refuseSharedToken } from '../vault/token/shared-token.ts'
import { toApiError } from './api/api-errors.ts'
import { createApiRoutes } from './api/api-routes.ts'
import { createLentPrompts } from './api/lent-prompts.ts'
import { describeStatus } from './api/status.ts'
import type { Config, VaultConfig } from './config/config.ts'
import { createGate } from './gate.ts'
import { createKeyDisposal } from './process/key-disposal.ts'
import type { Limits } from './process/limits.ts'
import { type RunningVault, startVault, type VaultDeps } from './vaults.ts'
import { watchKeychain } from './watched-keychain.ts'

export interface DaemonDeps extends Omit<VaultDeps, 'prompts' | 'keychain' | 'onKeysReleased' | 'tokenRefusal'> {
  config: Config
  configFile: string
  version: string
  pid: number
  uid: number | undefined
  limits: Limits
  collectGarbage: () => void
  keychain: Keychain
  prompts: Prompts
  /** Read for each request. */
  readSharedConfig: () => Promise<SharedConfig>
  sts: () => Promise<StsClient>
  /** Where the sockets are made that the service manager has not passed. */
  runtimeFolder: string
  /** Sockets that the service manager has passed, by the names of the socket units' FileDescriptorName. */
  inheritedSockets: ReadonlyMap<string, number>
  peerOf: (socket: Socket) => PeerCredentials | undefined
  /** Ends a start that waits for another process. */
  stopping?: AbortSignal | undefined
}

export interface Daemon {
  /** Stops accepting, ends the connections, and takes the sockets away. */
  stop(): Promise<void>
}

/**
 * Wires the rooms together and listens on both sockets; when it resolves, both accept.
 * @throws {IpcError} another daemon lives, or a socket cannot be had; {VaultError} VAULT_CONFIG; the reason of `stopping`
 */
export async function startDaemon(deps: DaemonDeps): Promise<Daemon> {
  const { config, clock, log, uid, limits, peerOf, collectGarbage } = deps
  const startedAt = formatUtc(clock.now())
  const churn = createChurn({ clock, collect: collectGarbage })
  const watched = watchKeychain(deps.keychain, clock)
  const keychain = createLastingKeychain({ keychain: watched, clock, random: deps.random, log })
  const onKeysReleased = createKeyDisposal(clock, collectGarbage)
  const keyring = createKeyring({ clock, onKeysReleased })
  const lock = createLock({ clock })
  const aws = createAwsCredentials({
    readSettings: async () => ({ profiles: config.awsProfiles, sources: config.awsSources }),
    readSharedConfig: deps.readSharedConfig,
    keychain,
    sts: deps.sts,
    clock,
    random: deps.random,
    prompts: deps.prompts,
    log,
  })
  const vaults: RunningVault[] = []
  const stores = () => vaults.flatMap(({ identities }) => identities.map(({ key }) => key))

  const sockets = {
    agent: join(deps.runtimeFolder, agentSocketName),
    api: join(deps.runtimeFolder, apiSocketName),
  }
  const { version, pid, configFile } = deps
  const api = createApiServer({
    routes: createApiRoutes({
      aws,
      vaults,
      lentPrompts: createLentPrompts({ terminal: config.prompt.terminal }),
      status: () =>
        describeStatus({
          fixed: { version, pid, startedAt, configFile, sockets },
          keychain: watched,
          isLocked: lock.isLocked,
          addedKeys: keyring.count,
          vaults,
          aws,
        }),
    }),
    guards: apiGuards,
    encode: encodeJson,
    clock,
    churn,
    log,
    toError: toApiError,
  })

  const agent = createAgent({ keyring, lock, stores, clock, churn, log, poolSignatures: limits.poolSignatures })
  const gate = createGate({ uid, peerOf, churn, log })
  const onApi = gate.accept({
    name: 'api',
    maxConnections: limits.apiConnections,
    serve: api.serve,
    evict: api.evict,
  })
  const onAgent = gate.accept({
    name: 'agent',
    maxConnections: limits.agentConnections,
    serve: (stream, seat, peer) => agent.serve(stream, seat, peer?.pid === undefined ? undefined : `pid ${peer.pid}`),
    evict: (stream) => stream.destroy(),
  })

  // The sockets first: a second daemon must fail before it touches a token or a keychain item of the first.
  const listeners: UnixListener[] = []
  const stop = async () => {
    await Promise.all(listeners.splice(0).map((listener) => listener.close()))
    for (const vault of vaults.splice(0)) vault.close()
    await api.close()
    gate.close()
  }
  try {
    listeners.push(await listen('api', onApi))
    listeners.push(await listen('agent', onAgent))
    const refusals = refuseSharedToken(config.vaults.filter(usesSharedToken), deps.environment)
    for (const vault of config.vaults) {
      const identities = config.identities.filter((identity) => identity.vault === vault.name)
      const tokenRefusal = refusals.get(vault.name)
      vaults.push(await startVault(vault, identities, { ...deps, keychain, onKeysReleased, tokenRefusal }))
    }
    gate.open()
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }

  async function listen(name: 'agent' | 'api', onStream: OnStream): Promise<UnixListener> {
    const fd = deps.inheritedSockets.get(name)
    if (fd === undefined) return await listenUnix(sockets[name], onStream, { clock, signal: deps.stopping })
    await checkSocketFolder(sockets[name])
    return await listenInherited(fd, onStream)
  }
}

const usesSharedToken = ({ auth }: VaultConfig) => auth.method === 'token' && auth.token_file === undefined
