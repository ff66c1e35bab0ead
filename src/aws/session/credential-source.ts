import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import type { SessionCredentials } from '../credentials.ts'
import type { CredentialPlan } from '../plan/credential-plan.ts'
import { isMfaStep, type MfaStep, mfaStepOf, stepsTo } from '../plan/steps.ts'
import { isCredentialRefusal } from '../sts/known-caller.ts'
import type { SessionCache } from './session-cache.ts'
import { askAgainMs, type SessionLogin } from './session-login.ts'
import type { StepCredentials } from './step-credentials.ts'

/** Carries plans out, with a person's help where the caller may ask for it. */
export interface CredentialSource {
  /**
   * Credentials of the last step. A caller who may not prompt gets what needs no person. A call that was begun goes on
   * when its caller has gone.
   * @throws {AwsError} AWS_MFA_NEEDED where only a person could help and the caller may not ask one
   * @throws {PromptError} {KeychainError}
   */
  credentials(plan: CredentialPlan, caller: PromptCaller): Promise<SessionCredentials>
  /** The same, with the last step made anew, whatever is held of it; what it is made from is kept. It is no MFA session. */
  renew(plan: CredentialPlan, caller: PromptCaller): Promise<SessionCredentials>
}

/** What needs no person, and what does. */
export interface CredentialSourceDeps {
  steps: StepCredentials
  sessions: SessionCache
  login: SessionLogin
  clock: Clock
  log: Logger
}

/** Asks a person at most once for each call of `credentials`. */
export function createCredentialSource({ steps, sessions, login, clock, log }: CredentialSourceDeps): CredentialSource {
  /** Whether a session can be begun for this caller: by a person, or without one. Asked when there is need only. */
  const canBegin = async (step: MfaStep, caller: PromptCaller) => caller.mayPrompt || (await login.needsNobody(step))

  /** True when only a person can get more, and it is time to ask. */
  const isEnding = async ({ last }: CredentialPlan, step: MfaStep, credentials: SessionCredentials) => {
    if (credentials.expiresAtMs - clock.now() > askAgainMs) return false
    if (isMfaStep(last)) return true
    // A keychain that cannot answer must not hide credentials that are held.
    return (await sessions.find(step).catch(() => undefined)) === undefined
  }

  /** Asks for a new session while the old credentials are still good: they are the answer if nobody gives a code. */
  const prolong = async (plan: CredentialPlan, step: MfaStep, held: SessionCredentials, caller: PromptCaller) => {
    try {
      await login.begin(plan, step, caller)
      return await (isMfaStep(plan.last) ? steps.current(plan, plan.last) : steps.renew(plan, plan.last))
    } catch (error) {
      if (held.expiresAtMs <= clock.now()) throw error
      log.info('serving credentials that end soon', { profile: plan.profile, reason: describeError(error) })
      return held
    }
  }

  /** Tries until what is missing has been got: a dead token dropped, a session begun. */
  const persist = async (
    plan: CredentialPlan,
    caller: PromptCaller,
    attempt: () => Promise<SessionCredentials>,
  ): Promise<SessionCredentials> => {
    const step = mfaStepOf(plan.last)
    let hasAsked = false
    // Each round but the one that asks drops one dead token, and a plan has no more tokens than steps.
    for (let roundsLeft = stepsTo(plan.last).length; ; roundsLeft -= 1) {
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof AwsError) || roundsLeft < 0 || hasAsked) throw error
        if (isAwsError(error, 'AWS_MFA_NEEDED') && step !== undefined && (await canBegin(step, caller))) {
          await login.begin(plan, step, caller)
          hasAsked = true
        } else if (!isCredentialRefusal(error)) throw error
      }
    }
  }

  return {
    async credentials(plan, caller) {
      const step = mfaStepOf(plan.last)
      return await persist(plan, caller, async () => {
        const held = await steps.current(plan, plan.last)
        const isToBeProlonged =
          step !== undefined && (await isEnding(plan, step, held)) && (await canBegin(step, caller))
        return isToBeProlonged ? await prolong(plan, step, held, caller) : held
      })
    },
    renew: (plan, caller) => persist(plan, caller, () => steps.renew(plan, plan.last)),
  }
}
