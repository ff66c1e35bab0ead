import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { debianPython, describeWithPeers, findProgram } from '../support/peers.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

/** What of the state of the embedded AWS a fourth role is added to. */
interface State {
  users: { name: string; mayAssume: string[] }[]
  roles: { account: string; name: string; id: string }[]
}

const fourth = { account: '123456789012', name: 'FourthRole' }
const profiles = {
  dev: 'arn:aws:sts::123456789012:assumed-role/DeveloperRole/jo',
  prod: 'arn:aws:sts::444455556666:assumed-role/OperatorRole/jo',
  chained: 'arn:aws:sts::777788889999:assumed-role/AuditorRole/jo',
  fourth: `arn:aws:sts::${fourth.account}:assumed-role/${fourth.name}/jo`,
}

const boto = `import boto3, os, sys
sts = boto3.Session(profile_name=sys.argv[1]).client('sts', endpoint_url=os.environ['AWS_ENDPOINT_URL_STS'])
print(sts.get_caller_identity()['Arn'])`

describeWithPeers('twelve clients of four roles at once', ['aws', 'python:boto3'], () => {
  const folder = makeFolder()
  let dev: DevSession

  beforeAll(async () => {
    // The embedded AWS takes what its folder has when it starts.
    await (await startDevSession(folder)).stop()
    const file = join(folder, 'aws-state.json')
    const state = JSON.parse(readFileSync(file, 'utf8')) as State
    const { mayAssume } = state.users.find(({ name }) => name === 'jo')!
    mayAssume.push(`arn:aws:iam::${fourth.account}:role/${fourth.name}`)
    const developer = state.roles.find(({ name }) => name === 'DeveloperRole')!
    state.roles.push({ ...developer, ...fourth, id: developer.id.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) })
    writeFileSync(file, JSON.stringify(state))
    dev = await startDevSession(folder)
    const link = `https://signin.aws.amazon.com/switchrole?account=${fourth.account}&roleName=${fourth.name}&displayName=fourth`
    await dev.runOk('latchkey', ['aws', 'profiles', 'add', link, '--source', 'dev-user'])
  })
  afterAll(async () => {
    await dev?.stop()
    removeFolder(folder)
  })

  it('cost one prompt, one GetSessionToken and one AssumeRole for each role', async () => {
    const endpoint = dev.env.AWS_ENDPOINT_URL_STS!
    const identity = ['sts', 'get-caller-identity', '--endpoint-url', endpoint, '--query', 'Arn', '--output', 'text']
    const sdk = join(import.meta.dirname, '../support/sdk-caller-identity.mjs')
    const clients = Object.entries(profiles).flatMap(([profile, arn]) =>
      [
        dev.runOk(findProgram('aws')!, [...identity, '--profile', profile]),
        dev.runOk(debianPython, ['-c', boto, profile]),
        dev.runOk(process.execPath, [sdk, profile]),
      ].map(async (output) => ({ is: (await output).trim(), shouldBe: arn })),
    )
    expect(clients).toHaveLength(12)
    for (const { is, shouldBe } of await Promise.all(clients)) expect(is).toBe(shouldBe)

    const answered = dev.log('aws-calls').filter(({ action }) => action !== 'GetCallerIdentity')
    const asked = answered.map(({ action, role }) => role ?? action)
    expect(asked).toEqual(expect.arrayContaining(['GetSessionToken', ...Object.values(profiles).map(roleOf)]))
    expect(asked).toHaveLength(5)
    expect(answered.every(({ status }) => status === 200)).toBe(true)
    expect(dev.log('prompts')).toHaveLength(1)
  })
})

const roleOf = (assumed: string) =>
  assumed.replace('aws:sts:', 'aws:iam:').replace(/assumed-role\/(\w+)\/jo/, 'role/$1')
