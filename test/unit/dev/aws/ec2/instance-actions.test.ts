import { expect, it, onTestFinished } from 'vitest'
import type { DevInstance } from '../../../../../src/dev/aws/ec2/instance.ts'
import { thisMachine } from '../../../../../src/dev/aws/ec2/this-machine.ts'
import { maySeeInstances } from '../../../../../src/dev/aws/seed-policies.ts'
import { addUser, type CallChange, startDevAws } from '../../../../support/dev-aws.ts'

const machine: DevInstance = { ...thisMachine('boot\n'), account: '111122223333', region: 'eu-west-1' }
const { id } = machine

async function ec2(instances: readonly DevInstance[] = [machine], policy = maySeeInstances) {
  const aws = await startDevAws({ instances: () => instances })
  onTestFinished(aws.close)
  const user = await addUser(aws)
  aws.directory.state.users[0]!.policy = policy
  const call = (fields: Record<string, string>, change: CallChange = {}) =>
    aws.call(user, { Version: '2016-11-15', ...fields }, { service: 'ec2', ...change })
  return { aws, user, call }
}

it('describes the machines of the account and the region, in the form of EC2', async () => {
  const { call } = await ec2([machine, { ...machine, id: 'i-00000001', region: 'eu-west-2' }])
  const all = await call({ Action: 'DescribeInstances' })
  expect(all.text('privateDnsName')).toBe('localhost')
  expect(all.xml).toContain('<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">')
  expect(all.xml.match(/<instanceId>/g)).toHaveLength(1)
  expect((await call({ Action: 'DescribeInstances', 'InstanceId.1': id })).text('name')).toBe('running')
  for (const [unknown, code] of [
    ['i-00000001', 'InvalidInstanceID.NotFound'],
    ['web', 'InvalidInstanceID.Malformed'],
  ] as const)
    for (const fields of [
      { Action: 'DescribeInstances', 'InstanceId.1': unknown },
      { Action: 'GetConsoleOutput', InstanceId: unknown },
    ] satisfies Record<string, string>[])
      expect(await call(fields)).toMatchObject({ status: 400, code })
})

it('has the last 64 KB of a console, nothing yet, or hardware that does not tell', async () => {
  const { latestConsole: _, ...old } = machine
  const { call } = await ec2([{ ...old, console: `cut${'x'.repeat(65_536)}` }])
  const output = async (more: Record<string, string> = {}) =>
    await call({ Action: 'GetConsoleOutput', InstanceId: id, ...more })
  expect(Buffer.from((await output()).text('output'), 'base64').toString()).toBe('x'.repeat(65_536))
  expect(await output({ Latest: 'true' })).toMatchObject({ status: 400, code: 'UnsupportedOperation' })
  const young = await ec2([thisMachine('')].map((each) => ({ ...each, account: '111122223333', region: 'eu-west-1' })))
  expect((await young.call({ Action: 'GetConsoleOutput', InstanceId: id })).xml).not.toContain('<output>')
})

it('refuses in the words of EC2', async () => {
  const { call, aws, user } = await ec2([machine], [])
  const denied = await call({ Action: 'GetConsoleOutput', InstanceId: id })
  expect(denied).toMatchObject({ status: 403, code: 'UnauthorizedOperation' })
  expect(denied.message).toContain(
    'is not authorized to perform: ec2:GetConsoleOutput on resource: arn:aws:ec2:eu-west-1:',
  )
  expect(denied.xml).toMatch(/<Response>\s*<Errors>\s*<Error>\s*<Code>/)
  expect(await call({ Action: 'DescribeInstances', 'Filter.1.Name': 'x' })).toMatchObject({ code: 'UnknownParameter' })
  expect(await call({ Action: 'GetConsoleOutput' })).toMatchObject({ code: 'MissingParameter' })
  const late = { atMs: aws.clock.now() - 20 * 60_000 }
  expect(await call({ Action: 'DescribeInstances' }, late)).toMatchObject({ status: 400, code: 'RequestExpired' })
  const wrong = { ...user, secretAccessKey: 'another' }
  const fields = { Action: 'DescribeInstances', Version: '2016-11-15' }
  expect(await aws.call(wrong, fields, { service: 'ec2' })).toMatchObject({ status: 401, code: 'AuthFailure' })
  const unknown = { ...user, accessKeyId: 'AKIAUNKNOWNUNKNOWN00' }
  expect(await aws.call(unknown, fields, { service: 'ec2' })).toMatchObject({ code: 'AuthFailure' })
})
