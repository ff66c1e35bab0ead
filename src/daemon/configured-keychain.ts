import { isDeepStrictEqual } from 'node:util'
import { type Keychain, KeychainError } from '../keychain/keychain.ts'
import type { KeychainSettings } from './config/config.ts'

/** The configured keychain. It is opened only once, because another one would not hold what this one holds. */
export interface ConfiguredKeychain extends Keychain {
  /**
   * Opens the keychain, if it is not open yet.
   * @param settings undefined while the section is switched off
   */
  use(settings: KeychainSettings | undefined): Promise<void>
  /** Whether the section now names another keychain than the one that is open. */
  isOutdated(): boolean
}

/** @param open opens an adapter for the settings */
export function createConfiguredKeychain(open: (settings: KeychainSettings) => Promise<Keychain>): ConfiguredKeychain {
  let opened: { keychain: Keychain; settings: KeychainSettings } | undefined
  let wanted: KeychainSettings | undefined
  const keychain = (): Keychain => {
    if (opened !== undefined) return opened.keychain
    throw new KeychainError('KEYCHAIN_UNAVAILABLE', 'the keychain is switched off by a mistake in config.toml', {
      hint: 'latchkey config check',
    })
  }
  return {
    get description() {
      return opened?.keychain.description ?? 'switched off'
    },
    get endsWithDaemon() {
      return opened?.keychain.endsWithDaemon === true
    },
    get: async (name) => keychain().get(name),
    set: async (name, value) => keychain().set(name, value),
    delete: async (name) => keychain().delete(name),
    list: async () => keychain().list(),
    async use(settings) {
      wanted = settings
      if (opened === undefined && settings !== undefined) opened = { keychain: await open(settings), settings }
    },
    isOutdated: () => opened !== undefined && wanted !== undefined && !isDeepStrictEqual(opened.settings, wanted),
  }
}
