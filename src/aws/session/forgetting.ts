import type { CredentialPlan } from '../plan/credential-plan.ts'
import { mfaStepOf, sourcePrefix, stepsTo } from '../plan/steps.ts'
import type { DerivedCredentials } from './derived-credentials.ts'
import type { ForgetWatch } from './forget-watch.ts'
import type { SessionCache } from './session-cache.ts'
import type { SessionLogin } from './session-login.ts'

/** Lets go of what is held, and of what is under way. */
export interface Forgetting {
  /** What is under way for a source fails with AWS_FORGOTTEN, and nothing that was made with its key is held any more. */
  source(name: string): Promise<void>
  /** The credentials of a plan and the session behind them. @returns what was held, in words */
  plan(plan: CredentialPlan): Promise<readonly string[]>
  /** @returns what was held, in words */
  all(): Promise<readonly string[]>
}

/** Who holds something, and what is under way. */
export interface ForgettingDeps {
  forgetWatch: ForgetWatch
  login: SessionLogin
  sessions: SessionCache
  derived: DerivedCredentials
}

/** Owns nothing: each of the others forgets its own. */
export function createForgetting({ forgetWatch, login, sessions, derived }: ForgettingDeps): Forgetting {
  const giveUp = (source?: string) => {
    forgetWatch.note(source)
    login.abandon(source)
  }
  return {
    async source(name) {
      giveUp(name)
      derived.forget((key) => key.startsWith(sourcePrefix(name)))
      await sessions.forget(name)
    },
    async plan({ last }) {
      giveUp(last.source)
      // What is under way for another profile of the source is being made of the same session.
      derived.forget((key) => key.startsWith(sourcePrefix(last.source)) && derived.peek(key) === undefined)
      const held = stepsTo(last).flatMap((step) => {
        if (step.type === 'key' || derived.forget((key) => key === step.cacheKey).length === 0) return []
        return step.type === 'role' ? [`credentials of ${step.roleArn}`] : [sessionOf(step.source)]
      })
      const gone = mfaStepOf(last) === undefined ? [] : await sessions.forget(last.source)
      return [...gone.map(sessionOf), ...held]
    },
    async all() {
      giveUp()
      const roles = derived.forget(() => true)
      const gone = await sessions.forget()
      return [...gone.map(sessionOf), ...(roles.length === 0 ? [] : [`credentials of ${roles.length} roles`])]
    },
  }
}

const sessionOf = (source: string) => `session of ${source}`
