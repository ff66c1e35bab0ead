import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import { asKept, type SessionCredentials, type SigningCredentials } from '../credentials.ts'
import type { KeyChecks } from '../keys/key-checks.ts'
import type { LongTermKeys } from '../keys/long-term-keys.ts'
import type { CredentialPlan } from '../plan/credential-plan.ts'
import { type DerivedStep, isMfaStep, mfaStepOf, type RoleStep, type Step } from '../plan/steps.ts'
import { atEndpoint } from '../sts/at-endpoint.ts'
import type { CallerIdentities } from '../sts/caller-identity.ts'
import { findCaller, isCredentialRefusal } from '../sts/known-caller.ts'
import { adviseOnRefusal } from '../sts/refusal-advice.ts'
import type { StsClient } from '../sts/sts-client.ts'
import type { DerivedCredentials } from './derived-credentials.ts'
import type { ForgetWatch } from './forget-watch.ts'
import { roleOf } from './issue-with-code.ts'
import type { SessionCache } from './session-cache.ts'
import { mfaNeeded } from './session-start.ts'

/** What the steps of a plan yield, without asking anybody: what is held, else what STS makes from the step before. */
export interface StepCredentials {
  /**
   * @throws {AwsError} AWS_MFA_NEEDED: only a person can begin the session. Where AWS no longer accepts the credentials of
   *   an earlier step, they have been dropped, and the next call gets new ones
   * @throws {KeychainError}
   */
  current(plan: CredentialPlan, step: DerivedStep): Promise<SessionCredentials>
  /** New credentials of a step that needs no person itself, whatever is held. */
  renew(plan: CredentialPlan, step: DerivedStep): Promise<SessionCredentials>
}

/** Who holds the key, the sessions and the roles, and who makes them. */
export interface StepCredentialsDeps {
  keys: LongTermKeys
  checks: KeyChecks
  sessions: SessionCache
  derived: DerivedCredentials
  identities: CallerIdentities
  forgetWatch: ForgetWatch
  sts: () => Promise<StsClient>
  clock: Clock
  log: Logger
}

/** The one caller of STS for all steps but the MFA session, with one call at a time for each step. */
export function createStepCredentials(deps: StepCredentialsDeps): StepCredentials {
  const { keys, checks, sessions, derived, identities, forgetWatch, sts, clock, log } = deps

  const current = async (plan: CredentialPlan, step: DerivedStep): Promise<SessionCredentials> => {
    if (!isMfaStep(step)) return derived.current(step.cacheKey, () => derive(plan, step))
    const session = await sessions.find(step)
    if (session === undefined) throw mfaNeeded(plan, step)
    return session.credentials
  }

  const signerOf = async (plan: CredentialPlan, step: Step): Promise<SigningCredentials> =>
    step.type === 'key' ? keys.read(step.source) : current(plan, step)

  const derive = async (plan: CredentialPlan, step: DerivedStep): Promise<SessionCredentials> => {
    const refuseIfForgotten = forgetWatch.watch(step.source)
    const signer = await signerOf(plan, step.parent)
    const client = atEndpoint(await sts(), step.endpoint)
    // Nothing is made from a key or session that is gone, and nothing is learned about its owner.
    refuseIfForgotten()
    try {
      const credentials = await issueWhereAccepted(client, step, signer)
      log.info('AWS issued credentials', {
        profile: plan.profile,
        role: step.type === 'role' ? step.roleArn : undefined,
      })
      return asKept(credentials, { durationSeconds: step.durationSeconds, nowMs: clock.now() })
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      throw adviseOnRefusal(error, { profile: plan.profile, step, sessionAgeMs: await sessionAgeMs(step) })
    }
  }

  /**
   * A request that is refused for its credentials proves nothing against them yet: a region that the account has not
   * opted in to knows nobody. Only credentials that AWS accepts nowhere are dropped.
   */
  const issueWhereAccepted = async (client: StsClient, step: DerivedStep, signer: SigningCredentials) => {
    try {
      return await issue(client, step, signer, step.region)
    } catch (error) {
      if (!isCredentialRefusal(error)) throw error
      const region = await regionOf(client, step, signer)
      if (region === step.region) throw refusedThoughKnown(step, region)
      log.info('AWS does not know the credentials in the region; asking another', {
        region: step.region,
        instead: region,
      })
      try {
        return await issue(client, step, signer, region)
      } catch (again) {
        throw isCredentialRefusal(again) ? refusedThoughKnown(step, region) : again
      }
    }
  }

  const issue = async (client: StsClient, step: DerivedStep, credentials: SigningCredentials, region: string) => {
    if (step.type === 'session') {
      return client.getSessionToken({ credentials, region, durationSeconds: step.durationSeconds })
    }
    const sessionName = step.sessionName ?? (await nameBehind(step, credentials, region))
    return client.assumeRole({ credentials, region, ...roleOf(step), sessionName })
  }

  const nameBehind = (step: RoleStep, credentials: SigningCredentials, region: string) => {
    const { source, endpoint } = step
    return identities.nameOf({ source, mfaSerial: mfaStepOf(step)?.mfaSerial, region, endpoint, credentials })
  }

  /** Where AWS accepts the credentials that signed for a step. Those that it accepts nowhere are dropped. */
  const regionOf = async (client: StsClient, step: DerivedStep, signer: SigningCredentials) => {
    const { parent, region, endpoint } = step
    if (parent.type === 'key') return (await checks.ask(parent.source, signer, region, endpoint)).region
    try {
      return (await findCaller(client, signer, await madeIn(parent))).region
    } catch (error) {
      if (isCredentialRefusal(error) && 'sessionToken' in signer) await letGo(error, parent, signer)
      throw error
    }
  }

  // Profiles of several regions share one MFA session. The step's own region is only where it would be made now.
  const madeIn = async (step: DerivedStep) => {
    const session = isMfaStep(step) ? await sessions.find(step) : undefined
    return session?.region ?? step.region
  }

  const letGo = async (error: AwsError, step: DerivedStep, dead: SessionCredentials) => {
    if (!isMfaStep(step)) return derived.drop(step.cacheKey, dead)
    await sessions.drop(step, dead)
    // A session dies with its key. A code would be asked for and spent in vain, so the key is tried without one.
    if (isAwsError(error, 'AWS_TOKEN_UNKNOWN'))
      await checks.ask(step.source, await keys.read(step.source), step.region, step.endpoint)
  }

  const sessionAgeMs = async (step: DerivedStep): Promise<number | undefined> => {
    const mfaStep = mfaStepOf(step)
    // A keychain that cannot answer must not hide what AWS said.
    const session = mfaStep === undefined ? undefined : await sessions.find(mfaStep).catch(() => undefined)
    return session === undefined ? undefined : clock.now() - session.issuedAtMs
  }

  return {
    current,
    renew: (plan, step) => derived.renew(step.cacheKey, () => derive(plan, step)),
  }
}

/** Its code is not one of those for dead credentials: new ones would be fetched, only to be refused as well. */
function refusedThoughKnown({ source }: DerivedStep, region: string): AwsError {
  return new AwsError(
    'AWS_BAD_RESPONSE',
    `AWS in ${region} knows the credentials of ${source}, but does not accept them for this`,
    {
      hint: 'something on the way may change the request: check the network and AWS_ENDPOINT_URL_STS',
    },
  )
}
