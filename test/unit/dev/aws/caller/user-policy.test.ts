import { expect, it } from 'vitest'
import { judgeUserPolicy, ownAdministration, type UserPolicy } from '../../../../../src/dev/aws/caller/user-policy.ts'
import { ownCredentialsBehindMfa } from '../../../../../src/dev/aws/seed-policies.ts'

const jo = 'arn:aws:iam::111122223333:user/jo'
const withCode = new Map([['aws:multifactorauthpresent', 'true']])
const sessionWithout = new Map([['aws:multifactorauthpresent', 'false']])

const judge = (policy: UserPolicy, action: string, { resource = jo, context = new Map<string, string>() } = {}) =>
  judgeUserPolicy(policy, { action, resource, userName: 'jo', context })

it.each(['CreateVirtualMFADevice', 'EnableMFADevice', 'ListMFADevices', 'ResyncMFADevice', 'GetUser'])(
  'lets a user without a code do what leads to a device: %s',
  (name) => {
    const resource = name === 'CreateVirtualMFADevice' ? 'arn:aws:iam::111122223333:mfa/any' : jo
    expect(judge(ownCredentialsBehindMfa, `iam:${name}`, { resource })).toBe('allowed')
  },
)

it.each([
  ['iam:ListAccessKeys', jo],
  ['iam:DeactivateMFADevice', jo],
  ['sts:AssumeRole', 'arn:aws:iam::123456789012:role/Dev'],
])('denies all else before a code was given: %s', (action, resource) => {
  const verdicts = [new Map(), sessionWithout, withCode].map((context) =>
    judge(ownCredentialsBehindMfa, action, { resource, context }),
  )
  expect(verdicts).toEqual(['denied', 'denied', action.startsWith('sts') ? 'unmentioned' : 'allowed'])
})

it('lets nobody delete a virtual device, nor touch another user', () => {
  const device = 'arn:aws:iam::111122223333:mfa/jo'
  const withDevice = { resource: device, context: withCode }
  expect(judge(ownCredentialsBehindMfa, 'iam:DeleteVirtualMFADevice', withDevice)).toBe('unmentioned')
  const other = { resource: 'arn:aws:iam::111122223333:user/joe', context: withCode }
  expect(judge(ownCredentialsBehindMfa, 'iam:EnableMFADevice', other)).toBe('unmentioned')
  expect(judge(ownAdministration, 'iam:GetUser', other)).toBe('unmentioned')
  expect(judge(ownAdministration, 'iam:DeleteVirtualMFADevice', withDevice)).toBe('allowed')
})

it('compares actions without regard to case, and resources with it', () => {
  const policy: UserPolicy = [{ Effect: 'Allow', Action: ['IAM:get*'], Resource: ['arn:aws:iam::*:user/j.'] }]
  expect(judge(policy, 'iam:GetUser', { resource: 'arn:aws:iam::1:user/j.' })).toBe('allowed')
  expect(judge(policy, 'iam:GetUser', { resource: 'arn:aws:iam::1:user/J.' })).toBe('unmentioned')
  expect(judge(policy, 'iam:GetUser', { resource: jo })).toBe('unmentioned')
})
