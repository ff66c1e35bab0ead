import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sharedDevSession } from '../support/dev-session.ts'

const id = 'AKIAIOSFODNN7EXAMPLE'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

describe('latchkey aws check', () => {
  const shared = sharedDevSession()
  const check = (args: string[] = [], env: Record<string, string> = {}) =>
    shared.dev.run('latchkey', ['aws', 'check', ...args], { env })

  it('finds nothing in an environment that is as it should be, with one code, and says what it could not see', async () => {
    const { status, stdout } = await check()
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout:
        'not seen: whom the roles of chained, dev, prod trust: they may not read themselves (iam:GetRole)\nnothing found\n',
    })
    expect(shared.dev.log('prompts')).toHaveLength(1)
    const actions = shared.dev.log('aws-calls').map(({ action }) => action)
    expect(actions).toEqual(
      expect.arrayContaining(['ListAccessKeys', 'GetAccessKeyLastUsed', 'ListMFADevices', 'GetRole']),
    )
  })

  it('calls nothing with --offline', async () => {
    const before = shared.dev.log('aws-calls').length
    const { status, stdout } = await check(['--offline'])
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'nothing found; AWS was not asked\n' })
    expect(shared.dev.log('aws-calls')).toHaveLength(before)
  })

  it('finds what is wrong on this machine, and its commands mend it', async () => {
    const { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials, LATCHKEY_CONFIG: toml } = shared.dev.env
    const [before, bin] = [readFileSync(config!, 'utf8'), join(shared.dev.env.LATCHKEY_DEV_DIR!, 'bin', 'latchkey')]
    writeFileSync(config!, before.replace(/\n\[profile prod\][^[]*/, '\n').replace(bin, '/nowhere/latchkey'))
    appendFileSync(config!, '\n[profile mixed]\ncredential_process = true\nsso_session = x\n')
    writeFileSync(credentials!, `[chained]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`)
    const { status, stdout } = await check(['--json', '--offline'], {
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: secret,
    })
    expect(status).toBe(1)
    expect(stdout).not.toContain(secret)
    const { findings } = JSON.parse(stdout) as { findings: { rule: string; mend: string }[] }
    expect(findings.map(({ rule }) => rule)).toEqual([
      'plaintext-key',
      'environment-key',
      'shadowed-helper',
      'shadowed-helper',
      'mixed-profile',
      'helper-missing',
      'missing-block',
    ])
    const block = findings.find(({ rule }) => rule === 'missing-block')!
    await shared.dev.runOk('sh', ['-c', block.mend])
    expect(readFileSync(config!, 'utf8')).toContain('[profile prod]')
    const line = findings.find(({ rule }) => rule === 'helper-missing')!.mend.replace(/^write into its section: /, '')
    writeFileSync(
      config!,
      readFileSync(config!, 'utf8')
        .replace(/^credential_process = \/nowhere.*$/m, line)
        .replace(/\n\[profile mixed\][^[]*/, '\n'),
    )
    writeFileSync(credentials!, '')
    await expect.poll(async () => (await check(['--offline'])).stdout).toBe('nothing found; AWS was not asked\n')
    expect(readFileSync(toml!, 'utf8')).toContain('[aws.profile.prod]')
  })

  it('finds a source without a device', async () => {
    const { LATCHKEY_CONFIG: toml } = shared.dev.env
    appendFileSync(
      toml!,
      '\n[aws.source.bare]\n\n[aws.profile.open]\nrole = "arn:aws:iam::123456789012:role/Open"\nsource = "bare"\n',
    )
    await expect
      .poll(async () => (await check(['--offline'])).stdout)
      .toMatch(
        /error: bare has no MFA device, .*\[no-mfa\]\n {2}without a code: open\n {2}mend: latchkey aws mfa enroll bare\n/,
      )
  })

  it('names the command that gives a device to a user who has none, whose policy hides the keys till then', async () => {
    await shared.dev.runOk('sh', ['-c', 'latchkey aws keys add new --new <"$LATCHKEY_DEV_DIR/new-user.key"'])
    const { status, stdout } = await check()
    expect(status).toBe(1)
    expect(stdout).toMatch(/error: new has no MFA device, .*\[no-mfa\]\n {2}mend: latchkey aws mfa enroll new\n/)
    expect(stdout).toMatch(/not seen: the access keys of the user of new: AWS refused ListAccessKeys: /)
  })
})
