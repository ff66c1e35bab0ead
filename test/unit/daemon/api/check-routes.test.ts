import { expect, it } from 'vitest'
import type { AwsCredentials } from '../../../../src/aws/aws-credentials.ts'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import type { IamClient } from '../../../../src/aws/iam/iam-client.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { checkHandlers } from '../../../../src/daemon/api/check-routes.ts'
import { stubIam } from '../../../support/aws-stub-iam.ts'

const caller = { mayPrompt: false }
const roleArn = 'arn:aws-cn:iam::123456789012:role/team/Dev'

function handlers(iam: Partial<IamClient>, more: Partial<AwsCredentials> = {}) {
  const aws = {
    credentials: async () => ({ accessKeyId: 'ASIA', secretAccessKey: new Secret('x') }),
    profiles: async () => [{ name: 'dev', roleArn }, { name: 'master' }],
    ...more,
  } as unknown as AwsCredentials
  return checkHandlers(aws, async () => stubIam(iam))
}

it('a role is asked about itself, by its name, in its partition', async () => {
  const asked: unknown[] = []
  const { checkRole } = handlers({
    async trustPolicyOf({ region }, name) {
      asked.push(region, name)
      return { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '*' } } }
    },
  })
  const request = { params: { profile: 'dev' }, caller } as never
  expect(await checkRole(request)).toEqual({ open: ['*'] })
  expect(asked).toEqual(['cn-north-1', 'Dev'])
})

it('a role that may not read itself is not seen, and whatever else goes wrong is said', async () => {
  const request = (profile: string) => ({ params: { profile }, caller }) as never
  expect(await handlers({}).checkRole(request('dev'))).toEqual({})
  const away = { trustPolicyOf: async () => Promise.reject(new AwsError('AWS_UNREACHABLE', 'away')) }
  expect(await handlers(away).checkRole(request('dev'))).toEqual({
    error: { code: 'AWS_UNREACHABLE', message: 'away' },
  })
  const unsupported = { error: { code: 'AWS_PROFILE_UNSUPPORTED', message: 'profile master has no role' } }
  expect(await handlers({}).checkRole(request('master'))).toEqual(unsupported)
})

it.each([new AwsError('AWS_MFA_NEEDED', 'no code'), new Error('a bug')])(
  'a role is no answer where a person could help, or the fault is our own: %s',
  async (error) => {
    const { checkRole } = handlers({}, { credentials: () => Promise.reject(error) })
    await expect(checkRole({ params: { profile: 'dev' }, caller } as never)).rejects.toBe(error)
  },
)

it('a role whose credentials AWS refuses is not seen, with the reason', async () => {
  const refusal = new AwsError('AWS_DENIED', 'no AssumeRole', { hint: 'ask' })
  const { checkRole } = handlers({}, { credentials: () => Promise.reject(refusal) })
  expect(await checkRole({ params: { profile: 'dev' }, caller } as never)).toEqual({
    error: { code: 'AWS_DENIED', message: 'no AssumeRole', hint: 'ask' },
  })
})

it('a user is told with all keys and devices as far as AWS tells them, or that a session is needed', async () => {
  const request = { params: { source: 'master' } } as never
  const key = { accessKeyId: 'AKIA', isActive: true, createdAtMs: 0 }
  const userKeys = async () =>
    ({
      type: 'user',
      arn: 'arn',
      maxKeyAgeSeconds: 5,
      keys: {
        type: 'told',
        value: [
          { ...key, use: { type: 'used', atMs: 1000, service: 'sts' } },
          { ...key, use: { type: 'never' } },
        ],
      },
      devices: { type: 'refused', refusal: new AwsError('AWS_DENIED', 'no', { hint: 'ask' }) },
    }) as const
  const shown = { accessKeyId: 'AKIA', isActive: true, createdAt: '1970-01-01T00:00:00Z' }
  expect(await handlers({}, { userKeys }).checkUser(request)).toEqual({
    type: 'user',
    arn: 'arn',
    maxKeyAgeSeconds: 5,
    keys: {
      type: 'told',
      value: [
        { ...shown, use: 'used', lastUsedAt: '1970-01-01T00:00:01Z' },
        { ...shown, use: 'never' },
      ],
    },
    devices: { type: 'refused', refusal: { code: 'AWS_DENIED', message: 'no', hint: 'ask' } },
  })
  const needed = { userKeys: async () => ({ type: 'session-needed' }) as const }
  expect(await handlers({}, needed).checkUser(request)).toEqual({ type: 'session-needed' })
})
