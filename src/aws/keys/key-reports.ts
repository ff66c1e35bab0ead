import { shellWord } from '../../core/text/shell-word.ts'
import type { Clock } from '../../core/time/clock.ts'
import { formatDays } from '../../core/time/duration.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import { AwsError } from '../aws-error.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { Rotation, RotationJournal } from '../rotation/rotation-journal.ts'
import type { KeptKeys, KeyCustody } from './key-custody.ts'
import type { KeySighting, KeySightings } from './key-sightings.ts'
import type { LongTermKeys } from './long-term-keys.ts'
import { maxKeyAgeSeconds } from './max-key-age.ts'
import type { OwnKeys, SessionNeeded } from './own-keys.ts'

/** The age and the use of a key, as AWS said when it was last asked. Times are UTC with whole seconds and Z. */
export interface SeenKey {
  createdAt: string
  /** Absent where it was never used, or where AWS did not say. */
  lastUsedAt?: string
  use: KeySighting['use']['type']
  seenAt: string
  /** It is older than it should be. */
  warning?: string
}

/** A key in the keychain. */
export interface ReportedKey {
  source: string
  accessKeyId: string
  /** Absent where AWS was never asked about it. */
  seen?: SeenKey
  /** Absent where there is none that is not finished. */
  rotation?: UnfinishedRotation
}

/** A rotation that has stopped on its way, or whose last step is due: the former key is `retired`. */
export interface UnfinishedRotation {
  state: 'under-way' | 'retired'
  formerKeyId: string
  /** When it was made inactive. */
  retiredAt?: string
}

/** Says what is known of the keys. */
export interface KeyReports {
  /** All keys in the keychain. AWS is not called. @throws {KeychainError} */
  list(): Promise<{ keys: readonly ReportedKey[]; unreadable: KeptKeys['unreadable'] }>
  /** Those that AWS was asked about, without a look into the keychain for each. AWS is not called. */
  seen(): Promise<readonly ReportedKey[]>
  /** Asks AWS about the key of a source. @throws {AwsError} {KeychainError} */
  refresh(source: string): Promise<{ type: 'seen'; key: ReportedKey } | SessionNeeded>
}

/** Who knows what. */
export interface KeyReportsDeps {
  keys: LongTermKeys
  list: KeyCustody['list']
  rotationOf: RotationJournal['find']
  ownKeys: OwnKeys
  sightings: KeySightings
  clock: Clock
  readSettings: () => Promise<AwsSettings>
}

/** Keeps nothing itself. */
export function createKeyReports(deps: KeyReportsDeps): KeyReports {
  const { keys, list, rotationOf, ownKeys, sightings, clock, readSettings } = deps

  const report = (settings: AwsSettings, source: string, sighting: KeySighting): ReportedKey => {
    const maxAgeSeconds = maxKeyAgeSeconds(settings, source)
    const ageSeconds = (clock.now() - sighting.createdAtMs) / 1000
    if (ageSeconds <= maxAgeSeconds) return reportSighting(source, sighting)
    return reportSighting(source, sighting, tooOld(source, ageSeconds, maxAgeSeconds))
  }

  const reported = async () => {
    const settings = await readSettings()
    return [...(await sightings.all())].map(([source, sighting]) => report(settings, source, sighting))
  }

  return {
    async list() {
      const known = await reported()
      const { keys: kept, unreadable } = await list()
      const all: ReportedKey[] = []
      for (const key of kept) {
        const same = known.find(({ source, accessKeyId }) => source === key.source && accessKeyId === key.accessKeyId)
        const rotation = await rotationOf(key.source, key.accessKeyId)
        all.push({ ...(same ?? key), ...(rotation === undefined ? {} : { rotation: describeRotation(rotation) }) })
      }
      return { keys: all, unreadable }
    },
    seen: reported,
    async refresh(source) {
      const key = await keys.read(source)
      const { accessKeyId } = key
      return ownKeys.asOwner(source, key, async ({ iam, signer, userName, useOf }) => {
        const listed = (await iam.listAccessKeys(signer, userName)).find((each) => each.accessKeyId === accessKeyId)
        if (listed === undefined)
          throw new AwsError('AWS_BAD_RESPONSE', `AWS does not list ${accessKeyId} among the keys of ${userName}`)
        const { createdAtMs } = listed
        const sighting = { accessKeyId, createdAtMs, use: await useOf(accessKeyId), seenAtMs: clock.now() }
        await sightings.note(source, sighting)
        return { type: 'seen' as const, key: report(await readSettings(), source, sighting) }
      })
    },
  }
}

/** What AWS said of a key, as it is shown. */
export function reportSighting(source: string, sighting: KeySighting, warning?: string): ReportedKey {
  const { accessKeyId, createdAtMs, use, seenAtMs } = sighting
  return {
    source,
    accessKeyId,
    seen: {
      createdAt: formatUtc(createdAtMs),
      ...(use.type === 'used' ? { lastUsedAt: formatUtc(use.atMs) } : {}),
      use: use.type,
      seenAt: formatUtc(seenAtMs),
      ...(warning === undefined ? {} : { warning }),
    },
  }
}

function describeRotation(rotation: Rotation): UnfinishedRotation {
  const { formerKeyId } = rotation
  if (rotation.type !== 'retired') return { state: 'under-way', formerKeyId }
  return { state: 'retired', formerKeyId, retiredAt: formatUtc(rotation.retiredAtMs) }
}

function tooOld(source: string, ageSeconds: number, maxAgeSeconds: number): string {
  const rotate = `latchkey aws keys rotate ${shellWord(source)}`
  return `the access key is ${formatDays(ageSeconds)} old, and max_key_age is ${formatDays(maxAgeSeconds)}: ${rotate}`
}
