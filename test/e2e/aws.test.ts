import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sharedDevSession, startDevSession } from '../support/dev-session.ts'
import { inDev } from '../support/latchkey.ts'
import { debianPython, describeWithPeers, findProgram } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const roleArn = {
  dev: 'arn:aws:sts::123456789012:assumed-role/DeveloperRole/jo',
  prod: 'arn:aws:sts::444455556666:assumed-role/OperatorRole/jo',
  chained: 'arn:aws:sts::777788889999:assumed-role/AuditorRole/jo',
}

/** How often each action was called, without the look at the key that is stored. */
function countActions(calls: readonly Record<string, unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { action } of calls) {
    if (action !== 'GetCallerIdentity') counts[String(action)] = (counts[String(action)] ?? 0) + 1
  }
  return counts
}

describe('twenty credential processes at once', () => {
  it('cost one prompt, one GetSessionToken and one AssumeRole', async () => {
    const folder = temporaryFolder()
    const { stdout, status } = await inDev('for i in $(seq 20); do latchkey aws credentials dev & done; wait', {
      dir: folder,
    })
    expect(status).toBe(0)
    const lines = stdout.trim().split('\n')
    expect(lines).toHaveLength(20)
    expect(new Set(lines).size).toBe(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({ Version: 1, AccountId: '123456789012' })
    const logs = await inDev('cat $LATCHKEY_DEV_DIR/aws-calls.jsonl; echo; cat $LATCHKEY_DEV_DIR/prompts.jsonl', {
      dir: folder,
    })
    const [calls = '', prompts = ''] = logs.stdout.split('\n\n')
    const parse = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(countActions(parse(calls))).toEqual({ GetSessionToken: 1, AssumeRole: 1 })
    expect(parse(prompts)).toMatchObject([{ kind: 'code', by: 'program' }])
  })

  it('ask nothing after a restart of the daemon: the MFA session is in the keychain', async () => {
    const folder = temporaryFolder()
    const first = await inDev('latchkey aws credentials dev', { dir: folder })
    const second = await inDev('latchkey aws credentials dev; cat $LATCHKEY_DEV_DIR/prompts.jsonl', { dir: folder })
    const [again, prompt, ...more] = second.stdout.trim().split('\n')
    expect(JSON.parse(again!).AccessKeyId).not.toBe(JSON.parse(first.stdout).AccessKeyId)
    expect(JSON.parse(prompt!)).toMatchObject({ kind: 'code' })
    expect(more).toEqual([])
  })
})

// What each consumer does with the profiles of AWS_CONFIG_FILE, whose credential_process is latchkey.
describeWithPeers('the AWS CLI, boto3 and the SDK for JavaScript', ['aws', 'python:boto3', 'python:botocore'], () => {
  const shared = sharedDevSession()

  const clis = [...new Set([findProgram('aws'), '/usr/bin/aws'])].filter((path) => path !== undefined)
  it.each(clis.flatMap((cli) => (['dev', 'prod', 'chained'] as const).map((profile) => [cli, profile] as const)))(
    '%s is who the profile %s says',
    async (cli, profile) => {
      const identity = await shared.dev.runOk(cli, [
        'sts',
        'get-caller-identity',
        '--profile',
        profile,
        '--endpoint-url',
        shared.dev.env.AWS_ENDPOINT_URL_STS!,
        '--query',
        'Arn',
        '--output',
        'text',
      ])
      expect(identity.trim()).toBe(roleArn[profile])
    },
  )

  it('boto3 uses the credentials, and reuses them for five requests', async () => {
    const script = `
import boto3, os
session = boto3.Session(profile_name='dev')
sts = session.client('sts', endpoint_url=os.environ['AWS_ENDPOINT_URL_STS'])
print({sts.get_caller_identity()['Arn'] for _ in range(5)})
print(session.get_credentials().refresh_needed())
`
    const [arns, isRefreshNeeded] = (await shared.dev.runOk(debianPython, ['-c', script])).trim().split('\n')
    expect(arns).toBe(`{'${roleArn.dev}'}`)
    // botocore asks again, for each request, once less than 15 minutes are left.
    expect(isRefreshNeeded).toBe('False')
  })

  it('the SDK for JavaScript uses the credentials', async () => {
    const script = join(process.cwd(), 'test/support/sdk-caller-identity.mjs')
    expect(await shared.dev.runOk(process.execPath, [script, 'prod'])).toBe(`${roleArn.prod}\n`)
  })

  it('all of them have cost one prompt', () => {
    expect(shared.dev.log('prompts')).toHaveLength(1)
    expect(countActions(shared.dev.log('aws-calls'))).toEqual({ GetSessionToken: 1, AssumeRole: 3 })
  })

  it('the shell fast path prints the same line', async () => {
    const slow = await shared.dev.runOk('latchkey', ['aws', 'credentials', 'dev'])
    expect(await shared.dev.runOk('latchkey-credentials', ['dev'])).toBe(slow)
  })

  it('curl on the socket gets the same line', async () => {
    const slow = await shared.dev.runOk('latchkey', ['aws', 'credentials', 'dev'])
    const socket = join(shared.dev.env.LATCHKEY_RUNTIME_DIR!, 'api.sock')
    expect(await shared.dev.runOk('curl', ['-sS', '--unix-socket', socket, 'http://d/v1/aws/credentials/dev'])).toBe(
      slow,
    )
  })

  it('an unknown profile is refused with the names that are near, on one line', async () => {
    const { status, stdout, stderr } = await shared.dev.run('latchkey', ['aws', 'credentials', 'prd'])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^latchkey: .*prd.*prod.*\n$/)
  })

  it('the failure of a profile reaches the person through the AWS CLI', async () => {
    writeFileSync(
      join(shared.folder, 'aws-config'),
      `[profile gone]\nregion = us-east-1\ncredential_process = ${shared.dev.env.LATCHKEY_DEV_DIR}/bin/latchkey aws credentials gone\n`,
    )
    const { status, stderr } = await shared.dev.run(
      'aws',
      ['sts', 'get-caller-identity', '--profile', 'gone', '--endpoint-url', shared.dev.env.AWS_ENDPOINT_URL_STS!],
      { env: { AWS_CONFIG_FILE: join(shared.folder, 'aws-config') } },
    )
    expect(status).toBe(255)
    expect(stderr).toContain('latchkey: ')
    expect(stderr).toContain('gone')
  })

  it('forgets a session, and then asks again', async () => {
    expect(await shared.dev.runOk('latchkey', ['aws', 'forget', 'dev'])).toContain('session of dev-user')
    expect(await shared.dev.runOk('latchkey', ['aws', 'forget', '--all'])).not.toContain('session of dev-user')
    await shared.dev.runOk('latchkey', ['aws', 'credentials', 'dev'])
    expect(shared.dev.log('prompts')).toHaveLength(2)
  })
})

describe('a login', () => {
  it('gives the code before it is needed, and prints no secret', async () => {
    const { stdout, status } = await inDev(
      'latchkey aws login; latchkey aws login prod; latchkey aws login --before-expiry dev-user; latchkey aws refresh prod; latchkey aws refresh prod; latchkey aws credentials prod >&2; cat $LATCHKEY_DEV_DIR/prompts.jsonl $LATCHKEY_DEV_DIR/aws-calls.jsonl',
      { env: { LATCHKEY_DEV_MFA: 'auto' } },
    )
    expect(status).toBe(0)
    expect(stdout.split('\n').slice(0, 5)).toEqual([
      expect.stringMatching(/^an MFA session has begun: dev-user, .*, until \S+Z \(11h \d+m left\)$/),
      expect.stringMatching(/^there already is an MFA session: dev-user, .*, until \S+Z \(11h \d+m left\)$/),
      expect.stringMatching(/^an MFA session has begun: dev-user, /),
      ...Array(2).fill(
        expect.stringMatching(/^new credentials of arn:aws:iam::444455556666:role\/OperatorRole, until /),
      ),
    ])
    expect(stdout).not.toMatch(/ASIA|SecretAccessKey/)
    expect(stdout.match(/"kind":"code"/g)).toHaveLength(2)
    const calls = stdout.split('\n').flatMap((line) => (line.includes('"action"') ? [JSON.parse(line)] : []))
    expect(countActions(calls)).toEqual({ GetSessionToken: 2, AssumeRole: 2 })
  })
})

describe('long-term keys', () => {
  it('are moved out of a credentials file that is otherwise left as it was', async () => {
    const folder = temporaryFolder()
    const dev = await startDevSession(join(folder, 'dev'))
    try {
      const state = JSON.parse(readFileSync(join(dev.folder, 'aws-state.json'), 'utf8'))
      const [{ id, secret }] = state.users[0].accessKeys
      await dev.runOk('latchkey', ['aws', 'keys', 'remove', 'dev-user'])
      const without = await dev.run('latchkey', ['aws', 'credentials', 'dev'])
      expect({ status: without.status, stdout: without.stdout }).toEqual({ status: 1, stdout: '' })
      expect(without.stderr).toContain('latchkey aws keys add dev-user')

      const file = join(folder, 'credentials')
      const others = '# mine\n[other]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n'
      writeFileSync(file, `[default]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n\n${others}`, {
        mode: 0o600,
      })
      const only = ['--profile', 'default', '--source', 'dev-user', '--yes']
      await dev.runOk('latchkey', ['aws', 'keys', 'import', file, ...only])
      expect(readFileSync(file, 'utf8')).toBe(`[default]\n\n${others}`)
      expect(JSON.parse(await dev.runOk('latchkey', ['aws', 'keys', 'list', '--json']))).toMatchObject({
        keys: [{ source: 'dev-user', accessKeyId: id }],
      })
      expect(JSON.parse(await dev.runOk('latchkey', ['aws', 'credentials', 'dev']))).toMatchObject({ Version: 1 })
    } finally {
      await dev.stop()
    }
  })

  it('are not taken under a name that is mistyped or that of a role', async () => {
    for (const [name, expected, other] of [
      ['dev-usr', 2, 'if dev-usr is meant: latchkey aws keys add --new dev-usr'],
      ['dev', 1, 'or under a name that no profile has: latchkey aws keys add --new NAME'],
    ] as const) {
      const { status, stderr } = await inDev(
        `printf 'AKIAIOSFODNN7EXAMPLE\\nwJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\\n' | latchkey aws keys add ${name}`,
      )
      expect(status).toBe(expected)
      expect(stderr).toContain(`hint: latchkey aws keys add dev-user; ${other}`)
    }
  })

  it('that AWS does not know are not stored', async () => {
    const { status, stderr } = await inDev(
      "printf 'AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n' | latchkey aws keys add other",
    )
    expect(status).toBe(1)
    expect(stderr).toMatch(/^latchkey: .*AKIA…MPLE/m)
    expect(stderr).not.toContain('wJalrXUtnFEMI')
  })
})
