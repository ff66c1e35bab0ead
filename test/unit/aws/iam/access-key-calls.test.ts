import { uptime } from 'node:os'
import { expect, it, onTestFinished } from 'vitest'
import { createIamSdk } from '../../../../src/aws/iam/iam-sdk.ts'
import * as sdk from '../../../../src/aws/sts/aws-sdk.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { createSystemClock } from '../../../../src/core/time/clock.ts'
import type { AwsCallLine } from '../../../../src/dev/aws/protocol/exchange.ts'
import type { AwsFault } from '../../../doubles/aws/faults.ts'
import { createFullAws } from '../../../doubles/aws/full-server.ts'
import { rejection } from '../../../support/aws-world.ts'

const arn = 'arn:aws:iam::111122223333:user/jo'

/** The SDK against the embedded AWS, in the present: the SDK signs with the clock of the machine. */
async function setUp(fault?: AwsFault, made?: object) {
  const calls: AwsCallLine[] = []
  const answer =
    made === undefined ? undefined : { iam: { CreateAccessKey: async () => ({ AccessKey: made as never }) } }
  const aws = await createFullAws({
    now: Date.now,
    log: (line) => calls.push(line),
    faults: { next: (action) => (action === 'CreateAccessKey' ? fault : undefined) },
    plugins: answer === undefined ? [] : [{ actions: answer }],
  })
  onTestFinished(aws.close)
  await aws.addUser({ arn })
  const key = await aws.addAccessKey(arn)
  const clock = createSystemClock(uptime)
  const iam = createIamSdk({ sdk, clock, random: () => 0, log: silentLogger, endpoint: aws.endpoint })
  return { aws, iam, key, calls, signer: { credentials: key, region: 'us-east-1' } }
}

it('make, list, turn off and delete keys', async () => {
  const { iam, key, signer } = await setUp()
  const made = await iam.createAccessKey(signer, 'jo')
  expect(Math.abs(made.createdAtMs - Date.now())).toBeLessThan(60_000)
  expect(await iam.listAccessKeys({ ...signer, credentials: made }, 'jo')).toEqual([
    { accessKeyId: key.accessKeyId, isActive: true, createdAtMs: expect.any(Number) },
    { accessKeyId: made.accessKeyId, isActive: true, createdAtMs: made.createdAtMs },
  ])
  await iam.deactivateAccessKey(signer, 'jo', made.accessKeyId)
  expect((await iam.listAccessKeys(signer, 'jo')).map(({ isActive }) => isActive)).toEqual([true, false])
  expect(await rejection(iam.createAccessKey(signer, 'jo'))).toMatchObject({ code: 'AWS_QUOTA_REACHED' })
  await iam.deleteAccessKey(signer, 'jo', made.accessKeyId)
  expect(await iam.listAccessKeys(signer, 'jo')).toHaveLength(1)
  for (const call of [iam.deleteAccessKey, iam.deactivateAccessKey]) {
    expect(await rejection(call(signer, 'jo', made.accessKeyId))).toMatchObject({ code: 'AWS_ENTITY_MISSING' })
  }
})

it('say when a key was last used, or that it never was', async () => {
  const { iam, key, signer } = await setUp()
  const { accessKeyId } = await iam.createAccessKey(signer, 'jo')
  expect(await iam.accessKeyLastUse(signer, accessKeyId)).toBeUndefined()
  const use = await iam.accessKeyLastUse(signer, key.accessKeyId)
  expect(use?.service).toBe('iam')
  expect(Math.abs(use!.atMs - Date.now())).toBeLessThan(120_000)
})

it.each(['before', 'after'] as const)('send CreateAccessKey once, where the connection breaks %s it', async (when) => {
  const { iam, aws, calls, signer } = await setUp({ type: 'reset', when })
  expect(await rejection(iam.createAccessKey(signer, 'jo'))).toMatchObject({ code: 'AWS_UNREACHABLE' })
  expect(calls.map(({ action }) => action)).toEqual(['CreateAccessKey'])
  expect(aws.user(arn)!.accessKeys).toHaveLength(when === 'after' ? 2 : 1)
})

it('quote no secret of an answer that cannot be read', async () => {
  const { iam, aws, signer } = await setUp({ type: 'truncate' })
  const error = await rejection(iam.createAccessKey(signer, 'jo'))
  expect(error).toMatchObject({ code: 'AWS_BAD_RESPONSE' })
  const [, { secret }] = aws.user(arn)!.accessKeys as [unknown, { secret: string }]
  expect(`${error.message}${error.stack}`).not.toContain(secret)
})

it.each([
  [
    {
      AccessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      SecretAccessKey: 'a secret with blanks',
      CreateDate: '2026-01-02T03:04:05Z',
    },
  ],
  [{ AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', SecretAccessKey: 'wJalrXUtnFEMI' }],
  [{ SecretAccessKey: 'wJalrXUtnFEMI', CreateDate: '2026-01-02T03:04:05Z' }],
  [{}],
])('do not take %j for a key', async (made) => {
  const { iam, signer } = await setUp(undefined, made)
  const error = await rejection(iam.createAccessKey(signer, 'jo'))
  expect(error).toMatchObject({ code: 'AWS_BAD_RESPONSE' })
  expect(error.message).not.toMatch(/wJalr|a secret/)
})
