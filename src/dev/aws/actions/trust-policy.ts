import * as v from 'valibot'
import { AwsRefusal } from '../protocol/refusal.ts'

/** A role's trust policy as `latchkey dev` makes it: one principal, and a code where it says so. */
const trustPolicySchema = v.strictObject({
  Version: v.literal('2012-10-17'),
  Statement: v.strictTuple([
    v.strictObject({
      Effect: v.literal('Allow'),
      Principal: v.strictObject({ AWS: v.string() }),
      Action: v.literal('sts:AssumeRole'),
      Condition: v.optional(
        v.strictObject({ Bool: v.strictObject({ 'aws:MultiFactorAuthPresent': v.literal('true') }) }),
      ),
    }),
  ]),
})

/** A trust policy that is understood here. */
export type TrustPolicy = v.InferOutput<typeof trustPolicySchema>

/** Who asks, as the policy may name them: their account's root, and their own ARNs. */
export interface TrustedCaller {
  account: string
  /** A user's ARN; for a role session the role's ARN and the session's. */
  arns: readonly string[]
}

/** Condition keys in lower case, as they are compared. A key that is not in the request is not in here. */
export type RequestContext = ReadonlyMap<string, string>

/** `principal`: the caller is named. `account`: the caller's account decides. Undefined: not allowed, or denied. */
export type Trust = 'principal' | 'account' | undefined

/** What a trust policy says about one action. @throws {AwsRefusal} for a policy that cannot be judged */
export type JudgeTrust = (policy: unknown, action: string, caller: TrustedCaller, context: RequestContext) => Trust

/** Judges the trust policies that are made here; anything else that a policy says is refused, never ignored. */
export const judgeOwnTrust: JudgeTrust = (policy, action, caller, context) => {
  const parsed = v.safeParse(trustPolicySchema, policy)
  if (!parsed.success) {
    throw new AwsRefusal('ValidationError', 'A trust policy like this one is not built into the embedded AWS.')
  }
  const [{ Principal, Action, Condition }] = parsed.output.Statement
  const lacksCode = Condition !== undefined && context.get('aws:multifactorauthpresent') !== 'true'
  if (action !== Action || lacksCode) return undefined
  if (caller.arns.includes(Principal.AWS)) return 'principal'
  return Principal.AWS === `arn:aws:iam::${caller.account}:root` ? 'account' : undefined
}
