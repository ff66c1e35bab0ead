import { isRecord } from '../../core/json-record.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { fieldMistake } from './field-rules.ts'

/** What a role is assumed with besides its name: tags of the session, who is behind it, and what narrows it. */
export interface RoleTerms {
  tags?: Readonly<Record<string, string>> | undefined
  /** Keys of `tags` that stay through a chain of roles. */
  transitiveTags?: readonly string[] | undefined
  sourceIdentity?: string | undefined
  /** An inline session policy, in JSON. */
  policy?: string | undefined
  /** Managed policies of the role's account, or of AWS. */
  policyArns?: readonly string[] | undefined
}

/** True where a role is assumed as it is. */
export function isEmpty(terms: RoleTerms): boolean {
  return Object.values(terms).every((term) => term === undefined || Object.keys(term).length === 0)
}

/** What is wrong with one of the terms. */
export interface TermMistake {
  /** As both files call it. */
  field: 'session_tags' | 'transitive_session_tags' | 'source_identity' | 'policy' | 'policy_arns'
  says: string
  /** The tag in `session_tags` that it is about. */
  key?: string
}

/** STS API reference, AssumeRole; "IAM and AWS STS character limits" of the IAM User Guide. */
const maxTags = 50
const maxPolicyArns = 10
const maxPolicyCharacters = 2048

/** The first mistake in the terms of a role; undefined where AWS may take them. What they pack to only AWS can tell. */
export function termMistake(terms: RoleTerms): TermMistake | undefined {
  return tagMistake(terms) ?? transitiveMistake(terms) ?? identityMistake(terms) ?? policyMistake(terms)
}

/**
 * What of a role's terms cannot stand behind those of the role that assumes it: a source identity and transitive tags
 * stay as they are through a chain (STS API reference, AssumeRole: SourceIdentity, Tags).
 */
export function chainMistake(terms: RoleTerms, before: readonly RoleTerms[]): TermMistake | undefined {
  const { sourceIdentity, tags = {} } = terms
  const inherited = before.find((role) => role.sourceIdentity !== undefined)?.sourceIdentity
  if (inherited !== undefined && sourceIdentity !== undefined && sourceIdentity !== inherited) {
    return { field: 'source_identity', says: `not ${inherited}, which a role before it has set for good` }
  }
  const kept = new Set(before.flatMap(({ transitiveTags = [] }) => transitiveTags.map((key) => key.toLowerCase())))
  const key = Object.keys(tags).find((candidate) => kept.has(candidate.toLowerCase()))
  return key === undefined ? undefined : { field: 'session_tags', key, says: 'a transitive tag of a role before it' }
}

function tagMistake({ tags = {} }: RoleTerms): TermMistake | undefined {
  const field = 'session_tags'
  const keys = Object.keys(tags)
  if (keys.length > maxTags) return { field, says: `more than ${maxTags} tags` }
  const seen = new Set<string>()
  for (const [key, value] of Object.entries(tags)) {
    const inKey = fieldMistake('tagKey', key)
    const inValue = fieldMistake('tagValue', value)
    if (inKey !== undefined) return { field, key, says: `a key that is ${inKey}` }
    if (inValue !== undefined) return { field, key, says: `a value that is ${inValue}` }
    // "You cannot have separate Department and department tag keys."
    if (seen.has(key.toLowerCase())) return { field, key, says: 'another tag with other capitals' }
    seen.add(key.toLowerCase())
  }
  return undefined
}

function transitiveMistake({ tags = {}, transitiveTags = [] }: RoleTerms): TermMistake | undefined {
  const key = transitiveTags.find((candidate) => !Object.hasOwn(tags, candidate))
  return key === undefined
    ? undefined
    : { field: 'transitive_session_tags', says: `${displayLine(key)}, which is not one of session_tags` }
}

function identityMistake({ sourceIdentity }: RoleTerms): TermMistake | undefined {
  const says = sourceIdentity === undefined ? undefined : fieldMistake('sourceIdentity', sourceIdentity)
  return says === undefined ? undefined : { field: 'source_identity', says }
}

function policyMistake({ policy, policyArns = [] }: RoleTerms): TermMistake | undefined {
  if (policyArns.length > maxPolicyArns) return { field: 'policy_arns', says: `more than ${maxPolicyArns} policies` }
  for (const arn of policyArns) {
    const says = fieldMistake('policyArn', arn)
    if (says !== undefined) return { field: 'policy_arns', says }
  }
  if (policy !== undefined && !isJsonObject(policy)) return { field: 'policy', says: 'not a policy in JSON' }
  if (policy !== undefined && !/^[\t\n\r\u0020-\u00FF]+$/.test(policy)) {
    return { field: 'policy', says: 'not of characters that AWS takes in a policy (up to U+00FF)' }
  }
  const characters = [policy ?? '', ...policyArns].join('').length
  if (characters <= maxPolicyCharacters) return undefined
  const field = policy === undefined ? 'policy_arns' : 'policy'
  return {
    field,
    says: `${characters} characters with policy and policy_arns together; AWS takes ${maxPolicyCharacters}`,
  }
}

function isJsonObject(text: string): boolean {
  try {
    return isRecord(JSON.parse(text))
  } catch {
    return false
  }
}
