import { formatUtc } from '../core/time/utc-time.ts'
import { profileNames } from './config/profile-lookup.ts'
import type { AwsSettings } from './config/settings.ts'
import type { SharedConfig } from './config/shared-config.ts'
import type { ReportedKey } from './keys/key-reports.ts'
import { validPlans } from './plan/credential-plan.ts'
import { isMfaStep, mfaStepOf } from './plan/steps.ts'
import type { DerivedCredentials } from './session/derived-credentials.ts'
import type { StoredSession } from './session/session-item.ts'

/** What is held; times are UTC with whole seconds and Z. */
export interface AwsStatus {
  sessions: readonly { source: string; mfaSerial: string; expiresAt: string }[]
  roles: readonly { profile: string; roleArn: string; expiresAt: string }[]
  profiles: readonly string[]
  /** What AWS said of the long-term keys when it was last asked; absent where it was not asked about any. */
  keys?: readonly ReportedKey[]
  /** The sources whose key is being rotated; absent where there is none. */
  rotations?: readonly string[]
  /** The sources whose MFA seed is in the keychain; absent where there is none. */
  seeds?: readonly string[]
  /** Which settings of the profiles do not count as written; absent where there is nothing to say. */
  warnings?: readonly string[]
}

/** What is held. */
export interface Held {
  /** And roles in direct mode; in memory or stored. */
  sessions: readonly StoredSession[]
  derived: DerivedCredentials
  keys: readonly ReportedKey[]
  /** The names of their sources. */
  rotations: readonly string[]
  /** The names of their sources. */
  seeds: readonly string[]
}

/** Describes what is held for the profiles as configured now. A session that no profile leads to is left out. */
export function describeHeld(
  settings: AwsSettings,
  shared: SharedConfig,
  { sessions, derived, keys, rotations, seeds }: Held,
): AwsStatus {
  const profiles = profileNames(settings, shared)
  const plans = validPlans(settings, shared)
  const serials = new Map(
    plans.flatMap(({ last }) => {
      const step = mfaStepOf(last)
      return step?.type === 'session' ? [[step.cacheKey, step.mfaSerial] as const] : []
    }),
  )
  const stored = new Map(sessions.map((session) => [session.key, session]))
  const warnings = [...new Set(plans.flatMap(({ notices }) => notices))]
  return {
    sessions: sessions.flatMap(({ source, key, expiresAtMs }) => {
      const mfaSerial = serials.get(key)
      return mfaSerial === undefined ? [] : [{ source, mfaSerial, expiresAt: formatUtc(expiresAtMs) }]
    }),
    roles: plans.flatMap(({ profile, last }) => {
      const inHand = isMfaStep(last) ? stored.get(last.cacheKey) : derived.peek(last.cacheKey)
      if (last.type !== 'role' || inHand === undefined) return []
      return [{ profile, roleArn: last.roleArn, expiresAt: formatUtc(inHand.expiresAtMs) }]
    }),
    profiles,
    ...(keys.length === 0 ? {} : { keys }),
    ...(rotations.length === 0 ? {} : { rotations }),
    ...(seeds.length === 0 ? {} : { seeds }),
    ...(warnings.length === 0 ? {} : { warnings }),
  }
}
