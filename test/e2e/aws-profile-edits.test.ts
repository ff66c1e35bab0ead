import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withProcessLock } from '../../src/core/files/process-lock.ts'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { debianPython, describeWithPeers } from '../support/peers.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const role = 'arn:aws:iam::123456789012:role/DeveloperRole'
const link = (name: string) =>
  `https://signin.aws.amazon.com/switchrole?roleName=DeveloperRole&account=123456789012&displayName=${name}`

/** What botocore makes of the file: the profiles, and what it would run for them. */
const program = `import botocore.session, json
print(json.dumps(botocore.session.Session().full_config['profiles']))`

describeWithPeers('profiles that a command writes', ['python:botocore', 'aws'], () => {
  const folder = makeFolder()
  let session: DevSession
  const texts = () =>
    [session.env.LATCHKEY_CONFIG!, session.env.AWS_CONFIG_FILE!].map((path) => readFileSync(path, 'utf8'))
  const read = async () =>
    JSON.parse(await session.runOk(debianPython, ['-c', program])) as Record<string, Record<string, string>>
  const add = (name: string, ...options: string[]) =>
    session.runOk('latchkey', ['aws', 'profiles', 'add', link(name), '--source', 'dev-user', ...options])

  beforeAll(async () => {
    session = await startDevSession(folder)
    // A file of somebody who keeps it elsewhere, with an editor of Windows.
    const path = session.env.AWS_CONFIG_FILE!
    appendFileSync(path, '\r\n# mine: ü\r\n[profile mine] \r\nregion=eu-west-1\r\noutput = json')
    renameSync(path, join(folder, 'elsewhere'))
    symlinkSync('elsewhere', path)
  })
  afterAll(async () => {
    await session.stop()
    removeFolder(folder)
  })

  it('are read by botocore and used by the AWS CLI, and leave both files as they were', async () => {
    const before = [texts(), await read()] as const
    expect(await add('dev+two')).toMatch(/^added: dev-two, /)
    expect(lstatSync(session.env.AWS_CONFIG_FILE!).isSymbolicLink()).toBe(true)
    const [, aws] = texts()
    expect(aws!.startsWith(before[0][1]!)).toBe(true)
    const now = await read()
    expect(now).toEqual({
      ...before[1],
      'dev-two': {
        region: 'us-east-1',
        credential_process: expect.stringMatching(/^\/\S+\/latchkey aws credentials dev-two$/) as string,
      },
    })
    const args = ['sts', 'get-caller-identity', '--profile', 'dev-two', '--query', 'Arn', '--output', 'text']
    const arn = await session.runOk('aws', [...args, '--endpoint-url', session.env.AWS_ENDPOINT_URL_STS!])
    expect(arn).toMatch(/^arn:aws:sts::123456789012:assumed-role\/DeveloperRole\//)
    await session.runOk('latchkey', ['aws', 'profiles', 'remove', 'dev-two'])
    expect(texts()).toEqual(before[0])
  })

  it.each([
    ['a link', ['https://signin.amazonaws-us-gov.com/switchrole?roleName=A&account=123456789012']],
    ['an ARN', ['--role', 'arn:aws-us-gov:iam::123456789012:role/A']],
  ])('are none of %s of another partition than the source', async (_what, args) => {
    const before = texts()
    const add = ['aws', 'profiles', 'add', ...args, '--source', 'dev-user', '--name', 'gov']
    const { status, stderr } = await session.run('latchkey', add)
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(
        /^latchkey: the role is in partition aws-us-gov, but the credentials of dev-user are in aws\nhint: /,
      ) as string,
    })
    expect(texts()).toEqual(before)
  })

  it('may have a profile of the AWS files as their source', async () => {
    const path = session.env.AWS_CONFIG_FILE!
    const own = readFileSync(path, 'utf8')
    appendFileSync(
      path,
      `\r\n[profile filed]\r\nrole_arn = ${role}\r\nsource_profile = dev-user\r\nregion = us-east-1\r\n`,
    )
    const before = texts()
    const auditor = 'arn:aws:iam::777788889999:role/AuditorRole'
    const options = ['--role', auditor, '--name', 'audit', '--source', 'filed']
    expect(await session.runOk('latchkey', ['aws', 'profiles', 'add', ...options])).toContain(`${auditor} with filed\n`)
    const whoIs = ['sts', 'get-caller-identity', '--profile', 'audit', '--query', 'Arn', '--output', 'text']
    const arn = await session.runOk('aws', [...whoIs, '--endpoint-url', session.env.AWS_ENDPOINT_URL_STS!])
    expect(arn).toMatch(/^arn:aws:sts::777788889999:assumed-role\/AuditorRole\//)
    const check = () => session.run('latchkey', ['config', 'check'])
    expect(await check()).toMatchObject({ status: 0 })
    const written = readFileSync(path, 'utf8')
    writeFileSync(realpathSync(path), own)
    expect((await check()).stdout).toContain('unknown source or profile "filed"')
    const explained = async () => (await session.run('latchkey', ['aws', 'explain', 'audit'])).stderr
    await expect.poll(explained).toContain('unknown source or profile "filed"')
    writeFileSync(realpathSync(path), written)
    await expect.poll(explained).toBe('')
    await session.runOk('latchkey', ['aws', 'profiles', 'remove', 'audit'])
    expect(texts()).toEqual(before)
    writeFileSync(realpathSync(path), own)
  })

  it('of a name with a quote in it goes as it came', async () => {
    const before = texts()
    await add('quoted', '--name', "it's mine")
    await session.runOk('latchkey', ['aws', 'profiles', 'remove', "it's mine"])
    expect(texts()).toEqual(before)
  })

  it('are all there when many commands write at once', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const before = texts()
    await Promise.all(names.map((name) => add(name)))
    expect(Object.keys(await read())).toEqual(expect.arrayContaining([...names, 'dev', 'mine']))
    await Promise.all(names.map((name) => session.runOk('latchkey', ['aws', 'profiles', 'remove', name])))
    expect(texts()).toEqual(before)
  })

  it('are whole, or not there, when the command is killed at any instant', async () => {
    const before = texts()
    for (let delayMs = 0; delayMs < 400; delayMs += 40) {
      const child = spawn('latchkey', ['aws', 'profiles', 'add', link('killed')], { env: session.env, stdio: 'ignore' })
      const ended = once(child, 'close')
      setTimeout(() => child.kill('SIGKILL'), delayMs)
      await ended
      const [config, aws] = texts()
      expect(config!.slice(before[0]!.length)).toMatch(
        /^$|^\n\[aws\.profile\.killed\]\nrole = ".*"\nsource = "dev-user"\nregion = "us-east-1"\n$/,
      )
      expect(aws!.slice(before[1]!.length)).toMatch(
        /^$|^\r\n\r\n\[profile killed\]\r\nregion = us-east-1\r\ncredential_process = \S+ aws credentials killed$/,
      )
    }
    await add('killed')
    await session.runOk('latchkey', ['aws', 'profiles', 'remove', 'killed'])
    expect(texts()).toEqual(before)
  })

  it('leave nothing beside their file of a command that was killed while it waited for another', async () => {
    const file = session.env.LATCHKEY_CONFIG!
    const lock = join(dirname(file), `.${basename(file)}.lock`)
    const beside = () => readdirSync(dirname(file)).filter((name) => name.startsWith(basename(lock)))
    await withProcessLock(lock, async () => {
      const args = ['aws', 'profiles', 'add', link('killed'), '--source', 'dev-user']
      const child = spawn('latchkey', args, { env: session.env, stdio: 'ignore' })
      await expect.poll(beside).toHaveLength(2)
      child.kill('SIGKILL')
      await once(child, 'close')
    })
    expect(beside()).toHaveLength(1)
    await add('killed')
    await session.runOk('latchkey', ['aws', 'profiles', 'remove', 'killed'])
    expect(beside()).toEqual([])
  })

  it('are made of a list of accounts, with one code, and taken away again', async () => {
    const before = texts()
    const list = join(folder, 'accounts.json')
    const sync = async (...names: [id: string, name: string][]) => {
      writeFileSync(list, JSON.stringify({ Accounts: names.map(([Id, Name]) => ({ Id, Name, Status: 'ACTIVE' })) }))
      const args = ['aws', 'profiles', 'sync', list, '--role', 'DeveloperRole']
      const { status, stderr } = await session.run('latchkey', args)
      expect(status).toBe(2)
      const [, hash] = /add --sha256 ([0-9a-f]{64})\n$/.exec(stderr)!
      return await session.runOk('latchkey', [...args, '--sha256', hash!])
    }
    const asked = session.log('prompts').length
    const said = await sync(['123456789012', 'Dev three'], ['444455556666', 'Prod'])
    expect(said).toMatch(/\n1 of 2 new roles work\nProd does not work: AWS refused AssumeRole: .*not authorized/)
    expect(session.log('prompts').length - asked).toBeLessThanOrEqual(1)
    expect(await read()).toMatchObject({
      'Dev-three': { credential_process: expect.stringMatching(/ aws credentials Dev-three$/) as string },
      Prod: { region: 'us-east-1' },
    })
    expect(await sync()).toMatch(/^- Dev-three\n- Prod\n0 added, 2 removed, in \S+ and \S+\n$/)
    expect(texts()).toEqual(before)
  })

  it('are made of what AWS Organizations says, as the AWS CLI sees it', async () => {
    const before = texts()
    const args = ['aws', 'profiles', 'sync', '--organizations', '--role', 'DeveloperRole']
    const { stderr } = await session.run('latchkey', args)
    const [, hash] = /add --sha256 ([0-9a-f]{64})\n$/.exec(stderr)!
    const said = await session.runOk('latchkey', [...args, '--sha256', hash!])
    expect(said).toMatch(/\n1 of 4 new roles work\n/)
    const endpoint = session.env.AWS_ENDPOINT_URL_ORGANIZATIONS!
    const cli = ['aws', 'organizations', 'list-accounts', '--endpoint-url', endpoint, '--output', 'json']
    const listed = await session.runOk('latchkey', ['aws', 'exec', 'dev-user', '--', ...cli, '--region', 'us-east-1'])
    const { Accounts } = JSON.parse(listed) as { Accounts: { Name: string; Status: string }[] }
    const active = Accounts.filter(({ Status }) => Status === 'ACTIVE').map(({ Name }) => Name)
    expect(active).toEqual(['Master', 'Development', 'Production', 'Audit'])
    expect(Object.keys(await read())).toEqual(expect.arrayContaining(active))
    const nobody = await session.run('latchkey', ['aws', 'profiles', 'sync', '--organizations', 'dev', '--role', 'X'])
    expect(nobody.status).toBe(1)
    expect(nobody.stderr).toContain('only the management account may list the accounts')
    for (const name of active) await session.runOk('latchkey', ['aws', 'profiles', 'remove', name])
    expect(texts()).toEqual(before)
  })

  it('are refused by the daemon when their time is over, and removed by the next command', async () => {
    const before = texts()
    await session.runOk('latchkey', ['aws', 'profiles', 'add', '--role', role, '--name', 'sandbox', '--for', '3d'])
    await session.runOk('latchkey', ['aws', 'credentials', 'sandbox'])
    // Nobody can wait for three days.
    await session.runOk('sed', ['-i', 's/^until = .*/until = "2026-01-02T03:04:05Z"/', session.env.LATCHKEY_CONFIG!])
    const refusal = async () => {
      const { status, stderr } = await session.run('latchkey', ['aws', 'credentials', 'sandbox'])
      return { status, stderr }
    }
    await expect.poll(refusal, { timeout: 10_000 }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^latchkey: profile sandbox was added for a limited time, which ended at 2026-01-02/,
      ) as string,
    })
    const { stdout, stderr } = await session.run('latchkey', ['aws', 'profiles', 'list'])
    expect(stderr).toBe('removed sandbox, whose time ended at 2026-01-02T03:04:05Z\n')
    expect(stdout).not.toContain('sandbox')
    expect(texts()).toEqual(before)
  })
})

describe('a link that is no switch-role link', () => {
  it('is wrong usage', async () => {
    const { latchkey } = await import('../support/latchkey.ts')
    const { status, stderr } = await latchkey(['aws', 'profiles', 'add', 'https://signin.aws.example/switchrole?a=1'])
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /^latchkey: this is not a switch-role link: signin\.aws\.example is no sign-in host of AWS\nhint: /,
    )
  })
})
