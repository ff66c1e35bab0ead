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
  /** The same, with the last step made anew, whatever is held of it; what it is made from is kept. It takes no code. */
  renew(plan: CredentialPlan, caller: PromptCaller): Promise<SessionCredentials>
  /** The same, with the last step as new as it can be without a code from a person: a seed's is used every few minutes. */
  newest(plan: CredentialPlan, caller: PromptCaller): Promise<SessionCredentials>
}

/** What needs no person, and what does. */
export interface CredentialSourceDeps {
  steps: StepCredentials
  sessions: SessionCache
  login: SessionLogin
  clock: Clock
  log: Logger
}

/** What a code has begun within this time, in ms, is new enough: the next code could have to be waited for. */
const recentMs = 5 * 60_000
const nobody: PromptCaller = { mayPrompt: false }

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

  /** Begins a new session while the old credentials are still good: they are the answer if nobody gives a code. */
  const prolong = async (
    plan: CredentialPlan,
    step: MfaStep,
    held: SessionCredentials,
    caller: PromptCaller,
    sinceMs?: number,
  ) => {
    try {
      await login.begin(plan, step, caller, sinceMs)
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

  const credentials = async (plan: CredentialPlan, caller: PromptCaller) => {
    const step = mfaStepOf(plan.last)
    return await persist(plan, caller, async () => {
      const held = await steps.current(plan, plan.last)
      const isToBeProlonged = step !== undefined && (await isEnding(plan, step, held)) && (await canBegin(step, caller))
      return isToBeProlonged ? await prolong(plan, step, held, caller) : held
    })
  }

  const renew = (plan: CredentialPlan, caller: PromptCaller) =>
    persist(plan, caller, () => steps.renew(plan, plan.last))

  return {
    credentials,
    renew,
    async newest(plan, caller) {
      const { last } = plan
      if (!isMfaStep(last)) return await renew(plan, caller)
      const held = await credentials(plan, caller)
      if (!(await login.needsNobody(last))) return held
      return await prolong(plan, last, held, nobody, clock.now() - recentMs)
    },
  }
}
