import { chmodSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { HelperError } from '../../../../src/helper/fast/failure.ts'
import { profileWorld, sources, switchRole } from '../../../support/profile-commands.ts'

const link = `${switchRole}?roleName=DeveloperRole&account=123456789012&displayName=dev+two`
const aliasLink = `${switchRole}?account=mattermost-dev&roleName=team/Dev&color=D13212`
const arn = 'arn:aws:iam::123456789012:role/DeveloperRole'
const table = `\n[aws.profile.dev-two]\nrole = "${arn}"\nsource = "master"\nregion = "eu-central-1"\n`
const block =
  '\n[profile dev-two]\nregion = eu-central-1\ncredential_process = /opt/bin/latchkey aws credentials dev-two\n'

describe('aws profiles add', () => {
  it('writes a link into both files, and nothing when it is run again', async () => {
    const world = profileWorld()
    const first = await world.run(['profiles', 'add', link])
    expect(first).toMatchObject({ status: 0, failure: undefined, noted: '' })
    expect(first.printed).toBe(`added: dev-two, ${arn} with master\nin ${world.config.path} and ${world.aws.path}\n`)
    expect(world.config.text()).toBe(sources + table)
    expect(world.aws.text()).toBe(`# mine\n${block}`)
    expect((await world.run(['profiles', 'add', link])).printed).toMatch(/^there already: dev-two/)
    expect(world.config.text() + world.aws.text()).toBe(`${sources}${table}# mine\n${block}`)
  })

  it('makes of a link nobody the profile that every tool takes that is told none, unless they say so', async () => {
    const world = profileWorld()
    const named = link.replace('dev+two', 'default')
    expect((await world.run(['profiles', 'add', named])).failure).toMatchObject({
      code: 'USAGE',
      message: 'the link would make the profile that every tool takes that is told none',
      hint: 'give it a name: --name NAME',
    })
    expect((await world.run(['profiles', 'add', named, '--name', 'default'])).failure).toBeUndefined()
    expect(world.aws.text()).toContain('\n[default]\n')
  })

  it('finishes what a killed command began', async () => {
    const world = profileWorld({ toml: sources + table })
    expect((await world.run(['profiles', 'add', link])).status).toBe(0)
    expect(world.config.text()).toBe(sources + table)
    expect(world.aws.text()).toBe(`# mine\n${block}`)
    // And from the other end: a removal leaves no block without its profile, but a person may.
    const other = profileWorld({ ini: block })
    await other.run(['profiles', 'add', link])
    expect(other.config.text()).toBe(sources + table)
    expect(other.aws.text()).toBe(block)
  })

  it('takes an ARN, with a name, a source, a region and an end', async () => {
    const world = profileWorld({ toml: `${sources}[aws.source.other]\n` })
    const args = ['--role', arn, '--name', 'my dev', '--source', 'other', '--region', 'eu-west-1', '--for', '3d']
    const { printed } = await world.run(['profiles', 'add', ...args])
    expect(printed).toContain('added: my dev, ')
    expect(printed).toContain('with other, until 2026-01-05T03:04:05Z\n')
    expect(world.config.text()).toContain(
      `\n[aws.profile."my dev"]\nrole = "${arn}"\nsource = "other"\nregion = "eu-west-1"\nuntil = "2026-01-05T03:04:05Z"\n`,
    )
    expect(world.aws.text()).toContain('[profile "my dev"]\nregion = eu-west-1\n')
    expect((await world.run(['profiles', 'list'])).printed).toContain('ask latchkey; until 2026-01-05T03:04:05Z\n')
  })

  it('asks once for the id behind an alias', async () => {
    const world = profileWorld()
    const { asked, printed } = await world.run(['profiles', 'add', aliasLink], [' 1234-5678-9012'])
    expect(asked).toEqual(['account id of mattermost-dev (12 digits): '])
    expect(printed).toContain('account alias mattermost-dev: not verified until the role is used\n')
    expect(world.config.text()).toContain(`[aws.profile.mattermost-dev-Dev]
role = "arn:aws:iam::123456789012:role/team/Dev"
source = "master"
region = "eu-central-1"
account_alias = "mattermost-dev"
color = "d13212"
`)
    const second = await world.run(['profiles', 'add', `${aliasLink}&displayName=again`])
    expect(second).toMatchObject({ failure: undefined, asked: [] })
    expect((await world.run(['profiles', 'list'])).printed).toContain('account alias mattermost-dev is not verified\n')
  })

  it('takes the id as the console shows it, with hyphens', async () => {
    const world = profileWorld()
    expect((await world.run(['profiles', 'add', aliasLink, '--account', '1234-5678-9012'])).failure).toBeUndefined()
    expect(world.config.text()).toContain('"arn:aws:iam::123456789012:role/team/Dev"')
  })

  it('says until when a profile is there that is there already, and with what', async () => {
    const world = profileWorld({ toml: `${sources}[aws.source.other]\n` })
    const args = ['profiles', 'add', '--role', arn, '--name', 'x']
    await world.run([...args, '--source', 'master', '--for', '3d'])
    const { printed } = await world.run([...args, '--source', 'master'])
    expect(printed).toContain(`there already: x, ${arn} with master, until 2026-01-05T03:04:05Z\n`)
    expect((await world.run([...args, '--source', 'other'])).failure).toMatchObject({
      message: `there is a profile x already, for ${arn} with master`,
    })
  })

  it('gives a role of another partition a region of it', async () => {
    const world = profileWorld({ toml: sources.replace('arn:aws:', 'arn:aws-cn:').replace(/region.*\n/, '') })
    await world.run(['profiles', 'add', 'https://signin.amazonaws.cn/switchrole?account=123456789012&roleName=R'])
    expect(world.config.text()).toContain('role = "arn:aws-cn:iam::123456789012:role/R"')
    expect(world.aws.text()).toContain('[profile 123456789012-R]\nregion = cn-north-1\n')
  })

  const govLink = 'https://signin.amazonaws-us-gov.com/switchrole?account=123456789012&roleName=R'
  const govArn = 'arn:aws-us-gov:iam::123456789012:role/R'
  it.each([
    ['a link', [govLink, '--source', 'master'], 'master'],
    ['an ARN', ['--role', govArn, '--source', 'master'], 'master'],
    ['a link with the only source', [govLink], 'master'],
    ['a link with another role', [govLink, '--source', 'dev-two'], 'dev-two'],
  ])('writes nothing for %s, if that is in another partition', async (_what, args, source) => {
    const world = profileWorld({ toml: sources + table })
    expect((await world.run(['profiles', 'add', ...args, '--name', 'gov'])).failure).toMatchObject({
      code: 'USAGE',
      message: `the role is in partition aws-us-gov, but the credentials of ${source} are in aws`,
      hint: 'put in the key of a user of aws-us-gov: latchkey aws keys add --new NAME; then --source NAME',
    })
    expect(world.config.text() + world.aws.text()).toBe(`${sources}${table}# mine\n`)
  })

  it('names the source that is in the partition of the role', async () => {
    const gov = '[aws.source."gov user"]\nregion = "us-gov-west-1"\n'
    const world = profileWorld({ toml: sources + gov })
    expect((await world.run(['profiles', 'add', govLink, '--source', 'master'])).failure).toMatchObject({
      code: 'USAGE',
      hint: "such as --source 'gov user'",
    })
    await world.run(['profiles', 'add', govLink, '--source', 'gov user'])
    expect(world.aws.text()).toContain('[profile 123456789012-R]\nregion = us-gov-west-1\n')
  })

  it('takes a role of any partition with a source of which nothing says where it is', async () => {
    const world = profileWorld({ toml: '[aws.source.new]\n' })
    expect((await world.run(['profiles', 'add', govLink])).failure).toBeUndefined()
    expect(world.config.text()).toContain(`role = "${govArn}"`)
  })

  it.each([
    [
      'a region of another partition',
      [link, '--region', 'cn-north-1'],
      'the role is in partition aws, but cn-north-1 is in aws-cn',
      'such as --region us-east-1',
    ],
    [
      'a source that is configured wrong',
      [link, '--source', 'b c'],
      'b c cannot be used as it is configured',
      "what is wrong: latchkey aws explain 'b c'",
    ],
  ])('writes nothing for %s', async (_what, args, message, hint) => {
    const toml = `${sources}[aws.profile."b c"]\nrole = "${govArn}"\nsource = "master"\n`
    const world = profileWorld({ toml })
    const { failure } = await world.run(['profiles', 'add', '--source', 'master', ...args])
    expect(failure).toMatchObject({ code: 'USAGE', message, hint })
    expect(world.config.text() + world.aws.text()).toBe(`${toml}# mine\n`)
  })

  it.each([
    [[], 'name a switch-role link, or a role with --role ARN'],
    [[link, '--role', arn], 'name a switch-role link, or a role with --role ARN'],
    [['http://x'], /^this is not a switch-role link/],
    [['--role', 'x'], 'x is not a role ARN'],
    [['--role', arn, '--account', '123456789012'], /--account belongs to a link/],
    [[link, '--account', '1'], '--account is not 12 digits'],
    [[link, '--account', '111122223333'], 'the link is for account 123456789012, not 111122223333'],
    [[aliasLink], /by its alias, which does not give its id/],
    [[link, '--for', 'soon'], /^--for is not a duration/],
    [[link, '--for', '0d'], /^--for is not a duration/],
    [[link, '--for', '9999d'], /^--for is not a duration/],
    [[link, '--name', '--'], /not a name that all AWS tools can read/],
    [[link, '--name', 'a\u001bb'], /not a name that all AWS tools can read/],
    [[link, '--name', '__proto__'], /not a name that all AWS tools can read/],
    [[link, '--source', 'mister'], 'there is no source or profile mister'],
    [[link, '--name', 'a', '--source', 'a'], 'a cannot be its own source'],
    [[link, '--region', 'x.evil'], /^x\.evil is not the name of a region/],
  ])('is wrongly used with %j', async (args, message) => {
    const world = profileWorld()
    expect((await world.run(['profiles', 'add', ...args])).failure).toMatchObject({
      code: 'USAGE',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
      hint: expect.any(String) as string,
    })
    expect(world.config.text() + world.aws.text()).toBe(`${sources}# mine\n`)
  })

  it.each([
    ['a source', '[profile base]\nregion = eu-west-1\n', 'eu-west-1'],
    ['a role', `[profile base]\nrole_arn = ${arn}\nsource_profile = master\nregion = eu-west-1\n`, 'eu-west-1'],
  ])('takes %s of the AWS files as the source', async (_what, ini, region) => {
    const world = profileWorld({ ini })
    const { failure, printed } = await world.run(['profiles', 'add', link, '--source', 'base'])
    expect(failure).toBeUndefined()
    expect(printed).toContain(`added: dev-two, ${arn} with base\n`)
    expect(world.config.text()).toContain(`source = "base"\nregion = "${region}"\n`)
  })

  it('guesses only a source that is called much like the one that is named', async () => {
    const world = profileWorld({ ini: '[profile base]\n' })
    const hintOf = async (name: string) =>
      ((await world.run(['profiles', 'add', link, '--source', name])).failure as HelperError).hint
    expect(await hintOf('mastre')).toBe('did you mean --source master?')
    expect(await hintOf('bsae')).toBe('did you mean --source base?')
    expect(await hintOf('somebody-else')).toBe('latchkey aws profiles list')
  })

  it('takes no source that the daemon does not know', async () => {
    const world = profileWorld({ ini: '[profile base]\n', iniOfDaemon: '' })
    expect((await world.run(['profiles', 'add', link, '--source', 'base'])).failure).toMatchObject({ code: 'USAGE' })
    expect(world.config.text()).toBe(sources)
  })

  it('wants to know the source where there is none, or more than one', async () => {
    const none = await profileWorld({ toml: '' }).run(['profiles', 'add', link])
    expect(none.failure).toMatchObject({ code: 'USAGE', message: /no source whose key/ })
    const two = await profileWorld({ toml: `${sources}[aws.source.b]\n` }).run(['profiles', 'add', link])
    expect(two.failure).toMatchObject({ hint: 'name one: --source b', message: 'there are several sources: b, master' })
  })

  it('does not take a name from another', async () => {
    const world = profileWorld({ toml: sources + table, ini: '[profile theirs]\nregion = x\n' })
    for (const name of ['dev-two', 'theirs', 'master']) {
      const { failure } = await world.run(['profiles', 'add', '--role', arn.replace('Dev', 'Ops'), '--name', name])
      expect(failure).toMatchObject({ code: 'REFUSED', message: expect.stringContaining(`${name} already`) as string })
    }
    const source = await world.run(['profiles', 'add', link, '--name', 'master', '--source', 'master'])
    expect(source.failure).toMatchObject({
      code: 'REFUSED',
      message: 'there is a profile master already, for something else',
    })
    const longer = await world.run(['profiles', 'add', link, '--for', '3d'])
    expect(longer.failure).toMatchObject({ message: /already, without an end$/ })
    expect(world.config.text()).toBe(sources + table)
  })

  it('shows what to write where it does not edit', async () => {
    const inline = 'aws = { source = { master = {} } }\n'
    const world = profileWorld({ toml: inline })
    const { failure, noted } = await world.run(['profiles', 'add', link])
    expect(failure).toMatchObject({ code: 'REFUSED', message: /is written inline, so that no section can be added$/ })
    expect(noted).toContain(`write into ${world.config.path}:\n\n[aws.profile.dev-two]\nrole = "${arn}"\n`)
    expect(noted).toContain(`write into ${world.aws.path}:\n\n[profile dev-two]\n`)
    expect(world.config.text() + world.aws.text()).toBe(`${inline}# mine\n`)
  })

  it('leaves a section of the AWS files that somebody wrote, and shows the line for it', async () => {
    const world = profileWorld({ toml: sources + table, ini: '[profile dev-two]\noutput = json\n' })
    const { noted, status } = await world.run(['profiles', 'add', link])
    expect(status).toBe(0)
    expect(noted).toContain('credential_process = /opt/bin/latchkey aws credentials dev-two\n')
    expect(world.aws.text()).toBe('[profile dev-two]\noutput = json\n')
  })

  it('names the file that cannot be edited', async () => {
    const world = profileWorld()
    chmodSync(world.aws.path, 0o400)
    const { failure, noted } = await world.run(['profiles', 'add', link])
    expect(failure).toMatchObject({ message: `${world.aws.path} is write-protected, and is not edited` })
    expect(noted).toMatch(/^write into \S+aws-config:\n\n\[profile dev-two\]/)
  })

  it('says what the daemon has against it', async () => {
    const world = profileWorld()
    world.faults.push({ section: 'aws.profile.dev-two', effect: 'off', code: 'CONFIG_INVALID', message: 'no' })
    rmSync(world.aws.path)
    const real = world.config.path
    world.config.text = () => sources
    const { failure } = await world.run(['profiles', 'add', link])
    expect(failure).toMatchObject({ code: 'REFUSED', message: 'no' })
    world.faults.length = 0
    const late = await world.run(['profiles', 'add', link, '--name', 'x'])
    expect(late.failure).toMatchObject({ code: 'TIMED_OUT', message: expect.stringContaining(real) as string })
    expect(late.pauses).toBe(100)
  })
})

describe('aws profiles remove', () => {
  it('leaves both files as they were before the profile was added', async () => {
    const ini = '\uFEFF# ü\r\n[default]\r\nregion=x'
    const world = profileWorld({ ini })
    await world.run(['profiles', 'add', link])
    await world.run(['profiles', 'add', link, '--name', 'other'])
    const { printed } = await world.run(['profiles', 'remove', 'dev-two'])
    expect(printed).toBe(`removed dev-two from ${world.config.path} and ${world.aws.path}\n`)
    await world.run(['profiles', 'remove', 'other'])
    expect(world.config.text()).toBe(sources)
    expect(world.aws.text()).toBe(ini)
  })

  it('finishes what a killed command began', async () => {
    const world = profileWorld({ ini: `# mine\n${block}` })
    expect((await world.run(['profiles', 'remove', 'dev-two'])).failure).toBeUndefined()
    expect(world.aws.text()).toBe('# mine\n')
  })

  it('says that a section stays to which somebody has added', async () => {
    const world = profileWorld({ toml: sources + table, ini: `${block}output = json\n` })
    const { printed } = await world.run(['profiles', 'remove', 'dev-two'])
    const { config, aws } = world
    const stays = `its section in ${aws.path} stays: it has more than latchkey writes`
    expect(printed).toBe(`removed dev-two from ${config.path}; ${stays}\n`)
    expect((await world.run(['profiles', 'remove', 'dev-two'])).failure).toMatchObject({
      code: 'REFUSED',
      message: `the section of dev-two in ${aws.path} has more than latchkey writes`,
      hint: 'remove it there yourself',
    })
    expect([config.text(), aws.text()]).toEqual([sources, `${block}output = json\n`])
  })

  it.each([
    ['nobody', 'there is no profile nobody'],
    ['dev-twoo', 'there is no profile dev-twoo: did you mean dev-two?'],
    ['theirs', 'theirs is in the AWS files alone, and was not written by latchkey'],
    ['master', 'master is a source, not a role'],
    ['dev-two', 'chained cannot be used without dev-two'],
  ])('does not remove %s', async (name, message) => {
    const toml = `${sources}${table}\n[aws.profile.chained]\nrole = "${arn}"\nsource = "dev-two"\n[aws.profile.dev]\nrole = "${arn}"\nsource = "master"\n`
    const world = profileWorld({ toml, ini: '[profile theirs]\nregion = x\n' })
    expect((await world.run(['profiles', 'remove', name])).failure).toMatchObject({ code: 'REFUSED', message })
    expect(world.config.text()).toBe(toml)
  })

  it('takes out a section that is switched off, which no list has', async () => {
    const world = profileWorld({ toml: `${sources}${table}colour = "red"\n`, ini: `# mine\n${block}` })
    world.off.push('dev-two')
    const { failure, printed } = await world.run(['profiles', 'remove', 'dev-two'])
    expect(failure).toBeUndefined()
    expect(printed).toBe(`removed dev-two from ${world.config.path} and ${world.aws.path}\n`)
    expect(world.config.text() + world.aws.text()).toBe(`${sources}# mine\n`)
    expect((await world.run(['profiles', 'remove', 'dev-two'])).failure).toMatchObject({
      message: 'there is no profile dev-two',
    })
  })

  it('leaves a profile that a role of the AWS files needs', async () => {
    const world = profileWorld({
      toml: sources + table,
      ini: `${block}[profile theirs]\nrole_arn = ${arn}\nsource_profile = dev-two\n`,
    })
    expect((await world.run(['profiles', 'remove', 'dev-two'])).failure).toMatchObject({
      code: 'REFUSED',
      message: 'theirs cannot be used without dev-two',
      hint: `give theirs another source_profile in ${world.aws.path}`,
    })
    expect(world.config.text()).toBe(sources + table)
  })

  it('names what to run instead in words for a shell', async () => {
    const spaced = '[aws.source."a b"]\n'
    const of = (name: string, source: string) => `[aws.profile."${name}"]\nrole = "${arn}"\nsource = "${source}"\n`
    const world = profileWorld({ toml: spaced + of('c d', 'a b') + of('e f', 'c d') })
    const hintOf = async (args: readonly string[]) =>
      ((await world.run(['profiles', ...args])).failure as HelperError).hint
    expect(await hintOf(['remove', 'a b'])).toBe("edit config.toml, and remove its key: latchkey aws keys remove 'a b'")
    expect(await hintOf(['remove', 'c d'])).toBe("latchkey aws profiles remove 'e f'")
    expect(await hintOf(['add', '--role', arn, '--name', 'c d', '--for', '3d'])).toBe(
      "latchkey aws profiles remove 'c d', then add it again",
    )
  })
})

describe('a profile whose time is over', () => {
  it('is taken out of both files by the next command, which goes on', async () => {
    const world = profileWorld()
    await world.run(['profiles', 'add', link, '--for', '1h'])
    world.nowMs += 3_600_000 - 1
    expect((await world.run(['profiles', 'list'])).printed).toContain('dev-two')
    world.nowMs += 1
    const { printed, noted } = await world.run(['profiles', 'list'])
    expect(noted).toBe('removed dev-two, whose time ended at 2026-01-02T04:04:05Z\n')
    expect(printed).not.toContain('dev-two')
    expect(world.config.text() + world.aws.text()).toBe(`${sources}# mine\n`)
  })

  it('stays while others need it that stay, and says which', async () => {
    const world = profileWorld()
    const add = (name: string, source: string, ...more: string[]) =>
      world.run(['profiles', 'add', '--role', arn, '--name', name, '--source', source, ...more])
    await add('sand', 'master', '--for', '1h')
    await add('half', 'sand', '--for', '1h')
    await add('on sand', 'half')
    world.nowMs += 3_600_000
    const both = world.config.text() + world.aws.text()
    const { noted } = await world.run(['profiles', 'list'])
    expect(noted.split('\n')).toEqual([
      'half, whose time ended at 2026-01-02T04:04:05Z, is not removed: on sand needs it',
      "hint: latchkey aws profiles remove 'on sand'",
      'sand, whose time ended at 2026-01-02T04:04:05Z, is not removed: half needs it',
      '',
    ])
    expect(world.config.text() + world.aws.text()).toBe(both)
    await world.run(['profiles', 'remove', 'on sand'])
    await world.run(['profiles', 'list'])
    expect(world.config.text() + world.aws.text()).toBe(`${sources}# mine\n`)
  })

  it('stays while a role of the AWS files needs it', async () => {
    const ini = `[profile theirs]\nrole_arn = ${arn}\nsource_profile = dev-two\n`
    const world = profileWorld({ ini })
    await world.run(['profiles', 'add', link, '--for', '1h'])
    world.nowMs += 3_600_000
    const { noted } = await world.run(['profiles', 'list'])
    expect(noted).toContain(
      `is not removed: theirs needs it\nhint: give theirs another source_profile in ${world.aws.path}\n`,
    )
    expect(world.aws.text()).toContain('[profile dev-two]')
  })

  it('is told where it cannot be taken out', async () => {
    const inline = '[aws]\nprofile = { x = { role = "r", source = "m", until = "2026-01-01T00:00:00Z" } }\n'
    const world = profileWorld({ toml: inline })
    const { printed, noted, status } = await world.run(['profiles', 'list'])
    expect(status).toBe(0)
    expect(noted).toMatch(/^x, whose time ended at 2026-01-01T00:00:00Z, is not removed: .*: not written as a section/)
    expect(printed).toContain('no AWS profile is configured; begin with: latchkey aws keys add\n')
    expect(world.config.text()).toBe(inline)
  })
})

describe('aws links', () => {
  it('prints the links of the roles that the console can switch to, and says why others have none', async () => {
    const chained = `\n[aws.profile.chained]\nrole = "${arn}"\nsource = "dev-two"\n`
    const long = `\n[aws.profile.long]\nrole = "arn:aws:iam::123456789012:role/p/${'R'.repeat(64)}"\nsource = "master"\n`
    const world = profileWorld({
      toml: `${sources}${table}${chained}${long}\n[aws.profile.odd]\nrole = "R"\nsource = "master"\n`,
    })
    const { printed, noted } = await world.run(['links'])
    expect(printed).toBe(`dev-two\t${switchRole}?account=123456789012&roleName=DeveloperRole&displayName=dev-two\n`)
    expect(noted).toBe(`chained has no link: its role is assumed by that of dev-two, and the console does not do that
long has no link: the console takes no role with so long a name
odd has no link: its configuration is wrong (latchkey config check)
`)
    expect((await world.run(['links', '--format', 'aesr'])).printed).toBe(
      `[dev-two]\nrole_arn = ${arn}\nregion = eu-central-1\n`,
    )
    expect((await world.run(['links', '--format', 'pdf'])).failure).toMatchObject({ code: 'USAGE' })
  })
})
