import { randomUUID } from 'node:crypto'
import { describeError } from '../../core/errors.ts'
import type { Action, ActionContext } from './action.ts'
import { assumeRole } from './assume-role.ts'
import { type AuthenticationDeps, authenticate } from './authentication.ts'
import { identityOf } from './caller.ts'
import { faultRefusal, type InjectedError } from './faults.ts'
import { getUser, listAccessKeys, listMfaDevices } from './iam-actions.ts'
import { type AwsService, errorXml, parseCall, successXml, unknownOperation } from './query-protocol.ts'
import { AwsRefusal } from './refusal.ts'
import { getCallerIdentity, getSessionToken } from './session-actions.ts'
import type { SignedRequest } from './signed-request.ts'

const actions: Readonly<Record<AwsService, ReadonlyMap<string, Action>>> = {
  sts: new Map([
    ['AssumeRole', assumeRole],
    ['GetCallerIdentity', getCallerIdentity],
    ['GetSessionToken', getSessionToken],
  ]),
  iam: new Map([
    ['GetUser', getUser],
    ['ListAccessKeys', listAccessKeys],
    ['ListMFADevices', listMfaDevices],
  ]),
}

export interface AnswerDeps extends AuthenticationDeps, Pick<ActionContext, 'roleSessionsCarryMfa'> {
  now: () => number
}

export interface Answer {
  status: number
  requestId: string
  xml: string
  /** ARN of who signed; null where the signature was not accepted. */
  principal: string | null
  /** The role that was asked for. */
  role: string | null
  /** AWS's error code. */
  error: string | null
}

/**
 * Carries out one request, whatever it is; it never rejects.
 * @param injected an error that AWS is to have of its own, once it knows who is calling
 */
export async function answerCall(
  request: SignedRequest,
  deps: AnswerDeps,
  injected: InjectedError | undefined,
): Promise<Answer> {
  const requestId = randomUUID()
  let service: AwsService = 'sts'
  let principal: string | null = null
  let role: string | null = null
  try {
    const call = parseCall(request.query, Buffer.from(request.body).toString())
    service = call.service
    role = call.fields.get('RoleArn') ?? null
    const action = actions[service].get(call.action)
    if (action === undefined) throw unknownOperation(call)
    const nowMs = deps.now()
    const caller = authenticate(request, service, nowMs, deps)
    const { arn, account } = identityOf(caller)
    principal = arn
    if (injected !== undefined) throw faultRefusal(injected, account)
    const { directory, tokenKey, roleSessionsCarryMfa } = deps
    const result = await action({ call, caller, nowMs, directory, tokenKey, roleSessionsCarryMfa })
    return { status: 200, requestId, xml: successXml(call, result, requestId), principal, role, error: null }
  } catch (cause) {
    const refusal = cause instanceof AwsRefusal ? cause : faultRefusal('InternalFailure', '')
    const error = cause === refusal ? refusal.code : `${refusal.code}: ${describeError(cause)}`
    return { status: refusal.status, requestId, xml: errorXml(service, refusal, requestId), principal, role, error }
  }
}
