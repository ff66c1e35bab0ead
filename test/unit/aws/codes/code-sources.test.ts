import { describe, expect, it } from 'vitest'
import type { RunMfaCommand } from '../../../../src/aws/codes/mfa-command.ts'
import { createTotpSeeds } from '../../../../src/aws/codes/totp-seeds.ts'
import type { AwsSettings } from '../../../../src/aws/config/settings.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { seedOf } from '../../../support/aws-stub-sts.ts'
import {
  person,
  rejection,
  serial,
  settled,
  terminal,
  unattended,
  usualSettings,
  world,
} from '../../../support/aws-world.ts'

const withCommand: AwsSettings = {
  ...usualSettings,
  sources: { master: { mfa_serial: serial, mfa_process: ['ykman'] } },
}

/** A command that prints this. */
const prints =
  (code: () => string): RunMfaCommand =>
  async () => ({ end: { how: 'exited', status: 0 }, lines: [code()], complaint: '' })

type World = Awaited<ReturnType<typeof world>>

const keepSeed = ({ keychain }: Pick<World, 'keychain'>, mfaSerial = serial) =>
  createTotpSeeds(keychain).write('master', {
    mfaSerial,
    secret: new Secret(seedOf(serial)),
    periodSeconds: 30,
    algorithm: 'sha1',
  })

describe('the command of a source', () => {
  it('gives the code, once for all who wait', async () => {
    let runs = 0
    const { aws, asked, sts } = await world({
      settings: withCommand,
      runMfaCommand: (...args) => {
        runs += 1
        return prints(() => sts.code(serial))(...args)
      },
    })
    await Promise.all([...Array(12).keys()].map((index) => aws.credentials(index % 2 === 0 ? 'dev' : 'prod', person)))
    expect([runs, asked]).toEqual([1, []])
    expect(sts.actions().filter((action) => action === 'GetSessionToken')).toHaveLength(1)
  })

  it('is not run for a caller who may ask nobody: a key may have to be touched', async () => {
    const { aws } = await world({ settings: withCommand, runMfaCommand: () => expect.unreachable() })
    expect(await rejection(aws.credentials('dev', unattended))).toMatchObject({
      code: 'AWS_MFA_NEEDED',
      message: `an MFA code for ${serial} is needed`,
    })
  })

  it('has its note lent to the terminal of a caller, and the code is then waited for', async () => {
    let finish!: () => void
    const { aws, asked, clock, sts } = await world({
      settings: withCommand,
      program: false,
      runMfaCommand: async (_, { onComplaint }) => {
        onComplaint('Touch your YubiKey...\n')
        await new Promise<void>((resolve) => (finish = resolve))
        return { end: { how: 'exited', status: 0 }, lines: [sts.code(serial)], complaint: '' }
      },
    })
    const caller = terminal()
    const credentials = aws.credentials('dev', caller)
    for (let round = 0; round < 5; round += 1) await settled()
    clock.advance(500)
    const lease = await caller.lent()
    expect(lease.question).toMatchObject({ kind: 'note', text: 'mfa_process (ykman): Touch your YubiKey...' })
    expect(lease.answer(new Secret(''))).toBe('taken')
    finish()
    expect(await credentials).toMatchObject({ accountId: '123456789012' })
    expect(asked).toHaveLength(1)
  })

  it('is stopped when the session is forgotten', async () => {
    const { aws } = await world({
      settings: withCommand,
      runMfaCommand: (_, { signal }) =>
        new Promise((resolve) => {
          const withdrawn = { end: { how: 'withdrawn' }, lines: [], complaint: '' } as const
          signal.addEventListener('abort', () => resolve(withdrawn))
        }),
    })
    const credentials = rejection(aws.credentials('dev', person))
    for (let round = 0; round < 5; round += 1) await settled()
    await aws.forget({ all: true })
    expect(await credentials).toMatchObject({ code: 'AWS_FORGOTTEN' })
  })
})

describe('a seed in the keychain', () => {
  it('gives the code, to a caller who may ask nobody too', async () => {
    const made = await world({ settings: withCommand, runMfaCommand: () => expect.unreachable() })
    await keepSeed(made)
    expect(await made.aws.credentials('dev', unattended)).toMatchObject({ accountId: '123456789012' })
    expect(made.asked).toEqual([])
  })

  it('is not used for another device, and no code is then asked for on behalf of one who may not', async () => {
    const made = await world()
    await keepSeed(made, `${serial}2`)
    expect(await rejection(made.aws.credentials('dev', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
    expect(made.asked).toEqual([])
    expect(await made.aws.credentials('dev', person)).toMatchObject({ accountId: '123456789012' })
    expect(made.asked).toHaveLength(1)
  })

  it('that cannot be read is said to be so, and the person is asked', async () => {
    const { aws, keychain, asked } = await world()
    await keychain.set('aws/totp/master', new Secret('{}'))
    await aws.credentials('dev', person)
    expect(asked).toMatchObject([
      {
        kind: 'code',
        notice: 'the seed in the keychain cannot be used: the keychain item aws/totp/master is not a seed',
      },
    ])
  })

  it('begins a new session by itself before the old one ends', async () => {
    const made = await world()
    await keepSeed(made)
    await made.aws.credentials('master', unattended)
    made.clock.advance((12 * 60 - 4) * 60_000)
    await made.aws.credentials('master', unattended)
    expect(made.sts.actions()).toEqual(['GetSessionToken', 'GetSessionToken'])
  })

  it('is shown with its consequence where the way to a profile is explained', async () => {
    const made = await world({ settings: withCommand })
    const detailsOf = async () => (await made.aws.explain('dev')).steps[1]!.details
    expect(await detailsOf()).toContain('codes from mfa_process (ykman)')
    expect(await detailsOf()).toHaveLength(3)
    await keepSeed(made)
    expect(await detailsOf()).toContain('codes from the seed in the keychain: both factors are on this machine')
  })
})
