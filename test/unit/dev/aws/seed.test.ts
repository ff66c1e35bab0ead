import { expect, it } from 'vitest'
import { totp } from '../../../../src/core/totp/totp.ts'
import { seedDevAccount } from '../../../../src/dev/aws/seed.ts'
import { credentialsOf, startDevAws, type TestAws } from '../../../support/dev-aws.ts'

async function seeded(aws: TestAws) {
  const account = await seedDevAccount(aws)
  const key = { accessKeyId: account.accessKeyId, secretAccessKey: account.secretAccessKey.expose() }
  const code = () => totp(account.totpSecret.expose(), aws.clock.now())
  return { account, key, code }
}

it('gives roles dev and prod to one MFA session, and chained to dev alone', async () => {
  const aws = await startDevAws()
  const { account, key, code } = await seeded(aws)
  const assume = (RoleArn: string) => ({ Action: 'AssumeRole', RoleArn, RoleSessionName: 'jo' })

  expect((await aws.call(key, assume(account.roles.dev))).code).toBe('AccessDenied')
  const answer = await aws.call(key, { Action: 'GetSessionToken', SerialNumber: account.mfaSerial, TokenCode: code() })
  const session = credentialsOf(answer)
  const dev = await aws.call(session, assume(account.roles.dev))
  expect(dev.status).toBe(200)
  expect((await aws.call(session, assume(account.roles.prod))).status).toBe(200)
  expect((await aws.call(session, assume(account.roles.chained))).code).toBe('AccessDenied')
  expect((await aws.call(credentialsOf(dev), assume(account.roles.chained))).status).toBe(200)
  expect((await aws.call(credentialsOf(dev), assume(account.roles.prod))).code).toBe('AccessDenied')
})

it('finds what an earlier run has left', async () => {
  let kept: string | undefined
  const state = {
    load: () => kept,
    save: (text: string) => {
      kept = text
    },
  }
  const { account: first } = await seeded(await startDevAws({ state }))
  const before = kept
  const aws = await startDevAws({ state })
  const { account: second } = await seeded(aws)
  expect(kept).toBe(before)
  expect(second).toEqual({ ...first, earlierKeyIds: [first.accessKeyId] })
  expect(second.secretAccessKey.expose()).toBe(first.secretAccessKey.expose())
  expect(second.totpSecret.expose()).toBe(first.totpSecret.expose())
})

it('makes another key where the first was taken away', async () => {
  const aws = await startDevAws()
  const { account: first } = await seeded(aws)
  await aws.removeAccessKey(first.accessKeyId)
  const { account: second } = await seeded(aws)
  expect(second.accessKeyId).not.toBe(first.accessKeyId)
  expect(second.mfaSerial).toBe(first.mfaSerial)
})

it('has a second user, who may get a device and do nothing else before that', async () => {
  const aws = await startDevAws()
  const { account } = await seeded(aws)
  const { accessKeyId, secretAccessKey } = account.newUser
  const key = { accessKeyId, secretAccessKey: secretAccessKey.expose() }
  const iam = (fields: Record<string, string>) => aws.call(key, fields, { service: 'iam' })
  expect((await aws.call(key, { Action: 'GetCallerIdentity' })).text('Arn')).toBe('arn:aws:iam::111122223333:user/new')
  expect((await iam({ Action: 'ListMFADevices' })).xml).not.toContain('<SerialNumber>')
  expect((await iam({ Action: 'ListAccessKeys' })).code).toBe('AccessDenied')
  const seed = Buffer.from(
    (await iam({ Action: 'CreateVirtualMFADevice', VirtualMFADeviceName: 'new' })).text('Base32StringSeed'),
    'base64',
  ).toString()
  const device = { SerialNumber: 'arn:aws:iam::111122223333:mfa/new' }
  const codeAt = (away: number) => totp(seed, aws.clock.now() + away * 30_000)
  const codes = { AuthenticationCode1: codeAt(-1), AuthenticationCode2: codeAt(0) }
  expect((await iam({ Action: 'EnableMFADevice', UserName: 'new', ...device, ...codes })).status).toBe(200)
  const role = { RoleArn: account.roles.dev, RoleSessionName: 'new' }
  const session = credentialsOf(await aws.call(key, { Action: 'GetSessionToken', ...device, TokenCode: codeAt(1) }))
  expect((await aws.call(session, { Action: 'AssumeRole', ...role })).status).toBe(200)
})
