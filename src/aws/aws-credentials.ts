import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/log.ts'
import { shellWord } from '../core/shell-word.ts'
import type { LastingKeychain } from '../keychain/keychain.ts'
import type { PromptCaller, Prompts } from '../prompts/prompt.ts'
import { AwsError, isAwsError } from './aws-error.ts'
import { type ListedProfile, listProfiles } from './config/profile-list.ts'
import { profileNames } from './config/profile-lookup.ts'
import type { AwsSettings } from './config/settings.ts'
import type { SharedConfig } from './config/shared-config.ts'
import type { IssuedCredentials } from './credentials.ts'
import { createKeyChecks } from './keys/key-checks.ts'
import { createKeyCustody, type KeyCustody } from './keys/key-custody.ts'
import { createLongTermKeys } from './keys/long-term-keys.ts'
import { planCredentials, planIfValid } from './plan/credential-plan.ts'
import { defaultRegion } from './plan/partitions.ts'
import { type DerivedStep, mfaStepOf, sourcePrefix, stepsTo } from './plan/steps.ts'
import { createCredentialSource } from './session/credential-source.ts'
import { createDerivedCredentials } from './session/derived-credentials.ts'
import { createForgettings } from './session/forgettings.ts'
import { createSessionCache } from './session/session-cache.ts'
import { createSessionLogin } from './session/session-login.ts'
import { createStepCredentials } from './session/step-credentials.ts'
import { type AwsStatus, describeHeld } from './status.ts'
import { createCallerIdentities } from './sts/caller-identity.ts'
import type { StsClient } from './sts/sts-client.ts'

/** The AWS room as the daemon sees it. */
export interface AwsCredentials {
  /**
   * Credentials of a profile, with at least 16 minutes left where they can be renewed without a person.
   * A question goes to callers that may prompt, once for all who wait; what was begun goes on without its caller.
   * @throws {AwsError} AWS_MFA_NEEDED: a person is needed and this caller may not ask one
   * @throws {PromptError} nobody can be asked, or nobody answered
   * @throws {KeychainError} the keychain cannot answer; credentials that are held are still served
   */
  credentials(profile: string, caller: PromptCaller): Promise<IssuedCredentials>
  /**
   * Drops the credentials of a profile and the MFA session behind them, or all; resolves to what was held, in words. What
   * is under way for the same source ends in AWS_FORGOTTEN, and its question is withdrawn.
   */
  forget(target: { profile: string } | { all: true }): Promise<readonly string[]>
  /** Drops the credentials of roles that no profile leads to any more, after the settings have changed. */
  dropUnused(): Promise<void>
  keys: KeyCustody
  profiles(): Promise<readonly ListedProfile[]>
  status(): Promise<AwsStatus>
}

/** What the room needs from outside. */
export interface AwsCredentialsDeps {
  /** Both are read for each request, so that an edited file counts at once. */
  readSettings: () => Promise<AwsSettings>
  readSharedConfig: () => Promise<SharedConfig>
  keychain: LastingKeychain
  /** Called when STS is first needed, and each time. */
  sts: () => Promise<StsClient>
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  prompts: Prompts
  log: Logger
}

/** Puts the room together. */
export function createAwsCredentials(deps: AwsCredentialsDeps): AwsCredentials {
  const { readSettings, readSharedConfig, keychain, sts, clock, random, prompts, log } = deps
  const longTermKeys = createLongTermKeys(keychain)
  const checks = createKeyChecks({ sts, clock })
  const sessions = createSessionCache({ keychain, clock, log })
  const derived = createDerivedCredentials({ clock, random, log })
  const identities = createCallerIdentities(sts)
  const forgettings = createForgettings()
  const login = createSessionLogin({ keys: longTermKeys, checks, sessions, sts, prompts, clock, log })
  const steps = createStepCredentials({
    keys: longTermKeys,
    checks,
    sessions,
    derived,
    identities,
    forgettings,
    sts,
    clock,
    log,
  })
  const source = createCredentialSource({ steps, sessions, login, clock, log })
  const noticed = new Set<string>()

  /** What is under way for a source, or for all, ends in AWS_FORGOTTEN. */
  const giveUp = (name?: string) => {
    forgettings.note(name)
    login.abandon(name)
  }

  const readAll = async () => {
    const [settings, shared] = await Promise.all([readSettings(), readSharedConfig()])
    return { settings, shared }
  }

  const accountOf = async (step: DerivedStep, credentials: IssuedCredentials): Promise<string | undefined> => {
    if (step.type === 'role') return step.accountId
    const { source: name, mfaSerial, region } = step
    try {
      return (await identities.personOf({ source: name, mfaSerial, region, credentials })).accountId
    } catch (error) {
      if (error instanceof AwsError) return undefined
      throw error
    }
  }

  const keys = createKeyCustody({
    keys: longTermKeys,
    checks,
    log,
    async regionOf(name) {
      const { settings, shared } = await readAll()
      return planIfValid(settings, shared, name)?.last.region ?? defaultRegion('aws')
    },
    async onChange(name) {
      giveUp(name)
      derived.forget((key) => key.startsWith(sourcePrefix(name)))
      identities.forget(name)
      await sessions.forget(name)
    },
  })

  const forgetAll = async (): Promise<readonly string[]> => {
    giveUp()
    const roles = derived.forget(() => true)
    const gone = await sessions.forget()
    return [...gone.map(sessionOf), ...(roles.length === 0 ? [] : [`credentials of ${roles.length} roles`])]
  }

  const forgetProfile = async (profile: string): Promise<readonly string[]> => {
    const { settings, shared } = await readAll()
    const { last } = planCredentials(settings, shared, profile)
    giveUp(last.source)
    // What is under way for another profile of the source is being made of the same session.
    derived.forget((key) => key.startsWith(sourcePrefix(last.source)) && derived.peek(key) === undefined)
    const held = stepsTo(last).flatMap((step) => {
      if (step.type === 'key' || derived.forget((key) => key === step.cacheKey).length === 0) return []
      return step.type === 'role' ? [`credentials of ${step.roleArn}`] : [sessionOf(step.source)]
    })
    const gone = mfaStepOf(last) === undefined ? [] : await sessions.forget(last.source)
    return [...gone.map(sessionOf), ...held]
  }

  return {
    keys,
    async credentials(profile, caller) {
      const { settings, shared } = await readAll()
      const plan = planCredentials(settings, shared, profile)
      for (const notice of plan.notices) {
        if (!noticed.has(notice)) log.warn(notice)
        noticed.add(notice)
      }
      const refuseIfForgotten = forgettings.watch(plan.last.source)
      try {
        const credentials = await source.credentials(plan, caller)
        refuseIfForgotten()
        const accountId = await accountOf(plan.last, credentials)
        refuseIfForgotten()
        return accountId === undefined ? credentials : { ...credentials, accountId }
      } catch (error) {
        throw isAwsError(error, 'AWS_KEY_MISSING') ? adviseImport(error, shared, plan.last.source) : error
      }
    },
    forget: (target) => ('all' in target ? forgetAll() : forgetProfile(target.profile)),
    async dropUnused() {
      const { settings, shared } = await readAll()
      const plans = profileNames(settings, shared).flatMap((name) => planIfValid(settings, shared, name) ?? [])
      const used = new Set(
        plans.flatMap(({ last }) => stepsTo(last).flatMap((step) => (step.type === 'key' ? [] : [step.cacheKey]))),
      )
      derived.forget((key) => !used.has(key))
    },
    async profiles() {
      const { settings, shared } = await readAll()
      return listProfiles(settings, shared)
    },
    async status() {
      const { settings, shared } = await readAll()
      return describeHeld(settings, shared, await sessions.list(), derived)
    },
  }
}

const sessionOf = (source: string) => `session of ${source}`

/** A key that stands in a file in plaintext is not used, but it can be moved. */
function adviseImport(error: AwsError, shared: SharedConfig, source: string): AwsError {
  if (shared.profiles.get(source)?.hasPlaintextKey !== true) return error
  return new AwsError('AWS_KEY_MISSING', `${error.message}; the one in the AWS credentials file is not used`, {
    cause: error,
    hint: `latchkey aws keys import ${shellWord(source)} --profile ${shellWord(source)}`,
  })
}
