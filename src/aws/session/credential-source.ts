import type { Clock } from '../../core/clock.ts'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { shellWord } from '../../core/shell-word.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import { asKept, type SessionCredentials, type SigningCredentials } from '../credentials.ts'
import type { LongTermKeys } from '../keys/long-term-keys.ts'
import { type CredentialPlan, type DerivedStep, prefixKey, type RoleStep } from '../plan/credential-plan.ts'
import type { CallerIdentities } from '../sts/caller-identity.ts'
import { adviseOnRefusal, refusedKey } from '../sts/refusal-advice.ts'
import type { StsClient } from '../sts/sts-client.ts'
import type { DerivedCredentials } from './derived-credentials.ts'
import type { Forgettings } from './forgettings.ts'
import type { SessionCache } from './session-cache.ts'
import { askAgainMs, isMfaStep, type MfaStep, mfaStepOf, type SessionLogin } from './session-login.ts'

/** Walks plans: from the longest part that is held, one call to STS for all who wait for the same part. */
export interface CredentialSource {
  /**
   * Credentials of the last step. A caller who may not prompt gets what needs no person. A call that was begun goes on
   * when its caller has gone.
   * @throws {AwsError} AWS_MFA_NEEDED where only a person could help and the caller may not ask one
   * @throws {PromptError} {KeychainError}
   */
  credentials(plan: CredentialPlan, caller: PromptCaller): Promise<SessionCredentials>
}

export function createCredentialSource(deps: {
  keys: LongTermKeys
  sessions: SessionCache
  derived: DerivedCredentials
  identities: CallerIdentities
  login: SessionLogin
  forgettings: Forgettings
  sts: () => Promise<StsClient>
  clock: Clock
  log: Logger
}): CredentialSource {
  const { keys, sessions, derived, identities, login, forgettings, sts, clock, log } = deps

  /** What the first `count` steps yield, without asking anybody. */
  const yieldOf = async (plan: CredentialPlan, count: number): Promise<SigningCredentials> => {
    const step = plan.steps[count - 1]!
    return step.type === 'key' ? keys.read(step.source) : temporary(plan, count, step)
  }

  const temporary = async (plan: CredentialPlan, count: number, step: DerivedStep): Promise<SessionCredentials> => {
    if (!isMfaStep(step)) return derived.current(prefixKey(plan, count), () => derive(plan, count, step))
    const session = await sessions.find(step)
    if (session === undefined) throw mfaNeeded(plan, step)
    return session.credentials
  }

  const derive = async (plan: CredentialPlan, count: number, step: DerivedStep): Promise<SessionCredentials> => {
    const refuseIfForgotten = forgettings.watch(plan.source)
    const parent = await yieldOf(plan, count - 1)
    const client = await sts()
    // Nothing is made of a key or session that is gone, nor learned of its owner.
    refuseIfForgotten()
    try {
      const credentials = await issue(client, plan, step, parent)
      log.info('AWS issued credentials', {
        profile: plan.profile,
        role: step.type === 'role' ? step.roleArn : undefined,
      })
      return asKept(credentials, { durationSeconds: step.durationSeconds, nowMs: clock.now() })
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      if (isDeadToken(error)) await onDeadToken(error, client, plan, count - 1, parent)
      throw adviseOnRefusal(error, { plan, step, index: count - 1, sessionAgeMs: await sessionAgeMs(plan) })
    }
  }

  const issue = async (client: StsClient, plan: CredentialPlan, step: DerivedStep, credentials: SigningCredentials) => {
    const { region, durationSeconds } = step
    if (step.type === 'session') return client.getSessionToken({ credentials, region, durationSeconds })
    return client.assumeRole({
      credentials,
      region,
      durationSeconds,
      roleArn: step.roleArn,
      sessionName: step.sessionName ?? (await personBehind(plan, step, credentials)).sessionName,
      ...(step.externalId === undefined ? {} : { externalId: step.externalId }),
    })
  }

  const personBehind = (plan: CredentialPlan, { region }: RoleStep, credentials: SigningCredentials) =>
    identities.personOf({ source: plan.source, mfaSerial: mfaStepOf(plan)?.mfaSerial, region, credentials })

  /** Lets go of what AWS no longer takes, so that the next round gets it anew. */
  const onDeadToken = async (
    error: AwsError,
    client: StsClient,
    plan: CredentialPlan,
    count: number,
    parent: SigningCredentials,
  ) => {
    const step = plan.steps[count - 1]!
    if (step.type === 'key' || !('sessionToken' in parent)) throw refusedKey(error, plan.source, parent.accessKeyId)
    if (!isMfaStep(step)) return derived.drop(prefixKey(plan, count), parent)
    await sessions.drop(step, parent)
    // A session dies with its key. A code would be asked for and spent in vain, so the key is tried without one.
    if (error.code === 'AWS_TOKEN_UNKNOWN') await checkKey(client, plan.source, step.region)
  }

  const checkKey = async (client: StsClient, source: string, region: string) => {
    const key = await keys.read(source)
    try {
      await client.getCallerIdentity({ credentials: key, region })
    } catch (error) {
      if (error instanceof AwsError && isDeadToken(error)) throw refusedKey(error, source, key.accessKeyId)
      throw error
    }
  }

  // A keychain that cannot answer must not hide what AWS said, nor credentials that are held.
  const presentSession = (plan: CredentialPlan) => {
    const step = mfaStepOf(plan)
    return step === undefined ? undefined : sessions.find(step).catch(() => undefined)
  }

  const sessionAgeMs = async (plan: CredentialPlan): Promise<number | undefined> => {
    const session = await presentSession(plan)
    return session === undefined ? undefined : clock.now() - session.issuedAtMs
  }

  /** True when only a person can get more, and it is time to ask. */
  const isEnding = async (plan: CredentialPlan, credentials: SessionCredentials): Promise<boolean> => {
    if (mfaStepOf(plan) === undefined || credentials.expiresAtMs - clock.now() > askAgainMs) return false
    return isMfaStep(lastStep(plan)) || (await presentSession(plan)) === undefined
  }

  const last = (plan: CredentialPlan) => temporary(plan, plan.steps.length, lastStep(plan))

  /** Asks for a new session while the old credentials are still good: they are the answer if nobody gives a code. */
  const prolong = async (plan: CredentialPlan, held: SessionCredentials, caller: PromptCaller) => {
    try {
      await login.begin(plan, mfaStepOf(plan)!, caller)
      const step = lastStep(plan)
      if (isMfaStep(step)) return await last(plan)
      return await derived.renew(prefixKey(plan, plan.steps.length), () => derive(plan, plan.steps.length, step))
    } catch (error) {
      if (held.expiresAtMs <= clock.now()) throw error
      log.info('serving credentials that end soon', { profile: plan.profile, reason: describeError(error) })
      return held
    }
  }

  return {
    async credentials(plan, caller) {
      let hasAsked = false
      // Each round but the one that asks lets go of one dead token, and a plan has no more of them than steps.
      for (let round = 0; ; round += 1) {
        try {
          const held = await last(plan)
          return caller.mayPrompt && (await isEnding(plan, held)) ? await prolong(plan, held, caller) : held
        } catch (error) {
          if (!(error instanceof AwsError) || round > plan.steps.length) throw error
          const step = mfaStepOf(plan)
          if (isAwsError(error, 'AWS_MFA_NEEDED') && step !== undefined && caller.mayPrompt && !hasAsked) {
            await login.begin(plan, step, caller)
            hasAsked = true
          } else if (!isDeadToken(error) || hasAsked) throw error
        }
      }
    },
  }
}

const lastStep = (plan: CredentialPlan): DerivedStep => {
  const [, ...steps] = plan.steps
  return steps.at(-1)!
}

/** True when AWS no longer takes the credentials that signed the request. */
function isDeadToken(error: AwsError): boolean {
  return isAwsError(error, 'AWS_TOKEN_EXPIRED', 'AWS_TOKEN_UNKNOWN', 'AWS_SIGNATURE_REFUSED')
}

function mfaNeeded(plan: CredentialPlan, { mfaSerial }: MfaStep): AwsError {
  return new AwsError('AWS_MFA_NEEDED', `an MFA code of ${mfaSerial} is needed`, {
    hint: `in a terminal: latchkey aws credentials ${shellWord(plan.profile)}`,
  })
}
