import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Ec2Signer } from '../../../../src/aws/ec2/ec2-client.ts'
import { createEc2Client } from '../../../../src/aws/ec2/ec2-sdk.ts'
import * as sdk from '../../../../src/aws/sts/aws-sdk.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import type { Clock } from '../../../../src/core/time/clock.ts'
import type { DevInstance } from '../../../../src/dev/aws/ec2/instance.ts'
import { thisMachine } from '../../../../src/dev/aws/ec2/this-machine.ts'
import { maySeeInstances } from '../../../../src/dev/aws/seed-policies.ts'
import type { AwsFault } from '../../../doubles/aws/faults.ts'
import { addUser, credentialsOf, startDevAws, withCode } from '../../../support/dev-aws.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const id = 'i-0123456789abcdef0'
const machine: DevInstance = { ...thisMachine('boot\n'), account: '111122223333' }
/** Does not wait between tries. */
const hurried = (clock: Clock): Clock => ({
  ...clock,
  after(delayMs, run) {
    if (delayMs < 10_000) queueMicrotask(run)
    return () => {}
  },
})

interface Scene {
  instances?: readonly DevInstance[]
  policy?: typeof maySeeInstances
  faults?: AwsFault[]
  offsetMs?: number
}

/** The embedded EC2, and a session of a user who may see machines. */
async function world({ instances = [machine], policy = maySeeInstances, faults = [], offsetMs = 0 }: Scene = {}) {
  let serverOffsetMs = 0
  const aws = await startDevAws({
    instances: () => instances,
    faults: {
      next: (action) => (action === 'GetSessionToken' ? undefined : faults.shift()),
      clockOffsetMs: () => serverOffsetMs,
    },
  })
  const user = await addUser(aws)
  aws.directory.state.users[0]!.policy = policy
  const got = credentialsOf(await aws.call(user, { Action: 'GetSessionToken', ...withCode(user) }))
  const credentials = {
    accessKeyId: got.accessKeyId,
    secretAccessKey: new Secret(got.secretAccessKey),
    sessionToken: new Secret(got.sessionToken),
    expiresAtMs: aws.clock.now() + 3_600_000,
  }
  serverOffsetMs = offsetMs
  const options = { sdk, clock: hurried(aws.clock), random: () => 0, log: silentLogger, endpoint: aws.endpoint }
  const signer: Ec2Signer = { credentials, region: 'us-east-1', endpoint: undefined }
  const calls = () => aws.calls.filter(({ action }) => action !== 'GetSessionToken').map(({ error }) => error)
  return { aws, client: createEc2Client(options), signer, calls }
}

describe('EC2 by the embedded one', () => {
  it('tells the state of a machine, and its names and addresses, the public ones first', async () => {
    const named = {
      ...machine,
      publicDnsName: 'EC2-1-2-3-4.compute-1.amazonaws.com',
      publicAddress: '1.2.3.4',
      ipv6Address: '2001:db8::1',
    }
    const { client, signer } = await world({ instances: [named, { ...machine, id: 'i-00000001' }] })
    expect(await client.describeInstance(signer, id)).toEqual({
      state: 'running',
      names: ['ec2-1-2-3-4.compute-1.amazonaws.com', 'localhost', '1.2.3.4', '127.0.0.1', '2001:db8::1'],
    })
  })

  it('shows the console as it was posted, as it is, or not at all', async () => {
    const { latestConsole: _, ...old } = { ...machine, console: Buffer.from([0xff, 0x0a]) }
    const { client, signer } = await world({
      instances: [
        { ...machine, latestConsole: 'later\n' },
        { ...old, id: 'i-00000001' },
      ],
    })
    expect((await client.consoleOutput(signer, id, false))?.toString()).toBe('boot\n')
    expect((await client.consoleOutput(signer, id, true))?.toString()).toBe('later\n')
    expect(await client.consoleOutput(signer, 'i-00000001', false)).toEqual(Buffer.from([0xff, 0x0a]))
    expect(await client.consoleOutput(signer, 'i-00000001', true)).toBeUndefined()
  })

  it('says that there is no such machine, and which action may not be done', async () => {
    const { client, signer } = await world({ policy: maySeeInstances.slice(0, 1) })
    await expect(client.describeInstance(signer, 'i-00000001')).rejects.toMatchObject({
      code: 'AWS_ENTITY_MISSING',
      message: expect.stringContaining("The instance ID 'i-00000001' does not exist"),
      hint: expect.stringContaining('--region'),
    })
    const denied = client.consoleOutput(signer, id, false)
    await expect(denied).rejects.toMatchObject({
      code: 'AWS_DENIED',
      message: expect.stringMatching(/not authorized to perform: ec2:GetConsoleOutput .* action\.?$/),
      hint: expect.stringContaining('must allow ec2:GetConsoleOutput'),
    })
  })

  it('is asked again where it is throttled, has failed, or has hung up, three times in all', async () => {
    const passing: AwsFault[] = [
      { type: 'refuse', code: 'Throttling' },
      { type: 'refuse', code: 'ServiceUnavailable' },
    ]
    const { client, signer, calls } = await world({ faults: passing })
    expect(await client.consoleOutput(signer, id, true)).toBeDefined()
    expect(calls()).toEqual(['RequestLimitExceeded', 'ServiceUnavailable', null])
    for (const [fault, code] of [
      [{ type: 'refuse', code: 'Throttling' }, 'AWS_THROTTLED'],
      [{ type: 'reset', when: 'before' }, 'AWS_UNREACHABLE'],
    ] as const) {
      const down = await world({ faults: [fault, fault, fault] })
      await expect(down.client.describeInstance(down.signer, id)).rejects.toMatchObject({ code })
      expect(down.calls()).toHaveLength(3)
    }
  })

  it('is signed for by its own clock, once that is known', async () => {
    const { client, signer, calls } = await world({ offsetMs: 20 * 60_000 })
    await client.describeInstance(signer, id)
    await client.describeInstance(signer, id)
    expect(calls()).toEqual(['RequestExpired', null, null])
  })

  it('says that a session is over, and asks no more', async () => {
    const { client, signer, calls, aws } = await world()
    aws.clock.advance(13 * 3_600_000)
    await expect(client.describeInstance(signer, id)).rejects.toMatchObject({ code: 'AWS_TOKEN_EXPIRED' })
    expect(calls()).toEqual(['RequestExpired'])
  })

  it('does not know credentials of elsewhere', async () => {
    const { client, signer } = await world()
    const credentials = { accessKeyId: 'AKIAUNKNOWNUNKNOWN00', secretAccessKey: new Secret('s3cret') }
    await expect(client.describeInstance({ ...signer, credentials }, id)).rejects.toMatchObject({
      code: 'AWS_TOKEN_UNKNOWN',
      message: expect.stringMatching(/^EC2 at 127\.0\.0\.1:\d+ does not know the credentials$/),
    })
  })

  it('gives half an answer, which is none', async () => {
    const { client, signer } = await world({ faults: [{ type: 'truncate' }] })
    await expect(client.describeInstance(signer, id)).rejects.toMatchObject({ code: 'AWS_BAD_RESPONSE' })
  })
})

/** A server in the place of EC2. */
async function answering(respond: (response: ServerResponse) => void) {
  const server = createServer((_, response) => respond(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clock = hurried(fakeClock(Date.now()))
  const client = createEc2Client({ sdk, clock, random: () => 0, log: silentLogger, endpoint })
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: new Secret('s3cret') }
  return { client, signer: { credentials, region: 'us-east-1', endpoint: undefined } }
}
const always = (body: string, status = 200) => answering((response) => response.writeHead(status).end(body))
const described = (content: string) =>
  `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item><instancesSet><item>${content}</item></instancesSet></item></reservationSet></DescribeInstancesResponse>`
const running = `<instanceId>${id}</instanceId><instanceState><code>16</code><name>running</name></instanceState>`

describe('an answer to DescribeInstances', () => {
  it('may have addresses of IPv6 at the first interface alone', async () => {
    const at = (index: number, address: string) =>
      `<item><attachment><deviceIndex>${index}</deviceIndex></attachment><ipv6AddressesSet><item><ipv6Address>${address}</ipv6Address></item></ipv6AddressesSet></item>`
    const interfaces = `<networkInterfaceSet>${at(1, '2001:db8::2')}${at(0, '2001:DB8::1')}</networkInterfaceSet>`
    const { client, signer } = await always(described(`${running}<dnsName/>${interfaces}`))
    expect(await client.describeInstance(signer, id)).toEqual({ state: 'running', names: ['2001:db8::1'] })
  })

  it.each([
    'a\nb',
    'a b',
    'a,b',
    '*',
    '*.example.com',
    '!a',
    '|1|AAAA|BBBB',
    '@revoked',
    '#a',
    '-oProxyCommand=x',
    'a..b',
    '[a]:22',
    'a\u0000',
    '\u001b[2J',
    'x'.repeat(254),
  ])('with the name %j is none, and the name is not repeated', async (name) => {
    for (const element of ['dnsName', 'privateDnsName', 'ipAddress', 'privateIpAddress', 'ipv6Address']) {
      const { client, signer } = await always(described(`${running}<${element}><![CDATA[${name}]]></${element}>`))
      await expect(client.describeInstance(signer, id)).rejects.toMatchObject({
        code: 'AWS_BAD_RESPONSE',
        message: expect.stringMatching(
          /^EC2 at \S+ sent an answer to DescribeInstances that cannot be used: it is not as AWS documents it$/,
        ),
      })
    }
  })

  it.each([
    '',
    'nonsense',
    '<html>sign in</html>',
    '<DescribeInstancesResponse/>',
    described(''),
    described(running.replace(id, 'i-00000001')),
    described(running.replace('running', '\u001b')),
    described(`${running}</item><item>${running}`),
    '<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>',
    '<a>'.repeat(100_000),
    `<!DOCTYPE x [${'<!ENTITY a "b">'.repeat(1000)}]><x/>`,
  ])('is none where it is %j', async (body) => {
    const { client, signer } = await always(body)
    await expect(client.describeInstance(signer, id)).rejects.toMatchObject({ code: 'AWS_BAD_RESPONSE' })
  })

  it('of 100 MB is not read to its end', async () => {
    let sent = 0
    const { client, signer } = await answering((response) => {
      const more = () => {
        if (sent < 100 && !response.destroyed)
          response.write(Buffer.alloc(1024 * 1024, 0x20), () => {
            sent += 1
            more()
          })
      }
      more()
    })
    await expect(client.describeInstance(signer, id)).rejects.toMatchObject({
      code: 'AWS_BAD_RESPONSE',
      message: expect.stringContaining('answers with more than 1048576 bytes'),
    })
    expect(sent).toBeLessThan(50)
  })
})

describe('an answer to GetConsoleOutput', () => {
  const shown = (content: string) => `<GetConsoleOutputResponse>${content}</GetConsoleOutputResponse>`

  it('may have its base64 in lines, or none', async () => {
    const lines = await always(shown(`<instanceId>${id}</instanceId><output>Ym9v\n  dA==\n</output>`))
    expect((await lines.client.consoleOutput(lines.signer, id, false))?.toString()).toBe('boot')
    const blank = await always(shown(`<instanceId>${id}</instanceId>`))
    expect(await blank.client.consoleOutput(blank.signer, id, true)).toEqual(Buffer.alloc(0))
  })

  it.each(['<output>Ym9v!</output>', '<output>Ym9vd</output>', '<output><b/></output>'])(
    'is none with %s',
    async (output) => {
      const { client, signer } = await always(shown(`<instanceId>${id}</instanceId>${output}`))
      await expect(client.consoleOutput(signer, id, true)).rejects.toMatchObject({ code: 'AWS_BAD_RESPONSE' })
    },
  )

  it('is none of another machine', async () => {
    const { client, signer } = await always(shown('<instanceId>i-00000001</instanceId>'))
    await expect(client.consoleOutput(signer, id, false)).rejects.toMatchObject({ code: 'AWS_BAD_RESPONSE' })
  })
})

describe('a refusal', () => {
  it('that is not of EC2 is no word of AWS’s', async () => {
    for (const [body, status, code] of [
      ['<html>blocked</html>', 403, 'AWS_BAD_RESPONSE'],
      ['', 404, 'AWS_BAD_RESPONSE'],
      ['<html>busy</html>', 502, 'AWS_UNREACHABLE'],
    ] as const) {
      const { client, signer } = await always(body, status)
      await expect(client.describeInstance(signer, id)).rejects.toMatchObject({ code })
    }
  })

  it('is shown without secrets and commands to the terminal', async () => {
    const text = '\u001b[2Js3cret is wrong'
    const body = `<Response><Errors><Error><Code>Odd</Code><Message>${text}</Message></Error></Errors></Response>`
    const { client, signer } = await always(body, 400)
    await expect(client.describeInstance(signer, id)).rejects.toMatchObject({
      code: 'AWS_REQUEST_INVALID',
      message: 'AWS refused DescribeInstances: [2J[redacted] is wrong',
    })
  })
})
