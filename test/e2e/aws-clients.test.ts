import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  RegionDisabledException,
  type Credentials as SdkCredentials,
  STSClient,
  STSServiceException,
} from '@aws-sdk/client-sts'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { totp } from '../../src/core/totp/totp.ts'
import { ownAdministration } from '../../src/dev/aws/caller/user-policy.ts'
import type { AwsCallLine } from '../../src/dev/aws/protocol/exchange.ts'
import { seedDevAccount } from '../../src/dev/aws/seed.ts'
import type { AwsFault } from '../doubles/aws/faults.ts'
import { createFullAws, type FullAws } from '../doubles/aws/full-server.ts'
import type { Credentials } from '../support/dev-aws.ts'
import { debianPython, describeWithPeers, findProgram } from '../support/peers.ts'
import { run } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/*
 * The embedded AWS as the real clients see it, with static keys and nothing of latchkey between. They sign with the
 * machine's clock, so that the double lives in the present, off by what a test says.
 */
let aws: FullAws
let account: Awaited<ReturnType<typeof seedDevAccount>>
let key: Credentials
let calls: AwsCallLine[] = []
let faults: AwsFault[] = []
let offsetMs = 0
const minutes = 60_000

beforeAll(async () => {
  aws = await createFullAws({
    port: 0,
    now: () => Date.now() + offsetMs,
    log: (line) => calls.push(line),
    faults: { next: () => faults.shift() },
  })
})

afterAll(() => aws.close())

beforeEach(async () => {
  offsetMs = 0
  calls = []
  faults = []
  // A device of its own for each test: a code is good once.
  const userArn = 'arn:aws:iam::111122223333:user/jo'
  if (aws.user(userArn) !== undefined) await aws.removeUser(userArn)
  account = await seedDevAccount(aws)
  key = { accessKeyId: account.accessKeyId, secretAccessKey: account.secretAccessKey.expose() }
})

const currentCode = () => totp(account.totpSecret.expose(), Date.now() + offsetMs)
const assumedDev = 'arn:aws:sts::123456789012:assumed-role/DeveloperRole/jo'
const wrongCode = 'MultiFactorAuthentication failed with invalid MFA one time pass code.'
const notAllowed = (role: string, who = account.userArn) =>
  `User: ${who} is not authorized to perform: sts:AssumeRole on resource: ${role} with an explicit deny in an identity-based policy`
const chainingLimit =
  'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.'
const maxDuration = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'

/** The CLI in PATH, and Debian's where that is another one. */
function awsClis(): string[] {
  const found = [findProgram('aws'), '/usr/bin/aws'].filter((path) => path !== undefined)
  const real = (path: string) => {
    try {
      return realpathSync(path)
    } catch {
      return undefined
    }
  }
  return found.filter((path, index) => real(path) && found.findIndex((other) => real(other) === real(path)) === index)
}

describeWithPeers('the AWS CLI', ['aws'], () => {
  describe.each(awsClis())('%s', (cli) => {
    /** Debian's 2.9 does not know AWS_ENDPOINT_URL_STS. */
    async function call(credentials: Credentials, args: string[]) {
      const { status, stdout, stderr } = await run(cli, [...args, '--endpoint-url', aws.endpoint, '--output', 'json'], {
        env: {
          AWS_CONFIG_FILE: '/dev/null',
          AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
          AWS_EC2_METADATA_DISABLED: 'true',
          NO_PROXY: '127.0.0.1',
          AWS_DEFAULT_REGION: 'eu-west-1',
          AWS_REGION: undefined,
          AWS_PROFILE: undefined,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          AWS_SESSION_TOKEN: credentials.sessionToken,
        },
      })
      return status === 0 && stdout !== '' ? JSON.parse(stdout) : stderr.trim()
    }
    const getSession = (code: string) =>
      call(key, ['sts', 'get-session-token', '--serial-number', account.mfaSerial, '--token-code', code])
    const assume = (credentials: Credentials, role: string, ...more: string[]) =>
      call(credentials, ['sts', 'assume-role', '--role-arn', role, '--role-session-name', 'jo', ...more])

    it('gets a session for a code, once, and roles for the session', async () => {
      const code = currentCode()
      const session = ofAnswer((await getSession(code)).Credentials)
      expect(await getSession(code)).toContain(
        `(AccessDenied) when calling the GetSessionToken operation: ${wrongCode}`,
      )
      const dev = await assume(session, account.roles.dev)
      expect(dev.AssumedRoleUser.Arn).toBe(assumedDev)
      const held = ofAnswer(dev.Credentials)
      expect((await call(held, ['sts', 'get-caller-identity'])).Arn).toBe(assumedDev)
      const chained = await assume(held, account.roles.chained)
      expect(chained.AssumedRoleUser.Arn).toBe('arn:aws:sts::777788889999:assumed-role/AuditorRole/jo')
      expect(await assume(session, account.roles.dev, '--duration-seconds', '3601')).toContain(
        `(ValidationError) when calling the AssumeRole operation: ${chainingLimit}`,
      )
    })

    it('gets a role for a code, and learns the limit of the role', async () => {
      const code = ['--serial-number', account.mfaSerial, '--token-code', currentCode()]
      expect((await assume(key, account.roles.dev, ...code)).AssumedRoleUser.Arn).toBe(assumedDev)
      await aws.setTrustPolicy(account.roles.prod, {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }],
      })
      aws.role(account.roles.prod)!.maxSessionDurationSeconds = 3600
      aws.user(account.userArn)!.policy = ownAdministration
      expect(await assume(key, account.roles.prod, '--duration-seconds', '3601')).toContain(
        `(ValidationError) when calling the AssumeRole operation: ${maxDuration}`,
      )
    })

    it('is refused without MFA, with a wrong device and with a wrong secret', async () => {
      expect(await assume(key, account.roles.dev)).toContain(
        `(AccessDenied) when calling the AssumeRole operation: ${notAllowed(account.roles.dev)}`,
      )
      const device = ['--serial-number', 'arn:aws:iam::111122223333:mfa/other', '--token-code', currentCode()]
      expect(await call(key, ['sts', 'get-session-token', ...device])).toContain(
        'Please verify your MFA serial number is valid and associated with this user.',
      )
      expect(await call({ ...key, secretAccessKey: 'wrong' }, ['sts', 'get-caller-identity'])).toContain(
        '(SignatureDoesNotMatch) when calling the GetCallerIdentity operation: The request signature we calculated',
      )
    })

    it('is told that a session has expired and that the clock is wrong', async () => {
      // The session is made by a clock that is late and used by one that is early: both within AWS's tolerance.
      offsetMs = -10 * minutes
      const short = await call(key, ['sts', 'get-session-token', '--duration-seconds', '900'])
      offsetMs = 10 * minutes
      expect(await call(ofAnswer(short.Credentials), ['sts', 'get-caller-identity'])).toContain(
        '(ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired',
      )
      offsetMs = 20 * minutes
      expect(await call(key, ['sts', 'get-caller-identity'])).toMatch(
        /\(SignatureDoesNotMatch\) .*: Signature expired: \S+ is now earlier than \S+ \(\S+ - 15 min\.\)/,
      )
    })

    it('reads the user, their devices and their keys from IAM', async () => {
      expect((await call(key, ['iam', 'get-user'])).User.Arn).toBe(account.userArn)
      const { MFADevices } = await call(key, ['iam', 'list-mfa-devices'])
      expect(MFADevices).toMatchObject([{ UserName: 'jo', SerialNumber: account.mfaSerial }])
      const code = ['--serial-number', account.mfaSerial, '--token-code', currentCode()]
      const { Credentials } = await call(key, ['sts', 'get-session-token', ...code])
      const { AccessKeyMetadata } = await call(ofAnswer(Credentials), ['iam', 'list-access-keys', '--user-name', 'jo'])
      expect(AccessKeyMetadata).toMatchObject([{ AccessKeyId: account.accessKeyId, Status: 'Active' }])
    })

    it('gives a user a device, whose secret it writes into a file as base32', async () => {
      const arn = 'arn:aws:iam::111122223333:user/kim'
      await aws.addUser({ arn })
      onTestFinished(() => aws.removeUser(arn))
      const made = await aws.addAccessKey(arn)
      const kim = { accessKeyId: made.accessKeyId, secretAccessKey: made.secretAccessKey.expose() }
      const file = join(temporaryFolder(), 'seed')
      const name = `kim-${cli.length}`
      const { VirtualMFADevice } = await call(kim, [
        'iam',
        'create-virtual-mfa-device',
        '--virtual-mfa-device-name',
        name,
        '--bootstrap-method',
        'Base32StringSeed',
        '--outfile',
        file,
      ])
      expect(VirtualMFADevice).toEqual({ SerialNumber: `arn:aws:iam::111122223333:mfa/${name}` })
      const seed = readFileSync(file, 'utf8')
      const codeAt = (away: number) => totp(seed, Date.now() + away * 30_000)
      const enable = (first: string, second: string) => {
        const device = ['--user-name', 'kim', '--serial-number', VirtualMFADevice.SerialNumber]
        const codes = ['--authentication-code1', first, '--authentication-code2', second]
        return call(kim, ['iam', 'enable-mfa-device', ...device, ...codes])
      }
      expect(await enable(codeAt(0), codeAt(0))).toContain(
        '(InvalidAuthenticationCode) when calling the EnableMFADevice',
      )
      expect(await enable(codeAt(-1), codeAt(0))).toBe('')
      expect((await call(kim, ['iam', 'list-virtual-mfa-devices'])).VirtualMFADevices).toContainEqual(
        expect.objectContaining({ SerialNumber: VirtualMFADevice.SerialNumber, User: expect.any(Object) }),
      )
    })
  })
})

interface BotoCall {
  operation: string
  parameters?: Record<string, unknown>
  credentials?: Credentials
  service?: string
}

/** What aws-calls.py prints: an answer, or a refusal. */
interface BotoOutcome {
  classes?: readonly string[]
  Credentials?: SdkCredentials
}

describeWithPeers('boto3', ['python:boto3'], () => {
  const script = fileURLToPath(new URL('aws-calls.py', import.meta.url))

  async function boto(...list: BotoCall[]): Promise<BotoOutcome[]> {
    const { stdout, stderr } = await run(debianPython, [script], {
      env: { TEST_ENDPOINT: aws.endpoint, AWS_CONFIG_FILE: '/dev/null', AWS_PROFILE: undefined, NO_PROXY: '127.0.0.1' },
      input: JSON.stringify(list.map((call) => ({ credentials: key, ...call }))),
    })
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout)
  }
  const identity = { operation: 'get_caller_identity' }
  const refused = (Code: string, status: number, Message?: string) => ({
    classes: expect.arrayContaining(['ClientError']),
    Type: 'Sender',
    Code,
    status,
    ...(Message === undefined ? {} : { Message: expect.stringContaining(Message) }),
  })

  it('gets a session for a code, once, and a role for the session', async () => {
    const parameters = { SerialNumber: account.mfaSerial, TokenCode: currentCode() }
    const [first, second, user] = await boto(
      { operation: 'get_session_token', parameters },
      { operation: 'get_session_token', parameters },
      { operation: 'get_user', service: 'iam' },
    )
    expect(second).toMatchObject(refused('AccessDenied', 403, wrongCode))
    expect(user).toMatchObject({ User: { Arn: account.userArn } })
    const session = ofAnswer(first?.Credentials)
    const assume = { operation: 'assume_role', parameters: { RoleArn: account.roles.dev, RoleSessionName: 'jo' } }
    const long = { ...assume, parameters: { ...assume.parameters, DurationSeconds: 7200 } }
    const [role, tooLong, again, withoutMfa] = await boto(
      { ...assume, credentials: session },
      { ...long, credentials: session },
      { operation: 'get_session_token', credentials: session },
      assume,
    )
    expect(role).toMatchObject({ AssumedRoleUser: { Arn: assumedDev } })
    expect(tooLong).toMatchObject(refused('ValidationError', 400, chainingLimit))
    expect(again).toMatchObject(refused('AccessDenied', 403, 'Cannot call GetSessionToken with session credentials'))
    expect(withoutMfa).toMatchObject(refused('AccessDenied', 403, notAllowed(account.roles.dev)))
  })

  it('raises what AWS’s errors are', async () => {
    offsetMs = -10 * minutes
    const short = { operation: 'get_session_token', parameters: { DurationSeconds: 900 } }
    const [session, wrongSecret, unknownKey] = await boto(
      short,
      { ...identity, credentials: { ...key, secretAccessKey: 'wrong' } },
      { ...identity, credentials: { ...key, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' } },
    )
    expect(wrongSecret).toMatchObject(refused('SignatureDoesNotMatch', 403))
    expect(unknownKey).toMatchObject(refused('InvalidClientTokenId', 403))
    const credentials = ofAnswer(session?.Credentials)
    const getUser = { operation: 'get_user', service: 'iam', credentials }
    expect(await boto(getUser)).toMatchObject([refused('InvalidClientTokenId', 403)])
    offsetMs = 10 * minutes
    expect(await boto({ ...identity, credentials })).toMatchObject([refused('ExpiredToken', 403)])
  })

  it('raises the class that the service model has for a region that is off', async () => {
    faults = [{ type: 'refuse', code: 'RegionDisabledException' }]
    const [outcome] = await boto({
      operation: 'assume_role',
      parameters: { RoleArn: account.roles.dev, RoleSessionName: 'jo' },
    })
    expect(outcome).toMatchObject({ classes: expect.arrayContaining(['RegionDisabledException', 'ClientError']) })
  })

  it.each<AwsFault>([
    { type: 'refuse', code: 'Throttling' },
    { type: 'refuse', code: 'InternalFailure' },
    { type: 'refuse', code: 'ServiceUnavailable' },
    { type: 'reset', when: 'before' },
  ])('tries again after %o', async (fault) => {
    faults = [fault]
    expect(await boto(identity)).toMatchObject([{ retries: 1, Arn: account.userArn }])
    expect(calls).toHaveLength(2)
  })

  it('does not accept half an answer', async () => {
    faults = Array<AwsFault>(5).fill({ type: 'truncate' })
    expect(await boto(identity)).toMatchObject([{ classes: expect.arrayContaining(['ResponseParserError']) }])
  })
})

describe('the AWS SDK for JavaScript', () => {
  const client = (credentials: Credentials, region = 'eu-central-1') =>
    new STSClient({ endpoint: aws.endpoint, region, credentials })
  const devRole = () => ({ RoleArn: account.roles.dev, RoleSessionName: 'jo' })
  const failure = (name: string, message?: string) =>
    expect.objectContaining({ name, message: expect.stringContaining(message ?? '') })

  it('gets a session for a code, once, and roles for the session', async () => {
    const code = { SerialNumber: account.mfaSerial, TokenCode: currentCode() }
    const { Credentials: session } = await client(key).send(new GetSessionTokenCommand(code))
    expect(session?.Expiration?.getTime()).toBeGreaterThan(Date.now() + 11 * 60 * minutes)
    await expect(client(key).send(new GetSessionTokenCommand(code))).rejects.toThrow(failure('AccessDenied', wrongCode))
    const held = client(ofAnswer(session))
    const role = await held.send(new AssumeRoleCommand(devRole()))
    expect(role.AssumedRoleUser?.Arn).toBe(assumedDev)
    const identity = await client(ofAnswer(role.Credentials)).send(new GetCallerIdentityCommand({}))
    expect(identity).toMatchObject({ Arn: assumedDev, Account: '123456789012' })
    const long = new AssumeRoleCommand({ ...devRole(), DurationSeconds: 3601 })
    await expect(held.send(long)).rejects.toThrow(failure('ValidationError', chainingLimit))
  })

  it('is refused without MFA, with a wrong secret, and with a duration that nobody may have', async () => {
    await expect(client(key).send(new AssumeRoleCommand(devRole()))).rejects.toThrow(
      failure('AccessDenied', notAllowed(account.roles.dev)),
    )
    const wrong = client({ ...key, secretAccessKey: 'wrong' })
    await expect(wrong.send(new GetCallerIdentityCommand({}))).rejects.toThrow(failure('SignatureDoesNotMatch'))
    await expect(client(key).send(new GetSessionTokenCommand({ DurationSeconds: 899 }))).rejects.toThrow(
      failure('ValidationError', "Value '899' at 'durationSeconds' failed to satisfy constraint"),
    )
    await expect(client(key, 'cn-north-1').send(new GetCallerIdentityCommand({}))).rejects.toThrow(
      failure('SignatureDoesNotMatch', "Credential should be scoped to a valid region, not 'cn-north-1'."),
    )
  })

  it('is told that a session has expired', async () => {
    offsetMs = -10 * minutes
    const { Credentials: short } = await client(key).send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
    offsetMs = 10 * minutes
    const late = client(ofAnswer(short)).send(new GetCallerIdentityCommand({}))
    await expect(late).rejects.toThrow(failure('ExpiredToken'))
    await expect(late).rejects.toBeInstanceOf(STSServiceException)
  })

  it('knows the class of a region that is off, and tries again when it is told to go slower', async () => {
    faults = [{ type: 'refuse', code: 'RegionDisabledException' }]
    const off = client(key).send(new AssumeRoleCommand(devRole()))
    await expect(off).rejects.toBeInstanceOf(RegionDisabledException)
    faults = [{ type: 'refuse', code: 'Throttling' }]
    const { $metadata } = await client(key).send(new GetCallerIdentityCommand({}))
    expect($metadata).toMatchObject({ attempts: 2, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  })

  it('sets its clock by the Date of the answer', async () => {
    offsetMs = 3 * 60 * minutes
    const skewed = client(key)
    expect((await skewed.send(new GetCallerIdentityCommand({}))).Arn).toBe(account.userArn)
    expect(calls.map(({ error }) => error)).toEqual(['SignatureDoesNotMatch', null])
  })
})

/** The credentials of an answer, as the clients give them. */
function ofAnswer(given: SdkCredentials | undefined): Credentials {
  if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken) throw new Error('no credentials')
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = given
  return { accessKeyId, secretAccessKey, sessionToken }
}
