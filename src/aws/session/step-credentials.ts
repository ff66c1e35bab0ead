import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/log.ts'
import { shellWord } from '../../core/shell-word.ts'
import { AwsError } from '../aws-error.ts'
import { asKept, type SessionCredentials, type SigningCredentials } from '../credentials.ts'
import type { LongTermKeys } from '../keys/long-term-keys.ts'
import type { CredentialPlan } from '../plan/credential-plan.ts'
import { type DerivedStep, isMfaStep, type MfaStep, mfaStepOf, type RoleStep, type Step } from '../plan/steps.ts'
import type { CallerIdentities } from '../sts/caller-identity.ts'
import { adviseOnRefusal, isDeadToken, refusedKey } from '../sts/refusal-advice.ts'
import type { StsClient } from '../sts/sts-client.ts'
import type { DerivedCredentials } from './derived-credentials.ts'
import type { Forgettings } from './forgettings.ts'
import type { SessionCache } from './session-cache.ts'

/** What the steps of a plan yield, without asking anybody: what is held, else what STS makes of the step before. */
export interface StepCredentials {
  /**
   * @throws {AwsError} AWS_MFA_NEEDED: only a person can begin the session. Where AWS no longer takes the credentials of
   *   an earlier step these have been dropped, and the next call gets them anew
   * @throws {KeychainError}
   */
  current(plan: CredentialPlan, step: DerivedStep): Promise<SessionCredentials>
  /** New credentials of a step that needs no person itself, whatever is held. */
  renew(plan: CredentialPlan, step: DerivedStep): Promise<SessionCredentials>
}

export interface StepCredentialsDeps {
  keys: LongTermKeys
  sessions: SessionCache
  derived: DerivedCredentials
  identities: CallerIdentities
  forgettings: Forgettings
  sts: () => Promise<StsClient>
  clock: Clock
  log: Logger
}

/** The one who calls STS for all steps but the MFA session, one call at a time for each step. */
export function createStepCredentials(deps: StepCredentialsDeps): StepCredentials {
  const { keys, sessions, derived, identities, forgettings, sts, clock, log } = deps

  const current = async (plan: CredentialPlan, step: DerivedStep): Promise<SessionCredentials> => {
    if (!isMfaStep(step)) return derived.current(step.cacheKey, () => derive(plan, step))
    const session = await sessions.find(step)
    if (session === undefined) throw mfaNeeded(plan, step)
    return session.credentials
  }

  const signerOf = async (plan: CredentialPlan, step: Step): Promise<SigningCredentials> =>
    step.type === 'key' ? keys.read(step.source) : current(plan, step)

  const derive = async (plan: CredentialPlan, step: DerivedStep): Promise<SessionCredentials> => {
    const refuseIfForgotten = forgettings.watch(step.source)
    const signer = await signerOf(plan, step.parent)
    const client = await sts()
    // Nothing is made of a key or session that is gone, nor learned of its owner.
    refuseIfForgotten()
    try {
      const credentials = await issue(client, step, signer)
      log.info('AWS issued credentials', {
        profile: plan.profile,
        role: step.type === 'role' ? step.roleArn : undefined,
      })
      return asKept(credentials, { durationSeconds: step.durationSeconds, nowMs: clock.now() })
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      if (isDeadToken(error)) await onDeadToken(error, client, step.parent, signer)
      throw adviseOnRefusal(error, { profile: plan.profile, step, sessionAgeMs: await sessionAgeMs(step) })
    }
  }

  const issue = async (client: StsClient, step: DerivedStep, credentials: SigningCredentials) => {
    const { region, durationSeconds } = step
    if (step.type === 'session') return client.getSessionToken({ credentials, region, durationSeconds })
    return client.assumeRole({
      credentials,
      region,
      durationSeconds,
      roleArn: step.roleArn,
      sessionName: step.sessionName ?? (await personBehind(step, credentials)).sessionName,
      ...(step.externalId === undefined ? {} : { externalId: step.externalId }),
    })
  }

  const personBehind = (step: RoleStep, credentials: SigningCredentials) =>
    identities.personOf({
      source: step.source,
      mfaSerial: mfaStepOf(step)?.mfaSerial,
      region: step.region,
      credentials,
    })

  /** Lets go of what AWS no longer takes, so that the next round gets it anew. */
  const onDeadToken = async (error: AwsError, client: StsClient, step: Step, refused: SigningCredentials) => {
    if (step.type === 'key' || !('sessionToken' in refused)) throw refusedKey(error, step.source, refused.accessKeyId)
    if (!isMfaStep(step)) return derived.drop(step.cacheKey, refused)
    await sessions.drop(step, refused)
    // A session dies with its key. A code would be asked for and spent in vain, so the key is tried without one.
    if (error.code === 'AWS_TOKEN_UNKNOWN') await checkKey(client, step)
  }

  const checkKey = async (client: StsClient, { source, region }: MfaStep) => {
    const key = await keys.read(source)
    try {
      await client.getCallerIdentity({ credentials: key, region })
    } catch (error) {
      if (error instanceof AwsError && isDeadToken(error)) throw refusedKey(error, source, key.accessKeyId)
      throw error
    }
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

function mfaNeeded(plan: CredentialPlan, { mfaSerial }: MfaStep): AwsError {
  return new AwsError('AWS_MFA_NEEDED', `an MFA code of ${mfaSerial} is needed`, {
    hint: `in a terminal: latchkey aws credentials ${shellWord(plan.profile)}`,
  })
}
