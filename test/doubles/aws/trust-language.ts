import * as v from 'valibot'
import type { JudgeTrust, RequestContext, Trust, TrustedCaller } from '../../../src/dev/aws/actions/trust-policy.ts'
import { AwsRefusal } from '../../../src/dev/aws/protocol/refusal.ts'

const oneOrMore = v.union([v.string(), v.array(v.string())])
/** A boolean or number in JSON means its text, as in IAM. */
const conditionValue = v.union([v.string(), v.boolean(), v.number()])
const judgedKeys = new Set([
  'aws:multifactorauthpresent',
  'aws:multifactorauthage',
  'sts:externalid',
  'sts:rolesessionname',
  'sts:sourceidentity',
])
const conditionKey = v.pipe(
  v.string(),
  v.check((key) => judgedKeys.has(key.toLowerCase()) || key.toLowerCase().startsWith('aws:requesttag/')),
)
const conditionKeys = v.record(conditionKey, v.union([conditionValue, v.array(conditionValue)]))

const statementSchema = v.strictObject({
  Sid: v.optional(v.string()),
  Effect: v.picklist(['Allow', 'Deny']),
  Principal: v.union([v.literal('*'), v.strictObject({ AWS: oneOrMore })]),
  Action: oneOrMore,
  Condition: v.optional(
    v.strictObject({
      Bool: v.optional(conditionKeys),
      BoolIfExists: v.optional(conditionKeys),
      NumericLessThan: v.optional(conditionKeys),
      NumericLessThanIfExists: v.optional(conditionKeys),
      StringEquals: v.optional(conditionKeys),
      StringEqualsIfExists: v.optional(conditionKeys),
    }),
  ),
})

/** A role's trust policy, as far as the double can judge it: what it cannot judge is refused, never ignored. */
const trustPolicySchema = v.strictObject({
  Version: v.literal('2012-10-17'),
  Statement: v.array(statementSchema),
})

/** A trust policy that has been read. */
export type TrustPolicy = v.InferOutput<typeof trustPolicySchema>
type Statement = TrustPolicy['Statement'][number]
type Operator = keyof NonNullable<Statement['Condition']>
type ConditionValues = v.InferOutput<typeof conditionKeys>[string]

/** What a trust policy says about one action, whatever it is made of. Only `parseTrustPolicy` lets one in. */
export const evaluateTrust: JudgeTrust = (document, action, caller, context) => {
  const policy = parseTrustPolicy(document)
  const trusts = policy.Statement.filter(
    (statement) => matchesAction(statement, action) && matchesConditions(statement, context),
  ).flatMap((statement) => {
    const trust = matchPrincipal(statement, caller)
    return trust === undefined ? [] : [{ effect: statement.Effect, trust }]
  })
  if (trusts.some(({ effect }) => effect === 'Deny')) return undefined
  return trusts.find(({ trust }) => trust === 'principal')?.trust ?? trusts[0]?.trust
}

/** Reads a trust policy. @throws {AwsRefusal} MalformedPolicyDocument */
export function parseTrustPolicy(document: unknown): TrustPolicy {
  const parsed = v.safeParse(trustPolicySchema, document)
  if (parsed.success) return parsed.output
  const place = v.getDotPath(parsed.issues[0]) ?? 'the document'
  throw new AwsRefusal('MalformedPolicyDocument', `the trust policy is not one that can be judged here: see ${place}`)
}

function matchesAction(statement: Statement, action: string): boolean {
  // Action names are compared without regard to case (IAM user guide, "IAM JSON policy elements: Action").
  return [statement.Action].flat().some((name) => ['*', 'sts:*', action.toLowerCase()].includes(name.toLowerCase()))
}

function matchPrincipal({ Principal }: Statement, caller: TrustedCaller): Trust {
  const named = Principal === '*' ? ['*'] : [Principal.AWS].flat()
  if (named.some((name) => name === '*' || caller.arns.includes(name))) return 'principal'
  const accounts = [caller.account, `arn:aws:iam::${caller.account}:root`]
  return named.some((name) => accounts.includes(name)) ? 'account' : undefined
}

function matchesConditions({ Condition = {} }: Statement, context: RequestContext): boolean {
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys ?? {}).every(([key, wanted]) =>
      matchesCondition(operator as Operator, wanted, context.get(key.toLowerCase())),
    ),
  )
}

/** A key that is missing from the request matches nothing, unless the operator ends in IfExists. */
function matchesCondition(operator: Operator, wanted: ConditionValues, actual: string | undefined): boolean {
  if (actual === undefined) return operator.endsWith('IfExists')
  return [wanted].flat().some((value) => compareCondition(operator, String(value), actual))
}

function compareCondition(operator: Operator, wanted: string, actual: string): boolean {
  switch (operator) {
    case 'Bool':
    case 'BoolIfExists':
      return actual.toLowerCase() === wanted.toLowerCase()
    case 'NumericLessThan':
    case 'NumericLessThanIfExists':
      return Number(actual) < Number(wanted)
    case 'StringEquals':
    case 'StringEqualsIfExists':
      return actual === wanted
  }
}
