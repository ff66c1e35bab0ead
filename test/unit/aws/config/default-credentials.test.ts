import { expect, it } from 'vitest'
import { withoutDefaultCredentials } from '../../../../src/aws/config/default-credentials.ts'

const kept = 'region = eu-west-1\noutput = json\ns3 =\n  max_concurrent_requests = 5\nca_bundle = /ca.pem\n'

it.each([
  ['keys', 'aws_access_key_id = AKIA\naws_secret_access_key: x\nAWS_SESSION_TOKEN = y\n'],
  ['another program', 'credential_process = /bin/x\n  --more\n'],
  [
    'a role',
    'role_arn = arn\nsource_profile = x\nmfa_serial = y\nexternal_id = z\nduration_seconds = 900\nrole_session_name = n\n',
  ],
  ['credentials of a machine', 'role_arn = arn\ncredential_source = Ec2InstanceMetadata\n'],
  ['a web identity', 'web_identity_token_file = /t\nrole_arn = arn\n'],
  [
    'IAM Identity Center',
    'sso_session = s\nsso_account_id = 1\nsso_role_name = r\nsso_start_url = https://x\nsso_region = r\n',
  ],
  ['a browser sign-in', 'login_session = arn\n'],
])('[default] loses %s, and nothing else', (_, credentials) => {
  expect(withoutDefaultCredentials(`[default]\n${credentials}${kept}`)).toBe(`[default]\n${kept}`)
  expect(withoutDefaultCredentials(`[default]\n${kept}${credentials}`)).toBe(`[default]\n${kept}`)
})

it.each([
  '[default]',
  '[profile default]',
  '[profile "default"]',
  '[ default ]',
  '[default] # [mine]',
  '[DEFAULT]',
  '  [default]',
])('%s is read as the profile default', (header) => {
  expect(withoutDefaultCredentials(`${header}\naws_access_key_id = AKIA\nregion = x\n`)).toBe(`${header}\nregion = x\n`)
})

it('a key counts that only some SDKs do not take for a part of the value before it', () => {
  const text = '[default]\nregion = x\n  aws_access_key_id = AKIA\n\taws_secret_access_key = y\n'
  expect(withoutDefaultCredentials(text)).toBe('[default]\nregion = x\n')
})

it('other profiles, comments and ends of lines are as they were', () => {
  const others =
    '\uFEFF# mine\r\n[profile dev]\r\naws_access_key_id = AKIA\r\nrole_arn = x\r\n\r\n[sso-session s]\r\nsso_region = x'
  expect(withoutDefaultCredentials(others)).toBe(others)
  expect(withoutDefaultCredentials('')).toBe('')
})

it('every section of the name counts', () => {
  expect(withoutDefaultCredentials('[default]\nrole_arn = a\n[x]\n[default]\nsource_profile = b\n')).toBe(
    '[default]\n[x]\n[default]\n',
  )
})
