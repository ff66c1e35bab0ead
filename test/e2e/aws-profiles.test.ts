import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { credentials, scriptedApi } from '../support/helper-api.ts'
import { inDev, latchkeyPath } from '../support/latchkey.ts'
import { debianPython, describeWithPeers, findProgram } from '../support/peers.ts'
import { run, runOk } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

describe('the profiles of a daemon', () => {
  it('are listed, and the one that the AWS files of latchkey dev lack is printed as a block', async () => {
    const { stdout, stderr, status } = await inDev('latchkey aws profiles list; latchkey aws profiles list --block')
    expect({ status, noted: stderr.split('\n').slice(1).join('\n') }).toEqual({ status: 0, noted: '' })
    const [table, block] = stdout.split('\n[')
    expect(table).toBe(`PROFILE   REGION     DEFINED IN   AWS TOOLS
chained   us-east-1  config.toml  ask latchkey
dev       us-east-1  config.toml  ask latchkey
dev-user  us-east-1  config.toml  do not ask latchkey
prod      us-east-1  config.toml  ask latchkey
`)
    expect(block).toMatch(
      /^profile dev-user\]\nregion = us-east-1\ncredential_process = \/\S+ aws credentials dev-user\n$/,
    )
  })

  it('give a block with which the profile works', async () => {
    const script = `printf '# no end of line' >>"$AWS_CONFIG_FILE"; latchkey aws profiles list --block >>"$AWS_CONFIG_FILE" &&
      latchkey aws profiles list --block && sed -n 's/^credential_process = //p' "$AWS_CONFIG_FILE" | tail -1 | sh`
    const { stdout, stderr } = await inDev(script)
    expect(stderr).toMatch(/\nthe AWS files already have every profile of config\.toml\n$/)
    expect(JSON.parse(stdout)).toMatchObject({ Version: 1, AccountId: '111122223333' })
  })
})

const names = ['default', 'dev', 'my dev', "jo's $HOME", 'größe', 'team/dev@eu:1']

describeWithPeers('the blocks of `aws profiles list --block`', ['aws', 'python:boto3'], () => {
  /** A daemon with these profiles, and a config file made of what the command prints that is called by this path. */
  async function written(...path: string[]) {
    const profiles = names.map((name) => ({
      name,
      region: 'eu-central-1',
      definedIn: 'config.toml',
      awsFiles: 'absent',
    }))
    const api = await scriptedApi((request) =>
      request.path === '/v1/aws/profiles'
        ? { status: 200, body: { profiles } }
        : { status: 200, body: { ...credentials, Expiration: '2126-01-02T03:04:05Z' } },
    )
    const folder = temporaryFolder()
    const link = join(folder, ...path)
    mkdirSync(join(link, '..'), { recursive: true })
    symlinkSync(latchkeyPath, link)
    const env = { LATCHKEY_RUNTIME_DIR: api.folder, AWS_CONFIG_FILE: join(folder, 'config') }
    writeFileSync(env.AWS_CONFIG_FILE, await runOk(link, ['aws', 'profiles', 'list', '--block'], { env }))
    const asked = () =>
      api.requests
        .filter(({ path }) => path.startsWith('/v1/aws/credentials/'))
        .map((request) => decodeURIComponent(request.path))
    return { env, asked }
  }

  const clis = [...new Set([findProgram('aws'), '/usr/bin/aws'])].filter((path) => path !== undefined)
  it.each(clis.flatMap((cli) => names.map((name) => [cli, name] as const)))('%s reads %j', async (cli, name) => {
    const { env, asked } = await written("a b's $x", 'latchkey')
    const args = ['configure', 'list', '--profile', name]
    const { status, stdout, stderr } = await run(cli, args, { env })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/access_key.*MPLE\W+custom-process/)
    expect(stdout).toMatch(/region.*eu-central-1\W+config-file/)
    expect(asked()).toEqual([`/v1/aws/credentials/${name}`])
  })

  it('boto3 reads all of them', async () => {
    const { env, asked } = await written('a b', 'latchkey')
    const program = `import boto3, json, sys
sessions = [boto3.Session(profile_name=name) for name in json.loads(sys.argv[1])]
print(json.dumps([[s.get_credentials().get_frozen_credentials().access_key, s.region_name] for s in sessions]))`
    const output = await runOk(debianPython, ['-c', program, JSON.stringify(names)], { env })
    expect(JSON.parse(output)).toEqual(names.map(() => [credentials.AccessKeyId, 'eu-central-1']))
    expect(asked()).toEqual(names.map((name) => `/v1/aws/credentials/${name}`))
  })

  it('the SDK for JavaScript reads those whose names it can', async () => {
    const { env, asked } = await written('a b', 'latchkey')
    const program = `import { STSClient } from '@aws-sdk/client-sts'
for (const profile of ['default', 'dev', 'team/dev@eu:1']) {
  const { config } = new STSClient({ profile })
  console.log((await config.credentials()).accessKeyId, await config.region())
}`
    const output = await runOk(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      cwd: join(import.meta.dirname, '../..'),
    })
    expect(output).toBe(`${credentials.AccessKeyId} eu-central-1\n`.repeat(3))
    expect(asked()).toHaveLength(3)
  })
})
