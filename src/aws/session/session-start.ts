import { shellWord } from '../../core/text/shell-word.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { AwsError } from '../aws-error.ts'
import type { CredentialPlan } from '../plan/credential-plan.ts'
import { type MfaStep, mfaStepOf } from '../plan/steps.ts'
import { purposeOf } from './issue-with-code.ts'
import { loginCommand } from './login-command.ts'
import type { SessionCache } from './session-cache.ts'
import { isEnough, type SessionLogin } from './session-login.ts'

/** What a code has begun and is held, as it may be shown. */
export interface StartedSession {
  source: string
  mfaSerial: string
  /** The one role that the code was for, in direct mode; absent: the session that serves all others. */
  roleArn?: string
  expiresAtMs: number
  /** False: it was held already, and no newer one was wanted: this caller was not asked. */
  isNew: boolean
}

/** What finds a session, or begins one. */
export interface SessionStartDeps {
  sessions: SessionCache
  login: SessionLogin
  clock: Clock
}

/**
 * Makes sure that the MFA session behind a plan is held, and hands out no credentials.
 * @param sinceMs a session that began before this is replaced, however long it lasts; ms since the epoch. Repeated with the
 * same value, as after a question that was lent, it finds the one that it has begun
 * @throws {AwsError} AWS_PROFILE_UNSUPPORTED: no MFA device is behind it; AWS_MFA_NEEDED; {PromptError} {KeychainError}
 */
export async function startSession(
  plan: CredentialPlan,
  caller: PromptCaller,
  { sessions, login, clock }: SessionStartDeps,
  sinceMs = 0,
): Promise<StartedSession> {
  const step = mfaStepOf(plan.last)
  if (step === undefined) throw needsNoCode(plan)
  const held = await sessions.find(step)
  if (isEnough(held, sinceMs, clock.now())) return started(step, held, sinceMs > 0 || caller.hasAnswered === true)
  if (!caller.mayPrompt && !(await login.needsNobody(step))) throw mfaNeeded(plan, step)
  await login.begin(plan, step, caller, sinceMs)
  const begun = await sessions.find(step)
  if (begun === undefined) throw mfaNeeded(plan, step)
  return started(step, begun, true)
}

function started(
  step: MfaStep,
  { credentials }: { credentials: { expiresAtMs: number } },
  isNew: boolean,
): StartedSession {
  const { source, mfaSerial } = step
  const role = step.type === 'role' ? { roleArn: step.roleArn } : {}
  return { source, mfaSerial, ...role, expiresAtMs: credentials.expiresAtMs, isNew }
}

/** A profile behind which there is no device. */
export function needsNoCode({ profile, last }: CredentialPlan): AwsError {
  return new AwsError(
    'AWS_PROFILE_UNSUPPORTED',
    `profile ${profile} needs no MFA code: ${last.source} has no MFA device`,
    {
      hint: `if it should have one: latchkey aws mfa enroll ${shellWord(last.source)}`,
    },
  )
}

/** A person could begin the session, but this caller may not ask one. The command that is named prints no secret. */
export function mfaNeeded(plan: CredentialPlan, step: MfaStep): AwsError {
  const purpose = purposeOf(step)
  const what = `an MFA code for ${step.mfaSerial} is needed`
  return new AwsError('AWS_MFA_NEEDED', purpose === undefined ? what : `${what}, ${purpose}`, {
    hint: `in a terminal: ${loginCommand(plan.profile)}`,
  })
}

/**
 * The plan that stands for the one MFA session behind all these plans.
 * @throws {AwsError} AWS_PROFILE_NOT_NAMED: there is none, or more than one
 */
export function onlySession(plans: readonly CredentialPlan[]): CredentialPlan {
  const begun = plans.flatMap((plan) => {
    const step = mfaStepOf(plan.last)
    return step === undefined ? [] : [{ plan, step }]
  })
  // A role in direct mode takes a code too, but who says no name means the session that serves the others.
  const shared = begun.filter(({ step }) => step.type === 'session')
  const bySession = new Map<string, CredentialPlan>()
  for (const { plan, step } of shared.length > 0 ? shared : begun) {
    // A session is called after its source, where that leads to it by itself.
    if (!bySession.has(step.cacheKey) || plan.profile === step.source) bySession.set(step.cacheKey, plan)
  }
  const [only, ...others] = bySession.values()
  if (only !== undefined && others.length === 0) return only
  if (only === undefined) {
    const [first] = plans
    const hint =
      first === undefined ? 'latchkey aws keys add' : `latchkey aws mfa enroll ${shellWord(first.last.source)}`
    throw new AwsError('AWS_PROFILE_NOT_NAMED', 'no profile has an MFA device', { hint })
  }
  const names = [only, ...others].map(({ profile }) => profile)
  throw new AwsError('AWS_PROFILE_NOT_NAMED', `there are several MFA sessions: name one of ${names.join(', ')}`, {
    hint: loginCommand(only.profile),
  })
}
