import {
  type Caller,
  identityOf,
  isSession,
  mayAssume,
  mfaContext,
  roleSessionIdentity,
  trustedArnsOf,
} from '../caller/caller.ts'
import { judgeUserPolicy } from '../caller/user-policy.ts'
import { roleArn } from '../directory.ts'
import { parseIamArn } from '../identifiers.ts'
import { createFieldReader, sessionNameRule } from '../protocol/fields.ts'
import type { AwsCall } from '../protocol/query-protocol.ts'
import { AwsRefusal, explicitDeny, notAuthorized } from '../protocol/refusal.ts'
import type { DevRole } from '../state.ts'
import type { Action, ActionContext } from './action.ts'
import { readGivenCode, takeCode } from './mfa.ts'
import type { RoleFeature, RoleTerms } from './role-feature.ts'
import { credentialsXml, newTemporaryKey } from './session-actions.ts'
import type { RequestContext } from './trust-policy.ts'

const defaultSeconds = 3600
/** A caller with a session gets a role for an hour at most, whatever the role allows. */
const chainedSeconds = 3600

/** Fields that the double would have to judge and cannot, unless a feature reads them. */
const unsupported = /^(Policy|PolicyArns|Tags|TransitiveTagKeys|ProvidedContexts|SourceIdentity)(\.|$)/

/**
 * The order of the checks: form, code, trust, duration. A call that is then denied has spent its code, and a caller who
 * may not assume a role does not learn how long it lasts.
 */
export const assumeRole: Action = async (context) => {
  const { call, caller, nowMs, directory, tokenKey } = context
  const request = readRequest(call, context.roleFeature)
  const withCode = takeCode(request.code, context)
  if (withCode) await directory.save()
  const codeAtMs = withCode ? nowMs : undefined
  const terms = request.decide?.(caller, codeAtMs) ?? { actions: [], context: [], carried: {} }
  const role = authorizedRole(context, request.roleArn, terms, codeAtMs)
  checkDuration(request.durationSeconds, role, caller)
  const session = {
    ...newTemporaryKey(role.account, nowMs, request.durationSeconds),
    type: 'role',
    roleArn: roleArn(role),
    roleId: role.id,
    sessionName: request.sessionName,
    byLongTermKey: isSession(caller) ? undefined : true,
    ...terms.carried,
  } as const
  const { arn, userId } = roleSessionIdentity(role, request.sessionName)
  return {
    Credentials: credentialsXml(session, tokenKey),
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    SourceIdentity: session.sourceIdentity,
  }
}

function readRequest(call: AwsCall, feature: RoleFeature | undefined) {
  const fields = createFieldReader(call)
  const request = {
    roleArn: fields.requiredText('RoleArn', { min: 20, max: 2048 }),
    sessionName: fields.requiredText('RoleSessionName', sessionNameRule),
    durationSeconds: fields.integer('DurationSeconds', { min: 900, max: 43_200 }) ?? defaultSeconds,
    code: readGivenCode(fields),
    decide: feature?.read(fields),
  }
  // It decides nothing where no trust policy asks for it.
  fields.text('ExternalId', { min: 2, max: 1224, pattern: '[\\w+=,.@:\\/-]*' })
  fields.check()
  if (parseIamArn(request.roleArn)?.kind !== 'role') {
    throw new AwsRefusal('ValidationError', `${request.roleArn} is invalid`)
  }
  const understood = feature?.fields ?? []
  const field = [...call.fields.keys()].find(
    (name) => unsupported.test(name) && !understood.includes(name.split('.')[0]!),
  )
  if (field !== undefined) throw new AwsRefusal('ValidationError', `The embedded AWS cannot judge ${field}.`)
  return request
}

/** The role, if its trust policy and the caller's own policy both let the caller have it. */
function authorizedRole(
  { caller, nowMs, directory, judgeTrust }: ActionContext,
  arn: string,
  terms: RoleTerms,
  codeAtMs: number | undefined,
): DevRole {
  const role = directory.role(arn)
  const context = new Map([...mfaContext(caller, codeAtMs, nowMs), ...terms.context])
  const { account, arn: callerArn } = identityOf(caller)
  const isRefused = (action: string) => isDenied(caller, action, arn, context)
  const isAllowed = (action: string) => {
    if (role === undefined) return false
    const trust = judgeTrust(role.trustPolicy, action, { account, arns: trustedArnsOf(caller) }, context)
    if (trust === undefined || isRefused(action)) return false
    // Inside one account a trust policy that names the caller is enough (IAM user guide, "Policy evaluation logic").
    if (trust === 'principal' && role.account === account) return true
    return mayAssume(caller).some((allowed) => allowed === '*' || allowed === arn)
  }
  const denied = ['sts:AssumeRole', ...terms.actions].find((action) => !isAllowed(action))
  // A role that does not exist reads the same, so that nobody can search for roles.
  if (role === undefined || denied !== undefined)
    throw notAuthorized(callerArn, denied!, isRefused(denied!) ? `${arn} ${explicitDeny}` : arn)
  return role
}

/** By a statement of the user's own policy; roles have none here but those that they may assume. */
function isDenied(caller: Caller, action: string, resource: string, context: RequestContext): boolean {
  if (caller.type === 'role') return false
  const { policy, name } = caller.user
  return judgeUserPolicy(policy, { action, resource, userName: name, context }) === 'denied'
}

function checkDuration(durationSeconds: number, role: DevRole, caller: Caller): void {
  const exceeds = (limit: string) =>
    new AwsRefusal('ValidationError', `The requested DurationSeconds exceeds the ${limit}.`)
  if (isSession(caller) && durationSeconds > chainedSeconds) {
    throw exceeds('1 hour session limit for roles assumed by role chaining')
  }
  if (durationSeconds > role.maxSessionDurationSeconds) throw exceeds('MaxSessionDuration set for this role')
}
