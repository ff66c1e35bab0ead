import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Environment } from '../../../src/core/places/environment.ts'
import { Secret } from '../../../src/core/secret.ts'
import { checkedAnswer } from '../../../src/helper/checked-answer.ts'
import type { CommandContext } from '../../../src/helper/command-context.ts'
import { runProgram } from '../../../src/helper/command-line.ts'
import type { DaemonAccess } from '../../../src/helper/daemon-access.ts'
import type { ApiCall } from '../../../src/ipc/client/client.ts'
import { callOf } from '../../../src/ipc/client/endpoint-call.ts'
import type { Endpoint } from '../../../src/ipc/endpoint.ts'
import { endpoints } from '../../../src/ipc/endpoints.ts'
import { credentials } from '../../support/helper-api.ts'
import { fullStatus } from '../../support/helper-status.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { terminalCommands } from '../../support/terminal-commands.ts'

const nowMs = Date.UTC(2026, 0, 2, 12, 0, 0)
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

const mfaSerial = 'arn:aws:iam::111122223333:mfa/jo'
const sectionOfKey = { definedIn: 'config.toml', mfaSerial }
const devicesOfUser = {
  arn: 'arn:aws:iam::1:user/jo',
  devices: [{ serialNumber: mfaSerial, kind: 'virtual', enabledAt: '2026-01-02T03:04:05Z' }],
}

interface Setting {
  /** What the daemon answers. */
  answer?: unknown
  /** What it answers besides when it is asked about a source; nothing against its name unless said. */
  standing?: object
  /** What it answers when it is asked for the region of a profile; none unless said. */
  region?: unknown
  /** What is typed. Absent: standard input is no terminal. */
  typed?: (string | undefined)[]
  input?: string
  environment?: Readonly<Record<string, string>>
}

/** Runs a command line beside a daemon that gives one answer. */
async function run(line: string, setting: Setting = {}) {
  const calls: (ApiCall & { mayPrompt: boolean })[] = []
  const asked: { prompt: string; echo: boolean }[] = []
  const other: string[][] = []
  const ran: { command: readonly string[]; environment: Environment }[] = []
  let printed = ''
  let noted = ''
  const daemon: DaemonAccess = {
    async call(name, ...input) {
      if (name === 'getSource') return checkedAnswer(name, { section: sectionOfKey, ...setting.standing })
      if (name === 'listMfaDevices') return checkedAnswer(name, devicesOfUser)
      if (name === 'getProfileRegion') return checkedAnswer(name, setting.region ?? {})
      const { mayAsk }: Endpoint = endpoints[name]
      calls.push({ ...callOf(name, ...input), mayPrompt: mayAsk === true })
      // As it comes out of JSON.
      return checkedAnswer(name, setting.answer === undefined ? undefined : JSON.parse(JSON.stringify(setting.answer)))
    },
  }
  const context: CommandContext = {
    platform: 'linux',
    environment: { HOME: '/home/jo', ...setting.environment },
    print: (text) => {
      printed += text
    },
    note: (text) => {
      noted += text
    },
    show: async () => expect.unreachable(),
    hasShownOutput: true,
    commandPath: '/home/jo b/bin/latchkey',
    daemon,
    hasTypedInput: setting.typed !== undefined,
    readInput: async () => setting.input ?? '',
    readInputBytes: async () => Buffer.alloc(0),
    screen: { size: () => undefined, show: () => expect.unreachable() },
    readLine: async (prompt, { echo }) => {
      asked.push({ prompt, echo })
      const text = setting.typed?.shift()
      return text === undefined ? undefined : new Secret(text)
    },
    readProgram: async () => expect.unreachable(),
    runCommand: async (command, environment) => {
      ran.push({ command, environment })
      return { type: 'exit', status: 7 }
    },
    untilStopped: async () => {},
    nowMs: () => nowMs,
    pause: async () => {},
  }
  const rooms = {
    runDaemon: async () => other.push(['daemon']),
    checkConfig: async () => other.push(['config', 'check']),
  }
  const status = await runProgram(line === '' ? [] : line.split(' '), rooms, context)
  return { status, printed, noted, calls, asked, other, ran }
}

describe('login and logout', () => {
  const loggedIn = {
    vault: 'corp',
    displayName: 'userpass-jo',
    policies: ['default', 'ssh'],
    expiresAt: '2026-01-02T23:58:00Z',
  }

  it('logs in, asking what must be asked, and says as whom and for how long', async () => {
    const { calls, printed } = await run('login corp', { answer: loggedIn })
    expect(calls).toEqual([{ method: 'POST', path: '/v1/login', body: { vault: 'corp' }, mayPrompt: true }])
    expect(printed).toBe('logged in to corp as userpass-jo (policies: default, ssh; 11h 58m left)\n')
  })

  it('logs in to the only vault, with a token that does not expire', async () => {
    const { calls, printed } = await run('login', { answer: { ...loggedIn, expiresAt: undefined } })
    expect(calls[0]?.body).toEqual({})
    expect(printed).toContain('it does not expire')
  })

  it('logs out', async () => {
    expect((await run('logout')).printed).toBe('logged out\n')
    const { calls, printed } = await run('logout corp')
    expect(calls).toEqual([{ method: 'POST', path: '/v1/logout', body: { vault: 'corp' }, mayPrompt: false }])
    expect(printed).toBe('logged out of corp\n')
  })
})

describe('aws login', () => {
  const session = {
    source: 'master',
    mfaSerial: 'arn:aws:iam::111122223333:mfa/jo',
    expiresAt: '2026-01-02T23:58:00Z',
    isNew: true,
  }

  it('begins the session behind a profile, asking what must be asked, and prints no secret', async () => {
    const { calls, printed } = await run('aws login dev', { answer: session })
    expect(calls).toEqual([{ method: 'POST', path: '/v1/aws/login', body: { profile: 'dev' }, mayPrompt: true }])
    expect(printed).toBe(
      'an MFA session has begun: master, arn:aws:iam::111122223333:mfa/jo, until 2026-01-02T23:58:00Z (11h 58m left)\n',
    )
  })

  it('says which role a code was for that serves no other', async () => {
    const roleArn = 'arn:aws:iam::123456789012:role/Dev'
    expect((await run('aws login long', { answer: { ...session, roleArn } })).printed).toMatch(
      /^a session of arn:aws:iam::123456789012:role\/Dev alone has begun: master, /,
    )
  })

  it('needs no name where there is one session, and says until when one is held already', async () => {
    const { calls, printed } = await run('aws login', { answer: { ...session, isNew: false } })
    expect(calls).toMatchObject([{ body: {} }])
    expect(printed).toMatch(
      /^there already is an MFA session: master, .*, until 2026-01-02T23:58:00Z \(11h 58m left\)\n$/,
    )
  })
})

describe('another session and other credentials', () => {
  it('a new session is wanted before the former one ends', async () => {
    const answer = { source: 'master', mfaSerial: 'arn', expiresAt: '2026-01-02T23:58:00Z', isNew: true }
    const { calls } = await run('aws login --before-expiry', { answer })
    expect(calls).toMatchObject([{ path: '/v1/aws/login', body: { since: '2026-01-02T12:00:00.000Z' } }])
  })

  it('a role is got anew, asking what must be asked, and prints no secret', async () => {
    const answer = { roleArn: 'arn:aws:iam::123456789012:role/Dev', expiresAt: '2026-01-02T12:59:00Z' }
    const { calls, printed } = await run('aws refresh dev', { answer })
    expect(calls).toEqual([{ method: 'POST', path: '/v1/aws/credentials/dev/refresh', mayPrompt: true }])
    expect(printed).toBe(
      'new credentials of arn:aws:iam::123456789012:role/Dev, until 2026-01-02T12:59:00Z (59m left)\n',
    )
  })
})

describe('aws exec', () => {
  const setting = { answer: credentials, region: { region: 'eu-west-1' }, environment: { AWS_PROFILE: 'x', KEPT: '1' } }

  it('runs the command with the credentials, asking what must be asked, and ends as it ends', async () => {
    const { status, calls, ran, printed } = await run('aws exec dev -- aws s3 ls --recursive -- x', setting)
    expect({ status, printed }).toEqual({ status: 7, printed: '' })
    expect(calls).toEqual([{ method: 'GET', path: '/v1/aws/credentials/dev', mayPrompt: true }])
    expect(ran).toEqual([
      {
        command: ['aws', 's3', 'ls', '--recursive', '--', 'x'],
        environment: {
          HOME: '/home/jo',
          KEPT: '1',
          AWS_ACCESS_KEY_ID: credentials.AccessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.SecretAccessKey,
          AWS_SESSION_TOKEN: credentials.SessionToken,
          AWS_CREDENTIAL_EXPIRATION: credentials.Expiration,
          AWS_VAULT: 'dev',
          AWS_REGION: 'eu-west-1',
          AWS_DEFAULT_REGION: 'eu-west-1',
        },
      },
    ])
  })

  it.each(['aws exec dev', 'aws exec dev --', 'aws exec -- ls', 'aws exec dev --bogus -- ls'])(
    'refuses %s',
    async (line) => {
      await expect(run(line, setting)).rejects.toMatchObject({ code: 'USAGE' })
    },
  )
})

describe('aws serve', () => {
  it.each(['aws serve', 'aws serve dev --port x', 'aws serve dev --port 0', 'aws serve dev --port 65536'])(
    'refuses %s',
    async (line) => {
      await expect(run(line, { answer: credentials })).rejects.toMatchObject({ code: 'USAGE' })
    },
  )

  it('prints the variables of each profile, and ends when it is asked to', async () => {
    const { printed, calls } = await run('aws serve dev prod dev', {
      answer: credentials,
      region: { region: 'eu-west-1' },
    })
    const block = (profile: string) =>
      `# ${profile}\nAWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:\\d+/role/${profile}\nAWS_CONTAINER_AUTHORIZATION_TOKEN=[\\w-]{43}\nAWS_REGION=eu-west-1\nAWS_DEFAULT_REGION=eu-west-1\n`
    expect(printed).toMatch(new RegExp(`^${block('dev')}${block('prod')}$`))
    expect(calls.map(({ path }) => path)).toEqual(['/v1/aws/credentials/dev', '/v1/aws/credentials/prod'])
  })
})

it.each([
  'exec  -- ls',
  'env ',
  'serve dev ',
  'refresh ',
  'credentials ',
  'console ',
  'explain ',
  'login ',
  'forget ',
  'profiles remove ',
  'keys remove ',
  'keys rotate ',
  'totp add ',
  'totp remove ',
])('an empty name of a profile or source is wrong usage: aws %s', async (line) => {
  await expect(run(`aws ${line}`)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringMatching(/^argument '(profiles?|source)' is empty$/),
    hint: `latchkey help aws ${line
      .replace(/ +(-- ls|dev )?$/, '')
      .replace(/^serve dev$/, 'serve')
      .replace(/^exec.*/, 'exec')}`,
  })
})

it.each([
  ['login ', "argument 'vault' is empty"],
  ['ssh cloud-init --mount x --mount ', "option '--mount <mount>' is empty"],
  ['ssh host-check web --identity ', "option '--identity <name>' is empty"],
  ['logout ', "argument 'vault' is empty"],
  ['ssh keys remove ', "argument 'name' is empty"],
  ['ssh keys add ', "argument 'file' is empty"],
  ['ssh keys add - --name ', "option '--name <name>' is empty"],
  ['aws keys import x ', "argument 'file' is empty"],
  ['aws keys import --profile ', "option '--profile <profile>' is empty"],
  ['aws profiles add ', "argument 'link' is empty"],
  ['aws profiles add x --source ', "option '--source <name>' is empty"],
  ['aws profiles add x --name ', "option '--name <name>' is empty"],
  ['aws mfa enroll dev --name ', "option '--name <name>' is empty"],
  ['aws console dev --path ', "option '--path <page>' is empty"],
])('what is given but empty is wrong usage: %s', async (line, message) => {
  await expect(run(line)).rejects.toMatchObject({ code: 'USAGE', message })
})

it.each(['keys add', 'keys import --source', 'mfa list', 'mfa enroll', 'mfa resync'])(
  'an empty name of a source is wrong usage: aws %s',
  async (command) => {
    await expect(run(`aws ${command} `)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('is empty'),
    })
  },
)

it.each(['keys add --new a\u0007b', 'keys add --new __proto__', 'keys import --new --source constructor'])(
  'a name that config.toml cannot have is refused before anything is asked: aws %j',
  async (command) => {
    await expect(run(`aws ${command}`)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/ is invalid(?: for argument 'source')?: the name of the source is /),
    })
  },
)

describe('aws env', () => {
  it('prints variables, and takes away what would contradict them', async () => {
    const environment = { AWS_PROFILE: 'x', AWS_VAULT: 'y', AWS_SSO_REGION: 'z', AWS_CA_BUNDLE: '/ca' }
    const { printed } = await run('aws env dev', { answer: credentials, environment })
    expect(printed).toMatch(/^unset AWS_PROFILE AWS_SSO_REGION\nexport AWS_ACCESS_KEY_ID=ASIA/)
    expect(printed).toMatch(/\nexport AWS_VAULT=dev\n$/)
  })

  it('refuses a format that there is not, before it asks for anything', async () => {
    await expect(run('aws env dev --format csh')).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'latchkey help aws env',
    })
  })

  it('never hands out a long-term key', async () => {
    const answer = { ...credentials, AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }
    await expect(run('aws env dev', { answer })).rejects.toMatchObject({ code: 'BAD_REPLY' })
  })
})

describe('the name of a source', () => {
  const standing = { doubt: { reason: 'no source is called mastr; there is master', instead: ['master'] } }
  const hint = 'latchkey aws keys add master; if mastr is meant: latchkey aws keys add --new mastr'
  const input = `AKIAIOSFODNN7EXAMPLE\n${secret}\n`
  const answer = { source: 'mastr', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', isVerified: true }

  it('that is probably mistyped is wrong usage without a terminal', async () => {
    await expect(run('aws keys add mastr', { standing, input })).rejects.toMatchObject({
      code: 'USAGE',
      message: standing.doubt.reason,
      hint,
    })
  })

  it('that nothing is known to take the place of is named in the hint alone', async () => {
    const none = { doubt: { reason: 'profile sso: latchkey has no such logins', instead: [] } }
    await expect(run('aws keys add sso', { standing: none, input })).rejects.toMatchObject({
      message: none.doubt.reason,
      hint: 'if sso is meant: latchkey aws keys add --new sso',
    })
  })

  it('is asked about in a terminal, before the key is', async () => {
    const no = run('aws keys add mastr', { standing, typed: [''] })
    await expect(no).rejects.toMatchObject({ code: 'CANCELLED', hint })
    const typed = ['y', 'AKIAIOSFODNN7EXAMPLE', secret]
    const { asked, calls } = await run('aws keys add mastr', { standing, typed, answer })
    expect(asked[0]).toEqual({
      prompt: 'no source is called mastr; there is master\nstore a key as mastr anyway? (y/N): ',
      echo: true,
    })
    expect(calls).toHaveLength(1)
  })

  it('is believed with --new', async () => {
    expect((await run('aws keys add --new mastr', { standing, input, answer })).calls).toHaveLength(1)
  })

  it.each(['aws keys add dev', 'aws keys add --new dev'])(
    'that a role has is refused by %s before a key is typed',
    async (line) => {
      const reason = 'dev is a profile that uses the key of master'
      const taken = { doubt: { reason, instead: ['master'], isTaken: true as const } }
      const failure = {
        code: 'REFUSED',
        message: reason,
        hint: 'latchkey aws keys add master; or under a name that no profile has: latchkey aws keys add --new NAME',
      }
      await expect(run(line, { standing: taken, typed: [] })).rejects.toMatchObject(failure)
      await expect(run(line, { standing: taken, input })).rejects.toMatchObject(failure)
    },
  )
})

describe('aws keys', () => {
  const kept = {
    source: 'master',
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    isVerified: true,
    arn: 'arn:aws:iam::1:user/jo',
  }
  const body = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: secret }

  it('asks for a key and does not show its secret', async () => {
    const typed = [body.accessKeyId, secret]
    const { asked, calls, printed } = await run('aws keys add master', { typed, answer: kept })
    expect(asked).toEqual([
      { prompt: 'access key id: ', echo: true },
      { prompt: 'secret access key: ', echo: false },
    ])
    expect(calls).toEqual([{ method: 'PUT', path: '/v1/aws/keys/master', body, mayPrompt: false }])
    expect(printed).toBe(
      `stored AKIAIOSFODNN7EXAMPLE as master, a key of arn:aws:iam::1:user/jo\nits MFA device is ${mfaSerial}, as before\n`,
    )
  })

  it('reads a key from standard input', async () => {
    const input = `${body.accessKeyId}\r\n${secret}\r\n`
    const { asked, calls } = await run('aws keys add a/b', { input, answer: kept })
    expect(asked).toEqual([])
    expect(calls[0]).toMatchObject({ path: '/v1/aws/keys/a%2Fb', body })
  })

  it('says so where nobody could check the key', async () => {
    const answer = { ...kept, arn: undefined, isVerified: false }
    const { printed } = await run('aws keys add master', { input: `${body.accessKeyId}\n${secret}\n`, answer })
    expect(printed).toMatch(
      /^stored AKIAIOSFODNN7EXAMPLE as master\nAWS could not be asked whether it works\nnor which/,
    )
  })

  it.each([
    ['an id of a temporary key', `ASIAIOSFODNN7EXAMPLE\n${secret}\n`, 'AKIA'],
    ['a short secret', 'AKIAIOSFODNN7EXAMPLE\nshort-secret\n', '40 characters'],
    ['nothing', '', 'AKIA'],
  ])('refuses %s without repeating it', async (_what, input, reason) => {
    const error = await run('aws keys add master', { input }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining(reason) as string,
      hint: 'latchkey help aws keys add',
    })
    expect(String(error)).not.toMatch(/wJalr|short-secret/)
  })

  it('asks for no secret where the id is not valid', async () => {
    const typed = ['jo', secret]
    await expect(run('aws keys add master', { typed })).rejects.toMatchObject({ code: 'REFUSED' })
    expect(typed).toEqual([secret])
  })

  it('is cancelled with Ctrl-C', async () => {
    await expect(run('aws keys add master', { typed: [] })).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('takes no secret in its arguments', async () => {
    await expect(run(`aws keys add master AKIAIOSFODNN7EXAMPLE ${secret}`)).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('lists and removes', async () => {
    const answer = { keys: [{ source: 'master', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }] }
    expect((await run('aws keys list', { answer })).printed).toBe(
      'ACCESS KEY OF  ID                    AGE  LAST USED  AS OF\nmaster         AKIAIOSFODNN7EXAMPLE  -    -          -\nage and use are asked of AWS by: latchkey aws keys list --refresh\n',
    )
    expect(JSON.parse((await run('aws keys list --json', { answer })).printed)).toEqual(answer)
    expect((await run('aws keys list', { answer: { keys: [] } })).printed).toContain('latchkey aws keys add SOURCE')
    const { calls, printed } = await run('aws keys remove master')
    expect(calls).toEqual([{ method: 'DELETE', path: '/v1/aws/keys/master', mayPrompt: false }])
    expect(printed).toBe('removed the access key of master from the keychain\n')
  })
})

describe('aws profiles', () => {
  const profiles = [
    { name: 'default', definedIn: 'config.toml' },
    { name: 'dev', region: 'eu-central-1', definedIn: 'config.toml' },
    { name: 'old', region: 'eu-west-1', definedIn: 'aws-files' },
    { name: 'ready', region: 'eu-west-1', definedIn: 'config.toml' },
  ]
  /** The profiles, as the AWS tools of the command's environment see them. */
  async function listed(options = '', list: readonly { name: string }[] = profiles, ini = '') {
    const file = join(temporaryFolder(), 'config')
    writeFileSync(file, `[profile ready]\ncredential_process = latchkey aws credentials ready\n[profile old]\n${ini}`)
    return await run(`aws profiles list${options}`, {
      answer: { profiles: list },
      environment: { AWS_CONFIG_FILE: file },
    })
  }

  it('are listed, with where they are defined and whether the AWS tools ask latchkey for them', async () => {
    const { calls, printed } = await listed()
    expect(calls).toEqual([{ method: 'GET', path: '/v1/aws/profiles', mayPrompt: false }])
    expect(printed).toBe(`PROFILE  REGION        DEFINED IN   AWS TOOLS
default  -             config.toml  do not ask latchkey
dev      eu-central-1  config.toml  do not ask latchkey
old      eu-west-1     AWS files    do not ask latchkey
ready    eu-west-1     config.toml  ask latchkey
`)
    const states = ['absent', 'absent', 'other', 'latchkey']
    expect(JSON.parse((await listed(' --json')).printed)).toEqual({
      profiles: profiles.map((profile, at) => ({ ...profile, awsFiles: states[at] })),
    })
    expect((await listed('', [])).printed).toContain('begin with: latchkey aws keys add')
  })

  it('of config.toml are printed as the blocks that the AWS config file lacks, and nothing else', async () => {
    const { printed, noted } = await listed(' --block')
    expect(printed).toBe(`
[default]
credential_process = '/home/jo b/bin/latchkey' aws credentials default

[profile dev]
region = eu-central-1
credential_process = '/home/jo b/bin/latchkey' aws credentials dev
`)
    expect(noted).toBe('')
  })

  it('that a block would double, or that no block can name, are named to the person', async () => {
    const list = ['a "b" ]', 'taken'].map((name) => ({ name, definedIn: 'config.toml' }))
    const { printed, noted } = await listed(' --block', list, '[profile taken]\n')
    expect(printed).toBe('')
    expect(noted).toBe(`a "b" ] is not a name that all AWS tools can read
taken is already in the AWS files; its section should have:
  credential_process = '/home/jo b/bin/latchkey' aws credentials taken
`)
  })

  it('are all there already', async () => {
    const { printed, noted } = await listed(' --block', profiles.slice(2))
    expect([printed, noted]).toEqual(['', 'the AWS files already have every profile of config.toml\n'])
  })

  it('are printed in one way at a time', async () => {
    await expect(run('aws profiles list --block --json')).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('aws forget', () => {
  it.each([
    ['dev', { profile: 'dev' }],
    ['--all', { all: true }],
  ])('%s', async (argument, body) => {
    const { calls, printed } = await run(`aws forget ${argument}`, { answer: { forgotten: ['the session', 'a role'] } })
    expect(calls).toEqual([{ method: 'POST', path: '/v1/aws/forget', body, mayPrompt: false }])
    expect(printed).toBe('the session\na role\n')
  })

  it('says so where there was nothing', async () => {
    expect((await run('aws forget dev', { answer: { forgotten: [] } })).printed).toBe('nothing was held\n')
  })

  it.each(['aws forget', 'aws forget dev --all'])('does not guess at %j', async (line) => {
    await expect(run(line)).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('status', () => {
  it('prints what it knows of the answer as JSON', async () => {
    const { calls, printed } = await run('status --json', { answer: { ...fullStatus, anything: ['else'] } })
    expect(calls).toEqual([{ method: 'GET', path: '/v1/status', mayPrompt: false }])
    expect(JSON.parse(printed)).toEqual(fullStatus)
  })

  it('prints JSON that does nothing to a terminal', async () => {
    const answer = { ...fullStatus, configFile: '/a\u009b2J\u202e\u001b[2J' }
    const { printed } = await run('status --json', { answer })
    expect(terminalCommands(printed)).toEqual([])
    expect(JSON.parse(printed)).toEqual(answer)
  })

  it.each([
    ['pid', { ...fullStatus, pid: '1\u001b[2J' }],
    ['startedAt', { ...fullStatus, startedAt: 'yesterday\u001b[2J' }],
    ['ssh.addedKeys', { ...fullStatus, ssh: { ...fullStatus.ssh, addedKeys: '\u001b[2J' } }],
    ['vaults.0.state', { ...fullStatus, vaults: [{ ...fullStatus.vaults[0], state: '\u001b[2J' }] }],
    ['version', ['\u001b[2J']],
  ])('prints nothing where %s is not what it should be', async (where, answer) => {
    for (const line of ['status', 'status --json']) {
      await expect(run(line, { answer })).rejects.toMatchObject({
        code: 'BAD_REPLY',
        message: `the daemon's answer cannot be used: ${where}`,
      })
    }
  })
})

it('says above the status that the daemon is another version', async () => {
  const answer = {
    version: '0.0.1',
    pid: 42,
    startedAt: '2026-01-02T11:00:00Z',
    configFile: '/c',
    sockets: { agent: '/a', api: '/b' },
    keychain: { description: 'memory' },
    ssh: { locked: false, addedKeys: 0, identities: [] },
    vaults: [],
    aws: { sessions: [], roles: [], profiles: [] },
  }
  const { printed } = await run('status', { answer })
  expect(printed).toMatch(/^ {2}! the daemon is version 0\.0\.1, and this command is source: .*\n {4}hint: .*restart/)
  expect((await run('status', { answer: { ...answer, version: 'source' } })).printed).toMatch(
    /^latchkey source, pid 42,/,
  )
})

it('leaves the daemon to its room', async () => {
  expect((await run('daemon')).other).toEqual([['daemon']])
})

it('leaves the check of the configuration to its room, whose status it ends with', async () => {
  expect((await run('config check')).other).toEqual([['config', 'check']])
})

it('names in its help the configuration file, the documents and examples', async () => {
  const { printed } = await run('help', { environment: { LATCHKEY_CONFIG: '/my/config.toml' } })
  expect(printed).toContain('Configuration: /my/config.toml\n')
  expect(printed).toContain('Documents:     /home/jo b/docs (COMMANDS.md')
  expect(printed).toContain('latchkey dev -- ssh-add -L')
  // Those of a command are its own.
  expect((await run('help login')).printed).not.toContain('Configuration:')
})

describe('usage', () => {
  it.each([
    ['', 'Usage: latchkey [options]'],
    ['help', 'Usage: latchkey [options]'],
    ['help --help', 'Usage: latchkey [options]'],
    ['help login -h', 'Usage: latchkey login'],
    ['dev code --help', 'Usage: latchkey dev code'],
    ['dev --help', 'Usage: latchkey dev [options]'],
    ['--help', 'Usage: latchkey [options]'],
    ['aws keys --help', 'Usage: latchkey aws keys'],
    ['help login', 'Usage: latchkey login'],
    ['help aws keys add', 'Usage: latchkey aws keys add'],
    ['--version', ''],
  ])('%s is printed', async (line, beginning) => {
    const { status, printed } = await run(line)
    expect(status).toBe(0)
    expect(printed.startsWith(beginning) && printed.endsWith('\n')).toBe(true)
  })

  it.each([
    ['aws', 'name a command', 'latchkey help aws'],
    ['stauts', "unknown command 'stauts' (Did you mean status?)", 'latchkey help'],
    ['help stauts', "unknown command 'stauts'", 'latchkey help'],
    ['help aws keys ad', "unknown command 'ad'", 'latchkey help aws keys'],
    ['aws keys ad', "unknown command 'ad' (Did you mean add?)", 'latchkey help aws keys'],
    ['status --bogus', "unknown option '--bogus'", 'latchkey help status'],
    ['aws credentials', "missing required argument 'profile'", 'latchkey help aws credentials'],
    ['login a b', "too many arguments for 'login'. Expected 1 argument but got 2", 'latchkey help login'],
  ])('%j is refused with the help to read', async (line, message, hint) => {
    await expect(run(line)).rejects.toMatchObject({ code: 'USAGE', message, hint })
  })
})
