import type { Action, ActionContext } from './action.ts'
import {
  type Caller,
  identityOf,
  isSession,
  mayAssume,
  mfaContext,
  roleSessionIdentity,
  trustedArnsOf,
} from './caller.ts'
import { roleArn } from './directory.ts'
import { createFieldReader, type FieldReader } from './fields.ts'
import { parseIamArn } from './identifiers.ts'
import { type GivenCode, readGivenCode, takeCode } from './mfa.ts'
import type { AwsCall } from './query-protocol.ts'
import { AwsRefusal } from './refusal.ts'
import { credentialsXml, newTemporaryKey } from './session-actions.ts'
import type { DevRole } from './state.ts'
import { evaluateTrust, type RequestContext } from './trust-policy.ts'

const defaultSeconds = 3600
/** Whoever comes with a session gets a role for an hour at most, whatever the role allows. */
const chainedSeconds = 3600

/** What the double would have to judge and cannot. */
const unsupported = /^(Policy|PolicyArns|Tags|TransitiveTagKeys|ProvidedContexts)(\.|$)/

interface AssumeRoleRequest {
  roleArn: string
  sessionName: string
  durationSeconds: number
  externalId: string | undefined
  sourceIdentity: string | undefined
  code: GivenCode
}

/**
 * The order of the checks: form, code, trust, duration. A code is spent by a call that is then denied, and somebody who
 * may not assume a role does not learn how long it lasts.
 */
export const assumeRole: Action = async (context) => {
  const { call, caller, nowMs, directory, tokenKey } = context
  const request = readRequest(call)
  const withCode = takeCode(request.code, caller, nowMs)
  if (withCode) await directory.save()
  const role = authorizedRole(context, request, withCode ? nowMs : undefined)
  checkDuration(request.durationSeconds, role, caller)
  const session = {
    ...newTemporaryKey(role.account, nowMs, request.durationSeconds),
    type: 'role',
    roleArn: roleArn(role),
    roleId: role.id,
    sessionName: request.sessionName,
    sourceIdentity: effectiveSourceIdentity(request, caller),
    mfaAtMs: context.roleSessionsCarryMfa ? mfaTime(caller, withCode, nowMs) : undefined,
  } as const
  const { arn, userId } = roleSessionIdentity(role, request.sessionName)
  return {
    Credentials: credentialsXml(session, tokenKey),
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    SourceIdentity: session.sourceIdentity,
  }
}

function readRequest(call: AwsCall): AssumeRoleRequest {
  const fields = createFieldReader(call)
  const request = {
    roleArn: fields.requiredText('RoleArn', { min: 20, max: 2048 }),
    sessionName: fields.requiredText('RoleSessionName', nameRule),
    durationSeconds: fields.integer('DurationSeconds', { min: 900, max: 43_200 }) ?? defaultSeconds,
    externalId: fields.text('ExternalId', { min: 2, max: 1224, pattern: '[\\w+=,.@:\\/-]*' }),
    sourceIdentity: fields.text('SourceIdentity', nameRule),
    code: readGivenCode(fields),
  }
  fields.check()
  if (parseIamArn(request.roleArn)?.kind !== 'role') {
    throw new AwsRefusal('ValidationError', `${request.roleArn} is invalid`)
  }
  const field = [...call.fields.keys()].find((name) => unsupported.test(name))
  if (field !== undefined) throw new AwsRefusal('ValidationError', `The embedded AWS cannot judge ${field}.`)
  return request
}

const nameRule: Parameters<FieldReader['text']>[1] = { min: 2, max: 64, pattern: '[\\w+=,.@-]*' }

/** The role, if its trust policy and the caller's own policy both let the caller have it. */
function authorizedRole(
  { caller, nowMs, directory }: ActionContext,
  request: AssumeRoleRequest,
  codeAtMs: number | undefined,
): DevRole {
  const role = directory.role(request.roleArn)
  const sourceIdentity = effectiveSourceIdentity(request, caller)
  const optional = [
    ['sts:externalid', request.externalId],
    ['sts:sourceidentity', sourceIdentity],
  ] as const
  const requestContext: RequestContext = new Map([
    ...mfaContext(caller, codeAtMs, nowMs),
    ['sts:rolesessionname', request.sessionName],
    ...optional.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  ])
  const actions = sourceIdentity === undefined ? ['sts:AssumeRole'] : ['sts:AssumeRole', 'sts:SetSourceIdentity']
  for (const action of actions) {
    if (role === undefined || !isAllowed(action, role, caller, requestContext))
      throw notAuthorized(caller, action, request)
  }
  return role!
}

function isAllowed(action: string, role: DevRole, caller: Caller, context: RequestContext): boolean {
  const { account } = identityOf(caller)
  const trust = evaluateTrust(role.trustPolicy, action, { account, arns: trustedArnsOf(caller) }, context)
  if (trust === undefined) return false
  // Inside one account a trust policy that names the caller is enough (IAM user guide, "Policy evaluation logic").
  if (trust === 'principal' && role.account === account) return true
  return mayAssume(caller).some((arn) => arn === '*' || arn === roleArn(role))
}

/** A source identity, once set, stays through a chain of roles; another one cannot take its place. */
function effectiveSourceIdentity(request: AssumeRoleRequest, caller: Caller): string | undefined {
  const inherited = caller.type === 'role' ? caller.sourceIdentity : undefined
  if (inherited !== undefined && request.sourceIdentity !== undefined && inherited !== request.sourceIdentity) {
    throw notAuthorized(caller, 'sts:SetSourceIdentity', request)
  }
  return inherited ?? request.sourceIdentity
}

function checkDuration(durationSeconds: number, role: DevRole, caller: Caller): void {
  if (isSession(caller) && durationSeconds > chainedSeconds) {
    throw new AwsRefusal(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  }
  if (durationSeconds > role.maxSessionDurationSeconds) {
    throw new AwsRefusal(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
  }
}

function mfaTime(caller: Caller, withCode: boolean, nowMs: number): number | undefined {
  if (withCode) return nowMs
  return caller.type === 'role' ? caller.mfaAtMs : caller.session?.mfaAtMs
}

/** A role that does not exist reads the same, so that nobody can search for roles. */
function notAuthorized(caller: Caller, action: string, { roleArn: arn }: AssumeRoleRequest): AwsRefusal {
  return new AwsRefusal(
    'AccessDenied',
    `User: ${identityOf(caller).arn} is not authorized to perform: ${action} on resource: ${arn}`,
  )
}
