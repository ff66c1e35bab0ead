import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { profileWorld, sources } from '../../../support/profile-commands.ts'

const list = JSON.stringify({ Accounts: [{ Id: '100000000001', Name: 'Team A', Status: 'ACTIVE' }] })
const hash = createHash('sha256').update(list).digest('hex')

/** A web server on this machine. */
async function web(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    answer(response, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { seen, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const sync = (world: ReturnType<typeof profileWorld>, typed: string[] | undefined, ...args: string[]) =>
  world.run(['profiles', 'sync', ...args, '--role', 'Dev'], typed)

describe('a list at an address', () => {
  it('is got, shown, and known by its address without what may be a secret in it', async () => {
    const world = profileWorld()
    const { origin, seen } = await web((response) => response.end(list))
    const { printed, failure } = await sync(world, ['y'], `${origin}/accounts.json?sig=s3cret`)
    expect(failure).toBeUndefined()
    expect(printed).toContain('+ Team-A: arn:aws:iam::100000000001:role/Dev with master\n')
    expect(seen).toEqual(['GET /accounts.json?sig=s3cret'])
    expect(world.config.text()).toContain(`synced_from = "${origin}/accounts.json"\n`)
    expect((await sync(world, undefined, `${origin}/accounts.json?sig=other`)).printed).toBe('nothing changes\n')
  })

  it('takes nothing away that one whose address differs after the question mark has written', async () => {
    const world = profileWorld()
    const teams: Record<string, unknown> = {
      '/list?team=a': [{ Id: '100000000001', Name: 'A' }],
      '/list?team=b': [{ Id: '100000000002', Name: 'B' }],
    }
    const { origin } = await web((response, { url = '' }) => response.end(JSON.stringify(teams[url])))
    await sync(world, ['y'], `${origin}/list?team=a`)
    expect((await sync(world, ['y'], `${origin}/list?team=b`)).printed).not.toContain('- A')
    expect(world.config.text()).toContain('[aws.profile.A]')
    teams['/list?team=b'] = []
    expect((await sync(world, ['y'], `${origin}/list?team=b`)).printed).toMatch(/^- B\n0 added, 1 removed, /)
    expect(world.config.text()).toContain('[aws.profile.A]')
    expect(world.config.text()).not.toContain('team=')
  })

  it('is taken without a question where it is the one that is pinned, and refused where it is not', async () => {
    const world = profileWorld()
    const { origin } = await web((response) => response.end(list))
    const other = await sync(world, undefined, origin, '--sha256', '0'.repeat(64))
    expect(other.failure).toMatchObject({ code: 'REFUSED', message: expect.stringContaining(`its SHA-256 is ${hash}`) })
    expect(world.config.text()).toBe(sources)
    expect((await sync(world, undefined, origin, '--sha256', hash)).failure).toBeUndefined()
  })

  it.each([
    ['missing', (response: ServerResponse) => response.writeHead(404).end(), 'answers with HTTP 404'],
    [
      'elsewhere',
      (response: ServerResponse) => response.writeHead(302, { Location: 'https://other.test/x?token=s3cret' }).end(),
      'leads to https://other.test: name the address there, if the list is there',
    ],
    [
      'elsewhere on the same server',
      (response: ServerResponse) => response.writeHead(302, { Location: '/sign-in?token=s3cret' }).end(),
      'leads to its own /sign-in: name the address there, if the list is there',
    ],
    ['too long', (response: ServerResponse) => response.end(' '.repeat(1024 * 1024 + 1)), 'more than 1048576 bytes'],
    ['broken off', (response: ServerResponse) => response.destroy(), 'the connection broke'],
  ])('that is %s is refused', async (_, answer, reason) => {
    const world = profileWorld()
    const { origin } = await web(answer)
    const { failure } = await sync(world, ['y'], `${origin}/list?sig=s3cret`)
    expect(failure).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining(reason),
      hint: `look at ${origin}/list in a browser, or get it with curl and name the file`,
    })
    expect(String(failure)).not.toContain('s3cret')
    expect(world.config.text()).toBe(sources)
  })

  it('that is a web page is no list', async () => {
    const { origin } = await web((response) => response.end('<html>'))
    expect((await sync(profileWorld(), ['y'], origin)).failure).toMatchObject({ code: 'AWS_LIST_INVALID' })
  })

  it.each([
    ['http://accounts.test/list', 'neither a file nor an https address'],
    ['ftp://accounts.test/list', 'neither a file nor an https address'],
    ['https://', 'neither a file nor an https address'],
    ['https://jo:s3cret@accounts.test/list', 'has a user name in it'],
  ])('%s is asked nothing', async (address, reason) => {
    const { failure } = await sync(profileWorld(), ['y'], address)
    expect(failure).toMatchObject({ code: 'USAGE', message: expect.stringContaining(reason) })
  })
})

describe('certificates that are to be trusted', () => {
  it.each([
    ['that are not there', undefined, 'ENOENT'],
    ['that are none', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'no readable certificate'],
  ])('%s are named, and nothing is asked', async (_, content, reason) => {
    const world = profileWorld()
    const file = join(world.folder, 'ca.pem')
    if (content !== undefined) writeFileSync(file, content)
    const { failure } = await world.run(['profiles', 'sync', 'https://127.0.0.1:1/list', '--role', 'Dev'], undefined, {
      LATCHKEY_EXTRA_CA_CERTS: file,
    })
    expect(failure).toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(new RegExp(`^NODE_EXTRA_CA_CERTS is of no use: .*${reason}`)),
      hint: `look at ${file}, or unset NODE_EXTRA_CA_CERTS`,
    })
  })
})

describe('the accounts of an organization', () => {
  const organization = (...names: string[]) =>
    names.map((Name, at) => ({ Id: String(100_000_000_001 + at), Name, State: 'ACTIVE' }))

  it('are asked with the source, and have the same hash in any order', async () => {
    const world = profileWorld()
    world.accounts = organization('Team A', 'Team B')
    const first = await sync(world, undefined, '--organizations')
    world.accounts.reverse()
    const second = await sync(world, undefined, '--organizations')
    expect(first.failure).toMatchObject({ code: 'USAGE', hint: expect.stringMatching(/ --sha256 [0-9a-f]{64}$/) })
    expect(second.failure).toEqual(first.failure)
    expect(world.listed).toEqual([{ profile: 'master' }, { profile: 'master' }])
    expect((await sync(world, ['y'], '--organizations')).failure).toBeUndefined()
    expect(world.config.text()).toContain('[aws.profile.Team-B]')
    expect(world.config.text()).toContain('synced_from = "organizations:master"\n')
  })

  it('are asked with the profile that is named', async () => {
    const world = profileWorld()
    world.accounts = [{ Id: '100000000001', Name: 'Old', State: 'SUSPENDED' }]
    expect((await sync(world, ['y'], '--organizations', 'root')).printed).toBe('nothing changes\n')
    expect(world.listed).toEqual([{ profile: 'root' }])
  })

  it('are in the partition of those who ask and of the source, which nobody has to say', async () => {
    const inChina = sources.replace('arn:aws:', 'arn:aws-cn:').replace('eu-central-1', 'cn-north-1')
    const other = '[aws.source.other]\nmfa_serial = "arn:aws:iam::111122223333:mfa/jo"\n'
    const world = profileWorld({ toml: inChina + other })
    world.accounts = organization('Team A')
    const from = ['--source', 'master', '--organizations']
    for (const [args, message] of [
      [
        [...from, 'master', '--partition', 'aws'],
        'the accounts are in partition aws, but the credentials of master are in aws-cn',
      ],
      [
        [...from, 'other'],
        'the credentials of other are in partition aws, but the credentials of master are in aws-cn',
      ],
    ] as const)
      expect((await sync(world, ['y'], ...args)).failure).toMatchObject({ code: 'USAGE', message })
    expect(world.listed).toEqual([])
    expect((await sync(world, ['y'], ...from, 'master')).printed).toContain(
      '+ Team-A: arn:aws-cn:iam::100000000001:role/Dev',
    )
  })

  it('need a source that is known', async () => {
    const two = profileWorld({ toml: `${sources}[aws.source.other]\n` })
    expect((await sync(two, ['y'], '--organizations')).failure).toMatchObject({
      code: 'AWS_PROFILE_INVALID',
      message: 'there are several sources: master, other',
    })
    expect(two.listed).toEqual([])
  })

  it('are asked with nobody whose name is empty', async () => {
    const world = profileWorld()
    expect((await sync(world, ['y'], '--organizations', '')).failure).toMatchObject({
      code: 'USAGE',
      message: "option '--organizations [profile]' is empty",
    })
    expect((await sync(world, ['y'], '')).failure).toMatchObject({
      code: 'USAGE',
      message: "argument 'list' is empty",
    })
    expect(world.listed).toEqual([])
  })

  it.each([[[]], [['/list.json', '--organizations']]])('are not both asked for and named: %j', async (args) => {
    expect((await sync(profileWorld(), ['y'], ...args)).failure).toMatchObject({
      code: 'USAGE',
      message: 'name a list of accounts, or say --organizations',
    })
  })
})
