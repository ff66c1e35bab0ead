import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { seedOf } from '../../../support/aws-stub-sts.ts'
import { person, rejection, serial, settled, unattended, usualSettings, world } from '../../../support/aws-world.ts'

const right = new Secret(seedOf(serial))
const wrong = new Secret('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP')
const later = async (rounds = 20) => {
  for (let round = 0; round < rounds; round += 1) await settled()
}

describe('a seed', () => {
  it('is stored once AWS has begun a session with it, for the source behind the profile', async () => {
    const { aws, keychain, sts, asked } = await world()
    expect(await aws.seeds.placeOf('dev')).toEqual({
      source: 'master',
      mfaSerial: serial,
      keychain: keychain.description,
    })
    const kept = await aws.seeds.put('dev', right)
    expect(kept).toMatchObject({ source: 'master', mfaSerial: serial })
    expect((await aws.status()).sessions).toMatchObject([{ source: 'master' }])
    expect([sts.actions(), asked]).toEqual([['GetSessionToken'], []])
    expect(await aws.seeds.sources()).toEqual(['master'])
    expect(await aws.status()).toMatchObject({ seeds: ['master'] })
  })

  it('is proved anew, whatever session is held, with a code that AWS has not seen', async () => {
    const { aws, sts, clock } = await world()
    await aws.credentials('dev', person)
    const kept = aws.seeds.put('master', right)
    await later()
    expect(sts.actions().filter((action) => action === 'GetSessionToken')).toHaveLength(1)
    clock.advance(30_000)
    await kept
    expect(sts.actions().filter((action) => action === 'GetSessionToken')).toHaveLength(2)
  })

  it('whose codes AWS refuses twice is not stored, and nobody is asked', async () => {
    const { aws, clock, asked, keychain } = await world()
    const failed = rejection(aws.seeds.put('master', wrong))
    await later()
    clock.advance(30_000)
    expect(await failed).toMatchObject({
      code: 'AWS_MFA_CODE_REFUSED',
      message: `AWS refuses the codes of this seed for ${serial}: nothing is stored`,
    })
    expect([asked, await keychain.list()]).toEqual([[], ['aws/key/master']])
  })

  it('is not stored where AWS says something else, or cannot be asked', async () => {
    const { aws, sts, keychain } = await world()
    sts.failNext('GetSessionToken', new Error('the network is gone'))
    expect(await rejection(aws.seeds.put('master', right))).toMatchObject({ message: 'the network is gone' })
    expect(await keychain.list()).toEqual(['aws/key/master'])
  })

  it('is refused where the profile has no device, before it is read', async () => {
    const { aws } = await world({ settings: { ...usualSettings, sources: { master: {} } } })
    expect(await rejection(aws.seeds.placeOf('dev'))).toMatchObject({ code: 'AWS_PROFILE_UNSUPPORTED' })
    expect(await rejection(aws.seeds.put('dev', right))).toMatchObject({ code: 'AWS_PROFILE_UNSUPPORTED' })
    expect(await rejection(aws.seeds.placeOf('nobody'))).toMatchObject({ code: 'AWS_PROFILE_UNKNOWN' })
  })

  it('is not stored where the session is forgotten meanwhile', async () => {
    const { aws, keychain } = await world()
    const failed = rejection(aws.seeds.put('master', wrong))
    await later()
    await aws.forget({ all: true })
    expect(await failed).toMatchObject({ code: 'AWS_FORGOTTEN' })
    expect(await keychain.list()).toEqual(['aws/key/master'])
  })

  it('is removed once, and then a person is needed again', async () => {
    const { aws, clock, asked } = await world()
    await aws.seeds.put('master', right)
    await aws.forget({ all: true })
    clock.advance(60_000)
    expect([await aws.seeds.remove('master'), await aws.seeds.remove('master')]).toEqual([true, false])
    expect(await rejection(aws.credentials('dev', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
    expect(await aws.credentials('dev', person)).toMatchObject({ accountId: '123456789012' })
    expect(asked).toHaveLength(1)
  })
})
