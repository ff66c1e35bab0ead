import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEc2Client } from '../../src/aws/ec2/ec2-sdk.ts'
import * as sdk from '../../src/aws/sts/aws-sdk.ts'
import { silentLogger } from '../../src/core/log.ts'
import { Secret } from '../../src/core/secret.ts'
import { createSystemClock } from '../../src/core/time/clock.ts'
import type { DevInstance } from '../../src/dev/aws/ec2/instance.ts'
import { maySeeInstances } from '../../src/dev/aws/seed-policies.ts'
import { createFullAws, type FullAws } from '../doubles/aws/full-server.ts'
import type { Credentials } from '../support/dev-aws.ts'
import { debianPython, describeWithPeers } from '../support/peers.ts'
import { run } from '../support/run.ts'

/*
 * The embedded EC2 as the real clients see it, beside what latchkey makes of the same answers.
 */
const id = 'i-0123456789abcdef0'
const bootText = 'Linux version 6.1\r\n\u001b[0;32m OK \u001b[0m caf\u00e9 <&>\r\n'
const machine: DevInstance = {
  id,
  account: '111122223333',
  region: 'eu-west-1',
  state: 'running',
  publicDnsName: 'ec2-203-0-113-7.eu-west-1.compute.amazonaws.com',
  privateDnsName: 'ip-10-0-0-7.eu-west-1.compute.internal',
  publicAddress: '203.0.113.7',
  privateAddress: '10.0.0.7',
  ipv6Address: '2001:db8::7',
  console: '',
  latestConsole: bootText,
}
const blind: DevInstance = {
  id: 'i-00000001',
  account: machine.account,
  region: machine.region,
  state: 'stopped',
  publicDnsName: '',
  privateDnsName: 'ip-10-0-0-8.eu-west-1.compute.internal',
  console: bootText,
}
let aws: FullAws
let key: Credentials

beforeAll(async () => {
  aws = await createFullAws({ now: Date.now, log: () => {}, instances: () => [machine, blind] })
  const arn = 'arn:aws:iam::111122223333:user/jo'
  await aws.addUser({ arn, policy: maySeeInstances })
  const made = await aws.addAccessKey(arn)
  key = { accessKeyId: made.accessKeyId, secretAccessKey: made.secretAccessKey.expose() }
})
afterAll(() => aws.close())

const facts = {
  InstanceId: id,
  State: { Code: 16, Name: 'running' },
  PublicDnsName: machine.publicDnsName,
  PrivateDnsName: machine.privateDnsName,
  PublicIpAddress: machine.publicAddress,
  PrivateIpAddress: machine.privateAddress,
  Ipv6Address: machine.ipv6Address,
}

describeWithPeers('the AWS CLI', ['aws'], () => {
  async function call(args: string[], change: Partial<Credentials> = {}) {
    const { accessKeyId, secretAccessKey } = { ...key, ...change }
    const { status, stdout, stderr } = await run(
      'aws',
      ['ec2', ...args, '--endpoint-url', aws.endpoint, '--output', 'json'],
      {
        env: {
          AWS_CONFIG_FILE: '/dev/null',
          AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
          AWS_EC2_METADATA_DISABLED: 'true',
          NO_PROXY: '127.0.0.1',
          AWS_DEFAULT_REGION: 'eu-west-1',
          AWS_REGION: undefined,
          AWS_PROFILE: undefined,
          AWS_SESSION_TOKEN: undefined,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
        },
      },
    )
    return status === 0 ? JSON.parse(stdout) : stderr.trim()
  }

  it('reads machines and their consoles', async () => {
    const { Reservations } = await call(['describe-instances', '--instance-ids', id])
    expect(Reservations).toMatchObject([{ OwnerId: machine.account, Instances: [facts] }])
    const output = (...more: string[]) => call(['get-console-output', ...more])
    expect((await output('--instance-id', id, '--latest')).Output).toBe(bootText)
    expect(await output('--instance-id', id)).not.toHaveProperty('Output')
    expect((await output('--instance-id', blind.id)).Output).toBe(bootText)
    expect(await output('--instance-id', blind.id, '--latest')).toContain('(UnsupportedOperation)')
  })

  it('is refused in the words of EC2', async () => {
    const described = (name: string) => call(['describe-instances', '--instance-ids', name])
    expect(await described('i-00000002')).toContain(
      "(InvalidInstanceID.NotFound) when calling the DescribeInstances operation: The instance ID 'i-00000002' does not exist",
    )
    expect(await described('web')).toContain('(InvalidInstanceID.Malformed)')
    expect(await call(['describe-instances'], { secretAccessKey: 'wrong' })).toContain('(AuthFailure)')
    expect(await call(['describe-instances', '--filters', 'Name=tag:a,Values=b'])).toContain('(UnknownParameter)')
  })
})

describeWithPeers('boto3', ['python:boto3'], () => {
  it('reads of both what latchkey reads', async () => {
    const script = fileURLToPath(new URL('aws-calls.py', import.meta.url))
    const list = [
      { operation: 'describe_instances', parameters: { InstanceIds: [id] } },
      { operation: 'get_console_output', parameters: { InstanceId: id, Latest: true } },
      { operation: 'get_console_output', parameters: { InstanceId: blind.id, Latest: true } },
    ]
    const { stdout, stderr } = await run(debianPython, [script], {
      env: { TEST_ENDPOINT: aws.endpoint, AWS_CONFIG_FILE: '/dev/null', AWS_PROFILE: undefined, NO_PROXY: '127.0.0.1' },
      input: JSON.stringify(list.map((each) => ({ service: 'ec2', credentials: key, ...each }))),
    })
    expect(stdout, stderr).not.toBe('')
    const [described, shown, refused] = JSON.parse(stdout)
    expect(described.Reservations).toMatchObject([{ Instances: [facts] }])
    expect(shown).toMatchObject({ InstanceId: id, Output: bootText, retries: 0 })
    expect(refused).toMatchObject({ Code: 'UnsupportedOperation', status: 400 })

    const clock = createSystemClock(process.uptime)
    const client = createEc2Client({ sdk, clock, random: () => 0, log: silentLogger, endpoint: aws.endpoint })
    const credentials = { accessKeyId: key.accessKeyId, secretAccessKey: new Secret(key.secretAccessKey) }
    const signer = { credentials, region: 'eu-west-1', endpoint: undefined }
    const [instance] = described.Reservations[0].Instances
    expect(await client.describeInstance(signer, id)).toEqual({
      state: instance.State.Name,
      names: [
        instance.PublicDnsName,
        instance.PrivateDnsName,
        instance.PublicIpAddress,
        instance.PrivateIpAddress,
        instance.Ipv6Address,
      ],
    })
    expect((await client.consoleOutput(signer, id, true))?.toString()).toBe(shown.Output)
    expect(await client.consoleOutput(signer, blind.id, true)).toBeUndefined()
  })
})

describe('a signature', () => {
  it('is for the region that is asked: the embedded AWS has those of one partition', async () => {
    const clock = createSystemClock(process.uptime)
    const client = createEc2Client({ sdk, clock, random: () => 0, log: silentLogger, endpoint: aws.endpoint })
    const credentials = { accessKeyId: key.accessKeyId, secretAccessKey: new Secret(key.secretAccessKey) }
    const signer = { credentials, region: 'cn-north-1', endpoint: undefined }
    await expect(client.describeInstance(signer, id)).rejects.toMatchObject({ code: 'AWS_TOKEN_UNKNOWN' })
  })
})
