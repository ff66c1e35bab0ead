import type { ListSettings } from '../../agent/destination/arrangement.ts'
import type { ConfiguredIdentity } from '../../agent/identities/configured-identity.ts'
import type { AwsSettings } from '../../aws/config/settings.ts'
import type { Roots } from '../../http/tls.ts'
import { refuseSharedToken } from '../../vault/token/shared-token.ts'
import { type ConfigError, nothingConfigured, type VaultConfig } from '../config/config.ts'
import { type LoadedConfig, whyOff } from '../config/load-config.ts'
import { listSettingsOf } from './list-settings.ts'
import { type RunningVault, startVault, type VaultDeps } from './running-vault.ts'
import { type VaultPlan, vaultChange } from './vault-plan.ts'

/** The part of config.toml that runs: the one owner of the vaults and of the settings. */
export interface RunningConfig {
  /** Runs what has been loaded: unchanged parts go on, the others are started, replaced or disposed of. */
  apply(loaded: LoadedConfig, roots: Roots | undefined): void
  /** What was applied last; undefined at the start. */
  loaded(): LoadedConfig | undefined
  vaults(): readonly RunningVault[]
  /** The keys of the identities, the same array until they change. */
  stores(): readonly ConfiguredIdentity[]
  /** How lists are made, the same object until that changes. */
  listSettings(): ListSettings
  /** Why no part of the file could be read yet; undefined once it was. */
  whyUnread(): ConfigError | undefined
  /** @throws {ConfigError} no part of the file could be read yet */
  awsSettings(): AwsSettings
  stop(): void
}

/** Runs nothing until something is applied. */
export function createRunningConfig(deps: VaultDeps): RunningConfig {
  const { environment, log } = deps
  let loaded: LoadedConfig | undefined
  let parts: readonly { plan: VaultPlan; vault: RunningVault }[] = []
  let stores: readonly ConfiguredIdentity[] = []
  let listSettings = listSettingsOf(nothingConfigured)

  const partFor = (plan: VaultPlan): { plan: VaultPlan; vault: RunningVault } => {
    const former = parts.find(({ plan: { config } }) => config.name === plan.config.name)
    const change = former === undefined ? 'replaced' : vaultChange(former.plan, plan)
    if (former === undefined || change === 'replaced') return { plan, vault: startVault(plan, deps) }
    if (change === 'reconnected') {
      log.info('the connection to a vault has changed', { vault: plan.config.name })
      former.vault.reconnect(plan)
    }
    return { plan, vault: former.vault }
  }

  const whyUnread = () => (loaded === undefined || loaded.isRead ? undefined : whyOff(loaded, ''))

  return {
    whyUnread,
    apply(next, roots) {
      loaded = next
      const former = parts
      const { vaults, identities } = next.config
      listSettings = listSettingsOf(next.config)
      const refusals = refuseSharedToken(vaults.filter(usesSharedToken), environment)
      parts = vaults.map((config) => {
        const files = next.vaultFiles.get(config.name)!
        return partFor({ config, files, roots, tokenRefusal: refusals.get(config.name) })
      })
      // Before their successors get identities, so that no identity has two keys at once.
      for (const { vault } of former) if (!parts.some((part) => part.vault === vault)) vault.close()
      for (const { plan, vault } of parts)
        vault.setIdentities(identities.filter((identity) => identity.vault === plan.config.name))
      const keys = parts.flatMap(({ vault }) => vault.identities.map(({ key }) => key))
      if (keys.length !== stores.length || keys.some((key, at) => key !== stores[at])) stores = keys
    },
    loaded: () => loaded,
    vaults: () => parts.map(({ vault }) => vault),
    stores: () => stores,
    listSettings: () => listSettings,
    awsSettings() {
      const unread = whyUnread()
      if (unread !== undefined) throw unread
      return {
        profiles: loaded?.config.awsProfiles ?? {},
        sources: loaded?.config.awsSources ?? {},
        browser: loaded?.config.awsBrowser,
        switchedOff: (name) =>
          loaded && (whyOff(loaded, `aws.profile.${name}`) ?? whyOff(loaded, `aws.source.${name}`)),
      }
    },
    stop() {
      for (const { vault } of parts) vault.stop()
    },
  }
}

const usesSharedToken = ({ auth }: VaultConfig) => auth.method === 'token' && auth.token_file === undefined
