import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import type { BrowserSetting } from '../../../../src/aws/console/browser-commands.ts'
import type { ConsoleRequest } from '../../../../src/aws/console/console-sign-in.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { seedOf } from '../../../support/aws-stub-sts.ts'
import {
  deepRole,
  devRole,
  person,
  prodRole,
  serial,
  terminal,
  unattended,
  usualSettings,
  world,
} from '../../../support/aws-world.ts'

const request = (profile: string, more: Partial<ConsoleRequest> = {}): ConsoleRequest => ({
  profile,
  logsOut: false,
  isPrinted: false,
  hasDisplay: true,
  ...more,
})
const minutes = 60_000

describe('signing in to the console', () => {
  it('takes the newest credentials of the role, since the console ends with them', async () => {
    const { aws, clock, console, sts } = await world()
    await aws.credentials('dev', person)
    clock.advance(40 * minutes)
    const visit = await aws.console.open(request('dev', { page: 's3' }), unattended)
    // When AWS ends it: what programs get says so a minute before.
    expect(visit).toMatchObject({ consoleEndsAtMs: clock.now() + 60 * minutes, isCutShort: false })
    expect(sts.actions()).toEqual(['GetSessionToken', 'AssumeRole', 'AssumeRole'])
    expect(console.signIns).toMatchObject([
      {
        partition: 'aws',
        region: 'eu-central-1',
        destination: 'https://console.aws.amazon.com/s3/home?region=eu-central-1',
        durationSeconds: undefined,
        logsOut: false,
      },
    ])
    const held = await aws.credentials('dev', unattended)
    expect(console.signIns[0]!.credentials.accessKeyId).toBe(held.accessKeyId)
  })

  it('gives an address on this machine that is good for a minute, and what opens it', async () => {
    const { aws, clock, console, settings } = await world({
      settings: {
        ...usualSettings,
        browser: ['one', '{url}'],
        profiles: {
          ...usualSettings.profiles,
          prod: { ...usualSettings.profiles.prod!, color: 'd13212', browser: ['two', '{url}', '{color}', '{account}'] },
        },
      },
    })
    expect(settings.browser).toBeDefined()
    const dev = await aws.console.open(request('dev'), person)
    expect(dev).toMatchObject({
      roleArn: devRole,
      urlEndsAtMs: clock.now() + minutes,
      browser: [['one', 'http://127.0.0.1:1/1']],
    })
    const prod = await aws.console.open(request('prod'), person)
    expect(prod.browser).toEqual([['two', 'http://127.0.0.1:1/2', 'd13212', '210987654321']])
    expect(console.led).toEqual([
      { target: 'https://signin.test/federation?link=1', again: 'latchkey aws console dev' },
      { target: 'https://signin.test/federation?link=2', again: 'latchkey aws console prod' },
    ])
  })

  it('needs a display for the desktop and for the browsers that are known, not for a command', async () => {
    const open = async (browser: BrowserSetting | undefined, more: Partial<ConsoleRequest> = {}) => {
      const { aws, sts } = await world({
        settings: { ...usualSettings, ...(browser === undefined ? {} : { browser }) },
      })
      const outcome = await aws.console
        .open(request('dev', { hasDisplay: false, ...more }), person)
        .catch((error) => error)
      return { outcome, calls: sts.calls.length }
    }
    const refused = {
      outcome: {
        code: 'AWS_CONSOLE_NOT_OPENED',
        message: 'there is no display to open a browser on',
        hint: 'latchkey aws console dev --print',
      },
      calls: 0,
    }
    for (const browser of [undefined, 'firefox-containers', 'chrome-profiles'] as const)
      expect(await open(browser)).toMatchObject(refused)
    expect((await open(['w3m', '{url}'])).outcome).toMatchObject({ linkId: '1' })
    expect((await open(undefined, { isPrinted: true })).outcome).not.toHaveProperty('linkId')
  })

  it('gives the link itself where it is to be printed, which is good for 15 minutes', async () => {
    const { aws, clock, console } = await world({ settings: { ...usualSettings, browser: ['one', '{url}'] } })
    const visit = await aws.console.open(request('dev', { isPrinted: true, logsOut: true }), person)
    expect(visit.url.expose()).toBe('https://signin.test/federation?link=1')
    expect(visit.urlEndsAtMs).toBe(clock.now() + 15 * minutes)
    expect(visit).not.toHaveProperty('browser')
    expect(console.led).toEqual([])
    expect(console.signIns).toMatchObject([{ logsOut: true }])
  })

  it('makes one sign-in for a caller who answers a question and asks again', async () => {
    const { aws, console, sts } = await world({ program: false })
    const caller = terminal()
    const first = aws.console.open(request('dev'), caller)
    const lease = await caller.lent()
    const second = aws.console.open(request('dev'), caller)
    lease.answer(new Secret(sts.code(serial)))
    expect(await second).toBe(await first)
    expect(console.signIns).toHaveLength(1)
  })

  it('makes a sign-in for each of two callers at once, of the same credentials', async () => {
    const { aws, console, sts } = await world()
    await aws.credentials('dev', person)
    const callers = [1, 2].map(() => ({ ...unattended }))
    const visits = await Promise.all(callers.map((caller) => aws.console.open(request('dev'), caller)))
    expect(visits.map(({ url }) => url.expose())).toEqual(['http://127.0.0.1:1/1', 'http://127.0.0.1:1/2'])
    expect(new Set(console.led.map(({ target }) => target)).size).toBe(2)
    expect(sts.actions()).toEqual(['GetSessionToken', 'AssumeRole', 'AssumeRole'])
  })

  it('asks nobody where the caller may not ask', async () => {
    const { aws, console } = await world()
    await expect(aws.console.open(request('dev'), unattended)).rejects.toMatchObject({ code: 'AWS_MFA_NEEDED' })
    expect(console.signIns).toEqual([])
  })
})

describe('the console of a role that the access key assumes', () => {
  const direct = async () => {
    const made = await world({
      settings: {
        sources: { master: { mfa_serial: serial } },
        profiles: { long: { role: prodRole, source: 'master', duration: 4 * 3600, mode: 'direct' } },
      },
    })
    made.sts.addRole(prodRole, { requiresMfa: true, maxSessionSeconds: 12 * 3600 })
    return made
  }

  it('ends with the credentials that are held, and is known to be cut short', async () => {
    const { aws, clock, asked, sts } = await direct()
    expect(await aws.console.open(request('long'), person)).toMatchObject({ isCutShort: false })
    const endsAtMs = clock.now() + 4 * 60 * minutes
    clock.advance(3 * 60 * minutes)
    expect(await aws.console.open(request('long'), person)).toMatchObject({
      consoleEndsAtMs: endsAtMs,
      isCutShort: true,
    })
    expect(await aws.console.open(request('long', { seconds: 4 * 3600 }), person)).toMatchObject({ isCutShort: false })
    expect([asked.length, sts.actions()]).toEqual([1, ['AssumeRole']])
  })

  it('has new credentials where a seed has their code', async () => {
    const { aws, clock, asked, sts } = await direct()
    await aws.seeds.put('long', new Secret(seedOf(serial)))
    clock.advance(3 * 60 * minutes)
    const visit = await aws.console.open(request('long'), unattended)
    expect(visit).toMatchObject({ consoleEndsAtMs: clock.now() + 4 * 60 * minutes, isCutShort: false })
    // Not for each console: the next code would have to be waited for.
    clock.advance(minutes)
    await aws.console.open(request('long'), unattended)
    expect([asked.length, sts.actions()]).toEqual([0, ['AssumeRole', 'AssumeRole']])
  })

  it('has those that are held where the seed fails', async () => {
    const { aws, clock, sts } = await direct()
    await aws.seeds.put('long', new Secret(seedOf(serial)))
    clock.advance(3 * 60 * minutes)
    sts.failNext('AssumeRole', new AwsError('AWS_UNREACHABLE', 'the network is gone'))
    expect(await aws.console.open(request('long'), unattended)).toMatchObject({
      consoleEndsAtMs: clock.now() + 60 * minutes,
      isCutShort: true,
    })
  })
})

describe('a console of a length of its own', () => {
  it('is of a role that the access key assumes, with a code for it alone', async () => {
    const { aws, clock, console, key, sts, asked } = await world()
    const visit = await aws.console.open(request('dev', { seconds: 8 * 3600 }), person)
    expect(visit.consoleEndsAtMs).toBe(clock.now() + 8 * 3600_000)
    expect(sts.issuing()).toMatchObject([{ action: 'AssumeRole', by: key.accessKeyId, durationSeconds: 3600 }])
    expect(console.signIns).toMatchObject([{ durationSeconds: 28_800 }])
    expect(asked.map(({ text }) => text)).toEqual([
      `MFA code for ${serial}, for profile dev alone (the access key assumes its role)`,
    ])
    // What it has is good for an hour of further consoles.
    await aws.console.open(request('dev', { seconds: 4 * 3600 }), unattended)
    expect(asked).toHaveLength(1)
  })

  it('leaves the credentials that programs get as they are', async () => {
    const { aws, sts } = await world()
    await aws.console.open(request('dev', { seconds: 8 * 3600 }), person)
    await expect(aws.credentials('dev', unattended)).rejects.toMatchObject({ code: 'AWS_MFA_NEEDED' })
    expect(sts.actions()).toEqual(['AssumeRole'])
  })

  it('is refused to a role that another role assumes, with the reason', async () => {
    const { aws, sts, asked } = await world()
    await expect(aws.console.open(request('deep', { seconds: 8 * 3600 }), person)).rejects.toMatchObject({
      code: 'AWS_PROFILE_UNSUPPORTED',
      message: expect.stringContaining('profile deep cannot be in the console for 8h: another role assumes its role'),
      hint: 'leave out --for',
    })
    expect([sts.actions(), asked]).toEqual([[], []])
    expect(await aws.console.open(request('deep'), person)).toMatchObject({ roleArn: deepRole })
  })

  it('needs no code where the role needs no device', async () => {
    const { aws, sts, console, asked } = await world({
      settings: { sources: { master: {} }, profiles: { plain: { role: prodRole, source: 'master' } } },
    })
    sts.addRole(prodRole)
    await aws.console.open(request('plain', { seconds: 12 * 3600 }), unattended)
    expect(console.signIns).toMatchObject([{ durationSeconds: 43_200 }])
    expect(asked).toEqual([])
  })
})

it('opens no console for a user', async () => {
  const { aws, sts } = await world()
  await expect(aws.console.open(request('master'), person)).rejects.toMatchObject({
    code: 'AWS_PROFILE_UNSUPPORTED',
    message: 'profile master has no role: AWS opens the console for roles only',
    hint: 'latchkey aws profiles add --role ARN --source master',
  })
  expect(sts.actions()).toEqual([])
})

it('names the source in words for a shell', async () => {
  const { aws } = await world({ settings: { sources: { "jo's key": {} }, profiles: {} } })
  await expect(aws.console.open(request("jo's key"), person)).rejects.toMatchObject({
    hint: `latchkey aws profiles add --role ARN --source 'jo'\\''s key'`,
  })
})
