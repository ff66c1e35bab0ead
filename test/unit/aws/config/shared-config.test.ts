import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'

const values = (config: string, name: string) => {
  const profile = parseSharedConfig({ config }).profiles.get(name)
  return profile === undefined ? undefined : Object.fromEntries(profile.values)
}

describe('parseSharedConfig', () => {
  it('finds no profiles in missing and empty files', () => {
    expect(parseSharedConfig({})).toEqual({ profiles: new Map(), misnamed: [], services: new Map() })
    expect(parseSharedConfig({ config: '', credentials: '\n\n' }).profiles.size).toBe(0)
  })

  it('reads profiles with keys in any case and any spacing', () => {
    expect(values('[profile dev]\nRole_ARN=arn:x\nsource_profile =   base  \n', 'dev')).toEqual({
      role_arn: 'arn:x',
      source_profile: 'base',
    })
  })

  it('reads CRLF and a byte order mark', () => {
    expect(values('\uFEFF[profile dev]\r\nregion = eu-west-1\r\n', 'dev')).toEqual({ region: 'eu-west-1' })
  })

  it.each([
    ['quotes', '[profile "a b"]'],
    ['single quotes', "[profile 'a b']"],
    ['no quotes, as Go takes it', '[profile a b]'],
    ['blanks in the brackets and a comment behind', '[ profile  "a b" ] # mine'],
  ])('reads a name with blanks in %s', (_, header) => {
    expect(values(`${header}\nregion = eu-west-1\n`, 'a b')).toEqual({ region: 'eu-west-1' })
  })

  it('skips comments, whole and behind a value', () => {
    const config = '# region = x\n[profile dev]\n; output = y\nregion = eu-west-1 # Ireland\noutput = json ; text\n'
    expect(values(config, 'dev')).toEqual({ region: 'eu-west-1', output: 'json' })
  })

  it('leaves the line of a program whole', () => {
    expect(values('[profile dev]\ncredential_process = x "a # b"\n', 'dev')).toEqual({
      credential_process: 'x "a # b"',
    })
  })

  it('skips nested keys and reads what follows them', () => {
    const config = '[profile dev]\ns3 =\n  region = nested\n  max_concurrent_requests = 20\nregion = eu-west-1\n'
    expect(values(config, 'dev')).toEqual({ region: 'eu-west-1' })
  })

  it('reads indented keys that belong to no nested block', () => {
    expect(values('[profile dev]\n  region = eu-west-1\n  output = json\n', 'dev')).toEqual({
      region: 'eu-west-1',
      output: 'json',
    })
  })

  it('joins a section that is written twice; the last value counts', () => {
    expect(values('[profile dev]\nregion = a\n[profile x]\n[profile dev]\nregion = b\noutput = json\n', 'dev')).toEqual(
      {
        region: 'b',
        output: 'json',
      },
    )
  })

  it('knows both names of the default profile, and prefers the long one', () => {
    expect(values('[default]\nregion = a\n', 'default')).toEqual({ region: 'a' })
    expect(values('[default]\nregion = a\n[profile default]\noutput = json\n', 'default')).toEqual({ output: 'json' })
  })

  it('skips sections of other kinds, and lines that make no sense', () => {
    const config =
      '[sso-session corp]\nsso_region = x\n[services s]\nsts =\n  endpoint_url = x\n[plugins]\na = b\nnonsense\n'
    const parsed = parseSharedConfig({ config })
    expect([...parsed.profiles.keys()]).toEqual([])
    expect(parsed.misnamed).toEqual([])
  })

  it('remembers profiles that lack the word profile', () => {
    expect(parseSharedConfig({ config: '[dev]\nregion = x\n' }).misnamed).toEqual(['dev'])
  })

  it('is not confused by names that every object has', () => {
    const parsed = parseSharedConfig({ config: '[profile __proto__]\nregion = x\n[profile constructor]\nregion = y\n' })
    expect([...parsed.profiles.keys()]).toEqual(['__proto__', 'constructor'])
  })

  it('joins the credentials file, whose values win, and keeps no secret of it', () => {
    const parsed = parseSharedConfig({
      config: '[profile base]\nregion = a\n',
      credentials:
        '[base]\nregion = b\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = the-secret\naws_session_token = the-token\n[only here]\nmfa_serial = 12345678901\n',
    })
    expect(parsed.profiles.get('base')).toMatchObject({ hasPlaintextKey: true })
    expect(parsed.profiles.get('base')!.values.get('region')).toBe('b')
    expect(parsed.profiles.get('only here')).toMatchObject({ hasPlaintextKey: false })
    expect(inspect(parsed, { depth: 9 })).not.toMatch(/the-secret|the-token/)
  })
})

it('reads lines without an end in a time that grows with them alone', () => {
  const blanks = ' '.repeat(300_000)
  const odd = [
    `[${blanks}`,
    `${blanks}x`,
    `x${blanks}y`,
    `x = a${blanks}b`,
    `x = ${'a '.repeat(100_000)}`,
    `[profile${blanks}`,
  ]
  expect(values(`${odd.join('\n')}\n[profile dev]\nregion = r${blanks}# c\n`, 'dev')).toEqual({ region: 'r' })
})
