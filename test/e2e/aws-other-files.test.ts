import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startBuiltDaemon } from '../support/built-daemon.ts'
import { sharedDevSession } from '../support/dev-session.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { debianPython, describeWithPeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const role = 'arn:aws:iam::123456789012:role/DeveloperRole'
/** What botocore makes of the files: the names of the profiles, and an error where it refuses a file. */
const program = `import botocore.session, json
print(json.dumps(sorted(botocore.session.Session().full_config['profiles'])))`

describeWithPeers('a shell whose AWS tools read other files than the daemon', ['python:botocore', 'aws'], () => {
  const shared = sharedDevSession()

  /**
   * A shell with a home of its own; its files are there, or where AWS_CONFIG_FILE says, and empty at first.
   * @param isNamed by `~` in the variables: no shell has expanded them
   */
  function shell(name: string, isNamed: boolean | '~') {
    const home = join(shared.folder, name)
    const [config, credentials] = [join(home, '.aws', 'config'), join(home, '.aws', 'credentials')]
    mkdirSync(join(home, '.aws'), { recursive: true })
    writeFileSync(config, '')
    const inHome = { HOME: home, AWS_CONFIG_FILE: '~/.aws/config', AWS_SHARED_CREDENTIALS_FILE: '~/.aws/credentials' }
    const env =
      isNamed === '~'
        ? inHome
        : isNamed
          ? { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials }
          : { HOME: home, AWS_CONFIG_FILE: undefined, AWS_SHARED_CREDENTIALS_FILE: undefined }
    const { dev } = shared
    return {
      config,
      credentials,
      latchkey: (...args: string[]) => dev.run('latchkey', ['aws', ...args], { env }),
      sh: (script: string) => dev.runOk('sh', ['-c', script], { env }),
      read: async () => JSON.parse(await dev.runOk(debianPython, ['-c', program], { env })) as string[],
      async whoIs(profile: string) {
        const args = ['sts', 'get-caller-identity', '--profile', profile, '--query', 'Arn', '--output', 'text']
        return await dev.runOk('aws', [...args, '--endpoint-url', dev.env.AWS_ENDPOINT_URL_STS!], { env })
      },
    }
  }

  it.each([
    ['by its variables', true],
    ['by those of the daemon', false],
    ['by ~ in its variables', '~'],
  ] as const)('has profiles that are added and removed: %s', async (how, isNamed) => {
    const { config, latchkey, read, whoIs } = shell(how, isNamed)
    const ofDaemon = () => readFileSync(shared.dev.env.AWS_CONFIG_FILE!, 'utf8')
    const before = ofDaemon()
    const add = () => latchkey('profiles', 'add', '--role', role, '--source', 'dev-user', '--name', 'xx')
    const { status, stdout, stderr } = await add()
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining(` and ${config}\n`) as string })
    const said = `here, but the daemon reads ${shared.dev.env.AWS_CONFIG_FILE!} and `
    expect(stderr.split(said)).toHaveLength(2)
    await add()
    const { stdout: listed } = await latchkey('profiles', 'list')
    expect(listed).toMatch(/^xx .* {2}ask latchkey$/m)
    expect(listed).toMatch(/^dev .* {2}do not ask latchkey$/m)
    expect(await read()).toEqual(['xx'])
    expect(await whoIs('xx')).toMatch(/^arn:aws:sts::123456789012:assumed-role\/DeveloperRole\//)
    expect(ofDaemon()).toBe(before)
    expect((await latchkey('profiles', 'remove', 'xx')).stdout).toMatch(/^removed xx from .+ and .+\n$/)
    expect([readFileSync(config, 'utf8'), ofDaemon()]).toEqual(['', before])
  })

  it.each([
    ['with its variables', true, true],
    ['without variables', false, true],
    ['without a folder for them', false, false],
  ])('gets the blocks that it lacks from the mend of a check, and none twice: %s', async (how, isNamed, hasFolder) => {
    const { config, latchkey, sh, read, whoIs } = shell(how, isNamed)
    if (!hasFolder) rmSync(dirname(config), { recursive: true })
    const check = async () => {
      const { stdout, stderr } = await latchkey('check', '--offline', '--json')
      expect(stderr).toContain('here, but the daemon reads ')
      return (JSON.parse(stdout) as { findings: { rule: string; evidence: string[]; mend: string }[] }).findings
    }
    const [finding] = await check()
    expect(finding).toMatchObject({ rule: 'missing-block', evidence: ['chained', 'dev', 'prod'] })
    for (let time = 0; time < 2; time += 1) await sh(finding!.mend)
    expect(await check()).toEqual([])
    expect(await read()).toEqual(['chained', 'dev', 'dev-user', 'prod'])
    expect(await whoIs('dev')).toMatch(/^arn:aws:sts::/)
  })

  it('may be the one with the variable, and the daemon without', async () => {
    const folder = temporaryFolder()
    const none = { AWS_CONFIG_FILE: undefined, AWS_SHARED_CREDENTIALS_FILE: undefined }
    const daemon = await startBuiltDaemon(folder, '[aws.source.m]\nregion = "us-east-1"\n', { env: none })
    onTestFinished(async () => void (await daemon.end('SIGTERM')))
    const env = { ...none, AWS_CONFIG_FILE: join(folder, 'of shell') }
    const latchkey = (...args: string[]) => daemon.run(latchkeyPath, ['aws', ...args], { env })
    const { stderr } = await latchkey('profiles', 'add', '--role', role, '--source', 'm', '--name', 'xx')
    const other = join(folder, '.aws', 'config')
    expect(stderr).toBe(`the AWS tools read ${env.AWS_CONFIG_FILE} here, but the daemon reads ${other}
hint: here: export AWS_CONFIG_FILE=${other}; or for the daemon: systemctl --user set-environment AWS_CONFIG_FILE='${env.AWS_CONFIG_FILE}' && systemctl --user restart latchkey.service
`)
    expect((await latchkey('check', '--offline')).stdout).not.toContain('missing-block')
    await daemon.run('sh', ['-c', `${latchkeyPath} aws profiles list --block >> "$AWS_CONFIG_FILE"`], { env })
    const { stdout } = await daemon.run(debianPython, ['-c', program], { env })
    expect(JSON.parse(stdout)).toEqual(['m', 'xx'])
    expect((await latchkey('profiles', 'remove', 'xx')).stdout).toContain(`/config.toml and ${env.AWS_CONFIG_FILE}\n`)
  })

  it('keeps a key in its file, whose profile the daemon would not know', async () => {
    const { credentials, latchkey, whoIs } = shell('keys', true)
    const [id, secret] = readFileSync(join(shared.dev.env.LATCHKEY_DEV_DIR!, 'new-user.key'), 'utf8').split('\n')
    const text = `[keyed]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\nregion = us-east-1\n`
    writeFileSync(credentials, text)
    const { status, stderr } = await latchkey('keys', 'import', '--yes', '--new')
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/: it would not know keyed\nhint: here: export AWS_CONFIG_FILE=/) as string,
    })
    expect(readFileSync(credentials, 'utf8')).toBe(text)
    expect(await whoIs('keyed')).toMatch(/user\/new\n$/)
  })
})
