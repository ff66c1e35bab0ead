import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIni } from '../../src/aws/config/ini.ts'
import { parseSharedConfig } from '../../src/aws/config/shared-config.ts'
import { keysOfProfiles, type PlaintextKey, withoutLines } from '../../src/aws/files/plaintext-keys.ts'
import { ConfigError } from '../../src/daemon/config/config.ts'
import { fuzzed } from '../support/fuzzing.ts'
import { parseConfig } from '../support/parsed-config.ts'

const name = fc.constantFrom('dev', 'prod', 'master', 'default', 'a b', '"', '\u202e', '__proto__', 'constructor', '')
const tomlKey = fc.constantFrom(
  'address',
  'auth',
  'mount',
  'role',
  'principals',
  'vault',
  'account',
  'source',
  'x',
  'a.b',
)
const tomlValue = fc.oneof(
  fc.json(),
  fc.constantFrom(
    '"https://vault.example.com:8200"',
    '"12h"',
    '"123456789012"',
    '{ method = "token" }',
    '1e999',
    'inf',
  ),
  fc.string({ maxLength: 20 }),
)
const tomlLine = fc.oneof(
  fc.tuple(tomlKey, tomlValue).map(([key, value]) => `${key} = ${value}`),
  fc
    .tuple(fc.constantFrom('vault', 'ssh.identity', 'aws.profile', 'aws.source', 'prompt', 'keychain', 'x'), name)
    .map(([section, own]) => `[${section}.${JSON.stringify(own)}]`),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

describe('config.toml', () => {
  it('is read or refused with its place, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(tomlLine, { maxLength: 12 }), (lines) => {
        try {
          parseConfig(lines.join('\n'), 'config.toml')
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
          expect((error as ConfigError).message).toMatch(/^config\.toml:\d+:\d+: /)
        }
      }),
      fuzzed(60, 500),
    )
  })
})

const secret = 'wJalrXUtnFEMI'
const iniLine = fc.oneof(
  name.map((own) => `[${own}]`),
  name.map((own) => `[profile ${own}]`),
  fc.constantFrom(
    'aws_access_key_id = AKIAIOSFODNN7EXAMPLE',
    `aws_secret_access_key=${secret}`,
    `aws_secret_access_key : ${secret} # a comment`,
    ' region = eu-central-1',
    'role_arn=arn:aws:iam::123456789012:role/Dev',
    's3 =',
    '  addressing_style = path',
    '; a comment',
    '\ufeff',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const iniText = fc
  .tuple(fc.array(iniLine, { maxLength: 20 }), fc.constantFrom('\n', '\r\n'))
  .map(([lines, end]) => lines.join(end))

describe('the files of the AWS tools', () => {
  it('are read without their secrets, whatever is in them', () => {
    fc.assert(
      fc.property(iniText, iniText, (config, credentials) => {
        const { profiles } = parseSharedConfig({ config, credentials })
        for (const { values } of profiles.values()) {
          expect(values.get('aws_secret_access_key')).toBeUndefined()
          // What stands indented under another key is that key's.
          expect(values.get('aws_session_token')).toBeUndefined()
        }
      }),
      fuzzed(61, 500),
    )
  })

  it('lose the keys of their profiles one by one, and nothing else', () => {
    fc.assert(
      fc.property(iniText, (text) => {
        const [key, ...others] = keysOfProfiles(text)
        if (key === undefined) return
        const left = withoutLines(text, key.lines)
        const seen = ({ profile, accessKeyId }: PlaintextKey) => [profile, accessKeyId]
        expect(keysOfProfiles(left).map(seen)).toEqual(others.map(seen))
        expect(parseIni(left).map(({ header }) => header)).toEqual(parseIni(text).map(({ header }) => header))
      }),
      fuzzed(62, 500),
    )
  })
})
