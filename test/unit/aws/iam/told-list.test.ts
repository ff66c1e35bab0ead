import { uptime } from 'node:os'
import { expect, it, onTestFinished } from 'vitest'
import type { IamSigner } from '../../../../src/aws/iam/iam-call.ts'
import type { IamClient } from '../../../../src/aws/iam/iam-client.ts'
import { createIamSdk } from '../../../../src/aws/iam/iam-sdk.ts'
import * as sdk from '../../../../src/aws/sts/aws-sdk.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { createSystemClock } from '../../../../src/core/time/clock.ts'
import { createFullAws } from '../../../doubles/aws/full-server.ts'
import { rejection } from '../../../support/aws-world.ts'

const arn = 'arn:aws:iam::111122223333:user/jo'

const lists: Record<string, (iam: IamClient, signer: IamSigner) => Promise<readonly unknown[]>> = {
  ListMFADevices: (iam, signer) => iam.listMfaDevices(signer, 'jo'),
  ListVirtualMFADevices: (iam, signer) => iam.listUnassignedDevices(signer),
  ListAccessKeys: (iam, signer) => iam.listAccessKeys(signer, 'jo'),
  ListAccountAliases: (iam, signer) => iam.listAccountAliases(signer),
}

async function setUp(action: string, answer: object) {
  const aws = await createFullAws({
    now: Date.now,
    log: () => {},
    plugins: [{ actions: { iam: { [action]: async () => answer as never } } }],
  })
  onTestFinished(aws.close)
  await aws.addUser({ arn })
  const credentials = await aws.addAccessKey(arn)
  const clock = createSystemClock(uptime)
  const iam = createIamSdk({ sdk, clock, random: () => 0, log: silentLogger, endpoint: aws.endpoint })
  return { iam, signer: { credentials, region: 'us-east-1' } }
}

it.each([
  ['ListMFADevices', { MFADevices: [], IsTruncated: false }],
  ['ListVirtualMFADevices', { VirtualMFADevices: [], IsTruncated: false }],
  ['ListAccessKeys', { AccessKeyMetadata: [], IsTruncated: false }],
  ['ListAccountAliases', { AccountAliases: [], IsTruncated: false }],
])('%s tells that there is nothing, and an answer without a list tells nothing', async (action, empty) => {
  const list = lists[action]!
  const told = await setUp(action, empty)
  expect(await list(told.iam, told.signer)).toEqual([])
  const other = await setUp(action, { IsTruncated: false })
  expect(await rejection(list(other.iam, other.signer))).toMatchObject({ code: 'AWS_BAD_RESPONSE' })
})
