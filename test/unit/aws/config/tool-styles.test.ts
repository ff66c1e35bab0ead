import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import type { AwsSettings } from '../../../../src/aws/config/settings.ts'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { adviseOnMissingKey } from '../../../../src/aws/keys/missing-key-advice.ts'
import { planCredentials } from '../../../../src/aws/plan/credential-plan.ts'
import { stepsTo } from '../../../../src/aws/plan/steps.ts'

const none: AwsSettings = { profiles: {}, sources: {} }
const serial = 'arn:aws:iam::123456789012:mfa/johnsmith'
const role = 'arn:aws:iam::123456789012:role/developers'

const plan = (config: string, name: string, settings = none) =>
  planCredentials(settings, parseSharedConfig({ config }), name)
const steps = (config: string, name: string) => stepsTo(plan(config, name).last)

function refusal(config: string, name: string): AwsError {
  try {
    plan(config, name)
  } catch (error) {
    if (error instanceof AwsError) return error
  }
  throw new Error('it was accepted')
}

describe('the files of aws-vault', () => {
  // The two examples of its documentation (docs/content/docs/config.md, "include_profile").
  const mixin = `[profile common]
region=eu-west-1
mfa_serial=${serial}
source_profile = root
[profile root]
include_profile = common
[profile order-dev]
include_profile = common
role_arn=${role}
`
  const parent = `[profile root]
region=eu-west-1
mfa_serial=${serial}
source_profile = root
[profile order-dev]
include_profile = root
role_arn=${role}
`

  it.each([
    ['a fragment', mixin],
    ['a parent', parent],
    ['a parent, by the name of version 5', parent.replace('include_profile', 'parent_profile')],
  ])('include %s', (_, config) => {
    expect(steps(config, 'order-dev')).toMatchObject([
      { type: 'key', source: 'root' },
      { type: 'session', mfaSerial: serial, region: 'eu-west-1' },
      { type: 'role', roleArn: role, region: 'eu-west-1' },
    ])
    expect(steps(config, 'root')).toMatchObject([{ type: 'key', source: 'root' }, { mfaSerial: serial }])
  })

  it('take from [default] in the end what a profile that includes another does not say', () => {
    const config = `[default]\nmfa_serial=${serial}\nregion = eu-north-1\n[profile f]\nregion = eu-west-3\n[profile root]\ninclude_profile = f\n`
    expect(steps(config, 'root')[1]).toMatchObject({ mfaSerial: serial, region: 'eu-west-3' })
    expect(steps(config.replace('= f', '= default'), 'root')[1]).toMatchObject({ region: 'eu-north-1' })
  })

  it('need no [default]', () => {
    expect(steps('[profile root]\ninclude_profile = default\n', 'root')).toHaveLength(2)
  })

  it('do not take the line that latchkey wrote for the included profile', () => {
    const config = `[profile root]\ncredential_process = latchkey aws credentials root\n[profile other]\ninclude_profile = root\nrole_arn=${role}\n`
    expect(steps(config, 'other')[0]).toMatchObject({ source: 'other' })
  })

  it('mean a key of its own by a role without a source, and the credentials of a source without a role', () => {
    const config = `[profile f]\nmfa_serial=${serial}\n[profile work]\ninclude_profile = f\nrole_arn=${role}\n[profile copy]\ninclude_profile = f\nsource_profile = work\n`
    expect(steps(config, 'work')).toMatchObject([{ source: 'work' }, { type: 'session' }, { type: 'role' }])
    expect(steps(config, 'copy')).toEqual(steps(config, 'work'))
  })

  it('that go in a circle are refused with its members', () => {
    const config = '[profile a]\ninclude_profile = b\n[profile b]\ninclude_profile = a\n'
    expect(refusal(config, 'a')).toMatchObject({
      code: 'AWS_PROFILE_CYCLE',
      message: 'AWS profiles include one another: a → b → a',
    })
  })

  it('that include what is not there are refused with what is near', () => {
    expect(refusal('[profile common]\n[profile a]\ninclude_profile = comon\n', 'a')).toMatchObject({
      code: 'AWS_PROFILE_UNKNOWN',
      message: 'profile a includes comon, which is not in the AWS config file: did you mean common?',
    })
  })

  it('do not pass on what only other tools read', () => {
    const config = '[profile f]\nservices = x\ncredential_source = Environment\n[profile a]\ninclude_profile = f\n'
    expect(steps(config, 'a')).toHaveLength(2)
  })

  it.each([
    ['ykman oath code aws', 'ykman oath code aws'],
    ['"pass otp aws"', 'pass otp aws'],
    [`'pass otp "a b"'`, 'pass otp "a b"'],
    ['"pass" otp "aws"', '"pass" otp "aws"'],
    // As its reader of such files does it.
    ['pass otp aws ; another', 'pass otp aws'],
    ['pass otp aws # mine', 'pass otp aws'],
  ])('name a command for the code: %s', (written, line) => {
    const config = `[profile f]\nmfa_process = ${written}\nmfa_serial=${serial}\n[profile a]\ninclude_profile = f\n`
    expect(plan(config, 'a')).toMatchObject({ mfaCommand: { run: line, from: 'aws-files' }, notices: [] })
  })

  it('name the command at the role, or at the source of its key', () => {
    const roleOf = (own: string) =>
      `[profile s]\nmfa_serial=${serial}\nmfa_process=of-source\n[profile a]\nrole_arn=${role}\nsource_profile=s\n${own}`
    expect(plan(roleOf(''), 'a').mfaCommand?.run).toBe('of-source')
    expect(plan(roleOf('mfa_process=of-role\n'), 'a').mfaCommand?.run).toBe('of-role')
    expect(plan(`[profile s]\nmfa_serial=${serial}\n`, 's').mfaCommand).toBeUndefined()
  })
})

describe('[default] beside a profile that includes nothing', () => {
  const config = `[default]\nmfa_serial=${serial}\n[profile root]\n[profile a]\nrole_arn=${role}\nsource_profile=root\n`

  it('does not count, as for the AWS CLI', () => {
    expect(steps(config, 'a').map(({ type }) => type)).toEqual(['key', 'role'])
    expect(plan(config, 'a').notices).toEqual([])
  })

  it('is mentioned where the files look like those of aws-vault', () => {
    const ofVault = `${config}[profile b]\ninclude_profile = root\n`
    expect(plan(ofVault, 'a').notices).toEqual([
      "profile a: mfa_serial of [default] does not count, as for the AWS CLI; for aws-vault's way write include_profile = default in root",
    ])
    const own = { profiles: {}, sources: { root: {} } }
    expect(plan(ofVault, 'a', own).notices).toEqual([])
  })
})

describe('what latchkey does not get credentials from', () => {
  const hintOf = (lines: string) => refusal(`[profile x]\n${lines}\n`, 'x').hint
  const messageOf = (lines: string) => refusal(`[profile x]\n${lines}\n`, 'x').message

  it.each([
    ['sso_session = corp', 'IAM Identity Center (sso_session)'],
    [
      'granted_sso_start_url = https://x\ncredential_process = granted credential-process',
      'IAM Identity Center (granted_sso_start_url)',
    ],
    [`role_arn = ${role}\nsource_profile = y\nweb_identity_token_file = /t`, 'a web identity token'],
    ['web_identity_token_process = cat', 'a web identity token'],
    ['azure_tenant_id = t', 'Microsoft Entra, by aws-azure-login (azure_tenant_id)'],
    ['google_config.google_idp_id = x', 'Google, by aws-google-auth (google_config.google_idp_id)'],
    ['credential_process = /opt/granted credential-process --profile=x', 'granted (/opt/granted)'],
    ['credential_process = leapp session generate 1-2', 'Leapp (leapp)'],
    ['credential_process = aws-vault exec x --json', 'aws-vault (aws-vault)'],
    ['credential_process = other x', 'another program (other)'],
  ])('is named: %s', (lines, origin) => {
    expect(messageOf(lines)).toBe(`profile x gets its credentials from ${origin}, which latchkey does not use`)
  })

  it('is not what a line says that runs latchkey in vain: its mistake is named', () => {
    const line = 'credential_process = latchkey aws credential x'
    expect(messageOf(line)).toBe(
      'profile x: its credential_process runs latchkey with another command than aws credentials',
    )
    expect(hintOf(line)).toBe('what to write instead: latchkey aws check --offline')
  })

  it('comes with the command of the AWS CLI for it', () => {
    expect(hintOf('sso_session = corp')).toContain('(aws sso login --profile x)')
    expect(hintOf('login_session = arn')).toContain('(aws login --profile x)')
  })

  it('comes with the way of the key, where the tool keeps one', () => {
    expect(hintOf('credential_process = aws-vault exec x --json')).toMatch(
      /^give latchkey its key: latchkey aws keys add x/,
    )
  })

  it('does not matter beside a role and its source, which the AWS CLI prefers', () => {
    const config = `[profile y]\n[profile x]\nrole_arn = ${role}\nsource_profile = y\nsso_session = corp\ncredential_process = other\n`
    expect(steps(config, 'x')).toHaveLength(2)
  })

  it('is the temporary key that another tool has left in the credentials file', () => {
    const shared = parseSharedConfig({
      credentials: '[x]\naws_access_key_id = ASIA\naws_secret_access_key = s\naws_session_token = t\n',
    })
    const { message, hint } = adviseOnMissingKey(new AwsError('AWS_KEY_MISSING', 'no key of x'), none, shared, 'x')
    expect(message).toBe('no key of x; the AWS credentials file has temporary ones, which another tool wrote')
    expect(hint).toContain('latchkey aws keys add x')
  })
})
