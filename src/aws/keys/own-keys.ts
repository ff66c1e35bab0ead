import { shellWord } from '../../core/text/shell-word.ts'
import type { Clock } from '../../core/time/clock.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import type { AccessKey } from '../credentials.ts'
import type { LastUse } from '../iam/access-key-calls.ts'
import type { IamSigner } from '../iam/iam-call.ts'
import type { IamClient } from '../iam/iam-client.ts'
import type { CredentialPlan } from '../plan/credential-plan.ts'
import { isMfaStep, type SessionStep, stepsTo } from '../plan/steps.ts'
import { loginCommand } from '../session/login-command.ts'
import type { SessionCache } from '../session/session-cache.ts'
import { isEnough } from '../session/session-login.ts'
import { isCredentialRefusal } from '../sts/known-caller.ts'
import type { KeyChecks } from './key-checks.ts'
import { userNameOf } from './key-owner.ts'

/** An MFA session must be begun first: a caller that may ask for a code does so, and calls again. */
export interface SessionNeeded {
  type: 'session-needed'
}

/** When a key was last used. `unknown`: the user may not ask. */
export type KeyUse = { type: 'never' } | { type: 'unknown' } | ({ type: 'used' } & LastUse)

/** IAM, as the user whose long-term key it is sees their own keys. */
export interface OwnKeyCalls {
  arn: string
  userName: string
  iam: IamClient
  signer: IamSigner
  /** The MFA session signs: the credentials of the source may call IAM. */
  isBySession: boolean
  useOf(accessKeyId: string): Promise<KeyUse>
}

/** Asks IAM about the keys of the user behind a source. */
export interface OwnKeys {
  /**
   * Runs `work` as the owner of a key: by the MFA session where the source has a device, since policies that want a code
   * want it for this, else by the key itself, because a session without a code may not call IAM.
   * @throws {AwsError} what `work` throws, with advice; AWS_KEY_REFUSED; AWS_PROFILE_…
   */
  asOwner<T>(source: string, key: AccessKey, work: (calls: OwnKeyCalls) => Promise<T>): Promise<T | SessionNeeded>
}

/** Who holds sessions, and who is asked. */
export interface OwnKeysDeps {
  checks: KeyChecks
  sessions: SessionCache
  iam: () => Promise<IamClient>
  clock: Clock
  /** The plan of the source's own session. */
  planOf(source: string): Promise<CredentialPlan>
}

/** Keeps nothing itself. */
export function createOwnKeys({ checks, sessions, iam, clock, planOf }: OwnKeysDeps): OwnKeys {
  const credentialsOf = async (plan: CredentialPlan, key: AccessKey) => {
    const step = stepsTo(plan.last).find((each): each is SessionStep => each.type === 'session')
    if (step === undefined || !isMfaStep(step)) return key
    const session = await sessions.find(step)
    return isEnough(session, 0, clock.now()) ? session.credentials : undefined
  }

  return {
    async asOwner(source, key, work) {
      const plan = await planOf(source)
      const { region, endpoint } = plan.last
      const caller = await checks.check(source, key, region, endpoint)
      const userName = userNameOf(source, caller)
      const credentials = await credentialsOf(plan, key)
      if (credentials === undefined) return { type: 'session-needed' }
      const client = await iam()
      const signer = { credentials, region }
      const isBySession = credentials !== key
      const useOf = async (accessKeyId: string): Promise<KeyUse> => {
        try {
          const use = await client.accessKeyLastUse(signer, accessKeyId)
          return use === undefined ? { type: 'never' } : { type: 'used', ...use }
        } catch (error) {
          if (isAwsError(error, 'AWS_DENIED')) return { type: 'unknown' }
          throw error
        }
      }
      return withKeyAdvice({ source, isBySession }, () =>
        work({ arn: caller.arn, userName, iam: client, signer, isBySession, useOf }),
      )
    },
  }
}

/** Runs what asks IAM about keys; where it is refused, the error says what else may help. */
export async function withKeyAdvice<T>(
  { source, isBySession }: { source: string; isBySession: boolean },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof AwsError ? advised(error, source, isBySession) : error
  }
}

function advised(error: AwsError, source: string, isBySession: boolean): AwsError {
  const name = shellWord(source)
  const withHint = (hint: string) => new AwsError(error.code, error.message, { cause: error, hint })
  if (isBySession && isCredentialRefusal(error)) return withHint(`${loginCommand(source)} --before-expiry`)
  if (!isAwsError(error, 'AWS_DENIED')) return error
  const rights = 'the user must be allowed to manage their own access keys (iam:*AccessKey*)'
  return withHint(
    isBySession
      ? `${rights}: ask an administrator`
      : `${rights}; where the policy wants a code for that: latchkey aws mfa enroll ${name}`,
  )
}
