import { describe, expect, it } from 'vitest'
import { person, rejection, serial, unattended, usualSettings, world } from '../../../support/aws-world.ts'

const minutes = 60_000
const twoDevices = { ...usualSettings, sources: { ...usualSettings.sources, other: { mfa_serial: `${serial}2` } } }

describe('a login', () => {
  it('without a name says the source of each session, and the command for the first', async () => {
    const { aws } = await world({ settings: twoDevices })
    expect(await rejection(aws.login(undefined, person))).toMatchObject({
      code: 'AWS_PROFILE_NOT_NAMED',
      message: 'there are several MFA sessions: name one of master, other',
      hint: 'latchkey aws login master',
    })
  })

  it('without a name says the profile of a session to which its source does not lead', async () => {
    const config = `[profile other]
[profile role]
role_arn = arn:aws:iam::123456789012:role/R
source_profile = other
mfa_serial = ${serial}2
`
    const { aws } = await world({ shared: { config } })
    expect(await rejection(aws.login(undefined, person))).toMatchObject({
      message: 'there are several MFA sessions: name one of master, role',
    })
  })

  it.each([
    ['a key', {}, 'latchkey aws keys add'],
    ['a device', { master: {} }, 'latchkey aws mfa enroll master'],
  ])('without a name says how to get %s where no profile has a device', async (_, sources, hint) => {
    const { aws } = await world({ settings: { profiles: {}, sources } })
    expect(await rejection(aws.login(undefined, person))).toMatchObject({
      code: 'AWS_PROFILE_NOT_NAMED',
      message: 'no profile has an MFA device',
      hint,
    })
  })

  it('of a profile whose source has no device says what to set', async () => {
    const { aws } = await world({ settings: { ...usualSettings, sources: { master: {} } } })
    expect(await rejection(aws.login('dev', person))).toMatchObject({
      message: 'profile dev needs no MFA code: master has no MFA device',
      hint: 'if it should have one: latchkey aws mfa enroll master',
    })
  })

  it('begins a new session where the one that is held has five minutes left, and not before', async () => {
    const { aws, clock, asked } = await world()
    await aws.login('dev', person)
    clock.advance((12 * 60 - 6) * minutes - 1)
    expect(await aws.login('dev', unattended)).toMatchObject({ isNew: false })
    clock.advance(1)
    expect(await rejection(aws.login('dev', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
    expect(await aws.login('dev', person)).toMatchObject({
      isNew: true,
      expiresAtMs: clock.now() + (12 * 60 - 1) * minutes,
    })
    expect(asked).toHaveLength(2)
  })
})

describe('forgetting', () => {
  const plain = {
    sources: { plain: {} },
    profiles: { ci: { role: 'arn:aws:iam::123456789012:role/Ci', source: 'plain' } },
  }

  it('a source without a device needs no keychain, and tells of its session', async () => {
    const { aws, sts, keychain } = await world({ settings: plain })
    sts.addRole(plain.profiles.ci.role)
    await aws.keys.put('plain', sts.addUser('arn:aws:iam::111122223333:user/bot'))
    await aws.credentials('plain', unattended)
    await aws.credentials('ci', unattended)
    keychain.lock()
    expect(await aws.forget({ profile: 'plain' })).toEqual(['session of plain'])
    expect(await aws.forget({ profile: 'plain' })).toEqual([])
    expect(await aws.forget({ profile: 'ci' })).toEqual([`credentials of ${plain.profiles.ci.role}`])
  })

  it('a profile leaves what another profile of its source holds', async () => {
    const { aws, sts } = await world()
    await aws.credentials('dev', person)
    await aws.credentials('prod', person)
    const calls = sts.calls.length
    await aws.forget({ profile: 'prod' })
    await aws.credentials('dev', unattended)
    expect(sts.calls).toHaveLength(calls)
  })

  it('is told as new to whoever has given the code, though it was held when they came back for the outcome', async () => {
    const { aws } = await world()
    await aws.login('dev', person)
    expect(await aws.login('dev', { ...person, hasAnswered: true })).toMatchObject({ isNew: true })
    expect(await aws.login('dev', { ...person, hasAnswered: false })).toMatchObject({ isNew: false })
  })
})
