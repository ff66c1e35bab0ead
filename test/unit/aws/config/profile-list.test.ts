import { expect, it } from 'vitest'
import { listProfiles } from '../../../../src/aws/config/profile-list.ts'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'

it('lists every profile once, with its region and where it is defined', () => {
  const settings = {
    sources: { master: {}, regional: { region: 'us-east-1' } },
    profiles: {
      constructor: { role: 'R', source: 'master' },
      dev: { role: 'R', source: 'master', region: 'eu-central-1' },
      taken: { role: 'R', source: 'master' },
    },
  }
  const shared = parseSharedConfig({
    config: `[profile dev]
region = eu-west-1
credential_process = '/opt/it is/latchkey' aws credentials dev
[profile taken]
region = eu-west-2
credential_process = other
[profile theirs]
role_arn = arn:aws:iam::1:role/R
`,
  })
  expect(listProfiles(settings, shared)).toEqual([
    { name: 'constructor', definedIn: 'config.toml', source: 'master' },
    { name: 'dev', region: 'eu-central-1', definedIn: 'config.toml', source: 'master' },
    { name: 'master', definedIn: 'config.toml', keyOf: 'master' },
    {
      name: 'regional',
      region: 'us-east-1',
      definedIn: 'config.toml',
      partition: 'aws',
      keyOf: 'regional',
    },
    { name: 'taken', region: 'eu-west-2', definedIn: 'config.toml', source: 'master' },
    { name: 'theirs', definedIn: 'aws-files' },
  ])
})

it('lists the role of a profile whose configuration is right, and what config.toml says of it for people', () => {
  const role = 'arn:aws:iam::123456789012:role/R'
  const more = { account_alias: 'acme', color: 'd13212', until: '2026-01-02T03:04:05Z' }
  const serial = 'arn:aws:iam::111122223333:mfa/jo'
  const settings = {
    sources: { master: { mfa_serial: serial } },
    profiles: { dev: { role, source: 'master', ...more } },
  }
  const shared = parseSharedConfig({ config: `[profile theirs]\nrole_arn = ${role}\nsource_profile = master\n` })
  const inChina = listProfiles(
    {
      sources: { master: { region: 'cn-north-1' } },
      profiles: { dev: { role: role.replace('aws', 'aws-cn'), source: 'master' } },
    },
    parseSharedConfig({}),
  )
  expect(inChina.map(({ partition }) => partition)).toEqual(['aws-cn', 'aws-cn'])
  expect(listProfiles(settings, shared, ({ alias }) => (alias === 'acme' ? 'wrong' : 'unverified'))).toMatchObject([
    {
      name: 'dev',
      roleArn: role,
      keyOf: 'master',
      mfaSerial: serial,
      accountAlias: { name: 'acme', state: 'wrong' },
      color: 'd13212',
      until: more.until,
    },
    { name: 'master', keyOf: 'master', mfaSerial: serial },
    { name: 'theirs', roleArn: role, keyOf: 'master', mfaSerial: serial },
  ])
})

it('finds nothing that only every object has', () => {
  expect(listProfiles({ sources: {}, profiles: {} }, parseSharedConfig({ config: '[profile constructor]\n' }))).toEqual(
    [{ name: 'constructor', definedIn: 'aws-files', keyOf: 'constructor' }],
  )
})

it.each([
  ['its device', { mfa_serial: 'arn:aws-us-gov:iam::111122223333:mfa/jo', region: 'us-east-1' }, 'aws-us-gov'],
  ['its region', { mfa_serial: 'GAHT12345678', region: 'us-gov-west-1' }, 'aws-us-gov'],
  ['nothing', { mfa_serial: 'GAHT12345678' }, undefined],
])('says the partition of a source that has it from %s', (_what, source, partition) => {
  const [listed] = listProfiles({ sources: { source }, profiles: {} }, parseSharedConfig({}))
  expect(listed).toMatchObject({ keyOf: 'source' })
  expect(listed!.partition).toBe(partition)
})

it.each([
  [
    'the block that latchkey writes, and more for the tools',
    'output = json\ncredential_process = latchkey aws credentials x\n',
    true,
  ],
  ['the line of another profile', 'credential_process = latchkey aws credentials y\n', undefined],
  ['another program', 'credential_process = other\n', undefined],
  ['a device too', 'credential_process = latchkey aws credentials x\nmfa_serial = GAHT12345678\n', undefined],
  ['a key too', 'credential_process = latchkey aws credentials x\naws_secret_access_key = s\n', undefined],
])('tells a block from a profile: %s', (_what, lines, isBlock) => {
  const shared = parseSharedConfig({ config: `[profile x]\n${lines}` })
  expect(listProfiles({ sources: {}, profiles: {} }, shared)[0]?.isBlock).toBe(isBlock)
  expect(listProfiles({ sources: { x: {} }, profiles: {} }, shared)[0]?.isBlock).toBeUndefined()
})
