import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startBuiltDaemon } from '../support/built-daemon.ts'
import { sharedDevSession } from '../support/dev-session.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { buildGoClient, debianPython, describeWithPeers, findProgram } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const arn = {
  dev: 'arn:aws:sts::123456789012:assumed-role/DeveloperRole/jo',
  prod: 'arn:aws:sts::444455556666:assumed-role/OperatorRole/jo',
}

const shared = sharedDevSession()

const exec = (profile: string, ...command: string[]) => ['aws', 'exec', '--server', profile, '--', ...command]
const printEnvironment = 'process.stdout.write(JSON.stringify(process.env))'
const copies = () => readdirSync(shared.dev.env.LATCHKEY_RUNTIME_DIR!).filter((name) => name.startsWith('aws-config.'))

const keys = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = poison\n'
const other = `[profile prod]\nregion = us-east-1\ncredential_process = latchkey aws credentials prod\n`

/** What [default] may have that an SDK finds before it looks at a container. */
const poisons = {
  'keys in both files': { config: `[default]\n${keys}${other}`, credentials: `[default]\n${keys}` },
  'another program': {
    config: `${other}[default]\ncredential_process = echo {"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"poison"}\n`,
    credentials: '',
  },
  'another role': {
    config: `[default]\nrole_arn = arn:aws:iam::444455556666:role/poison\nsource_profile = keys\n[profile keys]\n${keys}`,
    credentials: `[keys]\n${keys}`,
  },
  'keys under its long name': {
    config: `[profile default]\nregion = eu-west-1\n  ${keys.replaceAll('\n', '\n  ')}\n${other}`,
    credentials: '',
  },
}

/** Variables that lead to files with one of them. */
function poisoned(kind: keyof typeof poisons) {
  const [config, credentials] = ['config', 'credentials'].map((file) => join(shared.folder, `poisoned-${file}`)) as [
    string,
    string,
  ]
  writeFileSync(config, poisons[kind].config)
  writeFileSync(credentials, poisons[kind].credentials)
  return { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials }
}

const boto = `import boto3, os
print(boto3.client('sts', endpoint_url=os.environ['AWS_ENDPOINT_URL_STS']).get_caller_identity()['Arn'])`
const script = join(process.cwd(), 'test/support/sdk-caller-identity.mjs')
const goClient = () => join(shared.folder, 'go-client')
const cli = (path: string) => () => [
  path,
  'sts',
  'get-caller-identity',
  '--query',
  'Arn',
  '--output',
  'text',
  '--endpoint-url',
  shared.dev.env.AWS_ENDPOINT_URL_STS!,
]

function judge(
  name: string,
  peers: readonly string[],
  command: () => string[],
  prepare: () => Promise<void> = async () => {},
) {
  describeWithPeers(`${name}, as a program that is run with --server`, peers, () => {
    beforeAll(prepare, 900_000)

    it.each(Object.keys(poisons) as (keyof typeof poisons)[])(
      'is who exec says, with %s in [default]',
      async (kind) => {
        const stdout = await shared.dev.runOk('latchkey', exec('dev', ...command()), { env: poisoned(kind) })
        expect(stdout.trim()).toBe(arn.dev)
      },
    )

    it('would be somebody else with the files as they are', async () => {
      const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = poisoned('keys in both files')
      const restore = `export AWS_CONFIG_FILE=${AWS_CONFIG_FILE} AWS_SHARED_CREDENTIALS_FILE=${AWS_SHARED_CREDENTIALS_FILE}; exec "$0" "$@"`
      const { stdout, stderr } = await shared.dev.run('latchkey', exec('dev', 'sh', '-c', restore, ...command()))
      expect(stdout).not.toContain(arn.dev)
      expect(stderr).not.toBe('')
    })
  })
}

// Debian's beside the one in PATH.
for (const path of new Set(
  [findProgram('aws') ?? 'aws', '/usr/bin/aws'].filter((each) => existsSync(each) || each === 'aws'),
)) {
  judge(path, ['aws'], cli(path))
}
judge('boto3', ['python:boto3'], () => [debianPython, '-c', boto])
judge('the SDK for JavaScript', ['node'], () => [process.execPath, script])
judge(
  'the SDK for Go',
  ['go:modules'],
  () => [goClient()],
  () => buildGoClient(goClient()),
)

describe('a command that is run with --server', () => {
  it('has an endpoint and a token, no keys, and a config file of its own for as long as it runs', async () => {
    const inspect = `${printEnvironment}; const { statSync, readFileSync } = require('fs'); const file = process.env.AWS_CONFIG_FILE; process.stdout.write('\\n' + (statSync(file).mode & 0o777).toString(8) + '\\n' + readFileSync(file, 'utf8'))`
    const env = {
      ...poisoned('keys in both files'),
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'poison',
    }
    const stdout = await shared.dev.runOk('latchkey', exec('dev', process.execPath, '-e', inspect), { env })
    const [variables = '', mode, ...config] = stdout.split('\n')
    const has = JSON.parse(variables)
    expect(has).toMatchObject({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/role\/dev$/),
      AWS_CONTAINER_AUTHORIZATION_TOKEN: expect.stringMatching(/^[\w-]{43}$/),
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_VAULT: 'dev',
      AWS_REGION: 'us-east-1',
    })
    expect(
      Object.keys(has).filter((name) => /KEY|SESSION_TOKEN|EXPIRATION/.test(name) && name.startsWith('AWS')),
    ).toEqual([])
    expect(mode).toBe('600')
    expect(config.join('\n')).toBe(`[default]\n${other}`)
    expect(existsSync(has.AWS_CONFIG_FILE)).toBe(false)
    expect(copies()).toEqual([])
  })

  it('gets its signals and its status, and its config file goes with it', async () => {
    const script = `process.on('SIGTERM', () => process.exit(3)); console.log('here'); setInterval(() => {}, 1000)`
    const child = spawn(latchkeyPath, exec('dev', process.execPath, '-e', script), {
      env: shared.dev.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    expect(copies()).toHaveLength(1)
    const ended = once(child, 'close')
    child.kill('SIGTERM')
    expect(await ended).toEqual([3, null])
    expect(copies()).toEqual([])
    expect((await shared.dev.run('latchkey', exec('dev', '/no/such/program'))).status).toBe(127)
    expect(copies()).toEqual([])
  })

  it('leaves a config file behind when latchkey is killed, and the next one removes it', async () => {
    const child = spawn(latchkeyPath, exec('dev', 'sh', '-c', 'echo here; exec cat'), {
      env: shared.dev.env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    const [left] = copies()
    expect(left).toBeDefined()
    const ended = once(child, 'close')
    child.kill('SIGKILL')
    child.stdin.end()
    await ended
    expect(copies()).toEqual([left])
    await shared.dev.runOk('latchkey', exec('dev', 'true'))
    expect(copies()).toEqual([])
  })

  it('ends with Ctrl-C, and its config file with it', async () => {
    const script = `: >"$out" >"$err"; trap : INT; latchkey ${exec('dev', 'sh', '-c', "'echo here; exec cat'").join(' ')}; echo status $?`
    const { screen } = await runOnTerminal(script, [{ expect: 'here', type: '\u0003' }], shared.dev.env)
    expect(screen).toContain('status 130')
    expect(copies()).toEqual([])
  })

  it('leaves nothing behind when it is told to end as its command begins', async () => {
    const tellParent = exec('dev', 'sh', '-c', 'kill -TERM $PPID; exec sleep 60')
    for (let round = 0; round < 8; round += 1) {
      expect((await shared.dev.run('latchkey', tellParent)).status).toBe(143)
      expect(copies()).toEqual([])
    }
  })

  it('leaves a config file behind that a daemon removes when it starts', async () => {
    const home = temporaryFolder()
    const { pid } = spawnSync(process.execPath, ['-v'])
    mkdirSync(join(home, 'run'), { mode: 0o700 })
    writeFileSync(join(home, 'run', `aws-config.${pid}.0123456789ab`), '')
    const daemon = await startBuiltDaemon(home, '')
    expect(readdirSync(join(home, 'run')).sort()).toEqual(['agent.sock', 'api.sock'])
    await daemon.end('SIGTERM')
  })

  it('finds other profiles where they were', async () => {
    const command = cli(findProgram('aws') ?? '/usr/bin/aws')()
    const stdout = await shared.dev.runOk('latchkey', exec('dev', ...command, '--profile', 'prod'))
    expect(stdout.trim()).toBe(arn.prod)
  })
})

interface Serving {
  child: ChildProcess
  /** Of each profile. */
  variables: Record<string, string>[]
  noted(): string
}

/** `latchkey aws serve` until the test ends. */
async function serve(...args: string[]): Promise<Serving> {
  const child = spawn(latchkeyPath, ['aws', 'serve', ...args], {
    env: shared.dev.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let noted = ''
  child.stderr.on('data', (chunk) => {
    noted += String(chunk)
  })
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const printed = String((await once(child.stdout, 'data'))[0])
  const blocks = printed.split(/^# .*\n/m).filter((block) => block !== '')
  const variables = blocks.map((block) =>
    Object.fromEntries(
      block
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ),
  )
  return { child, variables, noted: () => noted }
}

async function request(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const args = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const output = await shared.dev.runOk('curl', ['-sS', '-X', method, '-w', '\n%{http_code}', ...args, url])
  const [status, ...body] = output.split('\n').reverse()
  const text = body.reverse().join('\n').trim()
  return { status: Number(status), body: text === '' ? undefined : JSON.parse(text) }
}

describeWithPeers('aws serve', ['curl'], () => {
  it('serves each profile under its own path to whoever has its token, and nobody else', async () => {
    const { variables, child } = await serve('dev', 'prod')
    const [first, second] = variables.map((each) => ({
      url: each.AWS_CONTAINER_CREDENTIALS_FULL_URI!,
      token: each.AWS_CONTAINER_AUTHORIZATION_TOKEN!,
    }))
    expect(first!.url).toMatch(/\/role\/dev$/)
    expect(variables[1]).toMatchObject({ AWS_REGION: 'us-east-1' })
    const own = await request(first!.url, { Authorization: first!.token })
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = JSON.parse(
      await shared.dev.runOk('latchkey', ['aws', 'credentials', 'dev']),
    )
    expect(own).toEqual({
      status: 200,
      body: { AccessKeyId, SecretAccessKey, Token: SessionToken, Expiration, AccountId: '123456789012' },
    })
    for (const wrong of [undefined, '', 'x', second!.token, `Bearer ${first!.token}`, first!.token.slice(0, -1)]) {
      const { status, body } = await request(first!.url, wrong === undefined ? {} : { Authorization: wrong })
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'Unauthorized' })
      expect(JSON.stringify(body)).not.toContain(SecretAccessKey)
    }
    expect((await request(first!.url.replace('dev', 'other'), { Authorization: first!.token })).status).toBe(401)
    expect((await request(first!.url, { Authorization: first!.token }, 'POST')).status).toBe(405)
    expect((await request(first!.url, { Authorization: first!.token, Host: 'evil.example' })).status).toBe(421)
    // What is got anew is served anew: nobody holds keys that end.
    await shared.dev.runOk('latchkey', ['aws', 'refresh', 'dev'])
    expect((await request(first!.url, { Authorization: first!.token })).body.AccessKeyId).not.toBe(AccessKeyId)
    const ended = once(child, 'close')
    child.kill('SIGINT')
    expect(await ended).toEqual([0, null])
  })

  it('listens on loopback alone', async () => {
    const { variables } = await serve('dev')
    const { port } = new URL(variables[0]!.AWS_CONTAINER_CREDENTIALS_FULL_URI!)
    const hex = Number(port).toString(16).toUpperCase().padStart(4, '0')
    const listening = ['tcp', 'tcp6'].flatMap((family) =>
      readFileSync(`/proc/net/${family}`, 'utf8')
        .split('\n')
        .filter((line) => line.includes(`:${hex} `) && / 0A /.test(line)),
    )
    const addresses = listening.map((line) => line.trim().split(/\s+/)[1]!.split(':')[0])
    expect(addresses.length).toBeGreaterThan(0)
    for (const address of addresses) expect(['0100007F', '00000000000000000000000001000000']).toContain(address)
    const { status, stderr } = await shared.dev.run('latchkey', ['aws', 'serve', 'dev', '--port', port])
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `latchkey: port ${port} is taken\nhint: take another with --port, or none for a free one\n`,
    })
  })

  it('asks nobody: where a code is needed it says what to run, to the program and here', async () => {
    const { variables, noted } = await serve('prod')
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: Authorization } = variables[0]!
    const asked = shared.dev.log('prompts').length
    await shared.dev.runOk('latchkey', ['aws', 'forget', '--all'])
    for (let times = 0; times < 2; times += 1) {
      const { status, body } = await request(url!, { Authorization: Authorization! })
      expect({ status, code: body.code }).toEqual({ status: 403, code: 'MfaNeeded' })
      expect(body.message).toMatch(/^latchkey: an MFA code .* is needed; hint: in a terminal: latchkey aws login prod$/)
    }
    expect(noted().match(/latchkey aws login prod/g)).toHaveLength(1)
    const shown = await shared.dev.run(debianPython, ['-c', boto], {
      env: { ...variables[0], AWS_CONFIG_FILE: '/dev/null' },
    })
    expect(shown.stderr).toContain('latchkey aws login prod')
    expect(shared.dev.log('prompts')).toHaveLength(asked)
    await shared.dev.runOk('latchkey', ['aws', 'login', 'prod'])
    expect((await request(url!, { Authorization: Authorization! })).status).toBe(200)
  })

  it('refuses what it cannot serve before it listens', async () => {
    expect(await shared.dev.run('latchkey', ['aws', 'serve', 'prd'])).toMatchObject({ status: 1, stdout: '' })
    expect(await shared.dev.run('latchkey', ['aws', 'serve', 'dev', '--port', '70000'])).toMatchObject({
      status: 2,
      stdout: '',
    })
  })
})
