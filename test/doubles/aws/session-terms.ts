import type { Caller } from '../../../src/dev/aws/caller/caller.ts'
import type { FieldReader } from '../../../src/dev/aws/protocol/fields.ts'
import { AwsRefusal } from '../../../src/dev/aws/protocol/refusal.ts'

/** The tags of a session and what narrows it, by the service model of STS and the notes at AssumeRole's parameters. */
export interface SessionTerms {
  /** As they are compared: keys in lower case. */
  tags: ReadonlyMap<string, string>
  /** Those that stay, from here on. */
  transitiveTags: Readonly<Record<string, string>>
}

/** 9 tags of 252 characters were told to take 498 % of it (aws-actions/configure-aws-credentials#1898). */
const packedCharacters = 455
const maxTags = 50
const maxPolicyArns = 10
const maxPolicyCharacters = 2048

/** Reads them; what it returns judges them once the caller is known. */
export function readSessionTerms(fields: FieldReader): (caller: Caller) => SessionTerms {
  const tags = members(
    (n) => fields.text(`Tags.member.${n}.Key`, { min: 1, max: 128 }),
    (key, n) => ({
      key,
      value: fields.text(`Tags.member.${n}.Value`, { min: 0, max: 256 }) ?? '',
    }),
  )
  const transitive = members(
    (n) => fields.text(`TransitiveTagKeys.member.${n}`, { min: 1, max: 128 }),
    (key) => key,
  )
  const policy = fields.text('Policy', { min: 1, max: Number.POSITIVE_INFINITY })
  const arns = members(
    (n) => fields.text(`PolicyArns.member.${n}.arn`, { min: 20, max: 2048 }),
    (arn) => arn,
  )
  return (caller) => {
    checkPolicies(policy, arns)
    const given = new Map(tags.map(({ key, value }) => [key.toLowerCase(), value]))
    if (tags.length > maxTags || given.size < tags.length) throw invalid('Duplicate tag keys found, or too many tags.')
    const kept = caller.type === 'role' ? caller.transitiveTags : {}
    if (Object.keys(kept).some((key) => given.has(key))) {
      throw invalid('One of the specified session tags conflicts with a transitive tag of the calling session.')
    }
    const missing = transitive.find((key) => !given.has(key.toLowerCase()))
    if (missing !== undefined) throw invalid(`The transitive tag key ${missing} is not one of the session tags.`)
    checkPackedSize([...tags.flatMap(({ key, value }) => [key, value]), ...Object.entries(kept).flat()])
    const staying = transitive.map((key) => [key.toLowerCase(), given.get(key.toLowerCase())!] as const)
    return { tags: given, transitiveTags: { ...kept, ...Object.fromEntries(staying) } }
  }
}

function checkPolicies(policy: string | undefined, arns: readonly string[]): void {
  if (arns.length > maxPolicyArns) throw invalid(`Cannot exceed quota for policies: ${maxPolicyArns}`)
  if ([policy ?? '', ...arns].join('').length > maxPolicyCharacters) {
    throw new AwsRefusal('PackedPolicyTooLarge', 'Packed policy consumes more than the allotted space.')
  }
  try {
    if (policy !== undefined) JSON.parse(policy)
  } catch {
    throw new AwsRefusal('MalformedPolicyDocument', 'The policy is not in the valid JSON format.')
  }
}

function checkPackedSize(texts: readonly string[]): void {
  const percent = Math.round((texts.join('').length / packedCharacters) * 100)
  if (percent > 100) {
    const message = `Packed size of session tags consumes ${percent}% of allotted space.`
    throw new AwsRefusal('PackedPolicyTooLarge', message)
  }
}

/** The members of a list, which are numbered from 1. */
function members<T>(read: (n: number) => string | undefined, each: (text: string, n: number) => T): T[] {
  const found: T[] = []
  for (let n = 1; ; n += 1) {
    const text = read(n)
    if (text === undefined) return found
    found.push(each(text, n))
  }
}

const invalid = (message: string) => new AwsRefusal('ValidationError', message)
