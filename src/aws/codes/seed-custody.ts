import type { Secret } from '../../core/secret.ts'
import type { Keychain } from '../../keychain/keychain.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { SharedConfig } from '../config/shared-config.ts'
import { type CredentialPlan, planCredentials } from '../plan/credential-plan.ts'
import { type MfaStep, mfaStepOf } from '../plan/steps.ts'
import type { SessionLogin } from '../session/session-login.ts'
import { needsNoCode } from '../session/session-start.ts'
import { codeOf, parseTotpSeed } from './totp-seed.ts'
import type { TotpSeeds } from './totp-seeds.ts'

/** The device that a seed is, or would be, of. */
export interface SeedPlace {
  source: string
  mfaSerial: string
  /** What a user calls the keychain. */
  keychain: string
}

/** Stores and removes seeds. */
export interface SeedCustody {
  /** Whose seed belongs to a profile or source. @throws {AwsError} AWS_PROFILE_…: it has no device */
  placeOf(profile: string): Promise<SeedPlace>
  /**
   * Stores or replaces the seed of a device, once AWS has begun a session with its code, which may have to be waited for.
   * @returns with the end of that session
   * @throws {AwsError} AWS_SEED_INVALID; AWS_MFA_CODE_REFUSED: it is not of this device; others: AWS cannot be asked.
   *   Nothing is stored then; {KeychainError}
   */
  put(profile: string, text: Secret<string>): Promise<Pick<SeedPlace, 'source' | 'mfaSerial'> & { expiresAtMs: number }>
  /** Resolves to whether there was one. */
  remove(source: string): Promise<boolean>
  /** The sources that have one. */
  sources(): Promise<readonly string[]>
}

/** Where seeds go, and how they are proved. */
export interface SeedCustodyDeps {
  seeds: TotpSeeds
  keychain: Pick<Keychain, 'description'>
  login: SessionLogin
  readAll: () => Promise<{ settings: AwsSettings; shared: SharedConfig }>
}

/** Custody that believes a seed only when AWS does. */
export function createSeedCustody({ seeds, keychain, login, readAll }: SeedCustodyDeps): SeedCustody {
  const stepOf = async (profile: string): Promise<{ plan: CredentialPlan; step: MfaStep }> => {
    const { settings, shared } = await readAll()
    const plan = planCredentials(settings, shared, profile)
    const step = mfaStepOf(plan.last)
    if (step === undefined) throw needsNoCode(plan)
    return { plan, step }
  }

  return {
    async placeOf(profile) {
      const { source, mfaSerial } = (await stepOf(profile)).step
      return { source, mfaSerial, keychain: keychain.description }
    },
    async put(profile, text) {
      const seed = parseTotpSeed(text.expose())
      const { plan, step } = await stepOf(profile)
      const { source, mfaSerial } = step
      const code = async (atMs: number) => codeOf(seed, atMs)
      const proof = login.prove(plan, step, { what: 'this seed', periodSeconds: seed.periodSeconds, code })
      const expiresAtMs = await proof.catch((error: unknown) => {
        throw isAwsError(error, 'AWS_MFA_NEEDED') ? notOfDevice(error, mfaSerial) : error
      })
      await seeds.write(source, { ...seed, mfaSerial })
      return { source, mfaSerial, expiresAtMs }
    },
    remove: seeds.remove,
    sources: seeds.sources,
  }
}

function notOfDevice(cause: AwsError, mfaSerial: string): AwsError {
  return new AwsError(
    'AWS_MFA_CODE_REFUSED',
    `AWS refuses the codes of this seed for ${mfaSerial}: nothing is stored`,
    {
      cause,
      hint: 'take the seed that was shown when this device was made, and check that its codes are those that the device shows',
    },
  )
}
