import type { Secret } from '../../core/secret.ts'
import type { AccessKey, SessionCredentials } from '../credentials.ts'
import type { MfaStep, RoleStep } from '../plan/steps.ts'
import type { StsClient } from '../sts/sts-client.ts'

/** A step that takes a code, with everything that must be known before a person is asked for it. */
export type ReadyStep = Exclude<MfaStep, RoleStep> | (RoleStep & { mfaSerial: string; sessionName: string })

/** What signs for a step, and where. */
export interface CodeUse {
  key: AccessKey
  code: Secret<string>
  region: string
}

/** Spends a code: for the session that serves every role, or for one role in direct mode. */
export function issueWithCode(
  client: StsClient,
  step: ReadyStep,
  { key, code, region }: CodeUse,
): Promise<SessionCredentials> {
  const common = { credentials: key, region, mfa: { serial: step.mfaSerial, code } }
  return step.type === 'session'
    ? client.getSessionToken({ ...common, durationSeconds: step.durationSeconds })
    : client.assumeRole({ ...common, ...roleOf(step), sessionName: step.sessionName })
}

/** What of a request is about the role itself. */
export function roleOf({ roleArn, durationSeconds, externalId, terms }: RoleStep) {
  return { roleArn, durationSeconds, externalId, terms }
}

/** Why one more code is asked for, beside that of the session; undefined for the session itself. */
export function purposeOf(step: MfaStep): string | undefined {
  if (step.type === 'session') return undefined
  return `for profile ${step.profile} alone (the access key assumes its role)`
}
