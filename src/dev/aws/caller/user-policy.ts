import * as v from 'valibot'
import type { RequestContext } from '../actions/trust-policy.ts'

const list = v.array(v.string())

const statementSchema = v.strictObject({
  Effect: v.picklist(['Allow', 'Deny']),
  Action: v.exactOptional(list),
  NotAction: v.exactOptional(list),
  Resource: list,
  Condition: v.exactOptional(
    v.strictObject({ BoolIfExists: v.strictObject({ 'aws:MultiFactorAuthPresent': v.picklist(['true', 'false']) }) }),
  ),
})

/** The statements of a user's own policies, in the part of IAM's language that is judged here. Another one is no state. */
export const userPolicySchema = v.array(statementSchema)
/** Those statements. */
export type UserPolicy = v.InferOutput<typeof userPolicySchema>

/** What in a resource stands for the name of the user who asks. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: IAM expands it, not JavaScript
const ownName = '${aws:username}'

/** The user who asks, in a policy. */
export const ownUserArn = `arn:aws:iam::*:user/${ownName}`

/** Users may read and change all of their own, and see which devices there are. */
export const ownAdministration: UserPolicy = [
  { Effect: 'Allow', Action: ['iam:*'], Resource: [ownUserArn, 'arn:aws:iam::*:mfa/*'] },
  { Effect: 'Allow', Action: ['iam:ListVirtualMFADevices'], Resource: ['*'] },
]

/** What a policy is asked about. */
export interface PolicyRequest {
  /** `iam:GetUser` */
  action: string
  /** An ARN, or `*`. */
  resource: string
  userName: string
  context: RequestContext
}

/** `denied`: by a statement, whatever the others say; `unmentioned`: no statement allows it. */
export type PolicyVerdict = 'allowed' | 'denied' | 'unmentioned'

/** Judges as IAM does (IAM user guide, "Policy evaluation logic"). */
export function judgeUserPolicy(policy: UserPolicy, request: PolicyRequest): PolicyVerdict {
  const applying = policy.filter((statement) => applies(statement, request))
  if (applying.some(({ Effect }) => Effect === 'Deny')) return 'denied'
  return applying.length > 0 ? 'allowed' : 'unmentioned'
}

function applies(
  { Action, NotAction, Resource, Condition }: UserPolicy[number],
  { action, resource, userName, context }: PolicyRequest,
): boolean {
  const wanted = Condition?.BoolIfExists['aws:MultiFactorAuthPresent']
  const present = context.get('aws:multifactorauthpresent')
  // `IfExists`: a request that does not have the key fits (IAM user guide, "…IfExists condition operators").
  if (wanted !== undefined && present !== undefined && present !== wanted) return false
  const isNamed = (Action ?? NotAction ?? []).some((pattern) => isLike(action.toLowerCase(), pattern.toLowerCase()))
  if (isNamed !== (Action !== undefined)) return false
  return Resource.some((pattern) => isLike(resource, pattern.replaceAll(ownName, userName)))
}

function isLike(text: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+^${}()|[\]\\?]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(text)
}
