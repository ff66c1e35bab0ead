import { beforeEach, expect, it } from 'vitest'
import { addUser, startDevAws, type TestAws, type TestUser } from '../../../../support/dev-aws.ts'

let aws: TestAws
let user: TestUser

beforeEach(async () => {
  aws = await startDevAws()
  user = await addUser(aws)
})

const iam = (action: string, fields: Record<string, string> = {}, who: Parameters<TestAws['call']>[0] = user) =>
  aws.call(who, { Action: action, ...fields }, { service: 'iam', region: 'us-east-1' })

it('ListMFADevices lists the caller’s devices', async () => {
  const phone = 'arn:aws:iam::111122223333:mfa/phone'
  await aws.addMfaDevice(user.arn, { serialNumber: phone })
  const { xml } = await iam('ListMFADevices')
  expect(xml.match(/<SerialNumber>[^<]*/g)).toEqual([`<SerialNumber>${user.mfaSerial}`, `<SerialNumber>${phone}`])
  expect(xml).toContain('<IsTruncated>false</IsTruncated>')
})
