import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import aws4 from 'aws4'
import { onTestFinished } from 'vitest'
import { totp } from '../../src/core/totp/totp.ts'
import type { AwsCallLine } from '../../src/dev/aws/protocol/exchange.ts'
import { createFullAws, type FullAws, type FullAwsOptions } from '../doubles/aws/full-server.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

export interface AwsReply {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  xml: string
  /** Text of the first element of that name, entities decoded; empty where there is none. */
  text(element: string): string
  /** Code of an error answer, else empty. */
  code: string
  message: string
}

export interface TestAws extends FullAws {
  clock: FakeClock
  calls: AwsCallLine[]
  /** Signs with aws4 and sends. */
  call(credentials: Credentials, fields: Record<string, string>, change?: CallChange): Promise<AwsReply>
}

export interface CallChange {
  region?: string
  service?: 'sts' | 'iam' | 'ec2'
  /** When the caller believes it to be, in ms since the epoch. */
  atMs?: number
  headers?: Record<string, string>
  /** Applied after signing. */
  tamper?: (request: aws4.Request) => void
}

/** The embedded AWS at a clock of its own, until the test ends. */
export async function startDevAws(options: Partial<FullAwsOptions> & { clock?: FakeClock } = {}): Promise<TestAws> {
  const clock = options.clock ?? fakeClock()
  const calls: AwsCallLine[] = []
  const aws = await createFullAws({ now: clock.now, log: (line) => calls.push(line), ...options })
  onTestFinished(aws.close)
  return {
    ...aws,
    clock,
    calls,
    call: (credentials, fields, change) => callAws(aws.endpoint, credentials, fields, { atMs: clock.now(), ...change }),
  }
}

/** Signs a call with aws4 and sends it. */
export async function callAws(
  endpoint: string,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  fields: Record<string, string>,
  { region = 'eu-west-1', service = 'sts', atMs = 0, headers = {}, tamper }: CallChange,
): Promise<AwsReply> {
  const { host, hostname, port } = new URL(endpoint)
  const version = service === 'sts' ? '2011-06-15' : '2010-05-08'
  const unsigned = {
    method: 'POST',
    path: '/',
    service,
    region,
    body: new URLSearchParams({ Version: version, ...fields }).toString(),
    headers: { Host: host, 'X-Amz-Date': basicTime(atMs), ...headers },
  }
  const key = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
  const request: aws4.Request = aws4.sign(unsigned, key)
  tamper?.(request)
  return send({ ...request, hostname, port: Number(port) })
}

/** Sends a request as it is, signed or not. */
export function send(request: aws4.Request): Promise<AwsReply> {
  const { hostname, port, method, path, headers, body } = request
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, method, path, headers, agent: false }, (response) => {
      text(response).then((xml) => {
        const element = (name: string) => decodeXml(new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '')
        const status = response.statusCode!
        resolve({
          status,
          headers: response.headers,
          xml,
          text: element,
          code: element('Code'),
          message: element('Message'),
        })
      }, reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** The credentials in an answer. */
export function credentialsOf(reply: AwsReply): Required<Credentials> {
  return {
    accessKeyId: reply.text('AccessKeyId'),
    secretAccessKey: reply.text('SecretAccessKey'),
    sessionToken: reply.text('SessionToken'),
  }
}

export interface TestUser extends Credentials {
  arn: string
  mfaSerial: string
  /** What the user's device shows at `atMs`, now by default. */
  code(atMs?: number): string
}

/** A user with an access key and an MFA device. */
export async function addUser(
  aws: TestAws,
  { arn = 'arn:aws:iam::111122223333:user/jo', mayAssume = ['*'] }: { arn?: string; mayAssume?: string[] } = {},
): Promise<TestUser> {
  await aws.addUser({ arn, mayAssume })
  const key = await aws.addAccessKey(arn)
  const device = await aws.addMfaDevice(arn)
  return {
    arn,
    accessKeyId: key.accessKeyId,
    secretAccessKey: key.secretAccessKey.expose(),
    mfaSerial: device.serialNumber,
    code: (atMs = aws.clock.now()) => totp(device.secretBase32.expose(), atMs),
  }
}

/** Fields of a call with the code that the user's device shows now. */
export function withCode(user: TestUser): { SerialNumber: string; TokenCode: string } {
  return { SerialNumber: user.mfaSerial, TokenCode: user.code() }
}

/** A trust policy of one statement that allows AssumeRole. */
export function trusting(
  principal: string | string[],
  condition?: object,
  action: string | string[] = 'sts:AssumeRole',
) {
  const statement = { Effect: 'Allow', Principal: { AWS: principal }, Action: action }
  return {
    Version: '2012-10-17',
    Statement: [condition === undefined ? statement : { ...statement, Condition: condition }],
  }
}

function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')
}

function decodeXml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}
