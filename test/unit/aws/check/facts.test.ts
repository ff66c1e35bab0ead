import { expect, it } from 'vitest'
import { fileProfiles, strayLines } from '../../../../src/aws/check/file-profiles.ts'
import { keyedSources, sourceFacts } from '../../../../src/aws/check/source-facts.ts'
import { listProfiles } from '../../../../src/aws/config/profile-list.ts'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'

const serial = 'arn:aws:iam::111122223333:mfa/jo'
const role = 'arn:aws:iam::123456789012:role/Dev'

it('profiles of the AWS files are read with where their credentials come from, and no secrets', () => {
  const config = `[profile a]
region = eu-west-1
credential_process = env -u X '/opt/my latchkey/latchkey' aws credentials a
role_arn = ${role}
mfa_serial = ${serial}
[profile b]
credential_process = /opt/aws-vault exec b
aws_access_key_id = ASIA1
aws_secret_access_key = secret
aws_session_token = token
`
  const profiles = fileProfiles({
    config,
    credentials: '[b]\naws_access_key_id = AKIA1\naws_secret_access_key = secret\n',
  })
  expect(profiles).toEqual([
    {
      name: 'a',
      keys: [],
      helper: { type: 'own', programs: ['env', '/opt/my latchkey/latchkey'], profile: 'a' },
      origins: ['role_arn'],
      region: 'eu-west-1',
    },
    {
      name: 'b',
      keys: [
        { file: 'config', accessKeyId: 'ASIA1', isTemporary: true },
        { file: 'credentials', accessKeyId: 'AKIA1', isTemporary: false },
      ],
      helper: { type: 'foreign', programs: ['/opt/aws-vault'] },
      origins: [],
    },
  ])
  expect(JSON.stringify(profiles)).not.toContain('secret')
})

it.each([
  ['/nowhere/latchkey aws credentials dev', 'dev'],
  ['/nowhere/latchkey-credentials "a b"', 'a b'],
  ['/nowhere/latchkey aws credentials', undefined, 'names no profile'],
  ['/nowhere/latchkey-credentials --profile dev', 'dev', 'has --profile, which is no option'],
])('whose credentials %s asks for is read', (line, asked, mistake?: string) => {
  const [profile] = fileProfiles({ config: `[profile x]\ncredential_process = ${line}\n`, credentials: '' })
  expect(profile!.helper).toEqual({
    type: 'own',
    programs: [line.split(' ')[0]],
    ...(asked === undefined ? {} : { profile: asked }),
    ...(mistake === undefined ? {} : { mistake }),
  })
})

it('a variable before the program is no program', () => {
  const line = 'X=/a/b latchkey aws credentials dev'
  const [profile] = fileProfiles({ config: `[profile x]\ncredential_process = ${line}\n`, credentials: '' })
  expect(profile!.helper!.programs).toEqual(['latchkey'])
})

it('a key is there in the keychain, be it unreadable, and in a file where it does not end by itself', () => {
  const credentials = `[a]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x
[b]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\naws_session_token = y\n`
  expect([...keyedSources([{ source: 'master' }], fileProfiles({ config: '', credentials }))]).toEqual(['master', 'a'])
})

it('lines that look like a key are found beside those that are one', () => {
  const key = 'AKIAIOSFODNN7EXAMPLE'
  const pair = `[a]\naws_access_key_id = ${key}\naws_secret_access_key = x\n`
  expect(strayLines(`${pair}# old: ${key}\n[b]\naws_access_key_id = ${key}\n`)).toEqual([4, 6])
})

it('sources are those that credentials come from, with who goes without a code', () => {
  const settings = {
    sources: { master: { mfa_serial: serial }, bare: {} },
    profiles: {
      dev: { role, source: 'master' },
      deep: { role, source: 'dev' },
      open: { role, source: 'bare' },
    },
  }
  const shared = parseSharedConfig({
    config: `[default]\nregion = eu-west-1\n[profile x]\nrole_arn = ${role}\nsource_profile = base\nmfa_serial = ${serial}\n[profile y]\nrole_arn = ${role}\nsource_profile = base\n[profile base]\n`,
  })
  const stored = [{ source: 'spare', accessKeyId: 'AKIA' }]
  expect(sourceFacts(listProfiles(settings, shared), stored)).toEqual([
    { source: 'bare', withoutMfa: ['open'] },
    { source: 'base', mfaSerial: serial, withoutMfa: ['y'] },
    { source: 'master', mfaSerial: serial, withoutMfa: [] },
    { source: 'spare', withoutMfa: [] },
  ])
})
