import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withProcessLock } from '../../../../src/core/files/process-lock.ts'
import { device, jo, mfaWorld, seed } from '../../../support/mfa-commands.ts'

const enroll = ['mfa', 'enroll']
const codes = ['111111', '222 222', '333333']
const section = (serial: string) => `[aws.source.master]\nmfa_serial = "${serial}"\n`
const uri = `otpauth://totp/jo@111122223333?secret=${seed}`

describe('mfa enroll', () => {
  it('makes a device, enables it with two codes and begins the session with the third', async () => {
    const world = mfaWorld()
    const { printed, noted, shown, asked, failure } = await world.run(enroll, [...codes])
    expect(failure).toBeUndefined()
    expect(world.bodies).toEqual([
      {},
      { serialNumber: device('jo'), codes: ['111111', '222222'] },
      { serialNumber: device('jo'), code: '333333' },
    ])
    expect(asked).toEqual([
      'first code (or: secret, uri): ',
      'second code, the next one that the device shows: ',
      'third code, which begins the MFA session: ',
    ])
    expect(world.text()).toBe(section(device('jo')))
    expect(printed).toBe(
      `its MFA device is ${device('jo')}: [aws.source.master] of ${world.config}\nan MFA session has begun, until 2026-01-02T15:04:05Z (12h left)\n`,
    )
    expect(noted).toContain(`made ${device('jo')}\n`)
    expect(shown).toContain('▀')
    expect(printed + noted + shown).not.toContain(seed)
  })

  it.each(['enroll', 'list', 'resync'])('names the source that there is, where none is named: %s', async (command) => {
    const world = mfaWorld()
    world.stored = ['work', 'home']
    expect((await world.run(['mfa', command], [...codes])).failure).toMatchObject({
      code: 'USAGE',
      message: 'there is no source master; there is work and home',
      hint: `latchkey aws mfa ${command} work`,
    })
    expect(world.calls).toEqual(['getSource', 'listKeys'])
    world.stored = ['work', 'master']
    expect((await world.run(['mfa', 'list'])).failure).toBeUndefined()
  })

  it('is not done while another one is, whose device nobody has yet', async () => {
    const world = mfaWorld()
    await withProcessLock(join(world.folder, 'mfa-enroll.lock'), async () => {
      expect((await world.run(enroll, [...codes])).failure).toMatchObject({
        code: 'REFUSED',
        message: 'an MFA device is being enrolled in another terminal',
        hint: 'go on there, or end it (Ctrl-C) and run latchkey aws mfa enroll again',
      })
      expect(world.calls).toEqual(['getSource', 'listKeys'])
    })
    expect((await world.run(enroll, [...codes])).failure).toBeUndefined()
  })

  it('writes the device down before the third code is asked for', async () => {
    const world = mfaWorld()
    const { failure } = await world.run(enroll, codes.slice(0, 2))
    expect(failure).toMatchObject({ code: 'CANCELLED', message: expect.stringContaining('third code') as string })
    expect(world.text()).toBe(section(device('jo')))
  })

  it('shows secret and address on the terminal when somebody types the words, and asks again', async () => {
    const { shown, printed, noted, asked } = await mfaWorld().run(enroll, ['secret', ' URI', ...codes])
    expect(shown.endsWith(`\n${seed}\n${uri}\n`)).toBe(true)
    expect(printed + noted).not.toContain(seed)
    expect(asked.slice(0, 3)).toEqual(Array(3).fill('first code (or: secret, uri): '))
  })

  it('shows them at once with the options', async () => {
    const { shown } = await mfaWorld().run([...enroll, '--secret', '--uri'], [...codes])
    expect(shown.endsWith(`\n${seed}\n${uri}\n`)).toBe(true)
  })

  it('draws no QR code that the terminal would break into pieces', async () => {
    const world = mfaWorld()
    world.size = { columns: 40, rows: 24 }
    const { shown, noted } = await world.run(enroll, [...codes])
    expect(shown).toBe('')
    expect(noted).toMatch(/the terminal has 40 columns, and the QR code needs \d+: type uri, or secret, instead\n/)
    world.size = { columns: 80, rows: 12 }
    const low = await world.run(['mfa', 'enroll', 'other'], [...codes])
    expect(low.shown).toContain('▀')
    expect(low.noted).toContain('the terminal has 12 rows')
  })

  it('takes no code twice, nor what is no code', async () => {
    const { asked } = await mfaWorld().run(enroll, ['11111', '111111', '111111', '222222', '222222', '333333'])
    expect(asked.filter((prompt) => prompt.startsWith('a code is 6 digits'))).toHaveLength(1)
    expect(
      asked.filter((prompt) => prompt.startsWith('that code was given before: wait for the next one')),
    ).toHaveLength(2)
  })

  it('asks for two others where AWS refuses the codes, three times at most', async () => {
    const world = mfaWorld()
    world.refusals.enable = ['they are wrong']
    const { noted, failure } = await world.run(enroll, ['111111', '111112', ...codes.slice(1), '444444'])
    expect(failure).toBeUndefined()
    expect(noted).toContain('they are wrong\n')
    const stubborn = mfaWorld()
    stubborn.refusals.enable = ['no', 'no', 'no']
    const again = await stubborn.run(
      enroll,
      ['1', '2', '3', '4', '5', '6'].map((digit) => digit.repeat(6)),
    )
    expect(again.failure).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('3 times: it is not enabled') as string,
      hint: expect.stringContaining('latchkey aws mfa enroll master') as string,
    })
    expect(stubborn.text()).toBe('')
  })

  it('offers to set a device that late codes have put out of step, and goes on', async () => {
    const world = mfaWorld()
    world.refusals.prove = ['AWS refused the MFA code']
    const typed = [...codes, 'y', '444444', '555555', '666666']
    const { asked, noted, failure } = await world.run(enroll, typed)
    expect(failure).toBeUndefined()
    expect(noted).toContain('AWS refused the MFA code\n')
    expect(asked[3]).toBe('two codes that come late put a device out of step: set it by two new ones? (y/N): ')
    expect(world.calls.slice(-2)).toEqual(['resyncMfaDevice', 'proveMfaDevice'])
  })

  it('tells how to set it later, where the person would not', async () => {
    const world = mfaWorld()
    world.refusals.prove = ['no', 'no', 'no']
    const { failure } = await world.run(enroll, [...codes, 'n', '444444', 'n', '555555', 'n'])
    expect(failure).toMatchObject({ code: 'REFUSED', hint: 'latchkey aws mfa resync master' })
    expect(world.text()).toBe(section(device('jo')))
  })

  it('says what an earlier try has left', async () => {
    const world = mfaWorld()
    world.leftovers = [
      { serialNumber: device('jo'), isDeleted: true },
      { serialNumber: device('jo-2'), isDeleted: false },
    ]
    const { noted } = await world.run([...enroll, '--name', 'jo-3'], [...codes])
    expect(noted).toContain(`deleted ${device('jo')}, which an earlier try had left\n`)
    expect(noted).toContain(`aws iam delete-virtual-mfa-device --serial-number ${device('jo-2')}\n`)
    expect(world.bodies[0]).toEqual({ name: 'jo-3' })
  })

  it('goes on to the session where config.toml cannot be edited, and shows the lines', async () => {
    const world = mfaWorld({ toml: 'aws = { source = { other = {} } }\n' })
    const { printed, noted, failure } = await world.run(enroll, [...codes])
    expect(noted).toContain(`write into ${world.config}:\n\n${section(device('jo'))}`)
    expect(printed).toContain('an MFA session has begun')
    expect(failure).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('written inline') as string })
  })

  it('shows nothing raw on the terminal that is no secret and no serial number', async () => {
    const hostile = mfaWorld()
    hostile.created = { seed: `${seed}\u001b[2J` }
    expect(await hostile.run([...enroll, '--secret'], [...codes])).toMatchObject({
      failure: { code: 'BAD_REPLY' },
      shown: '',
    })
    hostile.created = { serialNumber: 'arn:aws:iam::\u001b[2J:mfa/jo' }
    expect(await hostile.run([...enroll, '--uri'], [...codes])).toMatchObject({
      failure: { code: 'BAD_REPLY' },
      shown: '',
    })
  })

  it('is wrong usage without a terminal, and of a name that is another’s', async () => {
    const world = mfaWorld()
    expect((await world.run(enroll)).failure).toMatchObject({ code: 'USAGE', hint: 'run it in a terminal' })
    expect(world.calls).toEqual([])
    world.doubt = { reason: 'dev is a profile that uses the key of master', instead: ['master'] }
    expect((await world.run([...enroll, 'dev'], [])).failure).toMatchObject({
      code: 'USAGE',
      hint: 'latchkey aws mfa enroll master',
    })
  })
})

describe('a user who has a device already', () => {
  it('is told where the enrolment stands, and the section gets the device', async () => {
    const world = mfaWorld()
    world.devices = [device('jo')]
    const { printed, asked, failure } = await world.run(enroll, ['n'])
    expect(failure).toBeUndefined()
    expect(world.text()).toBe(section(device('jo')))
    expect(asked).toEqual(['enroll another one? (y/N): '])
    expect(printed).toBe(
      `${jo} has an MFA device already: ${device('jo')}\nits MFA device is ${device('jo')}: [aws.source.master] of ${world.config}\nnext: latchkey aws login master; if AWS refuses its codes: latchkey aws mfa resync master\n`,
    )
    expect(world.calls).not.toContain('createMfaDevice')
  })

  it('can get another one, which takes the place of the first only by consent', async () => {
    const world = mfaWorld({ toml: section(device('jo')) })
    world.devices = [device('jo')]
    const another = [...enroll, '--name', 'phone']
    const { asked } = await world.run(another, ['y', '111111', '222222', 'n', '333333'])
    expect(asked[3]).toBe(`ask for codes of ${device('phone')} in place of ${device('jo')}? (y/N): `)
    expect(world.text()).toBe(section(device('jo')))
    await world.run(another, ['y', '111111', '222222', 'y', '333333'])
    expect(world.text()).toBe(section(device('phone')))
  })

  it('with a security key alone is given a virtual one', async () => {
    const world = mfaWorld()
    world.devices = ['arn:aws:iam::111122223333:u2f/user/jo/key']
    await world.run(enroll, [...codes])
    expect(world.text()).toBe(section(device('jo')))
  })
})

describe('mfa resync', () => {
  it('sets the device of the section by two codes', async () => {
    const world = mfaWorld({ toml: section(device('jo')) })
    const { printed, asked } = await world.run(['mfa', 'resync'], ['111111', '222222'])
    expect(asked).toEqual(['first code: ', 'second code, the next one that the device shows: '])
    expect(world.bodies).toEqual([{ serialNumber: device('jo'), codes: ['111111', '222222'] }])
    expect(printed).toBe(`AWS follows ${device('jo')} again; next: latchkey aws login master\n`)
  })

  it('finds the device where the section has none', async () => {
    const world = mfaWorld()
    world.devices = ['GAHT12345678', device('jo')]
    await world.run(['mfa', 'resync'], ['1', '111111', '222222'])
    expect(world.bodies).toEqual([{ serialNumber: 'GAHT12345678', codes: ['111111', '222222'] }])
    world.devices = []
    expect((await world.run(['mfa', 'resync'], [])).failure).toMatchObject({ hint: 'latchkey aws mfa enroll master' })
    world.isListRefused = true
    expect((await world.run(['mfa', 'resync'], [])).failure).toMatchObject({ code: 'REFUSED', hint: 'ask' })
  })

  it('gives up after three refusals, and needs a terminal', async () => {
    const world = mfaWorld({ toml: section(device('jo')) })
    world.refusals.resync = ['no', 'no', 'no']
    const typed = ['1', '2', '3', '4', '5', '6'].map((digit) => digit.repeat(6))
    expect((await world.run(['mfa', 'resync'], typed)).failure).toMatchObject({
      code: 'REFUSED',
      hint: expect.stringContaining('latchkey aws mfa resync master') as string,
    })
    expect((await world.run(['mfa', 'resync'])).failure).toMatchObject({ code: 'USAGE' })
  })
})

describe('mfa list', () => {
  const securityKey = 'arn:aws:iam::111122223333:u2f/user/jo/key'

  it('shows the devices, and which one is used here', async () => {
    const world = mfaWorld({ toml: section(device('jo')) })
    world.devices = [device('jo'), securityKey]
    const { printed } = await world.run(['mfa', 'list'])
    expect(printed.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['DEVICE', 'KIND', 'ENABLED'],
      [device('jo'), 'virtual', '2026-01-02T03:04:05Z', 'device of master'],
      [securityKey, 'security-key', '2026-01-02T03:04:05Z', 'console only: it has no codes'],
      [''],
    ])
    const json = await world.run(['mfa', 'list', '--json'])
    expect(JSON.parse(json.printed)).toMatchObject({
      arn: jo,
      devices: [{ kind: 'virtual' }, { kind: 'security-key' }],
    })
  })

  it('says how to get one where there is none, and why AWS does not tell', async () => {
    const world = mfaWorld()
    expect((await world.run(['mfa', 'list'])).printed).toBe(
      `${jo} has no MFA device; to get one: latchkey aws mfa enroll master\n`,
    )
    world.isListRefused = true
    expect((await world.run(['mfa', 'list'])).failure).toMatchObject({
      message: 'AWS refused ListMFADevices: no',
      hint: 'ask',
    })
  })
})
