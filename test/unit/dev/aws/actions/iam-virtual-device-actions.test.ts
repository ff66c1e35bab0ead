import { beforeEach, describe, expect, it } from 'vitest'
import { ownCredentialsBehindMfa } from '../../../../../src/dev/aws/seed-policies.ts'
import { addUser, startDevAws, type TestAws, type TestUser } from '../../../../support/dev-aws.ts'

let aws: TestAws
let user: TestUser

beforeEach(async () => {
  aws = await startDevAws()
  user = await addUser(aws)
})

const iam = (action: string, fields: Record<string, string> = {}) =>
  aws.call(user, { Action: action, ...fields }, { service: 'iam', region: 'us-east-1' })
const create = (name: string) => iam('CreateVirtualMFADevice', { VirtualMFADeviceName: name })
const serial = (name: string) => `arn:aws:iam::111122223333:mfa/${name}`
const listed = async (status?: string) => {
  const { xml } = await iam('ListVirtualMFADevices', status === undefined ? {} : { AssignmentStatus: status })
  return [...xml.matchAll(/<SerialNumber>[^<]*:mfa\/([^<]*)/g)].map(([, name]) => name)
}

describe('CreateVirtualMFADevice', () => {
  it('tells the secret in base32, which the protocol wraps in base64', async () => {
    const reply = await create('phone')
    expect(reply.text('SerialNumber')).toBe(serial('phone'))
    expect(Buffer.from(reply.text('Base32StringSeed'), 'base64').toString()).toMatch(/^[A-Z2-7]{64}$/)
  })

  it('takes each name once, whosever the device is', async () => {
    await create('phone')
    expect(await create('phone')).toMatchObject({ status: 409, code: 'EntityAlreadyExists' })
    expect((await create('jo')).code).toBe('EntityAlreadyExists')
  })

  it('takes no name that AWS would not, and no path', async () => {
    expect((await create('a b')).code).toBe('ValidationError')
    const fields = { VirtualMFADeviceName: 'phone', Path: '/team/' }
    expect((await iam('CreateVirtualMFADevice', fields)).message).toContain('no paths of devices')
  })

  it('is denied where the policy demands another name', async () => {
    const own = { Effect: 'Allow', Action: ['iam:CreateVirtualMFADevice'], Resource: [serial('jo')] } as const
    aws.user(user.arn)!.policy = [{ ...own, Action: [...own.Action], Resource: [...own.Resource] }]
    await aws.removeMfaDevice(user.mfaSerial)
    expect(await create('jo-2')).toMatchObject({
      code: 'AccessDenied',
      message: `User: ${user.arn} is not authorized to perform: iam:CreateVirtualMFADevice on resource: ${serial('jo-2')} because no identity-based policy allows the iam:CreateVirtualMFADevice action`,
    })
    expect((await create('jo')).status).toBe(200)
  })
})

it('ListVirtualMFADevices tells those with a user from those without', async () => {
  await create('phone')
  expect(await listed()).toEqual(['phone', 'jo'])
  expect(await listed('Unassigned')).toEqual(['phone'])
  expect(await listed('Assigned')).toEqual(['jo'])
  expect((await iam('ListVirtualMFADevices', { AssignmentStatus: 'Some' })).code).toBe('ValidationError')
  const other = await addUser(aws, { arn: 'arn:aws:iam::444455556666:user/kim' })
  const { xml } = await aws.call(other, { Action: 'ListVirtualMFADevices' }, { service: 'iam', region: 'us-east-1' })
  expect(xml).not.toContain('111122223333:mfa')
})

describe('DeleteVirtualMFADevice', () => {
  it('takes away a device of nobody’s, and no other', async () => {
    await create('phone')
    expect((await iam('DeleteVirtualMFADevice', { SerialNumber: serial('phone') })).status).toBe(200)
    expect((await iam('DeleteVirtualMFADevice', { SerialNumber: serial('phone') })).code).toBe('NoSuchEntity')
    expect((await iam('DeleteVirtualMFADevice', { SerialNumber: user.mfaSerial })).code).toBe('DeleteConflict')
  })

  it('is denied by AWS’s sample policy', async () => {
    await create('phone')
    aws.user(user.arn)!.policy = ownCredentialsBehindMfa
    expect((await iam('DeleteVirtualMFADevice', { SerialNumber: serial('phone') })).code).toBe('AccessDenied')
  })
})
