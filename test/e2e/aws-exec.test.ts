import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scriptWord } from '../../src/core/text/shell-word.ts'
import { sharedDevSession, startDevSession } from '../support/dev-session.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { inDev, latchkeyPath } from '../support/latchkey.ts'
import { debianPython, describeWithPeers, findProgram } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const arn = {
  dev: 'arn:aws:sts::123456789012:assumed-role/DeveloperRole/jo',
  prod: 'arn:aws:sts::444455556666:assumed-role/OperatorRole/jo',
}

/** What a shell may have that says otherwise: keys, a profile, a web identity, a container, IAM Identity Center. */
const poison = {
  AWS_PROFILE: 'prod',
  AWS_DEFAULT_PROFILE: 'prod',
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'poison',
  AWS_SESSION_TOKEN: 'poison',
  AWS_SECURITY_TOKEN: 'poison',
  AWS_ROLE_ARN: 'arn:aws:iam::444455556666:role/poison',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/poison',
  AWS_ROLE_SESSION_NAME: 'poison',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:9/poison',
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/poison',
  AWS_CONTAINER_AUTHORIZATION_TOKEN: 'poison',
  AWS_SSO_START_URL: 'https://poison.example',
  AWS_BEARER_TOKEN_BEDROCK: 'poison',
  AWS_CREDENTIAL_EXPIRATION: '2020-01-01T00:00:00Z',
  AWS_ACCOUNT_ID: '444455556666',
}

const shared = sharedDevSession()

const exec = (profile: string, ...command: string[]) => ['aws', 'exec', profile, '--', ...command]
const printEnvironment = 'process.stdout.write(JSON.stringify(process.env))'

/** The variables that a command has. */
async function variablesIn(profile: string, env: Readonly<Record<string, string | undefined>>) {
  const args = exec(profile, process.execPath, '-e', printEnvironment)
  return JSON.parse(await shared.dev.runOk('latchkey', args, { env })) as Record<string, string>
}

it('the command lines of the documents work as they stand', async () => {
  const { status, stdout, stderr } = await inDev(
    'latchkey aws exec dev -- aws sts get-caller-identity --endpoint-url "$AWS_ENDPOINT_URL_STS" --output json; latchkey aws env dev --format json',
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('latchkey: ') })
  expect(stdout).toContain(arn.dev)
  expect(stdout).toMatch(/"AWS_ACCESS_KEY_ID": "ASIA/)
})

describe('the environment of a command', () => {
  it('has the credentials of the profile, and nothing that would contradict them', async () => {
    const env = await variablesIn('dev', { ...poison, AWS_REGION: undefined })
    const { Expiration, ...keys } = JSON.parse(await shared.dev.runOk('latchkey', ['aws', 'credentials', 'dev']))
    const own = Object.entries(env).filter(
      ([name]) => name.startsWith('AWS_') && !/FILE$|ENDPOINT|^AWS_SDK_JS/.test(name),
    )
    expect(Object.fromEntries(own)).toEqual({
      AWS_ACCESS_KEY_ID: keys.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.SecretAccessKey,
      AWS_SESSION_TOKEN: keys.SessionToken,
      AWS_ACCOUNT_ID: '123456789012',
      AWS_CREDENTIAL_EXPIRATION: Expiration,
      AWS_VAULT: 'dev',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
    })
    expect(JSON.stringify(env)).not.toContain('poison')
  })

  it('keeps what says where AWS is and how it is reached, and everything else', async () => {
    const kept = {
      AWS_CA_BUNDLE: '/ca.pem',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9/s3',
      AWS_CONFIG_FILE: '/some/config',
      NODE_EXTRA_CA_CERTS: '/dev/null',
      ANYTHING: "a 'quoted' text\nof two lines",
      // A sh, which comes before Node, may not know these, and use those.
      'TF_VAR_a-b': '',
      'BASH_FUNC_x%%': '() {  echo 1\n}',
      folder: '1',
      file: '2',
      answer: '3',
    }
    const env = await variablesIn('dev', kept)
    expect(env).toMatchObject(kept)
    expect(Object.keys(env).filter((name) => /^LATCHKEY_(?!CONFIG|DEV|RUNTIME)/.test(name))).toEqual([])
  })

  it('is without a variable that no sh can keep, if that is too long for another to hold it', async () => {
    const env = { 'a-b': 'x'.repeat(120_000), 'c-d': 'y' }
    expect(await variablesIn('dev', env)).not.toHaveProperty(['a-b'])
  })

  it("has the region of the profile, else the caller's", async () => {
    const caller = { AWS_REGION: 'eu-central-1', AWS_DEFAULT_REGION: 'eu-west-1' }
    expect(await variablesIn('dev', caller)).toMatchObject({ AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' })
    const config = join(shared.dev.folder, 'aws-config')
    writeFileSync(
      config,
      `[profile nowhere]\nrole_arn = arn:aws:iam::123456789012:role/DeveloperRole\nsource_profile = dev-user\n`,
      { flag: 'a' },
    )
    expect(await variablesIn('nowhere', caller)).toMatchObject(caller)
    expect(await variablesIn('nowhere', {})).not.toHaveProperty('AWS_REGION')
  })
})

describeWithPeers('the AWS CLI, boto3 and the SDK for JavaScript', ['aws', 'python:boto3'], () => {
  const boto = `import boto3, os\nprint(boto3.client('sts', endpoint_url=os.environ['AWS_ENDPOINT_URL_STS']).get_caller_identity()['Arn'])`
  const script = join(process.cwd(), 'test/support/sdk-caller-identity.mjs')
  const clis = [...new Set([findProgram('aws'), '/usr/bin/aws'])].filter((path) => path !== undefined)
  const cliArgs = ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text', '--endpoint-url']
  it.each([
    ...clis.map((cli) => [cli, () => [cli, ...cliArgs, shared.dev.env.AWS_ENDPOINT_URL_STS!]] as const),
    ['boto3', () => [debianPython, '-c', boto]] as const,
    ['the SDK for JavaScript', () => [process.execPath, script]] as const,
  ])('%s is who exec says, whatever the shell says', async (_name, command) => {
    expect((await shared.dev.runOk('latchkey', exec('dev', ...command()), { env: poison })).trim()).toBe(arn.dev)
  })
})

describe('a command that is run', () => {
  it('reads what is piped in, and its exit status is the exit status', async () => {
    const { status, stdout } = await shared.dev.run('latchkey', exec('dev', 'sh', '-c', 'cat; exit 7'), {
      input: 'piped',
    })
    expect({ status, stdout }).toEqual({ status: 7, stdout: 'piped' })
  })

  it('keeps all of its arguments, options and a second -- among them', async () => {
    const args = ['-x', '--server', '--', '--help', 'a b']
    const stdout = await shared.dev.runOk(
      'latchkey',
      exec('dev', process.execPath, '-p', 'process.argv.slice(1)', '--', ...args),
    )
    expect(stdout).toBe(`[ '-x', '--server', '--', '--help', 'a b' ]\n`)
  })

  it.each(['TERM', 'HUP', 'KILL', 'SEGV'])('that SIG%s ends has the status that a shell gives it', async (signal) => {
    const numbers: Record<string, number> = { TERM: 15, HUP: 1, KILL: 9, SEGV: 11 }
    const { status } = await shared.dev.run('latchkey', exec('dev', 'sh', '-c', `ulimit -c 0; kill -${signal} $$`))
    expect(status).toBe(128 + numbers[signal]!)
  })

  it.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)('gets %s', async (signal) => {
    const script = `process.on('${signal}', () => { console.log('got it'); process.exit(3) }); console.log('here'); setInterval(() => {}, 1000)`
    const child = spawn(latchkeyPath, exec('dev', process.execPath, '-e', script), {
      env: shared.dev.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += String(chunk)
      if (said === 'here\n') child.kill(signal)
    })
    expect(await once(child, 'close')).toEqual([3, null])
    expect(said).toBe('here\ngot it\n')
  })

  it('that does not exist or cannot be run has the status that a shell gives it', async () => {
    const missing = await shared.dev.run('latchkey', exec('dev', '/no/such/program'))
    expect(missing).toMatchObject({
      status: 127,
      stderr: expect.stringMatching(/^latchkey: cannot run \/no\/such\/program: there is no such program\nhint: /),
    })
    const file = join(shared.folder, 'not-a-program')
    writeFileSync(file, '')
    chmodSync(file, 0o644)
    expect((await shared.dev.run('latchkey', exec('dev', file))).status).toBe(126)
  })

  it('whose arguments and environment are too long for the system is not run, and says so', async () => {
    // So much that latchkey itself can be run, but not a command with the credentials as well, some 1000 bytes.
    const script = `
      const { spawnSync } = require('node:child_process')
      const fill = (bytes) => Object.fromEntries(Array.from({ length: 64 }, (_, at) =>
        ['FILL_' + at, 'x'.repeat(Math.max(0, Math.min(100_000, bytes - at * 100_000)))]))
      const run = (program, args, bytes) =>
        spawnSync(program, args, { env: { ...process.env, ...fill(bytes) }, encoding: 'utf8' })
      let [fits, tooLong] = [0, 6_400_000]
      while (tooLong - fits > 64) {
        const middle = (fits + tooLong) >> 1
        if (run('latchkey', ['--version'], middle).status !== 0) tooLong = middle
        else fits = middle
      }
      const { status, stderr } = run('latchkey', ['aws', 'exec', 'dev', '--', 'true'], fits - 256)
      process.stdout.write(JSON.stringify({ status, stderr }))`
    expect(JSON.parse(await shared.dev.runOk(process.execPath, ['-e', script]))).toEqual({
      status: 126,
      stderr: expect.stringMatching(/^latchkey: cannot run true: its arguments and environment are too long\nhint: /),
    })
  })

  it.each([
    ['', 'the name of the command is empty'],
    ['/etc/passwd/x', 'cannot run /etc/passwd/x: there is no such program'],
  ])('called "%s" is not there', async (program, message) => {
    expect(await shared.dev.run('latchkey', exec('dev', program))).toMatchObject({
      status: 127,
      stderr: expect.stringMatching(new RegExp(`^latchkey: ${message}\nhint: `)),
    })
  })

  it('is not run without credentials', async () => {
    const unknown = await shared.dev.run('latchkey', exec('prd', 'echo', 'ran'))
    expect(unknown).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('prod') })
    const none = await shared.dev.run('latchkey', ['aws', 'exec', 'dev'])
    expect(none).toMatchObject({ status: 2, stderr: expect.stringContaining('latchkey aws exec PROFILE -- CMD') })
    const other = await startDevSession(join(temporaryFolder(), 'other'), { LATCHKEY_DEV_MFA: undefined })
    try {
      const { status, stdout, stderr } = await other.run('latchkey', exec('dev', 'echo', 'ran'))
      expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
      expect(stderr).toContain('latchkey aws login dev')
    } finally {
      await other.stop()
    }
  })
})

describe('in a terminal', () => {
  // It waits in short steps, for a signal that comes just before a read would be noticed only after it; and the handlers
  // print nothing, since that could be in the middle of another line. SIGCONT may come twice: to the group, and passed on.
  const heard = `import select, signal, sys
count = told = 0
resumed = said = False
def interrupted(*_):
    global count
    count += 1
def goes_on(*_):
    global resumed
    resumed = True
signal.signal(signal.SIGINT, interrupted)
signal.signal(signal.SIGCONT, goes_on)
print('ready', flush=True)
while not select.select([sys.stdin], [], [], 0.05)[0]:
    if count > told:
        told = count
        print('heard', count, flush=True)
    if resumed and not said:
        said = True
        print('going on', flush=True)
print('got', sys.stdin.readline().strip(), 'interrupts:', count, flush=True)`

  it('Ctrl-C reaches the command once', async () => {
    const script = `: >"$out" >"$err"; trap : INT; latchkey aws exec dev -- ${debianPython} -c ${scriptWord(heard)}; echo status $?`
    const steps = [
      { expect: 'ready', type: '\u0003' },
      { expect: 'heard 1', type: 'on\n' },
    ]
    const { screen, stepsLeft } = await runOnTerminal(script, steps, shared.dev.env)
    expect(stepsLeft).toBe(0)
    expect(screen).toContain('interrupts: 1')
    expect(screen).toContain('status 0')
  })

  it('Ctrl-C ends a loop of commands', async () => {
    const loop = `for i in 1 2 3; do latchkey aws exec dev -- sh -c 'echo round $0; exec sleep 30' $i; done`
    const script = `: >"$out" >"$err"; bash -c ${scriptWord(loop)}; echo status $?`
    const { screen } = await runOnTerminal(
      `trap : INT; ${script}`,
      [{ expect: 'round 1', type: '\u0003' }],
      shared.dev.env,
    )
    expect(screen).not.toContain('round 2')
    expect(screen).toContain('status 130')
  })

  it('Ctrl-Z stops it and fg goes on with it', async () => {
    const program = join(shared.folder, 'heard.py')
    writeFileSync(program, heard)
    const script = `: >"$out" >"$err"; exec bash --norc -i`
    const { screen, stepsLeft } = await runOnTerminal(
      script,
      [
        { expect: '$ ', type: `latchkey aws exec dev -- ${debianPython} ${program}\n` },
        { expect: 'ready', type: '\u001a' },
        { expect: 'Stopped', type: 'fg\n' },
        // Not before: the shell would read it as a command.
        { expect: 'going on', type: 'hello\n' },
        { expect: 'got hello', type: 'exit\n' },
      ],
      { ...shared.dev.env, PS1: '$ ' },
    )
    expect({ stepsLeft, screen }).toMatchObject({ stepsLeft: 0 })
  })
})

describe('aws env', () => {
  it.each(['sh', 'bash', 'dash'])('is read by %s, and leaves nothing that contradicts it', async (shell) => {
    const script = 'eval "$(latchkey aws env dev)"; latchkey aws credentials dev; exec "$0" -e "$1"'
    const stdout = await shared.dev.runOk(shell, ['-c', script, process.execPath, printEnvironment], { env: poison })
    const [line = '', rest = ''] = stdout.split('\n')
    const env = JSON.parse(rest)
    const { AccessKeyId, SessionToken } = JSON.parse(line)
    expect(env).toMatchObject({ AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SESSION_TOKEN: SessionToken, AWS_VAULT: 'dev' })
    expect(rest).not.toContain('poison')
    expect(env).not.toHaveProperty('AWS_PROFILE')
  })

  it('names nothing to a shell that is more than a name', async () => {
    const stdout = await shared.dev.runOk('latchkey', ['aws', 'env', 'dev'], {
      env: { 'AWS_SSO_X;echo ran': 'poison' },
    })
    expect(stdout).not.toContain('ran')
  })

  it.runIf(findProgram('fish') !== undefined)('is read by fish, which forgets a profile that it had', async () => {
    const show = 'echo "$AWS_VAULT $AWS_ACCESS_KEY_ID"; set -q AWS_PROFILE; and echo "a profile"'
    const stdout = await shared.dev.runOk(
      'fish',
      ['-c', `latchkey aws env dev --format fish | source; ${show}; true`],
      {
        env: { AWS_PROFILE: 'other' },
      },
    )
    expect(stdout).toMatch(/^dev ASIA\w+\n$/)
  })

  it('is for docker and others in dotenv, without quotes', async () => {
    const stdout = await shared.dev.runOk('latchkey', ['aws', 'env', 'dev', '--format', 'dotenv'])
    expect(stdout).toMatch(/^AWS_ACCESS_KEY_ID=ASIA\w+\nAWS_SECRET_ACCESS_KEY=[^'"\n]+\nAWS_SESSION_TOKEN=[^'"\n]+\n/)
  })

  it('prints nothing where there are no credentials or no such format', async () => {
    expect(await shared.dev.run('latchkey', ['aws', 'env', 'prd'])).toMatchObject({ status: 1, stdout: '' })
    const { status, stdout, stderr } = await shared.dev.run('latchkey', ['aws', 'env', 'dev', '--format', 'csh'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toBe('latchkey: there is no format csh\nhint: latchkey help aws env\n')
  })
})

it('all of this has cost one code, and one call for each role', () => {
  expect(shared.dev.log('prompts')).toHaveLength(1)
  const actions = shared.dev.log('aws-calls').map(({ action, role }) => (action === 'AssumeRole' ? role : action))
  expect(actions.filter((action) => action === 'GetSessionToken')).toHaveLength(1)
  expect(actions.filter((action) => String(action).startsWith('arn:')).length).toBe(
    new Set(actions.filter((action) => String(action).startsWith('arn:'))).size,
  )
})
