import { describe, expect, it } from 'vitest'
import { judgeOwnTrust } from '../../../../../src/dev/aws/actions/trust-policy.ts'
import { evaluateTrust, parseTrustPolicy } from '../../../../doubles/aws/trust-language.ts'
import { trusting } from '../../../../support/dev-aws.ts'

const account = '111122223333'
const user = `arn:aws:iam::${account}:user/jo`
const root = `arn:aws:iam::${account}:root`
const caller = { account, arns: [user] }

function trust(policy: object, context: Record<string, string> = {}, action = 'sts:AssumeRole', who = caller) {
  const keys = Object.entries(context).map(([key, value]) => [key.toLowerCase(), value] as const)
  return evaluateTrust(parseTrustPolicy(policy), action, who, new Map(keys))
}

describe('the principal', () => {
  it.each([
    [user, 'principal'],
    ['*', 'principal'],
    [root, 'account'],
    [account, 'account'],
    [['arn:aws:iam::444455556666:root', root], 'account'],
    [[root, user], 'principal'],
    ['arn:aws:iam::444455556666:root', undefined],
    ['arn:aws:iam::111122223333:user/joe', undefined],
    ['arn:aws:iam::111122223333:user/*', undefined],
    [[], undefined],
  ])('%j is %s for the user', (principal, expected) => {
    expect(trust(trusting(principal))).toBe(expected)
  })

  it('may be everybody without a type', () => {
    const [statement] = trusting('x').Statement
    expect(trust({ Version: '2012-10-17', Statement: [{ ...statement, Principal: '*' }] })).toBe('principal')
  })

  it('of a role session is the role or the session', () => {
    const role = 'arn:aws:iam::123456789012:role/Dev'
    const session = 'arn:aws:sts::123456789012:assumed-role/Dev/jo'
    const who = { account: '123456789012', arns: [session, role] }
    expect(trust(trusting(role), {}, 'sts:AssumeRole', who)).toBe('principal')
    expect(trust(trusting(session), {}, 'sts:AssumeRole', who)).toBe('principal')
    expect(trust(trusting(`${session}x`), {}, 'sts:AssumeRole', who)).toBeUndefined()
  })
})

describe('the action', () => {
  it.each([
    ['sts:AssumeRole', 'principal'],
    ['STS:assumerole', 'principal'],
    ['sts:*', 'principal'],
    ['*', 'principal'],
    [['sts:TagSession', 'sts:AssumeRole'], 'principal'],
    ['sts:TagSession', undefined],
    ['iam:*', undefined],
  ])('%j: %s', (action, expected) => {
    expect(trust(trusting(user, undefined, action))).toBe(expected)
  })
})

describe('a condition', () => {
  const mfa = 'aws:MultiFactorAuthPresent'
  const age = 'aws:MultiFactorAuthAge'

  it.each<[string, object, Record<string, string>, boolean]>([
    ['Bool', { Bool: { [mfa]: 'true' } }, { [mfa]: 'true' }, true],
    ['Bool in JSON', { Bool: { [mfa]: true } }, { [mfa]: 'true' }, true],
    ['Bool, key in another case', { Bool: { 'AWS:multifactorauthPRESENT': 'True' } }, { [mfa]: 'true' }, true],
    ['Bool, other value', { Bool: { [mfa]: 'true' } }, { [mfa]: 'false' }, false],
    ['Bool, key missing', { Bool: { [mfa]: 'true' } }, {}, false],
    ['Bool false, key missing', { Bool: { [mfa]: 'false' } }, {}, false],
    ['BoolIfExists, key missing', { BoolIfExists: { [mfa]: 'true' } }, {}, true],
    ['BoolIfExists, other value', { BoolIfExists: { [mfa]: 'true' } }, { [mfa]: 'false' }, false],
    ['NumericLessThan', { NumericLessThan: { [age]: '3600' } }, { [age]: '3599' }, true],
    ['NumericLessThan in JSON', { NumericLessThan: { [age]: 3600 } }, { [age]: '900' }, true],
    ['NumericLessThan, equal', { NumericLessThan: { [age]: '3600' } }, { [age]: '3600' }, false],
    ['NumericLessThan, key missing', { NumericLessThan: { [age]: '3600' } }, {}, false],
    ['NumericLessThanIfExists, key missing', { NumericLessThanIfExists: { [age]: '3600' } }, {}, true],
    ['StringEquals', { StringEquals: { 'sts:ExternalId': 'abc' } }, { 'sts:ExternalId': 'abc' }, true],
    ['StringEquals, one of', { StringEquals: { 'sts:ExternalId': ['x', 'abc'] } }, { 'sts:ExternalId': 'abc' }, true],
    ['StringEquals, other case', { StringEquals: { 'sts:ExternalId': 'abc' } }, { 'sts:ExternalId': 'Abc' }, false],
    ['StringEquals, key missing', { StringEquals: { 'sts:ExternalId': 'abc' } }, {}, false],
    ['StringEqualsIfExists, missing', { StringEqualsIfExists: { 'sts:ExternalId': 'abc' } }, {}, true],
    ['source identity', { StringEquals: { 'sts:SourceIdentity': 'jo' } }, { 'sts:SourceIdentity': 'jo' }, true],
    ['session name', { StringEquals: { 'sts:RoleSessionName': 'jo' } }, { 'sts:RoleSessionName': 'x' }, false],
    [
      'all must match',
      { Bool: { [mfa]: 'true' }, NumericLessThan: { [age]: 60 } },
      { [mfa]: 'true', [age]: '61' },
      false,
    ],
    ['none', {}, {}, true],
  ])('%s', (_, condition, context, allowed) => {
    expect(trust(trusting(user, condition), context)).toBe(allowed ? 'principal' : undefined)
  })
})

describe('several statements', () => {
  const deny = (condition: object) => ({ ...trusting('*', condition).Statement[0], Effect: 'Deny' })

  it('allow by the one that names the caller most exactly', () => {
    const statements = [...trusting(root).Statement, ...trusting(user).Statement]
    expect(trust({ Version: '2012-10-17', Statement: statements })).toBe('principal')
  })

  it('deny if one denies', () => {
    const withoutMfa = deny({ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } })
    const policy = { Version: '2012-10-17', Statement: [...trusting(user).Statement, withoutMfa] }
    expect(trust(policy, { 'aws:MultiFactorAuthPresent': 'true' })).toBe('principal')
    expect(trust(policy, { 'aws:MultiFactorAuthPresent': 'false' })).toBeUndefined()
    expect(trust(policy)).toBeUndefined()
  })

  it('deny if there are none', () => {
    expect(trust({ Version: '2012-10-17', Statement: [] })).toBeUndefined()
  })
})

describe('a policy that cannot be judged', () => {
  const [statement] = trusting(user).Statement

  it.each<[string, unknown, string]>([
    ['no object', 'Allow', 'the document'],
    ['another version', { Version: '2008-10-17', Statement: [] }, 'Version'],
    [
      'a principal of another kind',
      { Version: '2012-10-17', Statement: [{ ...statement, Principal: { Service: 'ec2' } }] },
      'Statement.0.Principal',
    ],
    ['NotAction', { Version: '2012-10-17', Statement: [{ ...statement, NotAction: 'x' }] }, 'Statement.0.NotAction'],
    [
      'an unknown operator',
      trusting(user, { StringLike: { 'sts:ExternalId': 'a*' } }),
      'Statement.0.Condition.StringLike',
    ],
    [
      'an unknown key',
      trusting(user, { StringEquals: { 'aws:SourceIp': '::1' } }),
      'Statement.0.Condition.StringEquals.aws:SourceIp',
    ],
  ])('is refused: %s', (_, document, place) => {
    expect(() => parseTrustPolicy(document)).toThrow(
      expect.objectContaining({ code: 'MalformedPolicyDocument', message: expect.stringContaining(`see ${place}`) }),
    )
  })
})

describe('the trust policies that latchkey dev makes', () => {
  const withMfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }
  const present = (value: string) => new Map([['aws:multifactorauthpresent', value]])

  it.each<[string, object, ReadonlyMap<string, string>, string]>([
    ['the account', trusting(root), new Map(), 'sts:AssumeRole'],
    ['the caller', trusting(user), new Map(), 'sts:AssumeRole'],
    ['another account', trusting('arn:aws:iam::444455556666:root'), new Map(), 'sts:AssumeRole'],
    ['another action', trusting(user), new Map(), 'sts:SetSourceIdentity'],
    ['a code that was given', trusting(root, withMfa), present('true'), 'sts:AssumeRole'],
    ['a code that was not given', trusting(root, withMfa), present('false'), 'sts:AssumeRole'],
    ['nothing known of a code', trusting(root, withMfa), new Map(), 'sts:AssumeRole'],
  ])('are judged as by the whole language: %s', (_, policy, context, action) => {
    expect(judgeOwnTrust(policy, action, caller, context)).toBe(evaluateTrust(policy, action, caller, context))
  })

  it('name the caller, the account, or neither', () => {
    expect(judgeOwnTrust(trusting(user), 'sts:AssumeRole', caller, new Map())).toBe('principal')
    expect(judgeOwnTrust(trusting(root, withMfa), 'sts:AssumeRole', caller, present('true'))).toBe('account')
    expect(judgeOwnTrust(trusting(root, withMfa), 'sts:AssumeRole', caller, present('false'))).toBeUndefined()
    expect(judgeOwnTrust(trusting(root), 'sts:SetSourceIdentity', caller, new Map())).toBeUndefined()
  })

  it.each<[string, object]>([
    [
      'two statements',
      { Version: '2012-10-17', Statement: [trusting(root).Statement[0], trusting(user).Statement[0]] },
    ],
    ['a deny', { Version: '2012-10-17', Statement: [{ ...trusting(root).Statement[0], Effect: 'Deny' }] }],
    ['several principals', trusting([root, user])],
    ['another condition', trusting(root, { StringEquals: { 'sts:ExternalId': 'abc' } })],
    ['one condition more', trusting(root, { ...withMfa, NumericLessThan: { 'aws:MultiFactorAuthAge': '60' } })],
    ['another action', trusting(root, undefined, 'sts:*')],
  ])('are all that is judged; refused is %s', (_, policy) => {
    expect(() => judgeOwnTrust(policy, 'sts:AssumeRole', caller, new Map())).toThrow(
      'is not built into the embedded AWS',
    )
  })
})
