import { describe, expect, it } from 'vitest'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { type MovedKey, mendProfiles } from '../../../../src/aws/files/profile-mend.ts'
import { planCredentials } from '../../../../src/aws/plan/credential-plan.ts'

const serial = 'arn:aws:iam::111122223333:mfa/jo'
const role = 'arn:aws:iam::123456789012:role/Dev'
const process = (name: string) => `credential_process = /opt/latchkey aws credentials ${name}\n`

function mend(
  config: string,
  {
    moved = [{ profile: 'base', source: 'base' }],
    credentials = '[base]\n',
    sources = {},
  }: {
    moved?: MovedKey[]
    credentials?: string
    sources?: Record<string, { mfaSerial?: string }>
  } = {},
) {
  const request = { config, credentials, moved, latchkey: '/opt/latchkey', sources: new Map(Object.entries(sources)) }
  const { steps, notes } = mendProfiles(request)
  return { text: steps.at(-1) ?? config, notes, steps }
}

const user = (more = '', name = 'x', source = 'base') =>
  `[profile ${name}]\nrole_arn = ${role}\nsource_profile = ${source}\n${more}`

describe('a profile whose key has gone', () => {
  it('asks latchkey, in its section, whose other lines stay', () => {
    const config = '# mine\r\n[profile base]\r\nregion = x-y\r\n  # c\r\n\r\n[profile z]\r\noutput=json'
    expect(mend(config).text).toBe(
      `# mine\r\n[profile base]\r\nregion = x-y\r\n${process('base').trim()}\r\n  # c\r\n\r\n[profile z]\r\noutput=json`,
    )
  })

  it('gets a section where it has none', () => {
    expect(mend('').text).toBe(`[profile base]\n${process('base')}`)
    expect(mend('[profile z]\noutput=json').text).toBe(
      `[profile z]\noutput=json\n\n[profile base]\n${process('base').trim()}`,
    )
    const moved = [{ profile: 'default', source: 'default' }]
    expect(mend('', { moved }).text).toBe(`[default]\n${process('default')}`)
  })

  it('gets it after a header alone, at the end of a file without a line end', () => {
    expect(mend('[profile base]').text).toBe(`[profile base]\n${process('base').trim()}`)
  })

  it('asks for the name that the key has now', () => {
    const moved = [{ profile: 'base', source: 'master' }]
    const sources = { master: { mfaSerial: serial } }
    expect(mend('', { moved, sources }).text).toBe(`[profile base]\n${process('master')}`)
    expect(mend('', { moved }).text).toBe(
      `[profile base]\n${process('master')}\n[profile master]\n${process('master')}`,
    )
  })

  it.each([
    'credential_process = other',
    'sso_session = s',
    'credential_source = Environment',
    'login_session = arn:x',
  ])('stays as it is with %s, which is said', (line) => {
    const config = `[profile base]\n${line}\n`
    expect(mend(config)).toEqual({
      text: config,
      steps: [],
      notes: [`base has ${line.split(' ')[0]} too, from which the AWS tools get its credentials now`],
    })
  })

  it('stays as it is where its role comes from another profile', () => {
    const config = user('', 'base', 'other')
    expect(mend(config).text).toBe(config)
  })

  it('that no quoting makes readable gets no line', () => {
    const moved = [{ profile: 'a"b', source: 'a"b' }]
    expect(mend('', { moved })).toMatchObject({ text: '', notes: [expect.stringContaining('not a name')] })
  })
})

describe('a role that a profile assumed whose key has gone', () => {
  it('leaves its device to that profile, so that nobody is asked for a second code', () => {
    const config = user(`mfa_serial = ${serial}\nregion = eu-west-1\n`)
    const { text } = mend(config)
    expect(text).toBe(`${user('region = eu-west-1\n')}\n[profile base]\n${process('base')}mfa_serial = ${serial}\n`)
    const plans = [config, text].map((each) =>
      planCredentials({ profiles: {}, sources: {} }, parseSharedConfig({ config: each, credentials: '[base]\n' }), 'x'),
    )
    // The session that is held is found again.
    expect((plans[1]!.last as { parent: { cacheKey: string } }).parent.cacheKey).toBe(
      (plans[0]!.last as { parent: { cacheKey: string } }).parent.cacheKey,
    )
  })

  it('leaves it once, where several have the same', () => {
    const { text, notes } = mend(user(`mfa_serial=${serial}\n`, 'x') + user(`mfa_serial=${serial}\n`, 'y'))
    expect(text).toBe(`${user('', 'x')}${user('', 'y')}\n[profile base]\n${process('base')}mfa_serial = ${serial}\n`)
    expect(notes).toEqual([])
  })

  it('names what asks for another one in words for a shell', () => {
    const config = `[profile base]\nmfa_serial = ${serial}2\n${user(`mfa_serial = ${serial}\n`, '"x y"')}`
    expect(mend(config).notes).toEqual([expect.stringContaining("latchkey aws exec 'x y' asks for its code")])
  })

  it('keeps another one than the source has, which is said', () => {
    const config = `[profile base]\nmfa_serial = ${serial}2\n${user(`mfa_serial = ${serial}\n`)}`
    expect(mend(config)).toMatchObject({
      text: `[profile base]\nmfa_serial = ${serial}2\n${process('base')}${user(`mfa_serial = ${serial}\n`)}`,
      notes: [expect.stringContaining('x has another MFA device than base')],
    })
  })

  it('leaves it to what config.toml says', () => {
    const moved = [{ profile: 'base', source: 'master' }]
    const config = user(`mfa_serial = ${serial}\n`)
    const rest = (text: string) => `${text}\n[profile base]\n${process('master')}`
    expect(mend(config, { moved, sources: { master: { mfaSerial: serial } } }).text).toBe(rest(user()))
    const without = mend(config, { moved, sources: { master: {} } })
    expect(without.text).toBe(rest(config))
    expect(without.notes).toHaveLength(1)
  })

  it('loses a duration that AWS does not give behind a session', () => {
    const { text, notes } = mend(user('duration_seconds = 43200\n', 'x') + user('duration_seconds = 3600\n', 'y'))
    expect(text).toContain(`${user('', 'x')}${user('duration_seconds = 3600\n', 'y')}`)
    expect(notes).toEqual([expect.stringMatching(/^x lasts for an hour at a time/)])
  })
})

describe('a role that its own key assumed', () => {
  const moved = [{ profile: 'base', source: 'base-key' }]

  it('gets another profile as its source', () => {
    const config = `[profile base]\nrole_arn = ${role}\nsource_profile=base\nmfa_serial = ${serial}\nregion = a-b\n`
    expect(mend(config, { moved }).text).toBe(
      `[profile base]\nrole_arn = ${role}\nsource_profile=base-key\nregion = a-b\n\n[profile base-key]\n${process('base-key')}mfa_serial = ${serial}\n`,
    )
  })

  it('in the credentials file is left to a person', () => {
    const credentials = `[base]\nrole_arn = ${role}\nsource_profile = base\n`
    expect(mend('', { moved, credentials })).toMatchObject({
      text: '',
      notes: [expect.stringContaining('source_profile = base-key')],
    })
  })
})

it('changes one place at a time', () => {
  const { steps } = mend(user(`mfa_serial = ${serial}\n`))
  expect(steps).toHaveLength(3)
})
