import type { Logger } from '../core/log.ts'
import type { Clock } from '../core/time/clock.ts'
import type { LastingKeychain } from '../keychain/keychain.ts'
import type { PromptCaller, Prompts } from '../prompts/prompt.ts'
import { AwsError, isAwsError } from './aws-error.ts'
import type { RunMfaCommand } from './codes/mfa-command.ts'
import { createSeedCustody, type SeedCustody } from './codes/seed-custody.ts'
import { createTotpSeeds } from './codes/totp-seeds.ts'
import { withoutEnded } from './config/ended-profiles.ts'
import { type ListedProfile, listProfiles } from './config/profile-list.ts'
import type { AwsSettings } from './config/settings.ts'
import type { SharedConfig } from './config/shared-config.ts'
import { type ConsoleSignIn, type ConsoleWays, createConsoleSignIn } from './console/console-sign-in.ts'
import type { IssuedCredentials } from './credentials.ts'
import { type Ec2Endpoint, ec2PlaceOf } from './ec2/ec2-place.ts'
import { type Explanation, explainPlan } from './explanation.ts'
import { createAliasChecks } from './iam/alias-checks.ts'
import type { IamClient } from './iam/iam-client.ts'
import { createKeyKeeping, type KeyKeeping } from './key-keeping.ts'
import { createKeyChecks } from './keys/key-checks.ts'
import { type SourceStanding, standingOf } from './keys/known-sources.ts'
import { createLongTermKeys } from './keys/long-term-keys.ts'
import { adviseOnMissingKey } from './keys/missing-key-advice.ts'
import { createMfaDevices, type MfaDevices } from './mfa/mfa-devices.ts'
import { type CredentialPlan, planCredentials, validPlans } from './plan/credential-plan.ts'
import { createSourcePlans } from './plan/source-plan.ts'
import { type DerivedStep, isMfaStep, stepsTo } from './plan/steps.ts'
import type { EndpointVariable } from './plan/sts-endpoint.ts'
import { createIssuing } from './session/issuing.ts'
import { needsNewCode, noRole } from './session/no-role.ts'
import { onlySession, type StartedSession, startSession } from './session/session-start.ts'
import { type AwsStatus, describeHeld } from './status.ts'
import type { StsClient } from './sts/sts-client.ts'

/** The AWS room as the daemon sees it. */
export interface AwsCredentials extends KeyKeeping {
  /**
   * Credentials of a profile, with at least 16 minutes left where they can be renewed without a person.
   * Callers that may prompt are asked, once for all who wait; what was begun goes on when its caller has gone.
   * @throws {AwsError} AWS_MFA_NEEDED: a person is needed and this caller may not ask one
   * @throws {PromptError} nobody can be asked, or nobody answered
   * @throws {KeychainError} the keychain cannot answer; credentials that are held are still served
   */
  credentials(profile: string, caller: PromptCaller): Promise<IssuedCredentials>
  /**
   * Makes sure that the MFA session behind a profile is held, and hands out nothing.
   * @param profile absent: the one that has an MFA device, or all that share one session
   * @param sinceMs a session that began before this is replaced; ms since the epoch
   * @throws {AwsError} {PromptError} {KeychainError} as `credentials`; AWS_PROFILE_NOT_NAMED
   */
  login(profile: string | undefined, caller: PromptCaller, sinceMs?: number): Promise<StartedSession>
  /**
   * Gets the credentials of a profile's role anew, from the session that is held; hands out nothing.
   * @throws {AwsError} {PromptError} {KeychainError} as `credentials`; AWS_PROFILE_UNSUPPORTED: it has no role
   */
  refresh(profile: string, caller: PromptCaller): Promise<RenewedRole>
  /** What the files say of a source, and why a key probably does not belong under its name, where something says so. */
  source(name: string): Promise<SourceStanding>
  /**
   * Drops the credentials of a profile and the MFA session behind them, or all; resolves to what was held, in words. What
   * is under way for the same source fails with AWS_FORGOTTEN, and its question is withdrawn.
   */
  forget(target: { profile: string } | { all: true }): Promise<readonly string[]>
  /** Drops the credentials of roles that no profile leads to any more, after the settings have changed. */
  dropUnused(): Promise<void>
  seeds: SeedCustody
  console: ConsoleSignIn
  /** @param region in the place of the profile's @throws {AwsError} AWS_PROFILE_… */
  ec2Place(profile: string, region: string | undefined): Promise<Ec2Endpoint>
  mfa: MfaDevices
  profiles(): Promise<readonly ListedProfile[]>
  /** The way to the credentials of a profile. AWS is not called, and nobody is asked. @throws {AwsError} AWS_PROFILE_… */
  explain(profile: string): Promise<Explanation>
  status(): Promise<AwsStatus>
}

/** A role whose credentials were got anew. */
export interface RenewedRole {
  roleArn: string
  expiresAtMs: number
}

/** What the room needs from outside. */
export interface AwsCredentialsDeps extends ConsoleWays {
  /** Both are read for each request, so that an edited file counts at once. */
  readSettings: () => Promise<AwsSettings>
  readSharedConfig: () => Promise<SharedConfig>
  keychain: LastingKeychain
  /** Called each time STS is needed, and not before. */
  sts: () => Promise<StsClient>
  /** The same for IAM. */
  iam: () => Promise<IamClient>
  /** What says where STS is, before any profile; absent: nothing does. */
  stsVariable?: EndpointVariable | undefined
  runMfaCommand: RunMfaCommand
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  prompts: Prompts
  log: Logger
}

/** Puts the room together. */
export function createAwsCredentials(deps: AwsCredentialsDeps): AwsCredentials {
  const { readSettings, readSharedConfig, keychain, sts, iam, clock, log } = deps
  const longTermKeys = createLongTermKeys(keychain)
  const checks = createKeyChecks({ sts, clock })
  const seeds = createTotpSeeds(keychain)
  const issuing = createIssuing({ ...deps, keys: longTermKeys, checks, seeds })
  const { source, login, sessions, derived, identities, forgetWatch, forgetting } = issuing
  const aliases = createAliasChecks(iam, clock, log)
  const noticed = new Set<string>()

  const readAll = async () => {
    const [settings, shared] = await Promise.all([readSettings(), readSharedConfig()])
    const stsServer = deps.stsVariable?.url
    return { settings: { ...withoutEnded(settings, clock.now()), stsServer }, shared }
  }

  const sourcePlans = createSourcePlans(readAll)

  const accountOf = async (step: DerivedStep, credentials: IssuedCredentials): Promise<string | undefined> => {
    if (step.type === 'role') return step.accountId
    const { source: name, mfaSerial, region, endpoint } = step
    try {
      return (await identities.personOf({ source: name, mfaSerial, region, endpoint, credentials })).accountId
    } catch (error) {
      if (error instanceof AwsError) return undefined
      throw error
    }
  }

  const withKeyAdvice = async <T>({ last }: CredentialPlan, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (!isAwsError(error, 'AWS_KEY_MISSING')) throw error
      const { settings, shared } = await readAll()
      throw adviseOnMissingKey(error, settings, shared, last.source)
    }
  }

  const keeping = createKeyKeeping({
    ...deps,
    longTermKeys,
    checks,
    sessions,
    readAll,
    sourcePlans,
    async voidMade(name) {
      identities.forget(name)
      await forgetting.source(name)
    },
  })

  const console = createConsoleSignIn({
    ...deps,
    readAll,
    async newest(plan, caller) {
      const refuseIfForgotten = forgetWatch.watch(plan.last.source)
      const credentials = await withKeyAdvice(plan, () => source.newest(plan, caller))
      refuseIfForgotten()
      return credentials
    },
  })
  const mfa = createMfaDevices({ keys: longTermKeys, checks, sessions, login, iam, clock, log, sourcePlans })

  return {
    ...keeping,
    seeds: createSeedCustody({ seeds, keychain, login, readAll }),
    console,
    ec2Place: async (profile, region) => ec2PlaceOf(await readAll(), profile, region),
    mfa,
    async credentials(profile, caller) {
      const { settings, shared } = await readAll()
      const plan = planCredentials(settings, shared, profile)
      for (const notice of plan.notices) {
        if (!noticed.has(notice)) log.warn(notice)
        noticed.add(notice)
      }
      const refuseIfForgotten = forgetWatch.watch(plan.last.source)
      return withKeyAdvice(plan, async () => {
        const credentials = await source.credentials(plan, caller)
        refuseIfForgotten()
        const accountId = await accountOf(plan.last, credentials)
        refuseIfForgotten()
        const alias = Object.hasOwn(settings.profiles, profile) ? settings.profiles[profile]!.account_alias : undefined
        if (plan.last.type === 'role' && alias !== undefined)
          void aliases.check({ accountId: plan.last.accountId, alias }, { credentials, region: plan.last.region })
        return accountId === undefined ? credentials : { ...credentials, accountId }
      })
    },
    async login(profile, caller, sinceMs) {
      const { settings, shared } = await readAll()
      const plan =
        profile === undefined ? onlySession(validPlans(settings, shared)) : planCredentials(settings, shared, profile)
      return withKeyAdvice(plan, () => startSession(plan, caller, { sessions, login, clock }, sinceMs))
    },
    async refresh(profile, caller) {
      const { settings, shared } = await readAll()
      const plan = planCredentials(settings, shared, profile)
      const { last } = plan
      if (last.type !== 'role') throw noRole(profile)
      if (isMfaStep(last)) throw needsNewCode(profile)
      const refuseIfForgotten = forgetWatch.watch(last.source)
      const { expiresAtMs } = await withKeyAdvice(plan, () => source.renew(plan, caller))
      refuseIfForgotten()
      return { roleArn: last.roleArn, expiresAtMs }
    },
    async source(name) {
      const { settings, shared } = await readAll()
      return standingOf(settings, shared, await longTermKeys.sources(), name)
    },
    async forget(target) {
      if ('all' in target) return forgetting.all()
      const { settings, shared } = await readAll()
      return forgetting.plan(planCredentials(settings, shared, target.profile))
    },
    async dropUnused() {
      const { settings, shared } = await readAll()
      const used = new Set(
        validPlans(settings, shared).flatMap(({ last }) =>
          stepsTo(last).flatMap((step) => (step.type === 'key' ? [] : [step.cacheKey])),
        ),
      )
      derived.forget((key) => !used.has(key))
    },
    async explain(profile) {
      const { settings, shared } = await readAll()
      const { stsVariable } = deps
      const plan = planCredentials(settings, shared, profile)
      return explainPlan(plan, { keys: longTermKeys, sessions, derived, seeds, stsVariable })
    },
    async profiles() {
      // With those whose time is over: the command that lists them removes them.
      return listProfiles(await readSettings(), await readSharedConfig(), aliases.stateOf)
    },
    async status() {
      const { settings, shared } = await readAll()
      return describeHeld(settings, shared, {
        sessions: await sessions.list(),
        derived,
        keys: await keeping.keyReports.seen(),
        rotations: await keeping.unfinishedRotations().catch(() => []),
        seeds: await seeds.sources().catch(() => []),
      })
    },
  }
}
