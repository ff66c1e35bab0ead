import type { ListSettings } from '../../agent/destination/arrangement.ts'
import type { KeyStore } from '../../agent/keys/key-store.ts'
import { createStaticKeys, type StaticKeys } from '../../agent/keys/static-keys.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { LastingKeychain } from '../../keychain/keychain.ts'
import { createKeyIndex } from './key-index.ts'
import { createKeyItems } from './key-items.ts'
import { createStoredKeys, type StoredKeys } from './stored-keys.ts'

/** The static keys as the agent and the local API use them. */
export interface RunningStaticKeys {
  stored: StoredKeys
  agentKeys: StaticKeys
  /** What a user calls the keychain that they are in, and whether what it holds is lost when the daemon ends. */
  keychain(): { keychain: string; endsWithDaemon?: true }
  /** The configured identities, and these keys behind them: the same array until either changes. */
  stores(): readonly KeyStore[]
  /** With the hosts of these keys: the same object until either changes. */
  listSettings(): ListSettings
}

/** What they need. */
export interface RunningStaticKeysDeps {
  /** The file that lists them. */
  staticKeysFile: string
  keychain: LastingKeychain
  clock: Clock
  onKeysReleased: () => void
  /** What is configured without them. */
  configured: { stores(): readonly KeyStore[]; listSettings(): ListSettings }
}

/** Wires them together; none is known before `stored.open`. */
export function createRunningStaticKeys(deps: RunningStaticKeysDeps): RunningStaticKeys {
  const { staticKeysFile, keychain, clock, onKeysReleased, configured } = deps
  const agentKeys = createStaticKeys({ clock, onKeysReleased, load: (key) => stored.load(key) })
  const stored = createStoredKeys({
    index: createKeyIndex(staticKeysFile),
    items: createKeyItems(keychain),
    onChange: agentKeys.use,
  })
  return {
    stored,
    agentKeys,
    keychain: () => ({
      keychain: keychain.description,
      ...(keychain.endsWithDaemon === true ? { endsWithDaemon: true } : {}),
    }),
    stores: latest(
      () => [configured.stores()],
      ([stores]) => [...stores, agentKeys],
    ),
    listSettings: latest(
      () => [configured.listSettings(), stored.list()],
      ([settings, keys]) => ({
        ...settings,
        hosts: [...settings.hosts, ...keys.flatMap(({ key }) => key.hosts ?? [])],
      }),
    ),
  }
}

/** What `make` makes of some parts, made anew only when one of them is another object. */
function latest<const Parts extends readonly object[], T>(parts: () => Parts, make: (parts: Parts) => T): () => T {
  let made: { of: Parts; result: T } | undefined
  return () => {
    const now = parts()
    if (made === undefined || now.some((part, index) => part !== made!.of[index])) made = { of: now, result: make(now) }
    return made.result
  }
}
