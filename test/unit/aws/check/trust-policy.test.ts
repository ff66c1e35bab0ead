import { describe, expect, it } from 'vitest'
import { trustedWithoutMfa } from '../../../../src/aws/check/trust-policy.ts'

const root = 'arn:aws:iam::111122223333:root'
const policy = (more: object = {}, condition?: object) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: root },
      Action: 'sts:AssumeRole',
      ...(condition === undefined ? {} : { Condition: condition }),
      ...more,
    },
  ],
})

describe('a role is trusted to others without a code', () => {
  it.each([
    ['without a condition', policy(), [root]],
    ['with a statement alone', { Statement: policy().Statement[0] }, [root]],
    ['with another condition', policy({}, { StringEquals: { 'sts:ExternalId': 'x' } }), [root]],
    [
      'with BoolIfExists, which a long-term key passes',
      policy({}, { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } }),
      [root],
    ],
    ['with the opposite', policy({}, { Bool: { 'aws:MultiFactorAuthPresent': 'false' } }), [root]],
    ['with either', policy({}, { Bool: { 'aws:MultiFactorAuthPresent': ['true', 'false'] } }), [root]],
    ['with a wildcard', policy({ Action: ['sts:TagSession', 'sts:*'] }), [root]],
    ['for everybody', policy({ Principal: '*' }), ['*']],
    [
      'for several',
      policy({ Principal: { AWS: ['111122223333', 'arn:aws:iam::1:user/jo', root] } }),
      ['111122223333', 'arn:aws:iam::1:user/jo', root],
    ],
  ])('%s', (_, given, open) => {
    expect(trustedWithoutMfa(given)).toEqual(open)
  })
})

describe('a role is not trusted to others without a code', () => {
  it.each([
    ['where a code is a condition', policy({}, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } })],
    ['in other capitals, as a boolean', policy({}, { bool: { 'AWS:multifactorauthpresent': true } })],
    ['where its age is one', policy({}, { NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' } })],
    ['where there must be an age', policy({}, { Null: { 'aws:MultiFactorAuthAge': 'false' } })],
    [
      'among more conditions',
      policy({}, { StringEquals: { a: 'b' }, Bool: { x: 'y', 'aws:MultiFactorAuthPresent': 'true' } }),
    ],
    ['where it is denied', policy({ Effect: 'Deny' })],
    ['for another action', policy({ Action: 'sts:AssumeRoleWithSAML' })],
    ['where only roles assume it, which have no codes', policy({ Principal: { AWS: 'arn:aws:iam::1:role/x' } })],
    ['where only services assume it', policy({ Principal: { Service: 'ec2.amazonaws.com' } })],
    ['by what is no policy', null],
    [
      'by a statement that is none',
      { Statement: ['x', 5, { Effect: 'Allow', Action: 'sts:AssumeRole', Condition: 5 }] },
    ],
  ])('%s', (_, given) => {
    expect(trustedWithoutMfa(given)).toEqual([])
  })
})
