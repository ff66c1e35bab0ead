import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { AgentView } from '../agent/agent.ts'
import { type AwsCredentialsDeps, createAwsCredentials } from '../aws/aws-credentials.ts'
import { createOneShotLinks } from '../aws/console/one-shot-links.ts'
import { createTurns } from '../core/calls/turns.ts'
import { describeError } from '../core/errors.ts'
import { createChurn } from '../core/limits/churn.ts'
import { agentSocketName, apiSocketName } from '../core/places/paths.ts'
import { formatUtc } from '../core/time/utc-time.ts'
import type { PromptStatus } from '../ipc/endpoints/status.ts'
import { apiGuards } from '../ipc/server/refusals.ts'
import { encodeJson } from '../ipc/server/reply.ts'
import { createApiServer } from '../ipc/server/server.ts'
import type { PeerCredentials } from '../ipc/sockets/peer-credentials.ts'
import { listenAt, listenUnix, type UnixListener } from '../ipc/sockets/unix-listener.ts'
import type { Keychain } from '../keychain/keychain.ts'
import { createLastingKeychain } from '../keychain/lasting-keychain.ts'
import type { Prompts } from '../prompts/prompt.ts'
import { toApiError } from './api/api-errors.ts'
import { createApiRoutes } from './api/api-routes.ts'
import type { AwsServices } from './api/aws-services.ts'
import { createLentPrompts } from './api/lent-prompts.ts'
import { createSshExplanation } from './api/ssh-explanation.ts'
import { describeStatus } from './api/status.ts'
import type { AwsFiles } from './aws-files.ts'
import type { Config, KeychainSettings } from './config/config.ts'
import type { ExtraCa } from './config/extra-ca.ts'
import type { LoadConfigDeps } from './config/load-config.ts'
import type { SystemCa } from './config/system-ca.ts'
import { createConfiguredKeychain } from './configured-keychain.ts'
import { createGate } from './gate.ts'
import type { HostCasDeps } from './host-ca/host-cas.ts'
import { createIdentitySigner, type SignIdentity } from './identity-signer.ts'
import { createLastingNames } from './names/lasting-names.ts'
import type { WatchFolder } from './process/file-watch.ts'
import { createKeyDisposal } from './process/key-disposal.ts'
import type { Limits } from './process/limits.ts'
import { createConfigService } from './running/config-service.ts'
import { createConfirmations } from './running/confirmations.ts'
import { createLockFile } from './running/lock-file.ts'
import type { VaultDeps } from './running/running-vault.ts'
import { createSshAgent } from './running/ssh-agent.ts'
import { createSshReadiness } from './running/ssh-readiness.ts'
import { createRunningStaticKeys } from './static-keys/running-static-keys.ts'
import { watchKeychain } from './watched-keychain.ts'

/** What the daemon is made of; the composition root (main.ts) supplies the real parts. */
export interface DaemonDeps
  extends Omit<VaultDeps, 'prompts' | 'keychain' | 'onKeysReleased' | 'slowKeys' | 'openName' | 'identitySigner'>,
    Pick<LoadConfigDeps, 'readConfigFile' | 'readCaFolder'>,
    Pick<HostCasDeps, 'hostCasFile' | 'runtimeFolder'>,
    Pick<AwsCredentialsDeps, 'sts' | 'stsVariable' | 'iam' | 'runMfaCommand' | 'federation'> {
  configFile: string
  /** Lists the static keys. */
  staticKeysFile: string
  /** Is there while the SSH agent is locked. */
  lockFile: string
  extraCa: ExtraCa
  systemCa: SystemCa
  watchFolder?: WatchFolder
  /** Called with the configuration in effect, at the start and whenever it changes. */
  onConfig: (config: Config, faults: number) => void
  version: string
  pid: number
  uid: number | undefined
  limits: Limits
  collectGarbage: () => void
  openKeychain: (settings: KeychainSettings) => Promise<Keychain>
  prompts: Prompts
  promptStatus: () => PromptStatus
  /** Read for each request. */
  awsFiles: AwsFiles
  awsServices: AwsServices
  signIdentity: SignIdentity
  platform: NodeJS.Platform
  /** Sockets that the service manager has passed, by the FileDescriptorName of their socket units. */
  inheritedSockets: ReadonlyMap<string, number>
  peerOf: (socket: Socket) => PeerCredentials | undefined
  /** Ends a start that waits for another process. */
  stopping?: AbortSignal | undefined
}

/** A running daemon. */
export interface Daemon {
  /** Removes the keys that `ssh-add` has added, as ssh-agent does at SIGUSR1. */
  removeAddedKeys(): void
  /** Stops accepting, ends the connections, and removes the sockets. */
  stop(): Promise<void>
}

/**
 * Wires the rooms together and listens on both sockets; when it resolves, both accept. Nothing in config.toml can prevent
 * that: what is wrong there is switched off, and the status says so.
 * @throws {IpcError} another daemon is running, or a socket cannot be made; the reason of `stopping`
 */
export async function startDaemon(deps: DaemonDeps): Promise<Daemon> {
  const { clock, random, log, home, prompts, uid, limits, peerOf, collectGarbage, runtimeFolder: folder } = deps
  const { version, pid, configFile, awsFiles, iam, platform } = deps
  const churn = createChurn({ clock, collect: collectGarbage })
  const configured = createConfiguredKeychain(deps.openKeychain)
  const watched = watchKeychain(configured, clock)
  const keychain = createLastingKeychain({ keychain: watched, clock, random, log })
  const onKeysReleased = createKeyDisposal(clock, collectGarbage)
  const confirmations = createConfirmations({ prompts, clock })
  const lockFile = createLockFile(deps.lockFile, log)
  const ssh = createSshAgent({
    ...deps,
    keepLock: lockFile.keep,
    stores: () => staticKeys.stores(),
    settings: () => staticKeys.listSettings(),
    sshSettings: () => config.current().ssh,
    hostCaFile: () => config.hostCas.file(),
    askPerson: confirmations.ask,
    home,
    onKeysReleased,
    clock,
    churn,
    log,
    poolSignatures: limits.poolSignatures,
  })
  const listening = { clock, signal: deps.stopping }
  const names = createLastingNames({
    folder,
    clock,
    log,
    listen: (path, onStream) => listenUnix(path, onStream, listening),
    serve: (some) => onAgentWith(ssh.agent.viewOf(some)),
  })
  const identitySigner = createIdentitySigner(() => aws, deps.signIdentity)
  const config = createConfigService({
    ...deps,
    // Slow keys one at a time: a thread that makes an RSA key is busy for a second or two.
    vaultDeps: { ...deps, identitySigner, keychain, onKeysReleased, slowKeys: createTurns(1), openName: names.open },
    loadDeps: { ...deps, path: configFile },
    keychain: configured,
    names,
    onApplied(applied, faults) {
      deps.onConfig(applied, faults)
      // If the AWS files cannot be read, nothing is known to be unused.
      aws.dropUnused().catch((error: unknown) => log.debug('aws credentials kept', { reason: describeError(error) }))
    },
  })
  const staticKeys = createRunningStaticKeys({ ...deps, keychain, onKeysReleased, configured: config })
  // Only Linux says which user a connection belongs to.
  const links = createOneShotLinks({ clock, uid: platform === 'linux' ? uid : undefined })
  const aws = createAwsCredentials({
    ...deps,
    readSettings: async () => config.awsSettings(),
    readSharedConfig: awsFiles.read,
    keychain,
    links,
  })

  const sockets = { agent: join(folder, agentSocketName), api: join(folder, apiSocketName) }
  const fixed = { version, pid, startedAt: formatUtc(clock.now()), configFile, sockets }
  const readiness = createSshReadiness({
    vaults: config.vaults,
    lock: ssh.lock,
    hasPromptProgram: () => deps.promptStatus().programs.length > 0,
  })
  const lentPrompts = createLentPrompts({
    get terminal() {
      return config.current().prompt.terminal
    },
  })
  const api = createApiServer({
    routes: createApiRoutes({
      aws,
      ...deps.awsServices,
      awsFiles: awsFiles.paths,
      iam,
      vaults: config.vaults,
      vaultsOff: config.vaultsOff,
      whyUnread: config.whyUnread,
      hostCas: config.hostCas,
      lentPrompts,
      confirmations,
      lock: ssh.lock,
      lockError: lockFile.error,
      staticKeys,
      readiness,
      config: config.report,
      catchUp: config.catchUp,
      explainSsh: createSshExplanation({ ...ssh, config, staticKeys: staticKeys.stored.list }),
      status: () =>
        describeStatus({
          fixed,
          config: config.report(),
          keychain: watched,
          prompt: deps.promptStatus(),
          lock: ssh.lock,
          lockError: lockFile.error(),
          addedKeys: ssh.keyring.describe,
          staticKeys,
          upstreams: ssh.upstreams,
          notices: ssh.agent.notices,
          vaults: config.vaults(),
          readiness,
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

  const gate = createGate({ uid, peerOf, churn, log })
  const onApi = gate.accept({
    name: 'api',
    maxConnections: () => limits.apiConnections,
    serve: api.serve,
    evict: api.evict,
  })
  const onAgent = gate.accept<AgentView>({
    name: 'agent',
    maxConnections: () => limits.agentConnections(ssh.upstreams().length),
    serve: ssh.serve,
    evict: (stream) => stream.destroy(),
  })
  const onAgentWith = (view: AgentView) => (stream: Socket) => onAgent(stream, view)

  // The sockets first: a second daemon must fail before it touches a token or a keychain item of the first.
  const listeners: UnixListener[] = []
  const stop = async () => {
    await Promise.all(listeners.splice(0).map((listener) => listener.close()))
    config.stop()
    await names.close()
    await links.close()
    await api.close()
    gate.close()
  }
  try {
    listeners.push(await listenAt(sockets.api, deps.inheritedSockets.get('api'), onApi, listening))
    listeners.push(await listenAt(sockets.agent, deps.inheritedSockets.get('agent'), onAgent, listening))
    ssh.lock.resume(await lockFile.read())
    await config.start()
    await staticKeys.stored.open()
    gate.open()
  } catch (error) {
    await stop()
    throw error
  }
  return { removeAddedKeys: ssh.removeAddedKeys, stop }
}
