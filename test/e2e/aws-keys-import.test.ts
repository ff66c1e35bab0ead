import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { debianPython, describeWithPeers } from '../support/peers.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const serial = 'arn:aws:iam::111122223333:mfa/jo'
const role = 'arn:aws:iam::123456789012:role/DeveloperRole'

/** What botocore makes of both files. */
const program = `import botocore.session, json
print(json.dumps(botocore.session.Session().full_config['profiles']))`

/**
 * Whose credentials boto3 finds for a profile. Debian's knows no AWS_ENDPOINT_URL_STS, so what assumes the role is told by
 * hand where STS is.
 */
const caller = `import boto3, botocore.session, os, sys
at = {'endpoint_url': os.environ['AWS_ENDPOINT_URL_STS'], 'region_name': 'us-east-1'}
core = botocore.session.Session(profile=sys.argv[1])
provider = core.get_component('credential_provider').get_provider('assume-role')
make = provider._client_creator
provider._client_creator = lambda name, **others: make(name, **{**others, **at})
print(boto3.Session(botocore_session=core).client('sts', **at).get_caller_identity()['Arn'])`

describeWithPeers('keys that are moved out of files', ['python:boto3', 'aws'], () => {
  const folder = makeFolder()
  let session: DevSession
  let key: { id: string; secret: string }
  const paths = () => [session.env.AWS_CONFIG_FILE!, session.env.AWS_SHARED_CREDENTIALS_FILE!, join(folder, '.env')]
  const texts = () => paths().map((path) => readFileSync(path, 'utf8'))
  const read = async () =>
    JSON.parse(await session.runOk(debianPython, ['-c', program])) as Record<string, Record<string, string>>
  const keys = (...args: string[]) => session.run('latchkey', ['aws', 'keys', ...args])
  let before: string[]

  /** The files as somebody had them before there was latchkey. */
  const lay = () => {
    before = [
      `# mine\r\n[profile base]\r\nregion = us-east-1\r\n\r\n[profile x]\r\nrole_arn = ${role}\r\nsource_profile = base\r\nmfa_serial = ${serial}\r\nregion = us-east-1`,
      `[base]\naws_access_key_id = ${key.id}\n# comment\naws_secret_access_key = ${key.secret}\n[other]\nregion = eu-west-1\n`,
      `FOO=1\nAWS_ACCESS_KEY_ID=${key.id}\nAWS_SECRET_ACCESS_KEY=${key.secret}\n`,
    ]
    for (const [at, path] of paths().entries()) writeFileSync(path, before[at]!)
  }

  beforeAll(async () => {
    session = await startDevSession(folder)
    const state = JSON.parse(readFileSync(join(folder, 'aws-state.json'), 'utf8')) as {
      users: { accessKeys: { id: string; secret: string }[] }[]
    }
    key = state.users[0]!.accessKeys[0]!
    await session.runOk('latchkey', ['aws', 'keys', 'remove', 'dev-user'])
  })
  afterAll(async () => {
    await session.stop()
    removeFolder(folder)
  })

  it('are used by the AWS CLI and boto3 through latchkey, behind one code, and come back', async () => {
    lay()
    const { stdout, stderr, status } = await keys('import', '--yes', join(folder, '.env'))
    expect({ status, stdout }).toMatchObject({ status: 0 })
    expect(`${stdout}${stderr}`).not.toContain(key.secret)
    expect(texts().join('')).not.toMatch(/AKIA|aws_secret/i)
    expect(texts().slice(1)).toEqual(['[base]\n# comment\n[other]\nregion = eu-west-1\n', 'FOO=1\n'])
    expect(await read()).toEqual({
      base: {
        region: 'us-east-1',
        credential_process: expect.stringMatching(/^\/\S+\/latchkey aws credentials base$/) as string,
        mfa_serial: serial,
      },
      x: { role_arn: role, source_profile: 'base', region: 'us-east-1' },
      other: { region: 'eu-west-1' },
    })
    const asked = session.log('prompts').length
    expect(await session.runOk(debianPython, ['-c', caller, 'x'])).toMatch(/:assumed-role\/DeveloperRole\//)
    expect(await session.runOk(debianPython, ['-c', caller, 'base'])).toBe('arn:aws:iam::111122223333:user/jo\n')
    const args = ['sts', 'get-caller-identity', '--profile', 'base', '--query', 'Arn', '--output', 'text']
    const arn = await session.runOk('aws', [...args, '--endpoint-url', session.env.AWS_ENDPOINT_URL_STS!])
    expect(arn).toBe('arn:aws:iam::111122223333:user/jo\n')
    expect(session.log('prompts').length - asked).toBe(1)
    await session.runOk('latchkey', ['aws', 'credentials', 'x'])

    expect((await keys('import', '--undo', '--yes')).status).toBe(0)
    expect(texts()).toEqual(before)
    expect((await keys('list')).stdout).toMatch(/^the keychain has no access key/)
  })

  it('are in the keychain, in the file, or in both when the command is killed at any instant', async () => {
    for (let delayMs = 60; delayMs < 560; delayMs += 50) {
      lay()
      const child = spawn('latchkey', ['aws', 'keys', 'import', '--yes', join(folder, '.env')], {
        env: session.env,
        stdio: 'ignore',
      })
      const ended = once(child, 'close')
      setTimeout(() => child.kill('SIGKILL'), delayMs)
      await ended
      const isStored = (await keys('list')).stdout.includes(key.id)
      for (const [at, text] of texts().entries()) {
        const isChanged = text !== before[at]
        if (isChanged) expect(text).not.toContain(key.secret)
        expect(isStored || !isChanged).toBe(true)
      }
      // botocore reads what there is, at each of these instants.
      expect(Object.keys(await read())).toEqual(expect.arrayContaining(['base', 'x', 'other']))
      expect((await keys('import', '--yes', join(folder, '.env'))).status).toBe(0)
      expect(texts().join('')).not.toContain(key.secret)
      for (;;) if ((await keys('import', '--undo', '--yes')).status !== 0) break
      expect(texts()).toEqual(before)
      expect((await keys('list')).stdout).toMatch(/^the keychain has no access key/)
    }
  })

  it('that AWS refuses stay where they are', async () => {
    lay()
    const wrong = before[1]!.replace(key.secret, key.secret.split('').reverse().join(''))
    writeFileSync(paths()[1]!, wrong)
    const { status, stderr } = await keys('import', '--yes')
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^latchkey: AWS refuses|a different secret/) as string,
    })
    expect(texts()).toEqual([before[0], wrong, before[2]])
    expect((await keys('import', '--undo', '--yes')).stderr).toMatch(/^latchkey: there is no import to undo/)
  })
})
