import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import {
  deepRole,
  devRole,
  person,
  prodRole,
  rejection,
  serial,
  unattended,
  usualSettings,
  world,
} from '../../../support/aws-world.ts'

const minutes = 60_000

describe('a role', () => {
  it('is assumed with the external id and under the session name that the profile has', async () => {
    const { profiles } = usualSettings
    const { aws, sts } = await world({
      settings: {
        ...usualSettings,
        profiles: { ...profiles, prod: { ...profiles.prod!, external_id: 'wanted', session_name: 'release' } },
      },
    })
    sts.addRole(prodRole, { requiresMfa: true, externalId: 'wanted' })
    await aws.credentials('prod', person)
    expect(sts.issuing().at(-1)).toMatchObject({ roleArn: prodRole, sessionName: 'release' })
    expect(sts.calls.map(({ action }) => action)).toEqual(['GetCallerIdentity', 'GetSessionToken', 'AssumeRole'])
  })

  it('that refuses an old code is told from one that refuses everybody by the age of the session', async () => {
    const { aws, sts, clock } = await world()
    await aws.credentials('dev', person)
    sts.addRole(prodRole, { requiresMfa: true, maxMfaAgeSeconds: 3600 })
    clock.advance(120 * minutes)
    const error = await rejection(aws.credentials('prod', unattended))
    expect(error).toMatchObject({ code: 'AWS_DENIED', message: expect.stringContaining('profile prod: ') })
    expect(error.hint).toMatch(
      /^the MFA code is 2h old: where the role wants a newer one, latchkey aws login prod --before-expiry; /,
    )
  })

  it('that is refused is told by AWS, though the keychain cannot say how old the session is', async () => {
    const { aws, sts, keychain, clock } = await world({
      settings: { ...usualSettings, sources: { master: { mfa_serial: serial, session_duration: 900 } } },
    })
    await aws.credentials('dev', person)
    sts.addRole(deepRole, { externalId: 'wanted' })
    // The session has ended, the role that it was used for goes on.
    clock.advance(20 * minutes)
    keychain.lock()
    expect(await rejection(aws.credentials('deep', unattended))).toMatchObject({
      code: 'AWS_DENIED',
      hint: expect.stringContaining('set external_id'),
    })
  })
})

it('the log says what AWS gave for which profile, and where it was asked instead', async () => {
  const { profiles } = usualSettings
  const { aws, sts, log } = await world({
    settings: {
      sources: usualSettings.sources,
      profiles: { ...profiles, far: { role: devRole, source: 'master', region: 'ap-east-1' } },
    },
  })
  await aws.credentials('prod', person)
  sts.optOut('ap-east-1')
  await aws.credentials('far', unattended)
  const infos = log.filter((line) => line.startsWith('info: ')).map((line) => line.trimEnd())
  expect(infos).toEqual([
    `info: an MFA session has begun source=master device=${serial}`,
    `info: AWS issued credentials profile=prod role=${prodRole}`,
    'info: AWS does not know the credentials in the region; asking another region=ap-east-1 instead=eu-west-1',
    `info: AWS issued credentials profile=far role=${devRole}`,
  ])
})

it('a request that only something on the way can have spoiled is told so', async () => {
  const { aws, sts } = await world()
  await aws.credentials('dev', person)
  sts.failNext('AssumeRole', new AwsError('AWS_TOKEN_UNKNOWN', 'AWS does not know it'))
  expect(await rejection(aws.credentials('deep', person))).toMatchObject({
    code: 'AWS_BAD_RESPONSE',
    message: 'AWS in eu-central-1 knows the credentials of master, but does not accept them for this',
    hint: expect.stringContaining('AWS_ENDPOINT_URL_STS'),
  })
})

it('nothing is asked of AWS with a key that is removed while it is being read', async () => {
  const { profiles } = usualSettings
  const { aws, sts, keychain } = await world({ settings: { sources: { master: {} }, profiles } })
  sts.addRole(devRole)
  const { get } = keychain
  let isRemoved = false
  keychain.get = async (name) => {
    const item = await get(name)
    if (!isRemoved) {
      isRemoved = true
      await aws.keys.remove('master')
    }
    return item
  }
  expect(await rejection(aws.credentials('dev', person))).toMatchObject({ code: 'AWS_FORGOTTEN' })
  expect(sts.calls).toEqual([])
})

it('nobody is asked for a code where AWS is away and the session goes on', async () => {
  const { aws, sts, clock, asked } = await world()
  const first = await aws.credentials('dev', person)
  for (let call = 0; call < 99; call += 1)
    sts.failNext('AssumeRole', new AwsError('AWS_UNREACHABLE', 'cannot reach STS'))
  clock.advance(57 * minutes)
  expect((await aws.credentials('dev', person)).accessKeyId).toBe(first.accessKeyId)
  expect(asked).toHaveLength(1)
})

it('credentials that are held are served while they are good, though the keychain cannot say what is behind them', async () => {
  const { aws, keychain, clock } = await world({
    settings: { ...usualSettings, sources: { master: { mfa_serial: serial, session_duration: 900 } } },
  })
  const first = await aws.credentials('dev', person)
  clock.advance(57 * minutes)
  keychain.lock()
  expect((await aws.credentials('dev', person)).accessKeyId).toBe(first.accessKeyId)
})

it('credentials that have ended while a person was asked for a code are not served', async () => {
  const { aws, clock, answers } = await world()
  await aws.credentials('master', person)
  clock.advance((12 * 60 - 5) * minutes)
  answers.push(() => {
    clock.advance(4 * minutes)
    return undefined
  })
  expect(await rejection(aws.credentials('master', person))).toMatchObject({ code: 'PROMPT_CANCELLED' })
})

it('credentials that end soon are told of in the log where nobody gives a code for new ones', async () => {
  const { aws, clock, answers, log } = await world()
  const first = await aws.credentials('master', person)
  clock.advance((12 * 60 - 4) * minutes)
  answers.push(() => undefined)
  expect((await aws.credentials('master', person)).accessKeyId).toBe(first.accessKeyId)
  expect(log.at(-1)).toMatch(/^info: serving credentials that end soon profile=master reason=.*cancelled/)
})
