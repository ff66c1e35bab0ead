import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as sdk from '../../../../src/aws/sts/aws-sdk.ts'
import { createStsSdk, type StsSdkOptions } from '../../../../src/aws/sts/sts-sdk.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { createSystemClock } from '../../../../src/core/time/clock.ts'
import { rejection } from '../../../support/aws-world.ts'

// The SDK has timers of its own, which are real.
const clock = createSystemClock(process.uptime)

const xmlns = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
const key = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: new Secret('long-term-secret-of-jo') }
const session = {
  accessKeyId: 'ASIAIOSFODNN7SESSION',
  secretAccessKey: new Secret('session-secret-of-jo'),
  sessionToken: new Secret('session-token-of-jo=='),
  expiresAtMs: Number.MAX_SAFE_INTEGER,
}
const mfa = { serial: 'arn:aws:iam::111122223333:mfa/jo', code: new Secret('123456') }
const roleArn = 'arn:aws:iam::123456789012:role/Dev'
const role = { credentials: session, region: 'eu-central-1', roleArn, sessionName: 'jo', durationSeconds: 3600 }
const sessionRequest = { credentials: key, region: 'eu-central-1', durationSeconds: 43_200, mfa }

const issued = (expiration = '2031-05-01T15:00:00Z') =>
  `<Credentials><AccessKeyId>ASIANEW</AccessKeyId><SecretAccessKey>issued-secret</SecretAccessKey><SessionToken>issued-token</SessionToken><Expiration>${expiration}</Expiration></Credentials>`
const sessionAnswer = (credentials = issued()) =>
  `<GetSessionTokenResponse ${xmlns}><GetSessionTokenResult>${credentials}</GetSessionTokenResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetSessionTokenResponse>`
const roleAnswer = (credentials = issued()) =>
  `<AssumeRoleResponse ${xmlns}><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:jo</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/Dev/jo</Arn></AssumedRoleUser>${credentials}</AssumeRoleResult></AssumeRoleResponse>`
const identityAnswer = `<GetCallerIdentityResponse ${xmlns}><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/jo</Arn><UserId>AIDA</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: `<ErrorResponse ${xmlns}><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
})

interface Answer {
  status?: number
  body?: string
  headers?: Record<string, string>
  /** Cuts the connection instead of answering. */
  cut?: boolean
  /** Never answers. */
  hang?: boolean
  /** Writes the answer itself, from the status line on. */
  write?: (socket: Socket) => void
}

interface Received {
  method: string | undefined
  fields: Record<string, string>
  headers: IncomingMessage['headers']
}

/** An STS on a free loopback port that gives these answers in turn, the last one for ever. */
async function stsWith(answers: readonly Answer[], options: Partial<StsSdkOptions> = {}) {
  const received: Received[] = []
  const log: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = answers[Math.min(received.length, answers.length - 1)]!
      const body = Buffer.concat(chunks).toString()
      received.push({
        method: request.method,
        fields: Object.fromEntries(new URLSearchParams(body)),
        headers: request.headers,
      })
      if (answer.cut) request.socket.destroy()
      if (answer.write !== undefined) answer.write(request.socket)
      if (answer.cut || answer.hang || answer.write) return
      response.writeHead(answer.status ?? 200, { 'content-type': 'text/xml', ...answer.headers }).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sts = createStsSdk({
    sdk,
    clock,
    random: Math.random,
    log: createLogger({ level: 'debug', write: (line) => log.push(line) }),
    endpoint,
    ...options,
  })
  return { sts, received, log, server }
}

describe('the requests', () => {
  it('of GetSessionToken carry the device and the code, signed for the region', async () => {
    const { sts, received } = await stsWith([{ body: sessionAnswer() }])
    const credentials = await sts.getSessionToken(sessionRequest)
    expect(received[0]!.method).toBe('POST')
    expect(received[0]!.fields).toEqual({
      Action: 'GetSessionToken',
      Version: '2011-06-15',
      DurationSeconds: '43200',
      SerialNumber: mfa.serial,
      TokenCode: '123456',
    })
    expect(received[0]!.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-central-1\/sts\/aws4_request,/,
    )
    expect(received[0]!.headers['x-amz-security-token']).toBeUndefined()
    expect(credentials.accessKeyId).toBe('ASIANEW')
    expect(credentials.secretAccessKey.expose()).toBe('issued-secret')
    expect(credentials.sessionToken.expose()).toBe('issued-token')
    expect(credentials.expiresAtMs).toBe(Date.UTC(2031, 4, 1, 15))
  })

  it('of GetSessionToken without a device carry none', async () => {
    const { sts, received } = await stsWith([{ body: sessionAnswer() }])
    await sts.getSessionToken({ credentials: key, region: 'eu-central-1', durationSeconds: 900 })
    expect(received[0]!.fields).toEqual({ Action: 'GetSessionToken', Version: '2011-06-15', DurationSeconds: '900' })
  })

  it('of AssumeRole carry what is asked for and the token of the session', async () => {
    const { sts, received } = await stsWith([{ body: roleAnswer() }])
    await sts.assumeRole({ ...role, externalId: 'ext:1' })
    expect(received[0]!.fields).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: 'jo',
      DurationSeconds: '3600',
      ExternalId: 'ext:1',
    })
    expect(received[0]!.headers['x-amz-security-token']).toBe('session-token-of-jo==')
  })

  it('of AssumeRole carry tags, identity, policies and a code, where they are asked for', async () => {
    const { sts, received } = await stsWith([{ body: roleAnswer() }])
    const terms = {
      tags: { team: 'ops', env: '' },
      transitiveTags: ['team'],
      sourceIdentity: 'jo',
      policy: '{}',
      policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    }
    await sts.assumeRole({ ...role, credentials: key, terms, mfa })
    await sts.assumeRole({ ...role, terms: { tags: {}, transitiveTags: [], policyArns: [] } })
    expect(received[0]!.fields).toMatchObject({
      'Tags.member.1.Key': 'team',
      'Tags.member.1.Value': 'ops',
      'Tags.member.2.Key': 'env',
      'Tags.member.2.Value': '',
      'TransitiveTagKeys.member.1': 'team',
      SourceIdentity: 'jo',
      Policy: '{}',
      'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
      SerialNumber: mfa.serial,
      TokenCode: '123456',
    })
    expect(Object.keys(received[1]!.fields)).toHaveLength(5)
  })

  it('of GetCallerIdentity say whose key it is', async () => {
    const { sts } = await stsWith([{ body: identityAnswer }])
    expect(await sts.getCallerIdentity({ credentials: key, region: 'us-east-1' })).toEqual({
      accountId: '111122223333',
      arn: 'arn:aws:iam::111122223333:user/jo',
      region: 'us-east-1',
    })
  })

  it.each([
    ['eu-central-1', 'sts.eu-central-1.amazonaws.com'],
    ['us-east-1', 'sts.us-east-1.amazonaws.com'],
    ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
    ['eusc-de-east-1', 'sts.eusc-de-east-1.amazonaws.eu'],
  ])('for %s go to %s, never to the global endpoint', async (region, host) => {
    const hosts: string[] = []
    const sts = createStsSdk({
      sdk,
      clock,
      random: Math.random,
      log: createLogger({ level: 'error', write: () => {} }),
      requestHandler: {
        async handle(request: { hostname: string; protocol: string }) {
          hosts.push(`${request.protocol}//${request.hostname}`)
          throw Object.assign(new Error('AbortError'), { name: 'AbortError', code: 'ABORTED' })
        },
      },
    })
    await rejection(sts.getCallerIdentity({ credentials: key, region }))
    expect(hosts).toEqual([`https://${host}`])
  })

  it('take nothing from the environment of the daemon', async () => {
    const { sts, received } = await stsWith([{ body: roleAnswer() }])
    const variables = { AWS_REGION: 'sa-east-1', AWS_ACCESS_KEY_ID: 'AKIAOTHER', AWS_USE_FIPS_ENDPOINT: 'true' }
    const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]))
    Object.assign(process.env, variables)
    onTestFinished(() => {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    })
    await sts.assumeRole(role)
    expect(received[0]!.headers.authorization).toMatch(/Credential=ASIAIOSFODNN7SESSION\/\d{8}\/eu-central-1\//)
  })
})

describe('what AWS refuses', () => {
  const cases: readonly [string, Answer, string, RegExp][] = [
    [
      'a wrong or used code',
      refusal(403, 'AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code. '),
      'AWS_MFA_CODE_REFUSED',
      /wrong or already used/,
    ],
    [
      'a wrong device',
      refusal(
        403,
        'AccessDenied',
        'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
      ),
      'AWS_MFA_SERIAL_REFUSED',
      /does not find the MFA device/,
    ],
    [
      'half of what MFA needs',
      refusal(
        403,
        'AccessDenied',
        'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
      ),
      'AWS_REQUEST_INVALID',
      /must provide both/,
    ],
    [
      'a role',
      refusal(
        403,
        'AccessDenied',
        `User: arn:aws:iam::111122223333:user/jo is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      ),
      'AWS_DENIED',
      /not authorized to perform: sts:AssumeRole/,
    ],
    [
      'a key it does not know',
      refusal(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.'),
      'AWS_TOKEN_UNKNOWN',
      /does not know/,
    ],
    [
      'a wrong secret',
      refusal(
        403,
        'SignatureDoesNotMatch',
        "The request signature we calculated does not match. The Canonical String should have been 'POST x-amz-security-token:session-token-of-jo=='",
      ),
      'AWS_SIGNATURE_REFUSED',
      /secret does not belong/,
    ],
    [
      'an expired session',
      refusal(403, 'ExpiredToken', 'The security token included in the request is expired'),
      'AWS_TOKEN_EXPIRED',
      /has expired/,
    ],
    [
      'a duration',
      refusal(
        400,
        'ValidationError',
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
      ),
      'AWS_REQUEST_INVALID',
      /1 hour session limit/,
    ],
    ['something new', refusal(400, 'BrandNewProblem', ''), 'AWS_REQUEST_INVALID', /: BrandNewProblem$/],
  ]

  it.each(cases)('%s has its own code, and no secret in it', async (_, answer, code, message) => {
    const { sts, received, log } = await stsWith([answer])
    for (const call of [sts.getSessionToken(sessionRequest), sts.assumeRole(role)]) {
      const error = await rejection(call)
      expect(error.name).toBe('AwsError')
      expect(error.code).toBe(code)
      expect(error.message).toMatch(message)
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/secret-of-jo|token-of-jo|123456'/)
    }
    expect(received).toHaveLength(2)
    expect(log).toEqual([])
  })

  it.each([
    ['a page', '<!DOCTYPE html><html><body>Blocked<br></body></html>'],
    ['a page that is XML', '<html><body>Blocked</body></html>'],
    ['text', 'blocked'],
    ['JSON', '{"message":"Forbidden"}'],
    ['an error without a code', `<ErrorResponse ${xmlns}><Error></Error></ErrorResponse>`],
    ['nothing', ''],
  ])('is not what something in its place answers: %s', async (_, body) => {
    const { sts, received } = await stsWith([{ status: 403, body }])
    const error = await rejection(sts.assumeRole(role))
    expect(error).toMatchObject({ code: 'AWS_BAD_RESPONSE', hint: expect.stringContaining('proxy') })
    expect(error.message).toMatch(
      /^something answers AssumeRole with HTTP 403 in the place of STS at 127\.0\.0\.1:\d+$/,
    )
    expect(received).toHaveLength(1)
  })

  it('keeps a rejected code out of the message that quotes it', async () => {
    const { sts } = await stsWith([refusal(400, 'ValidationError', "Value '123456' at 'tokenCode' failed")])
    const error = await rejection(sts.getSessionToken(sessionRequest))
    expect(error.message).toBe("AWS refused GetSessionToken: Value '[redacted]' at 'tokenCode' failed")
  })

  it('cuts a text that is a page', async () => {
    const { sts } = await stsWith([refusal(400, 'ValidationError', `${'long '.repeat(200)}`)])
    expect((await rejection(sts.assumeRole(role))).message.length).toBeLessThan(400)
  })

  it('asks the default region where STS is turned off in the profile’s', async () => {
    const { sts, received, log } = await stsWith([
      refusal(403, 'RegionDisabledException', 'STS is not activated in this region for account:111122223333.'),
      { body: roleAnswer() },
    ])
    await sts.assumeRole({ ...role, region: 'ap-east-1' })
    expect(received.map(({ headers }) => headers.authorization!.split('/')[2])).toEqual(['ap-east-1', 'us-east-1'])
    expect(log.join('')).toContain('STS is turned off in the region')
  })

  it('says so where STS is turned off in the default region too', async () => {
    const { sts, received } = await stsWith([refusal(403, 'RegionDisabledException', 'STS is not activated')])
    expect(await rejection(sts.assumeRole({ ...role, region: 'us-east-1' }))).toMatchObject({
      code: 'AWS_REGION_DISABLED',
    })
    expect(received).toHaveLength(1)
  })
})

describe('a fault on the way', () => {
  it.each([
    ['throttling', refusal(400, 'Throttling', 'Rate exceeded')],
    ['HTTP 503', { status: 503, body: 'busy' }],
    ['a cut connection', { cut: true }],
  ])('such as %s is tried again', async (_, answer: Answer) => {
    const { sts, received } = await stsWith([answer, { body: roleAnswer() }])
    expect((await sts.assumeRole(role)).accessKeyId).toBe('ASIANEW')
    expect(received).toHaveLength(2)
  })

  it.each([
    ['throttling', refusal(400, 'Throttling', 'Rate exceeded'), 'AWS_THROTTLED', /Rate exceeded/],
    ['HTTP 500', { status: 500, body: '<html>oops</html>' }, 'AWS_UNREACHABLE', /HTTP 500/],
    ['a cut connection', { cut: true }, 'AWS_UNREACHABLE', /cannot reach STS at 127\.0\.0\.1/],
    ['silence', { hang: true }, 'AWS_UNREACHABLE', /does not answer/],
  ])('that lasts, such as %s, is named after three tries', async (_, answer: Answer, code, message) => {
    const { sts, received } = await stsWith([answer], { requestTimeoutMs: 150 })
    const error = await rejection(sts.assumeRole(role))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(error.hint).toBeDefined()
    expect(received).toHaveLength(3)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/secret-of-jo|token-of-jo/)
  })

  it('such as a closed port is unreachable', async () => {
    const { sts, server } = await stsWith([{ body: roleAnswer() }])
    await new Promise((resolve) => server.close(resolve))
    const error = await rejection(sts.assumeRole(role))
    expect(error).toMatchObject({ code: 'AWS_UNREACHABLE' })
    expect(error.message).toContain('ECONNREFUSED')
  })
})

describe('an answer that cannot be used', () => {
  it.each([
    ['cut XML', roleAnswer().slice(0, -90)],
    ['no XML', 'issued-secret issued-token'],
    ['nothing', ''],
    [
      'no token',
      roleAnswer(
        '<Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>issued-secret</SecretAccessKey></Credentials>',
      ),
    ],
    ['a wrong time', roleAnswer(issued('soon'))],
    ['a token that a terminal obeys', roleAnswer(issued().replace('issued-token', 'issued-\u009b2J'))],
    ['a key id of two lines', roleAnswer(issued().replace('ASIANEW', 'ASIA&#10;NEW'))],
  ])('such as %s is an error that quotes nothing', async (_, body) => {
    const { sts } = await stsWith([{ body }])
    const error = await rejection(sts.assumeRole(role))
    expect(error).toMatchObject({ code: 'AWS_BAD_RESPONSE' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/issued-|secret-of-jo|token-of-jo/)
  })

  it.each([
    ['of nobody', `<GetCallerIdentityResponse ${xmlns}><GetCallerIdentityResult/></GetCallerIdentityResponse>`],
    ['of an account that is none', identityAnswer.replace('>111122223333<', '>\u009b2J<')],
    ['with a name that a terminal obeys', identityAnswer.replace('user/jo', 'user/\u202ejo')],
  ])('such as an identity %s is an error', async (_what, body) => {
    const { sts } = await stsWith([{ body }])
    expect(await rejection(sts.getCallerIdentity({ credentials: key, region: 'us-east-1' }))).toMatchObject({
      code: 'AWS_BAD_RESPONSE',
    })
  })
})

describe('an answer without end', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n'
  /** Sends as long as it is read. */
  const flood = (start: string, part: string) => (socket: Socket) => {
    socket.on('error', () => {}).write(start)
    const more = () => {
      while (!socket.destroyed && socket.write(part));
    }
    socket.on('drain', more)
    more()
  }
  /** Sends a byte every few ms, which no silence ends. */
  const drip = (start: string) => (socket: Socket) => {
    socket.on('error', () => {}).write(start)
    const timer = setInterval(() => socket.write('x'), 5)
    socket.on('close', () => clearInterval(timer))
  }
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`

  it.each<[string, Answer, string, RegExp]>([
    [
      'of 100 MB',
      { write: flood(`${head}content-length: 104857600\r\n\r\n`, 'x'.repeat(65_536)) },
      'AWS_BAD_RESPONSE',
      /answers with more than 262144 bytes/,
    ],
    [
      'in chunks',
      { write: flood(`${head}transfer-encoding: chunked\r\n\r\n`, chunk) },
      'AWS_BAD_RESPONSE',
      /more than/,
    ],
    [
      'to a refusal',
      { write: flood('HTTP/1.1 403 Forbidden\r\ntransfer-encoding: chunked\r\n\r\n', chunk) },
      'AWS_BAD_RESPONSE',
      /more than/,
    ],
    ['of headers', { write: flood(head, `x-more: ${'x'.repeat(1000)}\r\n`) }, 'AWS_BAD_RESPONSE', /Header overflow/],
    [
      'that drips',
      { write: drip(`${head}content-length: 1000000\r\n\r\n`) },
      'AWS_UNREACHABLE',
      /its whole answer within/,
    ],
  ])('%s is given up, and not asked for again', async (_what, answer, code, message) => {
    const { sts, received } = await stsWith([answer], { requestTimeoutMs: 1_500 })
    const before = process.memoryUsage()
    const error = await rejection(sts.getSessionToken(sessionRequest))
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    // The code is spent once at most.
    expect(received).toHaveLength(1)
    const { rss, arrayBuffers } = process.memoryUsage()
    expect(arrayBuffers - before.arrayBuffers).toBeLessThan(30e6)
    expect(rss - before.rss).toBeLessThan(100e6)
  })

  it('of headers that drip ends by the time of a try', async () => {
    const { sts, received } = await stsWith([{ write: drip(`${head}x-more: `) }], { requestTimeoutMs: 150 })
    expect(await rejection(sts.assumeRole(role))).toMatchObject({ code: 'AWS_UNREACHABLE' })
    expect(received).toHaveLength(3)
  })

  it.each([
    ['nested without end', '<a>'.repeat(80_000)],
    [
      'entities in entities',
      `<!DOCTYPE a [<!ENTITY a "${'x'.repeat(1000)}"><!ENTITY b "${'&a;'.repeat(100)}"><!ENTITY c "${'&b;'.repeat(100)}">]><a>${'&c;'.repeat(100)}</a>`,
    ],
  ])('in what it means is an error too: %s', async (_what, body) => {
    const { sts } = await stsWith([{ body }])
    expect(await rejection(sts.assumeRole(role))).toMatchObject({ code: 'AWS_BAD_RESPONSE' })
  })
})

describe('a wrong clock', () => {
  const hour = 3_600_000
  const dateHeader = (skewMs: number) => ({ date: new Date(Date.now() + skewMs).toUTCString() })

  it('is corrected by the time of AWS, with one more try, and is remembered', async () => {
    const expired = refusal(
      403,
      'SignatureDoesNotMatch',
      'Signature expired: 20260101T000000Z is now earlier than 20260101T020000Z (20260101T021500Z - 15 min.)',
    )
    const { sts, received, log } = await stsWith([
      { ...expired, headers: dateHeader(2 * hour) },
      { body: roleAnswer(), headers: dateHeader(2 * hour) },
    ])
    const { expiresAtMs } = await sts.assumeRole(role)
    const signedAt = (index: number) => received[index]!.headers['x-amz-date'] as string
    expect(signedAt(1) > signedAt(0)).toBe(true)
    // The callers compare the expiry with this machine's clock.
    expect(Math.abs(expiresAtMs - (Date.UTC(2031, 4, 1, 15) - 2 * hour))).toBeLessThan(60_000)
    await sts.assumeRole(role)
    expect(received).toHaveLength(3)
    expect(log.filter((line) => line.includes('the clock of this machine'))).toHaveLength(1)
  })

  it('that cannot be corrected is named', async () => {
    const { sts } = await stsWith([
      refusal(403, 'SignatureDoesNotMatch', 'Signature not yet current: x is still later than y'),
    ])
    const error = await rejection(sts.assumeRole(role))
    expect(error.code).toBe('AWS_CLOCK_SKEW')
    expect(error.hint).toContain('timedatectl')
  })

  it('of a proxy is left alone: AWS took the request that was signed by ours', async () => {
    const { sts, received, log } = await stsWith([
      { body: roleAnswer(), headers: { date: 'Sat, 01 Jan 2000 00:00:00 GMT' } },
    ])
    for (let time = 0; time < 2; time += 1) {
      expect((await sts.assumeRole(role)).expiresAtMs).toBe(Date.UTC(2031, 4, 1, 15))
    }
    expect(received.map(({ headers }) => String(headers['x-amz-date']).slice(0, 4))).not.toContain('2000')
    expect(log).toEqual([])
  })

  it.each([
    ['a role', 'AccessDenied', `User: jo is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`],
    [
      'a duration',
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    ],
  ])('does not send again what AWS has refused for another reason, such as %s', async (_, code, message) => {
    const { sts, received } = await stsWith([{ ...refusal(403, code, message), headers: dateHeader(hour / 6) }])
    await rejection(sts.assumeRole(role))
    expect(received).toHaveLength(1)
  })

  it('that stays wrong after it was corrected is named after one more try', async () => {
    const answers = [1, 2, 3].map((times) => ({
      ...refusal(403, 'RequestExpired', 'Request has expired'),
      headers: dateHeader(times * hour),
    }))
    const { sts, received } = await stsWith(answers)
    expect(await rejection(sts.assumeRole(role))).toMatchObject({ code: 'AWS_CLOCK_SKEW' })
    expect(received).toHaveLength(2)
  })

  it('by some seconds is left alone', async () => {
    const { sts, log } = await stsWith([{ body: roleAnswer(), headers: dateHeader(5_000) }])
    expect((await sts.assumeRole(role)).expiresAtMs).toBe(Date.UTC(2031, 4, 1, 15))
    expect(log).toEqual([])
  })
})

describe('a code is never sent twice', () => {
  const dateHeader = { date: new Date(Date.now() + 600_000).toUTCString() }

  it.each<[string, Answer]>([
    ['refused', refusal(403, 'AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code. ')],
    ['not looked at, for the time of the request', refusal(403, 'RequestExpired', 'Request has expired')],
    ['throttled', refusal(400, 'Throttling', 'Rate exceeded')],
    ['answered with HTTP 503', { status: 503, body: 'busy' }],
    ['lost with the connection', { cut: true }],
    ['not wanted in the region', refusal(403, 'RegionDisabledException', 'STS is not activated in this region')],
  ])('that was %s', async (_, answer) => {
    const { sts, received } = await stsWith([{ headers: dateHeader, ...answer }])
    await rejection(sts.getSessionToken({ ...sessionRequest, region: 'ap-east-1' }))
    expect(received).toHaveLength(1)
  })

  it('but one that has not left the machine is sent', async () => {
    const tries: string[] = []
    const sts = createStsSdk({
      sdk,
      clock,
      random: () => 0,
      log: createLogger({ level: 'error', write: () => {} }),
      requestHandler: {
        async handle(request: { hostname: string }) {
          tries.push(request.hostname)
          throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
        },
      },
    })
    expect(await rejection(sts.getSessionToken(sessionRequest))).toMatchObject({ code: 'AWS_UNREACHABLE' })
    expect(tries).toHaveLength(3)
  })
})
