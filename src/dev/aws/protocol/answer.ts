import { randomUUID } from 'node:crypto'
import { describeError } from '../../../core/errors.ts'
import type { Action, ActionContext } from '../actions/action.ts'
import { assumeRole } from '../actions/assume-role.ts'
import { accessKeyActions } from '../actions/iam-access-key-actions.ts'
import { mfaDeviceActions } from '../actions/iam-mfa-device-actions.ts'
import { roleActions } from '../actions/iam-role-actions.ts'
import { userActions } from '../actions/iam-user-actions.ts'
import { virtualDeviceActions } from '../actions/iam-virtual-device-actions.ts'
import { getCallerIdentity, getSessionToken } from '../actions/session-actions.ts'
import { type AuthenticationDeps, authenticate } from '../caller/authentication.ts'
import { type CallerIdentity, identityOf } from '../caller/caller.ts'
import { noteKeyUse } from '../caller/key-use.ts'
import { readSignatureClaim, type SignedRequest } from '../caller/signed-request.ts'
import { instanceActions } from '../ec2/instance-actions.ts'
import type { Answer } from '../plugin.ts'
import { ec2ErrorXml, ec2SuccessXml, inWordsOfEc2 } from './ec2-protocol.ts'
import { errorXml, parseCall, successXml, unknownOperation, type Versions } from './query-protocol.ts'
import { AwsRefusal } from './refusal.ts'

/** Actions by service, then by name. */
export type Actions = Readonly<Record<string, Readonly<Record<string, Action>>>>

/** What the embedded AWS can do by itself. */
export const ownActions: Actions = {
  sts: { AssumeRole: assumeRole, GetCallerIdentity: getCallerIdentity, GetSessionToken: getSessionToken },
  ec2: instanceActions,
  iam: { ...userActions, ...accessKeyActions, ...mfaDeviceActions, ...virtualDeviceActions, ...roleActions },
}

/** What carrying out a call takes. */
export interface AnswerDeps
  extends AuthenticationDeps,
    Pick<ActionContext, 'judgeTrust' | 'roleFeature' | 'newDeviceDelayMs' | 'instances'> {
  now: () => number
  versions: Versions
  actions: Actions
}

/**
 * Carries out one request, whatever it is; it never rejects.
 * @param judge is given the caller before the call takes effect; may throw an AwsRefusal
 */
export async function answerCall(
  request: SignedRequest,
  deps: AnswerDeps,
  judge: ((caller: CallerIdentity) => void) | undefined,
): Promise<Answer> {
  const requestId = randomUUID()
  const { versions, actions, directory, tokenKey, judgeTrust, roleFeature, newDeviceDelayMs, instances } = deps
  let service = 'sts'
  let principal: string | null = null
  let role: string | null = null
  try {
    const call = parseCall(request.query, Buffer.from(request.body).toString(), versions)
    service = call.service
    role = call.fields.get('RoleArn') ?? null
    const own = actions[service] ?? {}
    const action = Object.hasOwn(own, call.action) ? own[call.action] : undefined
    if (action === undefined) throw unknownOperation(call, versions)
    const nowMs = deps.now()
    const caller = authenticate(request, service, nowMs, deps)
    principal = identityOf(caller).arn
    judge?.(identityOf(caller))
    await noteKeyUse(request, caller, nowMs, directory)
    const { region } = readSignatureClaim(request).scope
    const context = { call, caller, nowMs, region, directory, tokenKey, judgeTrust, roleFeature, newDeviceDelayMs }
    const result = await action({ ...context, instances })
    const isEc2 = service === 'ec2'
    const xml = isEc2 ? ec2SuccessXml(call, result, requestId) : successXml(call, result, requestId, versions)
    return { status: 200, requestId, xml, principal, role, error: null }
  } catch (cause) {
    const isEc2 = service === 'ec2'
    const refused = cause instanceof AwsRefusal ? cause : internalFailure
    const refusal = isEc2 ? inWordsOfEc2(refused) : refused
    const error = cause === refused ? refusal.code : `${refusal.code}: ${describeError(cause)}`
    const xml = isEc2 ? ec2ErrorXml(refusal, requestId) : errorXml(service, refusal, requestId, versions)
    return { status: refusal.status, requestId, xml, principal, role, error }
  }
}

const internalFailure = new AwsRefusal('InternalFailure', 'We encountered an internal error. Please try again.')
