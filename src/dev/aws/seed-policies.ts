import { ownUserArn, type UserPolicy } from './caller/user-policy.ts'

const allowedBeforeMfa = [
  'iam:CreateVirtualMFADevice',
  'iam:EnableMFADevice',
  'iam:GetUser',
  'iam:GetMFADevice',
  'iam:ListMFADevices',
  'iam:ListVirtualMFADevices',
  'iam:ResyncMFADevice',
  'sts:GetSessionToken',
]

/**
 * Users manage their own keys and devices once they have given a code, and before that do no more than get a device
 * (IAM user guide, "AWS: Allows MFA-authenticated IAM users to manage their own credentials"). As there, nobody may delete
 * a virtual device.
 */
export const ownCredentialsBehindMfa: UserPolicy = [
  { Effect: 'Allow', Action: ['iam:GetAccountPasswordPolicy', 'iam:ListVirtualMFADevices'], Resource: ['*'] },
  { Effect: 'Allow', Action: ['iam:ChangePassword', 'iam:GetUser'], Resource: [ownUserArn] },
  {
    Effect: 'Allow',
    Action: [
      'iam:CreateAccessKey',
      'iam:DeleteAccessKey',
      'iam:GetAccessKeyLastUsed',
      'iam:ListAccessKeys',
      'iam:UpdateAccessKey',
    ],
    Resource: [ownUserArn],
  },
  { Effect: 'Allow', Action: ['iam:CreateVirtualMFADevice'], Resource: ['arn:aws:iam::*:mfa/*'] },
  {
    Effect: 'Allow',
    Action: ['iam:DeactivateMFADevice', 'iam:EnableMFADevice', 'iam:ListMFADevices', 'iam:ResyncMFADevice'],
    Resource: [ownUserArn],
  },
  {
    Effect: 'Deny',
    NotAction: allowedBeforeMfa,
    Resource: ['*'],
    Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
  },
]

/** Users of the management account may see which accounts there are. */
export const mayListAccounts: UserPolicy[number] = {
  Effect: 'Allow',
  Action: ['organizations:ListAccounts'],
  Resource: ['*'],
}

/** What `latchkey ssh trust` asks. */
export const maySeeInstances: UserPolicy = [
  { Effect: 'Allow', Action: ['ec2:DescribeInstances'], Resource: ['*'] },
  { Effect: 'Allow', Action: ['ec2:GetConsoleOutput'], Resource: ['arn:aws:ec2:*:*:instance/*'] },
]
