import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sharedDevSession } from '../support/dev-session.ts'
import { debianPython, describeWithPeers } from '../support/peers.ts'

const id = 'AKIAIOSFODNN7EXAMPLE'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

describeWithPeers('latchkey aws check', ['aws'], () => {
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

  it('finds a file that the AWS CLI cannot read, and the lines of it that are wrong', async () => {
    const { AWS_CONFIG_FILE: config } = shared.dev.env
    const before = readFileSync(config!, 'utf8')
    const first = before.split('\n').length
    writeFileSync(config!, `${before}[x\nfoo\n[profile dev]\nregion = us-east-1\n`)
    const { status, stdout } = await check(['--offline'])
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: `error: the AWS CLI and boto3 refuse all of ${config}, and so every profile [refused-file]
  line ${first} is neither a [section] nor a key with =
  line ${first + 1} is neither a [section] nor a key with =
  line ${first + 2} is [profile dev] again, which line ${before.split('\n').indexOf('[profile dev]') + 1} has
  mend: correct these lines of ${config}
1 finding; AWS was not asked
`,
    })
    const failed = await shared.dev.run('aws', ['configure', 'list', '--profile', 'dev'])
    expect(failed.stderr).toContain(`Unable to parse config file: ${config}`)
    writeFileSync(config!, before)
  })

  it('finds profiles that ask latchkey for what is not there, and its commands mend them', async () => {
    const { AWS_CONFIG_FILE: config } = shared.dev.env
    const before = readFileSync(config!, 'utf8')
    const bin = join(shared.dev.env.LATCHKEY_DEV_DIR!, 'bin', 'latchkey')
    const asking = (name: string, path = bin, more = '') =>
      `\n[profile ${name}]\ncredential_process = ${path} aws credentials ${more || name}\n`
    appendFileSync(
      config!,
      `${asking('far', bin, 'nosuch')}${asking('gone')}${asking('hm', '/nonexist/latchkey', 'dev')}`,
    )
    const named = async () => {
      const { stdout } = await check(['--json', '--offline'])
      const { findings } = JSON.parse(stdout) as { findings: { rule: string; what: string; mend: string }[] }
      return findings.map(({ rule, what, mend }) => ({ rule, profile: what.split(' ')[1], mend }))
    }
    const remove = 'latchkey aws profiles remove gone'
    await expect.poll(named).toEqual([
      {
        rule: 'helper-missing',
        profile: 'hm',
        mend: `write into its section: credential_process = ${bin} aws credentials dev`,
      },
      {
        rule: 'unserved-profile',
        profile: 'far',
        mend: expect.stringMatching(`, or take its section out of ${config}$`) as string,
      },
      {
        rule: 'unserved-profile',
        profile: 'gone',
        mend: `latchkey aws keys add gone; if it is of no use any more: ${remove}`,
      },
    ])
    await shared.dev.runOk('sh', ['-c', remove])
    const mended = `${bin} aws credentials dev`
    writeFileSync(
      config!,
      readFileSync(config!, 'utf8')
        .replace(asking('far', bin, 'nosuch'), '')
        .replace('/nonexist/latchkey aws credentials dev', mended),
    )
    await expect.poll(named).toEqual([])
    expect(JSON.parse(await shared.dev.runOk('sh', ['-c', mended]))).toMatchObject({ AccountId: '123456789012' })
    writeFileSync(config!, before)
  })

  it.each([
    ['latchkey aws credential dev', 'another command than aws credentials', 2],
    ['latchkey-credentials --profile dev', 'has --profile, which is no option', 2],
    ['latchkey aws credentials dev # mine', 'has more behind the name', 2],
    ['env LATCHKEY_X=1 latchkey aws credentials dev', undefined, 0],
    ["sh -c 'latchkey aws credentials dev 2>/dev/null'", undefined, 0],
  ])('finds that the line of a profile runs latchkey in vain, as it does: %s', async (line, words, status) => {
    const { AWS_CONFIG_FILE: config } = shared.dev.env
    const before = readFileSync(config!, 'utf8')
    // The script, which is not on PATH here, hands over to the command whatever is more than a name.
    const run = line.replace('latchkey-credentials', 'latchkey aws credentials')
    appendFileSync(config!, `\n[profile x]\ncredential_process = ${line}\n`)
    const found = async () => (await check(['--offline'])).stdout
    if (words === undefined) await expect.poll(found).toBe('nothing found; AWS was not asked\n')
    else await expect.poll(found).toContain('profile x runs latchkey so that it gets no credentials [unserved-profile]')
    expect(await found()).toContain(words ?? '')
    // As botocore splits it, without a shell.
    const program = 'import shlex, subprocess, sys; sys.exit(subprocess.run(shlex.split(sys.argv[1])).returncode)'
    expect((await shared.dev.run(debianPython, ['-c', program, run])).status).toBe(status)
    writeFileSync(config!, before)
  })

  it('finds a source without a device once it has a key', async () => {
    const { LATCHKEY_CONFIG: toml } = shared.dev.env
    appendFileSync(
      toml!,
      '\n[aws.source.new]\n\n[aws.profile.open]\nrole = "arn:aws:iam::123456789012:role/Open"\nsource = "new"\n',
    )
    const found = async () => (await check(['--offline'])).stdout
    // Nothing is behind it yet, and there is nobody to whom AWS could give a device.
    await expect.poll(found).toMatch(/warning: the AWS tools do not know profiles of config.toml: 1 /)
    expect(await found()).not.toContain('no-mfa')
    await shared.dev.runOk('sh', ['-c', 'latchkey aws keys add new <"$LATCHKEY_DEV_DIR/new-user.key"'])
    expect(await found()).toMatch(
      /error: new has no MFA device, .*\[no-mfa\]\n {2}without a code: open\n {2}mend: latchkey aws mfa enroll new\n/,
    )
  })

  it('names the command that gives a device to a user who has none, whose policy hides the keys till then', async () => {
    const { status, stdout } = await check()
    expect(status).toBe(1)
    expect(stdout).toMatch(/error: new has no MFA device, .*\[no-mfa\]\n.*\n {2}mend: latchkey aws mfa enroll new\n/)
    expect(stdout).toMatch(/not seen: the access keys of the user of new: AWS refused ListAccessKeys: /)
    await shared.dev.runOk('latchkey', ['aws', 'keys', 'remove', 'new'])
    expect((await check(['--offline'])).stdout).not.toContain('no-mfa')
  })
})
