import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../src/aws/aws-error.ts'
import { Secret } from '../../../src/core/secret.ts'
import { formatUtc } from '../../../src/core/time/utc-time.ts'
import type { PromptLease } from '../../../src/prompts/prompt.ts'
import {
  devRole,
  person,
  prodRole,
  rejection,
  serial,
  settled,
  terminal,
  unattended,
  usualSettings,
  type World,
  world,
} from '../../support/aws-world.ts'

const foreignSerial = 'arn:aws:iam::999988887777:mfa/jo'
const minutes = 60_000

describe('credentials of a role behind MFA', () => {
  it('come from one code, one session and one AssumeRole, with the account of the role', async () => {
    const { aws, sts, asked, clock } = await world()
    const credentials = await aws.credentials('dev', person)
    expect(sts.actions()).toEqual(['GetSessionToken', 'AssumeRole'])
    expect(asked).toMatchObject([{ topic: `aws-mfa/${serial}`, kind: 'code', text: `MFA code for ${serial}` }])
    expect(credentials.accountId).toBe('123456789012')
    expect(credentials.accessKeyId).toMatch(/^ASIA/)
    expect(sts.issuing()[1]).toMatchObject({
      roleArn: devRole,
      sessionName: 'jo',
      durationSeconds: 3600,
      region: 'eu-central-1',
    })
    // A minute early, for SDKs that renew at the expiry itself.
    expect(credentials.expiresAtMs).toBe(clock.now() + 59 * minutes)
  })

  it('cost twenty concurrent callers of two roles one prompt, one session and two roles', async () => {
    const { aws, sts, asked } = await world()
    const callers = Array.from({ length: 20 }, (_, index) => aws.credentials(index % 2 === 0 ? 'dev' : 'prod', person))
    const all = await Promise.all(callers)
    expect(asked).toHaveLength(1)
    expect(sts.actions().sort()).toEqual(['AssumeRole', 'AssumeRole', 'GetSessionToken'])
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId)).size).toBe(2)
  })

  it('cost a second role no code', async () => {
    const { aws, asked, sts } = await world()
    await aws.credentials('dev', person)
    await aws.credentials('prod', unattended)
    expect(asked).toHaveLength(1)
    expect(sts.issuing().at(-1)).toMatchObject({ action: 'AssumeRole', roleArn: prodRole, region: 'eu-west-1' })
  })

  it('cost no call while they are fresh', async () => {
    const { aws, sts } = await world()
    const first = await aws.credentials('dev', person)
    expect((await aws.credentials('dev', unattended)).accessKeyId).toBe(first.accessKeyId)
    expect(sts.issuing()).toHaveLength(2)
  })

  it('need no code after a restart of the daemon', async () => {
    const w = await world()
    await w.aws.credentials('dev', person)
    const restarted = w.restart()
    await restarted.credentials('dev', unattended)
    expect(w.asked).toHaveLength(1)
    expect(w.sts.actions()).toEqual(['GetSessionToken', 'AssumeRole', 'AssumeRole'])
  })

  it('walk a chain of roles from the longest part that is held', async () => {
    const { aws, sts } = await world()
    await aws.credentials('dev', person)
    const deep = await aws.credentials('deep', unattended)
    expect(sts.actions()).toEqual(['GetSessionToken', 'AssumeRole', 'AssumeRole'])
    expect(sts.issuing()[2]!.by).not.toBe(sts.issuing()[1]!.by)
    expect(deep.accountId).toBe('123456789012')
  })

  it('are asked of the role again when the configuration changes the role', async () => {
    const w = await world()
    await w.aws.credentials('dev', person)
    w.settings = {
      ...usualSettings,
      profiles: { ...usualSettings.profiles, dev: { role: prodRole, source: 'master' } },
    }
    expect((await w.aws.credentials('dev', unattended)).accountId).toBe('210987654321')
  })
})

describe('what AWS says of a lifetime', () => {
  const ended = Date.UTC(2000, 0, 1)
  const endless = Date.UTC(9999, 11, 31)

  it.each([ended, endless])('counts at most as long as was asked for the session: %i', async (endMs) => {
    const { aws, sts, clock, keychain } = await world()
    sts.endNextAt(endMs)
    if (endMs === ended) {
      expect(await rejection(aws.credentials('dev', person))).toMatchObject({
        code: 'AWS_BAD_RESPONSE',
        message: 'AWS gave credentials that end at 2000-01-01T00:00:00Z',
        hint: expect.stringContaining('timedatectl'),
      })
      expect((await keychain.list()).filter((name) => name.startsWith('aws/session/'))).toEqual([])
    } else {
      await aws.credentials('master', person)
      expect((await aws.status()).sessions[0]!.expiresAt).toBe(formatUtc(clock.now() + (12 * 60 - 1) * minutes))
    }
  })

  it.each([
    ['has ended', ended],
    ['ends this minute', Date.UTC(2026, 0, 2, 3, 5, 0)],
  ])('is an error for a role that %s', async (_what, endMs) => {
    const { aws, sts } = await world()
    await aws.credentials('master', person)
    sts.endNextAt(endMs)
    expect(await rejection(aws.credentials('dev', person))).toMatchObject({ code: 'AWS_BAD_RESPONSE' })
    expect((await aws.status()).roles).toEqual([])
    expect((await aws.credentials('dev', person)).accountId).toBe('123456789012')
  })

  it('counts at most as long as was asked for the role', async () => {
    const { aws, sts, clock } = await world()
    await aws.credentials('master', person)
    sts.endNextAt(endless)
    expect((await aws.credentials('dev', person)).expiresAtMs).toBe(clock.now() + 59 * minutes)
  })

  it('is believed where it is shorter', async () => {
    const { aws, sts, clock } = await world()
    await aws.credentials('master', person)
    sts.endNextAt(clock.now() + 30 * minutes)
    expect((await aws.credentials('dev', person)).expiresAtMs).toBe(clock.now() + 29 * minutes)
  })
})

describe('a region that is corrected', () => {
  it('counts for the next call to AWS, whether the first has failed or not', async () => {
    const w = await world()
    const inRegion = (region: string) => {
      w.settings = { ...usualSettings, profiles: { dev: { role: devRole, source: 'master', region } } }
      return w.aws.credentials('dev', person)
    }
    w.sts.failNext('AssumeRole', new AwsError('AWS_REGION_DISABLED', 'STS is off there'))
    await rejection(inRegion('me-south-1'))
    await inRegion('eu-west-3')
    expect(w.sts.issuing().at(-1)).toMatchObject({ action: 'AssumeRole', region: 'eu-west-3' })
    w.clock.advance(20 * minutes)
    await inRegion('eu-north-1')
    w.clock.advance(14 * minutes)
    await settled()
    expect(w.sts.issuing().at(-1)).toMatchObject({ action: 'AssumeRole', region: 'eu-north-1' })
    expect(w.sts.issuing()).toHaveLength(3)
  })
})

describe('a caller who may not prompt', () => {
  it('is told what to run', async () => {
    const { aws, sts, asked } = await world()
    const error = await rejection(aws.credentials('dev', unattended))
    expect(error).toMatchObject({
      code: 'AWS_MFA_NEEDED',
      message: `an MFA code for ${serial} is needed`,
      hint: 'in a terminal: latchkey aws login dev',
    })
    expect(asked).toEqual([])
    expect(sts.issuing()).toEqual([])
  })

  it('does not wait for the code that somebody else is asked for', async () => {
    const { aws } = await world({ program: false })
    const person = terminal()
    const waiting = aws.credentials('dev', person)
    const lease = await person.lent()
    expect(await rejection(aws.credentials('dev', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
    lease.cancel()
    await rejection(waiting)
  })
})

describe('a login', () => {
  it('begins the session behind a profile, which then serves every role', async () => {
    const { aws, asked, clock } = await world()
    const expiresAtMs = clock.now() + (12 * 60 - 1) * minutes
    expect(await aws.login('dev', person)).toEqual({ source: 'master', mfaSerial: serial, expiresAtMs, isNew: true })
    await aws.credentials('prod', unattended)
    expect(asked).toHaveLength(1)
  })

  it('asks nobody where a session is held, and needs no name where there is one', async () => {
    const { aws, asked } = await world()
    await aws.login(undefined, person)
    expect(await aws.login('master', unattended)).toMatchObject({ source: 'master', isNew: false })
    expect(asked).toHaveLength(1)
  })

  it('replaces a session that began before a time, once however often it is called with that time', async () => {
    const { aws, asked, sts, clock } = await world()
    await aws.login('dev', person)
    const role = await aws.credentials('dev', person)
    clock.advance(60 * minutes - 1)
    const before = clock.now()
    expect(await aws.login('dev', person, before)).toMatchObject({ isNew: true })
    expect(await aws.login('dev', person, before)).toMatchObject({ isNew: true })
    expect(await aws.login('dev', person)).toMatchObject({
      isNew: false,
      expiresAtMs: before + (12 * 60 - 1) * minutes,
    })
    expect(asked).toHaveLength(2)
    expect(sts.actions().filter((action) => action === 'GetSessionToken')).toHaveLength(2)
    expect(role.accessKeyId).toMatch(/^ASIA/)
  })

  it('keeps the session in hand when nobody gives a code for another', async () => {
    const { aws, answers, clock } = await world()
    const { expiresAtMs } = await aws.login('dev', person)
    clock.advance(minutes)
    answers.push(() => undefined)
    expect(await rejection(aws.login('dev', person, clock.now()))).toMatchObject({ code: 'PROMPT_CANCELLED' })
    expect(await aws.login('dev', unattended)).toMatchObject({ isNew: false, expiresAtMs })
  })

  it('is refused a caller who may not prompt', async () => {
    const { aws } = await world()
    expect(await rejection(aws.login('dev', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
  })

  it.each([
    ['none', { ...usualSettings, sources: { master: {} } }, 'no profile has an MFA device', 'aws mfa enroll master'],
    [
      'several',
      { ...usualSettings, sources: { ...usualSettings.sources, other: { mfa_serial: `${serial}2` } } },
      'name one of',
      'aws login',
    ],
  ])('without a name is refused where there is %s', async (_, settings, message, command) => {
    const { aws } = await world({ settings })
    const error = await rejection(aws.login(undefined, person))
    expect(error).toMatchObject({ code: 'AWS_PROFILE_NOT_NAMED', message: expect.stringContaining(message) })
    expect(error.hint).toContain(command)
  })

  it('of a profile without a device says that it needs no code', async () => {
    const { aws } = await world({ settings: { ...usualSettings, sources: { master: {} } } })
    expect(await rejection(aws.login('dev', person))).toMatchObject({
      code: 'AWS_PROFILE_UNSUPPORTED',
      hint: 'if it should have one: latchkey aws mfa enroll master',
    })
  })
})

describe('a refresh', () => {
  it('gets the role anew from the session that is held, and asks nobody', async () => {
    const { aws, sts, asked, clock } = await world()
    const { accessKeyId } = await aws.credentials('dev', person)
    clock.advance(minutes)
    expect(await aws.refresh('dev', unattended)).toEqual({ roleArn: devRole, expiresAtMs: clock.now() + 59 * minutes })
    expect(sts.issuing().map(({ action }) => action)).toEqual(['GetSessionToken', 'AssumeRole', 'AssumeRole'])
    expect((await aws.credentials('dev', unattended)).accessKeyId).not.toBe(accessKeyId)
    expect(asked).toHaveLength(1)
  })

  it('asks for a code where there is no session, and says who may not', async () => {
    const { aws, asked } = await world()
    expect(await rejection(aws.refresh('dev', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
    expect(await aws.refresh('dev', person)).toMatchObject({ roleArn: devRole })
    expect(asked).toHaveLength(1)
  })

  it('leaves what is held where AWS refuses', async () => {
    const { aws, sts } = await world()
    const { accessKeyId } = await aws.credentials('dev', person)
    sts.failNext('AssumeRole', new AwsError('AWS_DENIED', 'no'))
    expect(await rejection(aws.refresh('dev', person))).toMatchObject({ code: 'AWS_DENIED' })
    expect((await aws.credentials('dev', person)).accessKeyId).toBe(accessKeyId)
  })

  it('of a source is refused with the command that begins another session', async () => {
    const { aws, sts } = await world()
    expect(await rejection(aws.refresh('master', person))).toMatchObject({
      code: 'AWS_PROFILE_UNSUPPORTED',
      hint: expect.stringContaining('latchkey aws login master --before-expiry'),
    })
    expect(sts.calls).toEqual([])
  })
})

describe('the question', () => {
  it('outlives the caller who was asked: the next one gets the answer', async () => {
    const w = await world({ program: false })
    const gone = terminal()
    const abandoned = w.aws.credentials('dev', gone).catch((error: unknown) => error)
    const first = await gone.lent()
    first.release()
    // Nobody else attends and there is no program.
    expect(await abandoned).toMatchObject({ code: 'PROMPT_TIMEOUT' })

    const second = terminal()
    const waiting = w.aws.credentials('dev', second)
    const lease = await second.lent()
    const third = terminal()
    const alsoWaiting = w.aws.credentials('prod', third)
    await settled()
    lease.release()
    ;(await third.lent()).answer(new Secret(w.sts.code(serial)))
    await Promise.all([waiting, alsoWaiting])
    expect(w.sts.actions().filter((action) => action === 'GetSessionToken')).toHaveLength(1)
  })

  it('fails everyone who waits when the person says no', async () => {
    const { aws, answers, asked } = await world()
    answers.push(() => undefined)
    const errors = await Promise.all([
      rejection(aws.credentials('dev', person)),
      rejection(aws.credentials('prod', person)),
    ])
    expect(errors.map(({ code }) => code)).toEqual(['PROMPT_CANCELLED', 'PROMPT_CANCELLED'])
    expect(asked).toHaveLength(1)
    expect(await rejection(aws.credentials('dev', person))).toMatchObject({ code: 'PROMPT_COOLING_DOWN' })
  })

  it('whose last answer was wrong says so to the terminal that comes back after it, and is put again to the next', async () => {
    const { aws, asked } = await world({ program: false })
    const origin = {}
    const call = (from: object) => {
      const caller = { ...terminal(), origin: from }
      return Promise.race([caller.lent(), aws.credentials('dev', caller)])
    }
    const refused = expect.stringMatching(/^AWS refused that code: it is wrong or already used /)
    for (const notice of [undefined, refused, expect.any(String)]) {
      const lease = (await call(origin)) as PromptLease
      expect(lease.question.notice).toEqual(notice)
      lease.answer(new Secret('000000'))
      await settled()
    }
    expect(await rejection(call(origin))).toMatchObject({ code: 'AWS_MFA_CODE_REFUSED' })
    expect(asked).toHaveLength(3)
    expect(await call({})).toMatchObject({ question: { kind: 'code' } })
  })

  it('whose answer could not be sent says so to the terminal that comes back after it', async () => {
    const { aws, sts } = await world({ program: false })
    const origin = {}
    const caller = { ...terminal(), origin }
    const waiting = rejection(aws.credentials('dev', caller))
    const lease = await caller.lent()
    sts.failNext('GetSessionToken', new AwsError('AWS_UNREACHABLE', 'cannot reach STS'))
    lease.answer(new Secret(sts.code(serial)))
    await waiting
    expect(await rejection(aws.credentials('dev', { ...terminal(), origin }))).toMatchObject({
      code: 'AWS_UNREACHABLE',
    })
  })

  it('is not put where the keychain has no key', async () => {
    const { aws, keychain, asked } = await world()
    await keychain.delete('aws/key/master')
    expect(await rejection(aws.credentials('dev', person))).toMatchObject({
      code: 'AWS_KEY_MISSING',
      hint: 'latchkey aws keys add master',
    })
    expect(asked).toEqual([])
  })

  it.each([
    ['a key that AWS does not know', 'deactivate', 'AWS_KEY_REFUSED'],
    ['a device of another account', 'move', 'AWS_MFA_SERIAL_REFUSED'],
    ['an AWS that cannot be reached', 'cut', 'AWS_UNREACHABLE'],
  ])('is not put for %s', async (_, what, code) => {
    const w = await world()
    if (what === 'deactivate') w.sts.deactivate(w.key.accessKeyId)
    if (what === 'move') w.settings = { profiles: {}, sources: { master: { mfa_serial: foreignSerial } } }
    if (what === 'cut') w.sts.failNext('GetCallerIdentity', new AwsError('AWS_UNREACHABLE', 'cannot reach STS'))
    const error = await rejection(w.aws.credentials('master', person))
    expect(error).toMatchObject({ code, hint: code === 'AWS_UNREACHABLE' ? undefined : expect.any(String) })
    expect(w.asked).toEqual([])
    expect(w.sts.issuing()).toEqual([])
  })

  it('is put for a device that has no ARN, whose account nobody knows', async () => {
    const { aws, asked } = await world({
      settings: { profiles: {}, sources: { master: { mfa_serial: 'GAHT12345678' } } },
    })
    await rejection(aws.credentials('master', person))
    expect(asked).not.toEqual([])
  })

  it('is put in vain at most once, where the key dies between the check and the code', async () => {
    const { aws, sts, asked, key, answers } = await world()
    answers.push(() => {
      sts.deactivate(key.accessKeyId)
      return sts.code(serial)
    })
    expect(await rejection(aws.credentials('dev', person))).toMatchObject({ code: 'AWS_KEY_REFUSED' })
    expect(await rejection(aws.credentials('dev', person))).toMatchObject({ code: 'AWS_KEY_REFUSED' })
    expect(asked).toHaveLength(1)
  })

  it('is put for a region that the account has not opted in to, and answered where it is known', async () => {
    const { aws, sts } = await world({
      settings: { profiles: {}, sources: { master: { mfa_serial: serial, region: 'ap-east-1' } } },
    })
    sts.optOut('ap-east-1')
    await aws.credentials('master', person)
    expect(sts.issuing()).toMatchObject([{ action: 'GetSessionToken', region: 'us-east-1' }])
  })

  it('names the import where the key still stands in plaintext', async () => {
    const { aws } = await world({
      settings: { profiles: {}, sources: {} },
      shared: {
        config: `[profile app]\nrole_arn = ${devRole}\nsource_profile = base\nmfa_serial = ${serial}\n`,
        credentials: '[base]\naws_access_key_id = AKIAPLAINTEXT000000\naws_secret_access_key = plaintext-secret\n',
      },
    })
    const error = await rejection(aws.credentials('app', person))
    expect(error).toMatchObject({ code: 'AWS_KEY_MISSING', hint: 'latchkey aws keys import --profile base' })
    expect(error.message).toContain('is not used')
  })
})

describe('a key that is missing', () => {
  it('is not asked for under the name of a profile that only runs latchkey: its role is in another config.toml', async () => {
    const { aws } = await world({
      settings: { profiles: {}, sources: {} },
      shared: { config: '[profile prod]\nregion = eu-west-1\ncredential_process = latchkey aws credentials prod\n' },
    })
    const error = await rejection(aws.credentials('prod', person))
    expect(error).toMatchObject({
      code: 'AWS_KEY_MISSING',
      message: 'profile prod has no role and no key that latchkey knows',
    })
    expect(error.hint).toMatch(/^for a role add \[aws\.profile\.prod\] to config\.toml/)
  })

  it('is asked for under the name of a source', async () => {
    const config = `[profile app]\nrole_arn = ${devRole}\nsource_profile = base\n[profile base]\nregion = eu-west-1\n`
    const { aws } = await world({ settings: { profiles: {}, sources: {} }, shared: { config } })
    expect(await rejection(aws.credentials('app', person))).toMatchObject({ hint: 'latchkey aws keys add base' })
  })
})

describe('renewal', () => {
  it('happens in time for 16 minutes in hand, without the caller noticing', async () => {
    const { aws, sts, clock } = await world()
    const first = await aws.credentials('dev', person)
    clock.advance(33 * minutes + 1)
    await settled()
    expect(sts.actions()).toEqual(['GetSessionToken', 'AssumeRole', 'AssumeRole'])
    const second = await aws.credentials('dev', unattended)
    expect(second.accessKeyId).not.toBe(first.accessKeyId)
    expect(second.expiresAtMs - clock.now()).toBe(59 * minutes - 1 + 1)
    expect(sts.issuing()).toHaveLength(3)
  })

  it('stops for a role that nobody has used for an hour', async () => {
    const { aws, sts, clock } = await world()
    await aws.credentials('dev', person)
    for (let hour = 0; hour < 4; hour += 0.25) {
      clock.advance(15 * minutes)
      await settled()
    }
    expect(sts.actions().filter((action) => action === 'AssumeRole')).toHaveLength(2)
  })

  it('makes a caller wait where less than 16 minutes are left', async () => {
    const { aws, sts, clock } = await world()
    const away = new AwsError('AWS_UNREACHABLE', 'cannot reach STS')
    await aws.credentials('dev', person)
    // Both the renewal ahead and its repetition fail.
    sts.failNext('AssumeRole', away)
    sts.failNext('AssumeRole', away)
    clock.advance(34 * minutes)
    await settled()
    clock.advance(8 * minutes)
    await settled()
    clock.advance(2 * minutes)
    const credentials = await aws.credentials('dev', unattended)
    expect(credentials.expiresAtMs - clock.now()).toBe(59 * minutes)
  })

  it('is tried again in the background after a failure', async () => {
    const { aws, sts, clock } = await world()
    await aws.credentials('dev', person)
    sts.failNext('AssumeRole', new AwsError('AWS_UNREACHABLE', 'cannot reach STS'))
    clock.advance(33 * minutes)
    await settled()
    expect(sts.issuing()).toHaveLength(2)
    clock.advance(minutes)
    await settled()
    expect(sts.issuing()).toHaveLength(3)
  })

  it('serves what is left when AWS cannot be reached, and never what has expired', async () => {
    const { aws, sts, clock } = await world()
    const away = () => new AwsError('AWS_UNREACHABLE', 'cannot reach STS')
    const first = await aws.credentials('dev', person)
    for (let index = 0; index < 40; index += 1) sts.failNext('AssumeRole', away())
    clock.advance(58 * minutes)
    await settled()
    expect((await aws.credentials('dev', unattended)).accessKeyId).toBe(first.accessKeyId)
    clock.advance(2 * minutes)
    expect(await rejection(aws.credentials('dev', unattended))).toMatchObject({ code: 'AWS_UNREACHABLE' })
  })

  it('asks for a code only when less than five minutes are left, and then keeps serving if nobody answers', async () => {
    const settings = {
      ...usualSettings,
      sources: { master: { mfa_serial: serial, session_duration: 900 } },
    }
    const { aws, clock, asked, answers } = await world({ settings })
    const first = await aws.credentials('dev', person)
    clock.advance(50 * minutes)
    await settled()
    expect((await aws.credentials('dev', person)).accessKeyId).toBe(first.accessKeyId)
    expect(asked).toHaveLength(1)

    clock.advance(5 * minutes)
    answers.push(() => undefined)
    expect((await aws.credentials('dev', person)).accessKeyId).toBe(first.accessKeyId)
    expect(asked).toHaveLength(2)

    clock.advance(6_000)
    expect((await aws.credentials('dev', unattended)).accessKeyId).toBe(first.accessKeyId)
    const renewed = await aws.credentials('dev', person)
    expect(asked).toHaveLength(3)
    expect(renewed.accessKeyId).not.toBe(first.accessKeyId)
    expect(renewed.expiresAtMs - clock.now()).toBe(59 * minutes)
  })
})

describe('a session that AWS no longer accepts', () => {
  it('is dropped, and a new code is asked for once', async () => {
    const { aws, sts, clock, asked } = await world()
    await aws.credentials('dev', person)
    sts.expire(sts.issuing()[1]!.by)
    clock.advance(31_000)
    await aws.credentials('prod', person)
    expect(asked).toHaveLength(2)
    expect(sts.actions().slice(2)).toEqual(['AssumeRole', 'GetSessionToken', 'AssumeRole'])
  })

  it('is not replaced for a caller who may not prompt, nor found again by the next', async () => {
    const w = await world()
    await w.aws.credentials('dev', person)
    w.sts.expire(w.sts.issuing()[1]!.by)
    expect(await rejection(w.aws.credentials('prod', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
    expect((await w.keychain.list()).filter((name) => name.startsWith('aws/session/'))).toEqual([])
    expect(await rejection(w.restart().credentials('prod', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
  })

  it('asks for no code when it is the key that was deleted', async () => {
    const { aws, sts, key, asked } = await world()
    await aws.credentials('dev', person)
    sts.deactivate(key.accessKeyId)
    const error = await rejection(aws.credentials('prod', person))
    expect(error).toMatchObject({ code: 'AWS_KEY_REFUSED' })
    expect(error.hint).toContain('latchkey aws keys add master')
    expect(asked).toHaveLength(1)
  })

  it('asks for no code when it is the key that was deleted, though AWS has accepted it just now', async () => {
    const { profiles } = usualSettings
    const settings = {
      ...usualSettings,
      profiles: { ...profiles, prod: { ...profiles.prod!, region: 'eu-central-1' } },
    }
    const { aws, sts, key, asked } = await world({ settings })
    await aws.credentials('dev', person)
    sts.deactivate(key.accessKeyId)
    expect(await rejection(aws.credentials('prod', person))).toMatchObject({ code: 'AWS_KEY_REFUSED' })
    expect(asked).toHaveLength(1)
  })

  it('costs all who wait one new code', async () => {
    const { aws, sts, clock, asked } = await world()
    await aws.credentials('dev', person)
    sts.expire(sts.issuing()[1]!.by)
    clock.advance(31_000)
    await Promise.all(Array.from({ length: 10 }, () => aws.credentials('prod', person)))
    expect(asked).toHaveLength(2)
    expect(sts.actions().filter((action) => action === 'GetSessionToken')).toHaveLength(2)
  })

  it('of a role in the middle of a chain is assumed again without a code', async () => {
    const { aws, sts, asked } = await world()
    const dev = await aws.credentials('dev', person)
    sts.expire(dev.accessKeyId)
    await aws.credentials('deep', unattended)
    expect(sts.calls.slice(3).map(({ action, error }) => [action, error])).toEqual([
      ['AssumeRole', 'AWS_TOKEN_EXPIRED'],
      ['GetCallerIdentity', 'AWS_TOKEN_EXPIRED'],
      ['AssumeRole', undefined],
      ['AssumeRole', undefined],
    ])
    expect(asked).toHaveLength(1)
  })
})

describe('a keychain that is locked', () => {
  it('is an error, not a missing key', async () => {
    const { aws, keychain, asked } = await world()
    keychain.lock()
    expect(await rejection(aws.credentials('dev', person))).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
    expect(asked).toEqual([])
  })

  it('still serves what is in memory, and roles of a session in memory', async () => {
    const { aws, keychain, clock } = await world()
    const first = await aws.credentials('dev', person)
    keychain.lock()
    expect((await aws.credentials('dev', unattended)).accessKeyId).toBe(first.accessKeyId)
    await aws.credentials('prod', unattended)
    clock.advance(57 * minutes)
    await settled()
    await aws.credentials('dev', person)
  })

  it('loses no session that was begun with a code', async () => {
    const { aws, keychain, log } = await world()
    keychain.makeReadOnly()
    await aws.credentials('dev', person)
    await aws.credentials('prod', unattended)
    expect(log.join('')).toContain('could not be stored')
  })

  it('stores a session that was begun meanwhile as soon as it answers: no code after a restart', async () => {
    const w = await world()
    w.keychain.makeReadOnly()
    await w.aws.credentials('dev', person)
    w.keychain.unlock()
    // Any use of it tells that it answers.
    await w.aws.keys.list()
    await settled()
    await w.restart().credentials('dev', unattended)
    expect(w.asked).toHaveLength(1)
  })
})

describe('a source without MFA', () => {
  const settings = {
    sources: { plain: { region: 'eu-north-1' } },
    profiles: { ci: { role: 'arn:aws:iam::123456789012:role/Ci', source: 'plain', duration: 14_400 } },
  }

  const plainWorld = async () => {
    const w = await world({ settings })
    const key = w.sts.addUser('arn:aws:iam::111122223333:user/team/bot one')
    w.sts.addRole('arn:aws:iam::123456789012:role/Ci', { maxSessionSeconds: 43_200 })
    await w.aws.keys.put('plain', key)
    return { ...w, key }
  }

  it('assumes the role with its key, for longer than an hour, named after the user', async () => {
    const { aws, sts, asked, key } = await plainWorld()
    const { accountId } = await aws.credentials('ci', unattended)
    expect(accountId).toBe('123456789012')
    expect(asked).toEqual([])
    expect(sts.issuing().at(-1)).toMatchObject({ by: key.accessKeyId, durationSeconds: 14_400, sessionName: 'bot-one' })
  })

  it('is answered with a session, never with its key', async () => {
    const { aws, sts, key } = await plainWorld()
    const credentials = await aws.credentials('plain', unattended)
    expect(credentials.accessKeyId).not.toBe(key.accessKeyId)
    expect(credentials.accountId).toBe('111122223333')
    expect(sts.issuing().find(({ action }) => action === 'GetSessionToken')).toMatchObject({ region: 'eu-north-1' })
  })

  it('asks AWS once who it is', async () => {
    const { aws, sts, clock } = await plainWorld()
    const before = sts.calls.length
    await aws.credentials('ci', unattended)
    clock.advance(4 * 60 * minutes)
    await aws.credentials('ci', unattended)
    expect(sts.calls.slice(before).map(({ action }) => action)).toEqual([
      'GetCallerIdentity',
      'AssumeRole',
      'AssumeRole',
    ])
  })

  it('mentions MFA where the role refuses', async () => {
    const { aws, sts } = await plainWorld()
    sts.addRole('arn:aws:iam::123456789012:role/Ci', { requiresMfa: true, maxSessionSeconds: 43_200 })
    const error = await rejection(aws.credentials('ci', unattended))
    expect(error).toMatchObject({ code: 'AWS_DENIED' })
    expect(error.hint).toContain('latchkey aws mfa enroll plain')
  })
})

describe('a profile that is the source', () => {
  it('is answered with the MFA session itself', async () => {
    const { aws, sts, clock } = await world()
    const credentials = await aws.credentials('master', person)
    expect(sts.actions()).toEqual(['GetSessionToken'])
    expect(credentials).toMatchObject({
      accountId: '111122223333',
      expiresAtMs: clock.now() + 12 * 60 * minutes - minutes,
    })
  })

  it('is asked for a code again when its session ends, while the old one still works', async () => {
    const { aws, clock, asked } = await world()
    const first = await aws.credentials('master', person)
    clock.advance((12 * 60 - 7) * minutes)
    expect((await aws.credentials('master', person)).accessKeyId).toBe(first.accessKeyId)
    expect(asked).toHaveLength(1)
    clock.advance(3 * minutes)
    expect((await aws.credentials('master', unattended)).accessKeyId).toBe(first.accessKeyId)
    expect((await aws.credentials('master', person)).accessKeyId).not.toBe(first.accessKeyId)
    expect(asked).toHaveLength(2)
  })
})

const overtaken = {
  code: 'AWS_FORGOTTEN',
  message: 'master was forgotten, or its key was changed, while its credentials were on their way',
  hint: 'run the command again',
}

/** The ways to let go of what `master` has under way. */
const lettingGo: readonly [string, (all: World) => Promise<unknown>][] = [
  ['aws keys remove', ({ aws }) => aws.keys.remove('master')],
  [
    'aws keys add, of another key',
    ({ aws, sts }) => aws.keys.put('master', sts.addUser('arn:aws:iam::111122223333:user/kim'), true),
  ],
  ['aws forget of a profile', ({ aws }) => aws.forget({ profile: 'dev' })],
  ['aws forget --all', ({ aws }) => aws.forget({ all: true })],
]

describe.each(lettingGo)('%s', (command, letGo) => {
  const sessionsIn = async ({ keychain }: World) =>
    (await keychain.list()).filter((name) => name.startsWith('aws/session/'))

  it('while a question is open withdraws it from the terminal, and nothing is asked of AWS', async () => {
    const all = await world({ program: false })
    const { aws, sts, prompts } = all
    const holder = terminal()
    const waiting = [aws.credentials('dev', holder), aws.credentials('prod', person)].map((call) =>
      expect(call).rejects.toMatchObject(overtaken),
    )
    const lease = await holder.lent()
    await letGo(all)
    await Promise.all(waiting)
    expect(prompts.open()).toEqual([])
    lease.answer(new Secret(sts.code(serial)))
    await settled()
    expect(sts.actions()).not.toContain('GetSessionToken')
    expect(await sessionsIn(all)).toEqual([])
    // Who has left with the question is told why when he is back.
    expect(await rejection(aws.credentials('dev', holder))).toMatchObject(overtaken)
  })

  it.each(['GetSessionToken', 'AssumeRole'] as const)(
    'while %s is under way keeps and serves nothing of it',
    async (action) => {
      const all = await world()
      const { aws, sts } = all
      const release = sts.hold(action)
      const waiting = [aws.credentials('dev', person), aws.credentials('prod', person)].map((call) =>
        expect(call).rejects.toMatchObject(overtaken),
      )
      while (!sts.actions().includes(action)) await settled()
      await letGo(all)
      release()
      await Promise.all(waiting)
      await settled()
      expect(await sessionsIn(all)).toEqual([])
      expect(await aws.status()).toMatchObject({ sessions: [], roles: [] })
      expect(await rejection(aws.credentials('dev', unattended))).toMatchObject({
        code: expect.stringMatching(/AWS_MFA_NEEDED|AWS_KEY_MISSING/),
      })
    },
  )

  it('while a session is being stored leaves none in the keychain', async () => {
    const all = await world()
    const { aws, keychain } = all
    const { set } = keychain
    let leaving: Promise<unknown> | undefined
    // Whatever deletes sessions is done before this one is there.
    keychain.set = async (name, value) => {
      if (name.startsWith('aws/session/')) {
        leaving ??= letGo(all)
        await leaving
      }
      await set(name, value)
    }
    await expect(aws.credentials('dev', person)).rejects.toMatchObject(overtaken)
    await leaving
    while ((await sessionsIn(all)).length > 0) await settled()
    expect((await aws.status()).sessions).toEqual([])
    // Nor is it found after a restart.
    expect((await all.restart().status()).sessions).toEqual([])
  })

  it('while a question waits for its turn keeps it from being put', async () => {
    const all = await world()
    const { aws, sts, asked, answers, settings } = all
    all.settings = {
      ...settings,
      sources: { ...settings.sources, other: { mfa_serial: serial } },
    }
    await aws.keys.put('other', all.key)
    const release = sts.hold('GetSessionToken')
    answers.push(() => sts.code(serial))
    const first = aws.credentials('other', person)
    while (!sts.actions().includes('GetSessionToken')) await settled()
    const second = expect(aws.credentials('master', person)).rejects.toMatchObject(overtaken)
    await settled()
    const others =
      command === 'aws forget --all' ? expect(first).rejects.toMatchObject({ code: 'AWS_FORGOTTEN' }) : first
    await letGo(all)
    await second
    release()
    await others
    await settled()
    expect(asked).toHaveLength(1)
  })
})

describe('forget', () => {
  it('drops the roles of a profile and its session, in memory and in the keychain', async () => {
    const { aws, keychain, asked, clock } = await world()
    await aws.credentials('deep', person)
    expect(await aws.forget({ profile: 'deep' })).toEqual([
      'session of master',
      `credentials of ${devRole}`,
      'credentials of arn:aws:iam::123456789012:role/Deep',
    ])
    expect((await keychain.list()).filter((name) => name.startsWith('aws/session/'))).toEqual([])
    clock.advance(31_000)
    await aws.credentials('dev', person)
    expect(asked).toHaveLength(2)
  })

  it('drops what no profile leads to any more, and nothing else', async () => {
    const edited = await world()
    const { aws, sts } = edited
    await aws.credentials('dev', person)
    await aws.credentials('prod', person)
    const { sources, profiles } = edited.settings
    const { dev, prod } = profiles
    edited.settings = { sources, profiles: { dev: dev!, other: { ...prod!, session_name: 'x' } } }
    await aws.dropUnused()
    const calls = sts.calls.length
    edited.settings = { sources, profiles }
    await aws.credentials('dev', unattended)
    expect(sts.calls).toHaveLength(calls)
    await aws.credentials('prod', unattended)
    expect(sts.calls.length).toBeGreaterThan(calls)
  })

  it('drops all', async () => {
    const { aws } = await world()
    await aws.credentials('dev', person)
    await aws.credentials('prod', person)
    expect(await aws.forget({ all: true })).toEqual(['session of master', 'credentials of 2 roles'])
    expect(await aws.forget({ all: true })).toEqual([])
    expect(await rejection(aws.credentials('dev', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
  })

  it('knows near names', async () => {
    const { aws } = await world()
    const error = await rejection(aws.forget({ profile: 'devv' }))
    expect(error).toMatchObject({ code: 'AWS_PROFILE_UNKNOWN', hint: 'latchkey aws profiles list' })
    expect(error.message).toContain('did you mean dev')
  })

  it('is final for credentials that are on their way', async () => {
    const { aws, sts } = await world()
    await aws.credentials('master', person)
    const release = sts.hold('AssumeRole')
    const waiting = aws.credentials('dev', person)
    await settled()
    const refused = expect(waiting).rejects.toMatchObject(overtaken)
    await aws.forget({ all: true })
    release()
    await refused
    expect((await aws.status()).roles).toEqual([])
  })

  it('lets go of nothing that another source has under way', async () => {
    const { aws, sts, answers } = await world({
      settings: { ...usualSettings, sources: { ...usualSettings.sources, other: {} } },
    })
    await aws.keys.put('other', sts.addUser('arn:aws:iam::444455556666:user/kim'))
    answers.push(() => sts.code(serial))
    const release = sts.hold('GetSessionToken')
    const waiting = aws.credentials('master', person)
    await settled()
    await aws.keys.remove('other')
    release()
    expect((await waiting).accessKeyId).toMatch(/^ASIA/)
  })
})

describe('status', () => {
  it('shows what is held and until when, and every profile', async () => {
    const { aws } = await world({ shared: { config: '[profile other]\nregion = eu-west-1\n' } })
    expect(await aws.status()).toEqual({
      sessions: [],
      roles: [],
      profiles: ['deep', 'dev', 'master', 'other', 'prod'],
    })
    await aws.credentials('dev', person)
    expect(await aws.status()).toEqual({
      sessions: [{ source: 'master', mfaSerial: serial, expiresAt: '2026-01-02T15:03:05Z' }],
      roles: [{ profile: 'dev', roleArn: devRole, expiresAt: '2026-01-02T04:03:05Z' }],
      profiles: ['deep', 'dev', 'master', 'other', 'prod'],
    })
  })

  it('shows a stored session without reading it, and works while the keychain is locked', async () => {
    const w = await world()
    await w.aws.credentials('dev', person)
    const restarted = w.restart()
    const readBefore = w.keychain.reads.length
    expect((await restarted.status()).sessions).toHaveLength(1)
    expect(w.keychain.reads).toHaveLength(readBefore)
    w.keychain.lock()
    expect((await restarted.status()).sessions).toEqual([])
    expect((await w.aws.status()).sessions).toHaveLength(1)
  })

  it('says which settings of a profile do not count as written', async () => {
    const { aws } = await world({ shared: { config: '[profile x]\nca_bundle = /x.pem\n' } })
    expect((await aws.status()).warnings).toEqual([expect.stringContaining('profile x: ca_bundle')])
  })

  it('leaves out what a profile with a mistake cannot show', async () => {
    const w = await world({ shared: { config: '[profile broken]\nrole_arn = x\nsource_profile = nobody\n' } })
    expect((await w.aws.status()).profiles).toContain('broken')
  })
})

it('logs once that a duration was cut to an hour, and serves the hour', async () => {
  const settings = { ...usualSettings, profiles: { dev: { role: devRole, source: 'master', duration: 14_400 } } }
  const { aws, log, sts } = await world({ settings })
  await aws.credentials('dev', person)
  await aws.credentials('dev', person)
  expect(log.filter((line) => line.includes('to 1h'))).toHaveLength(1)
  expect(sts.issuing()[1]).toMatchObject({ durationSeconds: 3600 })
})

it('puts no secret into a log line, an error or an inspected answer', async () => {
  const { aws, log, sts, clock, asked } = await world()
  const credentials = await aws.credentials('deep', person)
  clock.advance(31_000)
  sts.addRole(prodRole, { externalId: 'wanted' })
  const error = await rejection(aws.credentials('prod', person))
  const seen = [
    ...log,
    inspect(error, { depth: 9 }),
    inspect(credentials, { depth: 9 }),
    JSON.stringify(credentials),
    inspect(asked),
  ]
  for (const text of seen) expect(text).not.toMatch(/stub-secret|stub-token|long-term-secret/)
})

describe('an endpoint that does not count', () => {
  it('costs no code when it comes: a variable of the daemon is before it', async () => {
    const stsVariable = { name: 'AWS_ENDPOINT_URL_STS', url: 'https://sts.example.com' }
    const w = await world({ stsVariable })
    await w.aws.credentials('dev', person)
    const dev = { ...w.settings.profiles.dev!, endpoint_url: 'https://other.example.com' }
    w.settings = { ...w.settings, profiles: { ...w.settings.profiles, dev } }
    await w.aws.credentials('dev', unattended)
    expect(w.asked).toHaveLength(1)
  })
})
