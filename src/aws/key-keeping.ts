import type { Logger } from '../core/log.ts'
import type { Clock } from '../core/time/clock.ts'
import type { Keychain } from '../keychain/keychain.ts'
import type { AwsSettings } from './config/settings.ts'
import type { SharedConfig } from './config/shared-config.ts'
import type { IamClient } from './iam/iam-client.ts'
import { createImportBackups } from './keys/import-backups.ts'
import type { KeyChecks } from './keys/key-checks.ts'
import { createKeyCustody, type KeyCustody } from './keys/key-custody.ts'
import { createKeyReports, type KeyReports } from './keys/key-reports.ts'
import { createKeySightings } from './keys/key-sightings.ts'
import type { LongTermKeys } from './keys/long-term-keys.ts'
import { createOwnKeys } from './keys/own-keys.ts'
import { createUserKeys, type UserKeys } from './keys/user-keys.ts'
import type { SourcePlans } from './plan/source-plan.ts'
import { createKeyRotation, type KeyRotation } from './rotation/key-rotation.ts'
import { createRotationJournal } from './rotation/rotation-journal.ts'
import type { SessionCache } from './session/session-cache.ts'

/** What can be done with long-term keys. */
export interface KeyKeeping {
  keys: KeyCustody
  rotation: KeyRotation
  keyReports: KeyReports
  userKeys: UserKeys
  /** The sources whose rotation is not finished; for this no item is read. */
  unfinishedRotations(): Promise<readonly string[]>
}

/** What the keys are kept with. */
export interface KeyKeepingDeps {
  longTermKeys: LongTermKeys
  checks: KeyChecks
  sessions: SessionCache
  keychain: Keychain
  iam: () => Promise<IamClient>
  clock: Clock
  log: Logger
  readAll: () => Promise<{ settings: AwsSettings; shared: SharedConfig }>
  sourcePlans: SourcePlans
  /** Voids what was made, or is being made, with the key of a source. */
  voidMade(source: string): Promise<void>
}

/** Puts together what is about long-term keys. */
export function createKeyKeeping(deps: KeyKeepingDeps): KeyKeeping {
  const { longTermKeys: keys, checks, sessions, keychain, iam, clock, log, readAll, sourcePlans, voidMade } = deps
  const { placeOf, planOf } = sourcePlans
  const journal = createRotationJournal(keychain, log)
  const sightings = createKeySightings(keychain, log)
  const voidAll = async (source: string) => {
    await voidMade(source)
    await sightings.forget(source)
  }
  const custody = createKeyCustody({
    keys,
    backups: createImportBackups(keychain, clock),
    checks,
    log,
    placeOf,
    async onChange(name) {
      await voidAll(name)
      await journal.remove(name)
    },
  })
  const ownKeys = createOwnKeys({ checks, sessions, iam, clock, planOf })
  const readSettings = async () => (await readAll()).settings
  const shared = { keys, checks, ownKeys, sightings, clock, log }
  return {
    keys: custody,
    rotation: createKeyRotation({ ...shared, journal, planOf, voidMade: voidAll }),
    userKeys: createUserKeys(keys, ownKeys, readSettings),
    unfinishedRotations: journal.sources,
    keyReports: createKeyReports({ ...shared, list: custody.list, rotationOf: journal.find, readSettings }),
  }
}
