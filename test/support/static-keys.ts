import { join } from 'node:path'
import { plainLists } from '../../src/agent/destination/arrangement.ts'
import { silentLogger } from '../../src/core/log.ts'
import { createRunningStaticKeys, type RunningStaticKeys } from '../../src/daemon/static-keys/running-static-keys.ts'
import type { Keychain } from '../../src/keychain/keychain.ts'
import { createLastingKeychain } from '../../src/keychain/lasting-keychain.ts'
import { createMemoryKeychain } from '../../src/keychain/memory-store.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

/** Static keys with nothing configured beside them. */
export function staticKeysIn(
  folder: string,
  { keychain = createMemoryKeychain(), clock = fakeClock() }: { keychain?: Keychain; clock?: FakeClock } = {},
): RunningStaticKeys & { released: () => number } {
  let released = 0
  const stores: [] = []
  const keys = createRunningStaticKeys({
    staticKeysFile: join(folder, 'ssh-keys.json'),
    keychain: createLastingKeychain({ keychain, clock, random: () => 0, log: silentLogger }),
    clock,
    onKeysReleased() {
      released += 1
    },
    configured: { stores: () => stores, listSettings: () => plainLists },
  })
  return { ...keys, released: () => released }
}
