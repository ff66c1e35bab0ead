import { identityOf, mfaContext } from '../caller/caller.ts'
import { judgeUserPolicy } from '../caller/user-policy.ts'
import { userArn } from '../directory.ts'
import { createFieldReader } from '../protocol/fields.ts'
import { AwsRefusal, explicitDeny, notAuthorized } from '../protocol/refusal.ts'
import type { DevUser } from '../state.ts'
import type { ActionContext } from './action.ts'

/**
 * Lets a call pass that the caller's own policy allows. Most roles have none here.
 * @param resource its ARN, or `*`; @param shown as AWS's text has it
 * @throws {AwsRefusal} AccessDenied
 */
export function authorize(
  { call, caller, nowMs }: Pick<ActionContext, 'call' | 'caller' | 'nowMs'>,
  resource: string,
  shown = resource,
): void {
  const action = `${call.service}:${call.action}`
  const request = { action, resource, context: mfaContext(caller, undefined, nowMs) }
  const [policy = [], userName] =
    caller.type === 'role' ? [caller.role.policy, ''] : [caller.user.policy, caller.user.name]
  const verdict = judgeUserPolicy(policy, { ...request, userName })
  if (verdict === 'allowed') return
  const reason = verdict === 'denied' ? explicitDeny : `because no identity-based policy allows the ${action} action`
  throw notAuthorized(identityOf(caller).arn, action, `${shown} ${reason}`)
}

/**
 * The user that a call is about: the calling one, since nobody here may touch another.
 * @throws {AwsRefusal} ValidationError, AccessDenied
 */
export function ownUser(context: ActionContext): DevUser {
  const { call, caller } = context
  const fields = createFieldReader(call)
  const name = fields.text('UserName', { min: 1, max: 128, pattern: '[\\w+=,.@-]+' })
  fields.check()
  if (caller.type === 'role' && name === undefined) {
    throw new AwsRefusal('ValidationError', 'Must specify userName when calling with non-User credentials')
  }
  const { account } = identityOf(caller)
  const named = name ?? (caller.type === 'user' ? caller.user.name : '')
  authorize(context, userArn({ account, name: named }), `user ${named}`)
  if (caller.type === 'user' && caller.user.name === named) return caller.user
  throw new AwsRefusal('NoSuchEntity', `The user with name ${named} cannot be found.`)
}
