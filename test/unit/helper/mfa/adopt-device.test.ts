import { describe, expect, it } from 'vitest'
import { device, jo, key, mfaWorld } from '../../../support/mfa-commands.ts'

const add = ['keys', 'add', '--new']
const typedKey = [key.id, key.secret]
const securityKey = 'arn:aws:iam::111122223333:u2f/user/jo/key'
const section = (serial: string) => `[aws.source.master]\nmfa_serial = "${serial}"\n`

describe('keys add', () => {
  it('finds the device of the user, and writes it into the section of master', async () => {
    const world = mfaWorld()
    world.devices = [device('jo')]
    const { printed, failure } = await world.run(['keys', 'add'])
    expect(failure).toBeUndefined()
    expect(world.text()).toBe(section(device('jo')))
    expect(printed).toBe(
      `stored ${key.id} as master, a key of ${jo}\nits MFA device is ${device('jo')}: [aws.source.master] of ${world.config}\n`,
    )
  })

  it('names the section as the file has it', async () => {
    const world = mfaWorld()
    const { printed } = await world.run([...add, "jo's key"])
    expect(world.text()).toBe(`[aws.source."jo's key"]\n`)
    expect(printed).toContain(`wrote [aws.source."jo's key"] into ${world.config}\n`)
  })

  it('adds the device to a section that is there already', async () => {
    const world = mfaWorld({ toml: '# mine\n[aws.source.master]\nregion = "eu-west-1" # near\n' })
    world.devices = [device('jo')]
    await world.run(add)
    expect(world.text()).toBe(
      `# mine\n[aws.source.master]\nregion = "eu-west-1" # near\nmfa_serial = "${device('jo')}"\n`,
    )
  })

  it.each([
    ['a security key beside it', [securityKey, device('jo')]],
    ['a hardware token beside it', ['GAHT12345678', device('jo')]],
  ])('takes the virtual device, with %s', async (_, devices) => {
    const world = mfaWorld()
    world.devices = devices
    await world.run(add)
    expect(world.text()).toBe(section(device('jo')))
  })

  it('takes a hardware token where there is no virtual device', async () => {
    const world = mfaWorld()
    world.devices = [securityKey, 'GAHT12345678']
    await world.run(add)
    expect(world.text()).toBe(section('GAHT12345678'))
  })

  it('asks which of several virtual devices it is', async () => {
    const world = mfaWorld()
    world.devices = [device('jo'), device('phone')]
    const { asked } = await world.run(add, [...typedKey, '3', '2'])
    expect(asked.slice(2)).toEqual([
      `the user has several MFA devices:\n1) ${device('jo')}\n2) ${device('phone')}\nnumber: `,
      expect.stringMatching(/^choose from 1 to 2\n/),
    ])
    expect(world.text()).toBe(section(device('phone')))
  })

  it('is wrong usage with several devices and no terminal, and names the way', async () => {
    const world = mfaWorld()
    world.devices = [device('jo'), device('phone')]
    const { printed, failure } = await world.run(add)
    expect(printed).toContain('stored')
    expect(failure).toMatchObject({
      code: 'USAGE',
      hint: 'name the device: latchkey aws keys add --mfa-serial ARN master',
    })
    expect(world.text()).toBe('')
    await world.run([...add, '--mfa-serial', device('phone')])
    expect(world.text()).toBe(section(device('phone')))
  })

  it.each([
    [[], 'to get one: latchkey aws mfa enroll master'],
    [[securityKey], 'no MFA device with codes'],
  ])('writes a section without a device for %j, and says how to get one', async (devices, said) => {
    const world = mfaWorld()
    world.devices = devices
    const { printed } = await world.run(add)
    expect(world.text()).toBe('[aws.source.master]\n')
    expect(printed).toContain(said)
    // A second time nothing changes.
    await world.run(add)
    expect(world.text()).toBe('[aws.source.master]\n')
  })

  it('asks for the device where AWS refuses to tell', async () => {
    const world = mfaWorld()
    world.isListRefused = true
    const { asked, noted } = await world.run(add, [...typedKey, ` ${device('jo')} `])
    expect(noted).toContain(`AWS does not tell the MFA devices of ${jo}: AWS refused ListMFADevices: no\n`)
    expect(asked.at(-1)).toBe('ARN or serial number of the MFA device (empty: none): ')
    expect(world.text()).toBe(section(device('jo')))
    const none = mfaWorld()
    none.isListRefused = true
    await none.run(add, [...typedKey, ''])
    expect(none.text()).toBe('[aws.source.master]\n')
  })

  it('is wrong usage where AWS refuses to tell, and there is no terminal', async () => {
    const world = mfaWorld()
    world.isListRefused = true
    const { failure } = await world.run(add)
    expect(failure).toMatchObject({ code: 'USAGE', hint: expect.stringContaining('--mfa-serial ARN') as string })
  })

  it.each([
    ['jo', /not the ARN or the serial number/],
    [securityKey, /security key/],
  ])('takes no device that has no codes, typed or named: %s', async (serial, reason) => {
    const world = mfaWorld()
    world.isListRefused = true
    const wrong = { code: 'USAGE', message: expect.stringMatching(reason) as string }
    expect((await world.run(add, [...typedKey, serial])).failure).toMatchObject(wrong)
    expect(world.text()).toBe('')
    // What is wrong in the command line costs nobody a key that is typed.
    const named = mfaWorld()
    const { asked, failure } = await named.run([...add, '--mfa-serial', serial], typedKey)
    expect(failure).toMatchObject(wrong)
    expect(asked).toEqual([])
    expect(named.calls).toEqual([])
  })

  it('says when AWS could not be asked, and writes nothing', async () => {
    const world = mfaWorld()
    world.isVerified = false
    const { printed } = await world.run(add)
    expect(printed).toMatch(
      /could not be asked whether it works\nnor which MFA device its user has: run the command again/,
    )
    expect(world.text()).toBe('')
    expect(world.calls).not.toContain('listMfaDevices')
  })

  it('stores the key before the devices are asked for, and the error of that says what to do', async () => {
    const world = mfaWorld()
    world.failing = 'listMfaDevices'
    const { printed, failure } = await world.run(add)
    expect(printed).toContain('stored')
    expect(failure).toMatchObject({ message: 'listMfaDevices failed', hint: 'do this' })
  })

  it('shows the lines where a table above is written inline', async () => {
    const toml = 'aws = { source = { other = {} } }\n'
    const world = mfaWorld({ toml })
    world.devices = [device('jo')]
    const { noted, failure } = await world.run(add)
    expect(failure).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('written inline') as string })
    expect(noted).toBe(`write into ${world.config}:\n\n${section(device('jo'))}\n`)
    expect(world.text()).toBe(toml)
  })
})

describe('a device that stands in the section already', () => {
  it('stays where AWS cannot be asked, which is said', async () => {
    const world = mfaWorld({ toml: section(device('jo')) })
    world.failing = 'listMfaDevices'
    const { printed, noted, failure } = await world.run(add, [...typedKey])
    expect(failure).toBeUndefined()
    expect(noted).toContain('listMfaDevices failed\n')
    expect(printed).toContain(`its MFA device stays ${device('jo')}, which could not be checked\n`)
    expect(world.text()).toBe(section(device('jo')))
  })

  it('stays without a question while the user has it', async () => {
    const world = mfaWorld({ toml: section(device('jo')) })
    world.devices = [device('phone'), device('jo')]
    const { printed, asked } = await world.run(add, [...typedKey])
    expect(printed).toContain(`its MFA device is ${device('jo')}, as before\n`)
    expect(asked).toHaveLength(2)
    expect(world.text()).toBe(section(device('jo')))
  })

  it('stays where AWS refuses to tell, and is not told as right', async () => {
    const world = mfaWorld({ toml: section(device('jo')) })
    world.isListRefused = true
    for (const typed of [[...typedKey], undefined]) {
      const { failure, noted, printed } = await world.run(add, typed)
      expect(failure).toBeUndefined()
      expect(noted).toContain(`AWS does not tell the MFA devices of ${jo}`)
      expect(printed).toContain(`its MFA device stays ${device('jo')}, which could not be checked\n`)
    }
    expect(world.text()).toBe(section(device('jo')))
  })

  it('is replaced only by consent where the user does not have it', async () => {
    const world = mfaWorld({ toml: section(device('old')) })
    world.devices = [device('jo')]
    const noticed = `the configuration has ${device('old')}, which is not among the MFA devices of ${jo}\n`
    const without = await world.run(add)
    expect(without.noted).toBe(noticed)
    expect(without.failure).toMatchObject({
      code: 'USAGE',
      message: `nobody can be asked whether ${device('jo')} is to be used instead`,
      hint: 'latchkey aws keys add --replace master, or name the device: latchkey aws keys add --mfa-serial ARN master',
    })
    const { noted } = await world.run(add, [...typedKey, ''])
    expect(noted).toBe(noticed)
    expect(world.text()).toBe(section(device('old')))
    const { asked, printed } = await world.run(add, [...typedKey, 'y'])
    expect(asked.at(-1)).toBe(`use ${device('jo')} instead? (y/N): `)
    expect(printed).toContain(`; it was ${device('old')}\n`)
    expect(world.text()).toBe(section(device('jo')))
  })

  it('is replaced without a question by --replace', async () => {
    const world = mfaWorld({ toml: section(device('old')) })
    world.devices = [device('jo')]
    const { printed, failure } = await world.run([...add, '--replace'])
    expect(failure).toBeUndefined()
    expect(printed).toContain(`; it was ${device('old')}\n`)
  })

  it('is not told as right where the user has none', async () => {
    const world = mfaWorld({ toml: section(device('old')) })
    for (const typed of [[...typedKey], undefined]) {
      const { noted, printed, failure } = await world.run(add, typed)
      expect(failure).toBeUndefined()
      expect(noted).toContain(`${device('old')}, which is not among the MFA devices of ${jo}`)
      expect(printed).toContain('it has no MFA device with codes; to get one: latchkey aws mfa enroll master\n')
    }
  })

  it('is replaced by one that is named, and that is said', async () => {
    const world = mfaWorld({ toml: section(device('old')) })
    const { printed } = await world.run([...add, '--mfa-serial', device('jo')])
    expect(printed).toContain(`; it was ${device('old')}\n`)
    expect(world.text()).toBe(section(device('jo')))
    expect(world.calls).not.toContain('listMfaDevices')
  })

  it('of the AWS files counts as well, and another one goes into config.toml', async () => {
    const world = mfaWorld({ awsSerial: device('jo') })
    world.devices = [device('jo')]
    await world.run(add, [...typedKey])
    expect(world.text()).toBe('')
    world.devices = [device('phone')]
    await world.run(add, [...typedKey, 'y'])
    expect(world.text()).toBe(section(device('phone')))
  })
})

describe('the key of another user', () => {
  const kim = 'arn:aws:iam::444455556666:user/kim'
  const reason = `the key of master is one of ${kim}, and this one is of ${jo}`
  const other = (devices = [device('jo')]) => {
    const world = mfaWorld({ toml: section('arn:aws:iam::444455556666:mfa/kim') })
    world.devices = devices
    world.other = { heldBy: kim, arn: jo }
    return world
  }

  it('takes the place of the one that is held by consent, and so does its device', async () => {
    const world = other()
    const no = await world.run(['keys', 'add'], [...typedKey, 'n'])
    expect(no.asked.at(-1)).toBe(`${reason}\nput it in the place of that one? (y/N): `)
    expect(no.failure).toMatchObject({ code: 'CANCELLED', message: `nothing was stored: ${reason}` })
    expect(no.printed).toBe('')
    const { printed, asked } = await world.run(['keys', 'add'], [...typedKey, 'y'])
    expect(asked).toHaveLength(3)
    expect(printed).toBe(
      `stored ${key.id} as master, a key of ${jo}\nits MFA device is ${device('jo')}: [aws.source.master] of ${world.config}; it was arn:aws:iam::444455556666:mfa/kim\n`,
    )
    expect(world.text()).toBe(section(device('jo')))
  })

  it('is wrong usage without a terminal, unless it is said to be meant', async () => {
    const world = other()
    expect((await world.run(['keys', 'add'])).failure).toMatchObject({
      code: 'USAGE',
      message: `nothing was stored: ${reason}`,
      hint: 'latchkey aws keys add --replace master, or under another name: latchkey aws keys add --new NAME',
    })
    expect(world.calls.filter((call) => call === 'putKey')).toHaveLength(1)
    expect((await world.run(['keys', 'add', '--replace'])).failure).toBeUndefined()
    expect(world.text()).toBe(section(device('jo')))
  })

  it('has none of the devices of the former user, where AWS does not tell which it has', async () => {
    const world = other()
    world.isListRefused = true
    const { asked } = await world.run(['keys', 'add'], [...typedKey, 'y', device('phone')])
    expect(asked.at(-1)).toMatch(/^ARN or serial number of the MFA device/)
    expect(world.text()).toBe(section(device('phone')))
    const unasked = await world.run(['keys', 'add', '--replace'])
    expect(unasked.failure).toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('--mfa-serial ARN') as string,
    })
  })

  it('is asked about where AWS cannot say whose it is, too', async () => {
    const world = other()
    const reasonWith = async (answer: NonNullable<typeof world.other>) => {
      world.other = answer
      const { failure } = await world.run(['keys', 'add'])
      expect(failure).toMatchObject({ code: 'USAGE' })
      return (failure as Error).message.replace('nothing was stored: ', '')
    }
    const another = 'there is another key as master, and AWS could not be asked whose both are'
    expect(await reasonWith({})).toBe(another)
    expect(await reasonWith({ arn: jo })).toBe(another)
    expect(await reasonWith({ heldBy: kim })).toBe(
      `the key of master is one of ${kim}, and AWS could not be asked whose this one is`,
    )
  })
})

describe('the name of a source', () => {
  it('that is probably mistyped is asked about before the key is typed', async () => {
    const world = mfaWorld()
    world.doubt = { reason: 'no source is called mastr; there is master', instead: ['master'] }
    const { asked, failure } = await world.run(['keys', 'add', 'mastr'], ['n'])
    expect(asked).toEqual([expect.stringContaining('store a key as mastr anyway?')])
    expect(failure).toMatchObject({ code: 'CANCELLED' })
    const cancelled = { code: 'CANCELLED', message: 'cancelled: store a key as mastr anyway?' }
    expect((await world.run(['keys', 'add', 'mastr'], [])).failure).toMatchObject(cancelled)
    expect((await world.run(['keys', 'add', 'mastr'])).failure).toMatchObject({ code: 'USAGE' })
    expect(world.calls).not.toContain('putKey')
  })
})
