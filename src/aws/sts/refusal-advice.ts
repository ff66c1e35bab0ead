import { shellWord } from '../../core/text/shell-word.ts'
import { formatDuration } from '../../core/time/duration.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import { displayKeyId } from '../credentials.ts'
import type { DerivedStep, RoleStep } from '../plan/steps.ts'
import { loginCommand } from '../session/login-command.ts'

/** What is known about a step that STS refused. */
export interface RefusedStep {
  /** The one that was asked for. */
  profile: string
  step: DerivedStep
  /** Age of the MFA session behind it in ms; absent where there is none. */
  sessionAgeMs?: number | undefined
}

/** No trust policy wants a code newer than this, in ms: another one would not help. */
const freshSessionMs = 60_000

/** Adds to AWS's words what is known here about the cause, and what to run. */
export function adviseOnRefusal(error: AwsError, refused: RefusedStep): AwsError {
  const { step } = refused
  const place = step.type === 'role' ? `profile ${step.profile}` : `session of ${step.source}`
  if (isAwsError(error, 'AWS_DENIED') && step.type === 'role') {
    return new AwsError(error.code, `${place}: ${error.message}`, {
      cause: error,
      hint: deniedHint(step, refused, error.message),
    })
  }
  if (isAwsError(error, 'AWS_REQUEST_INVALID')) {
    const hint = /DurationSeconds/.test(error.message) ? `set a shorter duration for the ${place}` : error.hint
    return new AwsError(error.code, `${place}: ${error.message}`, { cause: error, hint })
  }
  if (isAwsError(error, 'AWS_MFA_SERIAL_REFUSED')) {
    return new AwsError(error.code, `${place}: ${error.message}`, {
      cause: error,
      hint: otherDeviceHint(step.source),
    })
  }
  return error
}

/** What to do about a device that is not one of the user's. */
export function otherDeviceHint(source: string): string {
  return `correct mfa_serial of ${source}; the user's devices: latchkey aws mfa list ${shellWord(source)}`
}

/** A long-term key that AWS does not accept. */
export function refusedKey(error: AwsError, source: string, accessKeyId: string): AwsError {
  const key = `the access key ${displayKeyId(accessKeyId)} of ${source}`
  return error.code === 'AWS_SIGNATURE_REFUSED'
    ? new AwsError('AWS_KEY_REFUSED', `AWS knows ${key}, but with a different secret`, {
        cause: error,
        hint: `latchkey aws keys add ${shellWord(source)}`,
      })
    : new AwsError('AWS_KEY_REFUSED', `AWS does not know ${key}: deleted, inactive, or of another partition`, {
        cause: error,
        hint: `latchkey aws keys add ${shellWord(source)} (AWS takes a few seconds to know a new key)`,
      })
}

/** AWS gives one text for each of these causes. The likeliest stands first. */
function deniedHint(step: RoleStep, { profile, sessionAgeMs }: RefusedStep, said: string): string {
  const way = `the way to it: latchkey aws explain ${shellWord(profile)}`
  const hasNoDevice = sessionAgeMs === undefined && step.mfaSerial === undefined
  const enroll = hasNoDevice ? `latchkey aws mfa enroll ${shellWord(step.source)}` : undefined
  const named = namedCause(said, enroll)
  if (named !== undefined) return `${named}; ${way}`
  const causes: string[] = []
  if (sessionAgeMs !== undefined && sessionAgeMs > freshSessionMs && step.parent.type === 'session') {
    const age = formatDuration(sessionAgeMs / 1000)
    causes.push(
      `the MFA code is ${age} old: where the role wants a newer one, ${loginCommand(profile)} --before-expiry`,
    )
  }
  if (enroll !== undefined) causes.push(`where the role wants MFA: ${enroll}`)
  if (step.parent.type === 'role') causes.push('a role that another role assumes cannot prove MFA')
  causes.push(
    step.externalId === undefined
      ? 'where the role wants an external id, set external_id'
      : 'the external id may be wrong',
  )
  causes.push('otherwise the role does not trust this user, or the user may not assume it')
  return [...causes, way].join('; ')
}

/**
 * Where AWS's own text names the cause, nothing is left to guess (IAM User Guide, "Troubleshoot access denied errors"), but
 * that a policy which denies everything without MFA reads the same.
 * @param enroll the command for a user without a device
 */
function namedCause(said: string, enroll: string | undefined): string | undefined {
  if (said.includes('sts:TagSession')) {
    return 'the trust policy of the role, and the policy of the user or role that assumes it, must allow sts:TagSession for session_tags'
  }
  if (said.includes('sts:SetSourceIdentity')) {
    return 'the trust policy of the role, and the policy of the user or role that assumes it, must allow sts:SetSourceIdentity, and a source identity of a role before it stays'
  }
  const [, policy] = /with an explicit deny in (?:an? |the )?([\w -]*policy)/.exec(said) ?? []
  if (policy !== undefined) {
    const withoutMfa = enroll === undefined ? '' : `where it wants MFA: ${enroll}; else `
    return `${withoutMfa}the ${policy} denies it, whatever the role trusts: ask an administrator`
  }
  if (said.includes('no identity-based policy allows')) {
    return 'the policy of the user or role that assumes it must allow sts:AssumeRole'
  }
  return said.includes('no resource-based policy allows') ? 'the trust policy of the role does not allow it' : undefined
}
