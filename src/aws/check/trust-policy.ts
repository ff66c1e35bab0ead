import { isRecord } from '../../core/json-record.ts'

/**
 * Whom a role's trust policy lets assume it without an MFA code: users, and accounts, whose users it means. A role, a
 * service or an identity provider cannot give a code, so it is not asked for one (IAM User Guide, "Secure API access with
 * MFA"). `BoolIfExists` is no condition here: a long-term key brings no `aws:MultiFactorAuthPresent`, and passes.
 * @param policy as parsed from JSON; @returns ARNs, account ids or `*`
 */
export function trustedWithoutMfa(policy: unknown): string[] {
  const statements = isRecord(policy) ? listed(policy.Statement) : []
  const open = statements.filter(isRecord).flatMap((statement) => {
    if (statement.Effect !== 'Allow' || !allowsAssuming(statement.Action) || wantsCode(statement.Condition)) return []
    return principalsOf(statement.Principal).filter(isPerson)
  })
  return [...new Set(open)]
}

const listed = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

function allowsAssuming(action: unknown): boolean {
  return listed(action).some(
    (each) => typeof each === 'string' && /^(\*|sts:(\*|AssumeRole|Assume\*|AssumeRole\*))$/i.test(each),
  )
}

function principalsOf(principal: unknown): string[] {
  if (principal === '*') return ['*']
  return isRecord(principal) ? listed(principal.AWS).filter((each) => typeof each === 'string') : []
}

function isPerson(principal: string): boolean {
  return /^(\*|\d{12})$|:(root|user\/.+)$/.test(principal)
}

/** All conditions of a statement must hold: one that only a session with a code passes is enough. */
function wantsCode(condition: unknown): boolean {
  if (!isRecord(condition)) return false
  return Object.entries(condition).some(([operator, keys]) => {
    if (!isRecord(keys)) return false
    const conditionOf = (wanted: string) => Object.entries(keys).find(([key]) => key.toLowerCase() === wanted)?.[1]
    if (/^Bool$/i.test(operator)) {
      const values = listed(conditionOf('aws:multifactorauthpresent'))
      return values.length > 0 && values.every((value) => String(value).toLowerCase() === 'true')
    }
    if (/^Numeric(LessThan|LessThanEquals|Equals)$/i.test(operator))
      return conditionOf('aws:multifactorauthage') !== undefined
    if (/^Null$/i.test(operator)) {
      const values = listed(conditionOf('aws:multifactorauthage'))
      return values.length > 0 && values.every((value) => String(value).toLowerCase() === 'false')
    }
    return false
  })
}
