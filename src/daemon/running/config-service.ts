import type { ListSettings } from '../../agent/destination/arrangement.ts'
import type { ConfiguredIdentity } from '../../agent/identities/configured-identity.ts'
import type { AwsSettings } from '../../aws/config/settings.ts'
import { type CodedError, errorCode } from '../../core/errors.ts'
import { settledWithin } from '../../core/time/settled-within.ts'
import type { ConfigReport } from '../../ipc/endpoints/config.ts'
import { reportConfig } from '../api/config-report.ts'
import { type Config, nothingConfigured } from '../config/config.ts'
import type { ExtraCa } from '../config/extra-ca.ts'
import { type LoadConfigDeps, loadConfig } from '../config/load-config.ts'
import type { SystemCa } from '../config/system-ca.ts'
import type { ConfiguredKeychain } from '../configured-keychain.ts'
import { createHostCas, type HostCas, type HostCasDeps } from '../host-ca/host-cas.ts'
import type { LastingNames } from '../names/lasting-names.ts'
import { createFileWatch, type WatchFolder } from '../process/file-watch.ts'
import { versionOf } from '../process/watched-files.ts'
import { createConfigRefresh } from './config-refresh.ts'
import { createRunningConfig } from './running-config.ts'
import type { RunningVault, VaultDeps } from './running-vault.ts'

/** config.toml as it is in effect now, kept up to date with the file. */
export interface ConfigService {
  /** Resolves when the contents of the file are in effect; from then on an edit takes effect within a second. */
  start(): Promise<void>
  /**
   * Looks at the file, for a user who has edited it and asks at once. Resolves when it is in effect, or cannot be; after a second
   * in any case.
   */
  catchUp(): Promise<void>
  current(): Config
  vaults(): readonly RunningVault[]
  /** The vaults that are configured but switched off, and why. */
  vaultsOff(): ReadonlyMap<string, CodedError>
  /** The CAs of hosts, and `off` as for vaults. */
  hostCas: Omit<HostCas, 'use' | 'stop'> & { off(): ReadonlyMap<string, CodedError> }
  /** Why no part of the file could be read yet; undefined once it was. */
  whyUnread(): CodedError | undefined
  /** The keys of the identities, the same array until they change. */
  stores(): readonly ConfiguredIdentity[]
  /** How the agent makes its lists, the same object until that changes. */
  listSettings(): ListSettings
  /** @throws {ConfigError} no part of the file could be read yet */
  awsSettings(): AwsSettings
  report(): ConfigReport
  stop(): void
}

/** What the service needs. */
export interface ConfigServiceDeps extends Pick<HostCasDeps, 'runtimeFolder' | 'hostCasFile'> {
  vaultDeps: VaultDeps
  loadDeps: LoadConfigDeps
  keychain: ConfiguredKeychain
  extraCa: ExtraCa
  systemCa: SystemCa
  names: LastingNames
  watchFolder?: WatchFolder | undefined
  /** @param faults how many mistakes there are */
  onApplied: (config: Config, faults: number) => void
}

/** How long a request waits for an edit, in ms. */
const patienceMs = 1_000

/** Creates a service that reads nothing until it is started. */
export function createConfigService(deps: ConfigServiceDeps): ConfigService {
  const {
    runtimeFolder,
    hostCasFile,
    vaultDeps,
    loadDeps,
    keychain,
    extraCa,
    systemCa,
    names,
    watchFolder,
    onApplied,
  } = deps
  const { clock, random, log } = vaultDeps
  const running = createRunningConfig(vaultDeps)
  const hostCas = createHostCas({ runtimeFolder, hostCasFile, clock, random, log })
  const watch = createFileWatch({ clock, onChange: () => refresh.touch(), ...(watchFolder && { watchFolder }) })
  const ownPaths = [...systemCa.paths, ...(extraCa.file === undefined ? [] : [extraCa.file])]
  const follow = (paths: readonly string[]) => watch.follow([...paths, ...ownPaths])
  const versionNow = () => versionOf(loadDeps.path).catch(errorCode)
  /** What the file was when it was last read. */
  let readVersion: string | undefined
  const refresh = createConfigRefresh({
    clock,
    log,
    former: running.loaded,
    async load() {
      // Before reading, so that no later change is missed.
      readVersion = await versionNow()
      const followed = running.loaded()?.paths ?? [loadDeps.path]
      follow(followed)
      await extraCa.refresh()
      await systemCa.refresh()
      const loaded = await loadConfig(running.loaded(), loadDeps)
      if (loaded.paths.some((path) => !followed.includes(path))) {
        follow(loaded.paths)
        // The new files may have changed before they were watched.
        return await loadConfig(running.loaded(), loadDeps)
      }
      return loaded
    },
    async apply(loaded) {
      await keychain.use(loaded.isRead ? loaded.config.keychain : undefined)
      running.apply(loaded, systemCa.current())
      onApplied(loaded.config, loaded.faults.length)
      await names.use(running.vaults().flatMap(({ identities }) => identities))
      await hostCas.use(loaded.config.hostCas, running.vaults())
    },
  })

  /** By the names of the sections. */
  const sectionsOff = (prefix: string): ReadonlyMap<string, CodedError> => {
    const faults = (running.loaded()?.faults ?? []).filter(
      ({ section, effect }) => effect === 'off' && section?.startsWith(prefix),
    )
    return new Map(faults.reverse().map(({ section, error }) => [section!.slice(prefix.length), error]))
  }

  return {
    start: refresh.refresh,
    async catchUp() {
      if ((await versionNow()) === readVersion && !refresh.isRunning()) return
      // It may name files on a disk that does not answer.
      await settledWithin(clock, patienceMs, refresh.catchUp())
    },
    current: () => running.loaded()?.config ?? nothingConfigured,
    vaults: running.vaults,
    vaultsOff: () => sectionsOff('vault.'),
    hostCas: { ...hostCas, off: () => sectionsOff('ssh.host_ca.') },
    whyUnread: running.whyUnread,
    stores: running.stores,
    listSettings: running.listSettings,
    awsSettings: running.awsSettings,
    report() {
      const { faults, warnings } = running.loaded() ?? { faults: [], warnings: [] }
      const outdated = keychain.isOutdated() ? ['[keychain] has changed: restart the daemon to apply it'] : []
      return reportConfig(loadDeps.path, {
        faults,
        warnings: [...warnings, ...outdated, ...names.faults(), ...hostCas.faults()],
      })
    },
    stop() {
      watch.close()
      refresh.stop()
      hostCas.stop()
      running.stop()
    },
  }
}
