import { expect, it } from 'vitest'
import { parseTotpSeed } from '../../../../src/aws/codes/totp-seed.ts'
import { createTotpSeeds } from '../../../../src/aws/codes/totp-seeds.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { stubKeychain } from '../../../support/aws-stub-keychain.ts'
import { rejection, serial } from '../../../support/aws-world.ts'

const text = 'otpauth://totp/jo?secret=JBSWY3DPEHPK3PXP&period=60&algorithm=SHA256'
const seed = { ...parseTotpSeed(text), mfaSerial: serial }

it('a seed is kept with all that its codes depend on, for one source and one device', async () => {
  const keychain = stubKeychain()
  const seeds = createTotpSeeds(keychain)
  await seeds.write('a/b c', seed)
  const found = await seeds.find('a/b c')
  expect({ ...found, secret: found?.secret.expose() }).toEqual({ ...seed, secret: 'JBSWY3DPEHPK3PXP' })
  expect(await seeds.find('a')).toBeUndefined()
  expect(await seeds.sources()).toEqual(['a/b c'])
  expect(await keychain.list()).toEqual(['aws/totp/a%2Fb%20c'])
})

it('a seed is removed once', async () => {
  const seeds = createTotpSeeds(stubKeychain())
  await seeds.write('master', seed)
  expect([await seeds.remove('master'), await seeds.remove('master'), await seeds.sources()]).toEqual([true, false, []])
})

it.each(['{}', 'x', `{"mfaSerial":"${serial}","secret":"A","periodSeconds":30,"algorithm":"md5"}`])(
  'an item that is no seed says so, and no more: %s',
  async (item) => {
    const keychain = stubKeychain()
    await keychain.set('aws/totp/master', new Secret(item))
    expect(await rejection(createTotpSeeds(keychain).find('master'))).toMatchObject({
      code: 'AWS_SEED_INVALID',
      message: 'the keychain item aws/totp/master is not a seed',
      hint: 'latchkey aws totp add master',
    })
  },
)
