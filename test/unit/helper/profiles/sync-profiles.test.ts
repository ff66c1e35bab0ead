import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HelperError } from '../../../../src/helper/fast/failure.ts'
import { profileWorld, sources } from '../../../support/profile-commands.ts'

const accounts = (...names: string[]) => names.map((Name, at) => ({ Id: String(100_000_000_001 + at), Name }))

/** A world with a list, and the command for it. */
function syncWorld(files: Parameters<typeof profileWorld>[0] = {}) {
  const world = profileWorld(files)
  const list = join(world.folder, 'accounts.json')
  const write = (value: unknown) => writeFileSync(list, JSON.stringify(value))
  const sync = (typed?: string[], ...more: string[]) =>
    world.run(['profiles', 'sync', list, '--role', 'Dev', ...more], typed)
  write({ Accounts: accounts('Team A', 'team-b') })
  return { ...world, list, write, sync, world }
}

it('shows what it would change, asks, writes both files, and says which roles work', async () => {
  const { sync, config, aws, list, world, write } = syncWorld()
  world.tries['team-b'] = [{ code: 'AWS_DENIED', message: 'AWS refused AssumeRole' }]
  const { printed, asked } = await sync(['y'])
  expect(printed).toBe(`+ Team-A: arn:aws:iam::100000000001:role/Dev with master
+ team-b: arn:aws:iam::100000000002:role/Dev with master
2 added, 0 removed, in ${config.path} and ${aws.path}
1 of 2 new roles work
team-b does not work: AWS refused AssumeRole
`)
  expect(asked).toEqual(['add 2 and remove 0 profiles? (y/N): '])
  expect(config.text()).toContain(
    `\n[aws.profile.Team-A]\nrole = "arn:aws:iam::100000000001:role/Dev"\nsource = "master"\nregion = "eu-central-1"\nsynced_from = "${list}"\n`,
  )
  expect(aws.text()).toContain('\n[profile team-b]\nregion = eu-central-1\n')
  expect((await sync()).printed).toBe('nothing changes\n')
  write(accounts())
  expect((await sync(['y'])).printed).toBe(
    `- Team-A\n- team-b\n0 added, 2 removed, in ${config.path} and ${aws.path}\n`,
  )
  expect(config.text() + aws.text()).toBe(`${sources}# mine\n`)
})

it.each([[[]], [['--source', 'master']]])(
  'passes over an account that is called like the source, with %j',
  async (more) => {
    const { sync, write, config } = syncWorld()
    write({ Accounts: accounts('master', 'team-b') })
    const { printed, failure } = await sync(['y'], ...more)
    expect(failure).toBeUndefined()
    expect(printed).toContain('= master stays as it is: it was not written from this list')
    expect(config.text()).toContain('[aws.profile.team-b]')
    expect(config.text()).not.toContain('[aws.profile.master]')
  },
)

it('writes nothing with a source that is configured wrong', async () => {
  const toml = '[aws.source.master]\nmfa_serial = "arn:aws:iam::111122223333:u2f/user/jo"\n'
  const { sync, config, aws } = syncWorld({ toml })
  expect((await sync(['y'])).failure).toMatchObject({
    message: 'master cannot be used as it is configured',
    hint: 'what is wrong: latchkey aws explain master',
  })
  expect(config.text() + aws.text()).toBe(`${toml}# mine\n`)
})

it('makes nobody the profile that every tool takes that is told none', async () => {
  const { sync, write, config } = syncWorld()
  write({ Accounts: accounts('default') })
  await sync(['y'])
  expect(config.text()).toContain('[aws.profile.default-Dev]')
})

it.each(['__proto__', 'constructor', 'prototype'])('gives account %s a name that tools can read', async (name) => {
  const { sync, write, config } = syncWorld()
  write({ Accounts: accounts(name) })
  expect((await sync(['y'])).failure).toBeUndefined()
  expect(config.text()).toContain(`[aws.profile.${name}-Dev]`)
  expect((await sync()).printed).toBe('nothing changes\n')
})

it('writes a changed role anew, and the role after the name where there are several', async () => {
  const { sync, config } = syncWorld()
  await sync(['y'])
  const { printed } = await sync(['yes'], '--role', 'team/Ops')
  expect(printed).toContain('- Team-A\n- team-b\n+ Team-A-Dev: arn:aws:iam::100000000001:role/Dev with master\n')
  expect(printed).toContain('+ Team-A-Ops: arn:aws:iam::100000000001:role/team/Ops with master\n')
  expect(config.text()).not.toContain('[aws.profile.Team-A]')
})

it('takes nothing away that it has not written, or that is needed', async () => {
  const own = '\n[aws.profile.team-b]\nrole = "arn:aws:iam::999999999999:role/R"\nsource = "master"\n'
  const needs = '\n[aws.profile.needs]\nrole = "arn:aws:iam::999999999999:role/R"\nsource = "Team-A"\n'
  const { sync, config, write } = syncWorld({ toml: sources + own + needs.replace('"Team-A"', '"master"') })
  expect((await sync(['y'])).printed).toContain('= team-b stays as it is: it was not written from this list')
  expect(config.text()).toContain(own)
  writeFileSync(
    config.path,
    config
      .text()
      .replace(
        '999999999999:role/R"\nsource = "master"\n\n[aws.profile.T',
        '999999999999:role/R"\nsource = "Team-A"\n\n[aws.profile.T',
      ),
  )
  write([])
  const { printed, noted } = await sync(['y'])
  expect(printed).toBe('nothing changes\n')
  expect(noted).toBe('Team-A stays, since needs needs it\n')
})

it('takes nothing away that a role of the AWS files needs', async () => {
  const { sync, aws, config, write } = syncWorld()
  await sync(['y'])
  const role = 'arn:aws:iam::999999999999:role/R'
  writeFileSync(aws.path, `${aws.text()}\n[profile theirs]\nrole_arn = ${role}\nsource_profile = Team-A\n`)
  write([])
  const { printed, noted } = await sync(['y'])
  expect(noted).toBe('Team-A stays, since theirs needs it\n')
  expect(printed).toMatch(/^- team-b\n/)
  expect(config.text()).toContain('[aws.profile.Team-A]')
})

it('takes nothing away that is needed by what stays for another', async () => {
  const { sync, aws, config, write } = syncWorld()
  await sync(['y'])
  writeFileSync(
    config.path,
    config.text().replace(/(\[aws\.profile\.team-b\]\nrole = .*\nsource = )"master"/, '$1"Team-A"'),
  )
  const role = 'arn:aws:iam::999999999999:role/R'
  writeFileSync(aws.path, `${aws.text()}\n[profile theirs]\nrole_arn = ${role}\nsource_profile = team-b\n`)
  write([])
  const { printed, noted } = await sync(['y'])
  expect(noted).toBe('Team-A stays, since team-b needs it\nteam-b stays, since theirs needs it\n')
  expect(printed).toBe('nothing changes\n')
})

it('asks nobody where the file has the SHA-256 that was said, and refuses any other', async () => {
  const { sync, list, config, write } = syncWorld()
  const hash = createHash('sha256')
    .update(JSON.stringify({ Accounts: accounts('Team A', 'team-b') }))
    .digest('hex')
  expect((await sync()).failure).toMatchObject({
    code: 'USAGE',
    hint: `look at what is shown above, and add --sha256 ${hash}`,
  })
  expect((await sync(['n'])).failure).toMatchObject({ code: 'CANCELLED', message: 'nothing was changed' })
  expect(
    (
      await sync(
        undefined,
        '--sha256',
        hash.replace(/^./, (first) => (first === '0' ? '1' : '0')),
      )
    ).failure,
  ).toMatchObject({
    code: 'REFUSED',
    message: `${list} is not what it should be: its SHA-256 is ${hash}`,
  })
  expect(config.text()).toBe(sources)
  expect((await sync(undefined, '--sha256', hash.toUpperCase())).failure).toBeUndefined()
  expect(config.text()).toContain('[aws.profile.team-b]')
  write('x')
  expect((await sync(undefined, '--sha256', hash)).failure).toMatchObject({ code: 'REFUSED' })
})

it('tries the first role alone and then four at a time, again where AWS wants a pause', async () => {
  const { sync, world, write } = syncWorld()
  write(accounts(...Array.from({ length: 20 }, (_, at) => `a${at}`)))
  const throttled = { code: 'AWS_THROTTLED', message: 'too many' }
  world.tries.a3 = [throttled, { code: 'AWS_UNREACHABLE', message: 'away' }]
  world.tries.a4 = Array.from({ length: 9 }, () => throttled)
  const { printed, pauses } = await sync(['y'])
  expect(printed).toMatch(/19 of 20 new roles work\na4 does not work: too many\n$/)
  expect(world.triedAtOnce).toBe(4)
  expect(world.tried[0]).toBe('a0')
  expect(world.tried.filter((name) => name === 'a4')).toHaveLength(5)
  expect(pauses).toBe(2 + 4)
})

it('finishes what a killed command began', async () => {
  const { sync, aws, config } = syncWorld()
  await sync(['y'])
  const [whole, toml] = [aws.text(), config.text()]
  writeFileSync(aws.path, '# mine\n')
  expect((await sync(['y'])).printed).toMatch(/^= Team-A gets its block for the AWS tools\n/)
  expect(aws.text()).toBe(whole)
  writeFileSync(config.path, sources)
  await sync(['y'])
  expect([aws.text(), config.text()]).toEqual([whole, toml])
})

it.each([
  ['USAGE', /^say which role/, ['x.json']],
  ['USAGE', /^--partition aws-mars is none of aws, aws-cn, /, ['x.json', '--role', 'R', '--partition', 'aws-mars']],
  ['USAGE', /^option '--role <name>' is empty/, ['x.json', '--role', '']],
  ['USAGE', /^--role "a b" is not the name of a role, such as Dev or team\/Dev$/, ['x.json', '--role', 'a b']],
  ['USAGE', /^--role "arn:aws:iam::1:role\/R" is not/, ['x.json', '--role', 'arn:aws:iam::1:role/R']],
  ['USAGE', /^--role "a\/" is not/, ['x.json', '--role', 'a/']],
  ['USAGE', /^--role "x{65}" is not/, ['x.json', '--role', 'x'.repeat(65)]],
  ['USAGE', /which is the same in a\/R, b\/R$/, ['x.json', '--role', 'a/R', '--role', 'b/R', '--role', 'Q']],
  ['USAGE', /^--sha256 is not/, ['x.json', '--role', 'R', '--sha256', 'abc']],
  ['REFUSED', /^there is no file \S+x\.json$/, ['x.json', '--role', 'R']],
] as const)('is refused with %s: %s', async (code, message, args) => {
  const { failure } = await profileWorld().run(['profiles', 'sync', ...args])
  expect(failure).toMatchObject({ code, message: expect.stringMatching(message) as string })
})

it.each([
  ['AWS_LIST_INVALID', /would both be profile Team-A-Dev$/, accounts('Team A', 'Team (A')],
  ['AWS_LIST_INVALID', /^this is not a list of accounts/, 'x'],
  ['AWS_LIST_INVALID', /more than 2000 profiles$/, accounts(...Array.from({ length: 1001 }, (_, at) => `a${at}`))],
] as const)('refuses a list with %s: %s', async (code, message, value) => {
  const { sync, write, config } = syncWorld()
  write(value)
  const { failure } = await sync(['y'], '--role', 'Ops/R')
  expect(failure).toMatchObject({ code, message: expect.stringMatching(message) as string })
  expect(config.text()).toBe(sources)
})

describe('roles that cannot be tried', () => {
  const nobody = new HelperError('PERSON_NEEDED', 'nobody to ask: MFA code', { hint: 'latchkey aws login master' })

  it('are told apart from what is written, and --try tries them', async () => {
    const { sync, world, config, aws } = syncWorld()
    world.untriable['Team-A'] = nobody
    const { printed, failure } = await sync(['y'])
    expect(printed).toMatch(/\n2 added, 0 removed, in \S+ and \S+\n$/)
    expect(config.text()).toContain('[aws.profile.team-b]')
    expect(aws.text()).toContain('[profile team-b]')
    expect(failure).toMatchObject({
      code: 'PERSON_NEEDED',
      message: '2 of 2 new roles were not tried: nobody to ask: MFA code',
      hint: 'latchkey aws login master, then this command again with --try',
    })
    expect(world.tried).toEqual(['Team-A'])

    world.untriable = {}
    expect(await sync()).toMatchObject({ printed: 'nothing changes\n', noted: '--try tells which of the roles work\n' })
    world.tries['team-b'] = [{ code: 'AWS_DENIED', message: 'AWS refused AssumeRole' }]
    expect(await sync(undefined, '--try')).toMatchObject({
      printed: 'nothing changes\n1 of 2 roles work\nteam-b does not work: AWS refused AssumeRole\n',
      noted: '',
    })
    expect(world.tried).toEqual(['Team-A', 'Team-A', 'team-b'])
  })

  it('are those that are left when something ends the trial', async () => {
    const { sync, world, write } = syncWorld()
    write(accounts(...Array.from({ length: 30 }, (_, at) => `a${String(at).padStart(2, '0')}`)))
    world.untriable.a07 = new HelperError('CANCELLED', 'cancelled: MFA code')
    const { printed, failure } = await sync(['y'])
    const [, works] = /\n(\d+) of 30 new roles work\n$/.exec(printed)!
    expect(failure).toMatchObject({
      code: 'CANCELLED',
      message: `${30 - Number(works)} of 30 new roles were not tried: cancelled: MFA code`,
      hint: 'this command again with --try',
    })
    expect(world.tried.length).toBeLessThanOrEqual(11)
  })

  describe('because nobody answers', () => {
    const silence = (name: string) => ({
      code: 'AWS_UNREACHABLE',
      message: `profile ${name}: STS does not answer`,
      hint: 'check the network, then run the command again',
    })
    const names = Array.from({ length: 30 }, (_, at) => `a${String(at).padStart(2, '0')}`)
    const silent = (from: number) =>
      Object.fromEntries(names.slice(from).map((name) => [name, Array.from({ length: 9 }, () => silence(name))]))

    it('are a few before that is taken for an outage', async () => {
      const { sync, world, write } = syncWorld()
      write(accounts(...names))
      world.tries = silent(0)
      const { printed, failure, pauses } = await sync(['y'])
      expect(printed).toMatch(/\n30 added, 0 removed, \S+ \S+ \S+ \S+\n$/)
      expect(failure).toMatchObject({
        code: 'REFUSED',
        message: '30 of 30 new roles were not tried: STS does not answer',
        hint: 'check the network, then this command again with --try',
      })
      expect(world.tried.length).toBeLessThan(12)
      expect(pauses).toBeLessThan(8)
    })

    it('are none once AWS has answered for one', async () => {
      const { sync, world, write } = syncWorld()
      write(accounts(...names))
      world.tries = silent(1)
      const { printed, failure } = await sync(['y'])
      expect(failure).toBeUndefined()
      expect(printed).toContain('\n1 of 30 new roles work\na01 does not work: STS does not answer\n')
    })
  })

  it('are all of the list, with the new ones, where --try is said beside a change', async () => {
    const { sync, world, write } = syncWorld()
    await sync(['y'])
    write({ Accounts: accounts('Team A', 'team-b', 'team-c') })
    world.tried = []
    expect((await sync(['y'], '--try')).printed).toMatch(/\n1 added, 0 removed, .*\n3 of 3 roles work\n$/)
    expect(world.tried.sort()).toEqual(['Team-A', 'team-b', 'team-c'])
  })

  it('are none of those that another list, or a person, has written', async () => {
    const own = '\n[aws.profile.team-b]\nrole = "arn:aws:iam::100000000002:role/Dev"\nsource = "master"\n'
    const { sync, world } = syncWorld({ toml: sources + own })
    await sync(['y'], '--try')
    expect(world.tried).toEqual(['Team-A'])
  })
})
