import { createHash } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { profileWorld, sources } from '../../../support/profile-commands.ts'

const arn = 'arn:aws:iam::100000000001:role/Dev'
const table = `\n[aws.profile.old]\nrole = "${arn}"\nsource = "master"\n`
const block = '\n[profile old]\ncredential_process = /opt/bin/latchkey aws credentials old\n'
/** The same profile in one line, which no command can take out. */
const inline = `aws = { source = { master = { region = "eu-central-1" } }, profile = { old = { role = "${arn}", source = "master", synced_from = "LIST" } } }\n`

/** A sync that takes `old` away and adds `new`. */
function syncOf({ toml = sources + table, ini = `# mine\n${block}` } = {}) {
  const world = profileWorld({ ini })
  const list = join(world.folder, 'accounts.json')
  const text = JSON.stringify([{ Id: '100000000002', Name: 'new' }])
  writeFileSync(list, text)
  writeFileSync(
    world.config.path,
    toml.replace('LIST', list).replace('source = "master"\n', `source = "master"\nsynced_from = "${list}"\n`),
  )
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { world, sync: () => world.run(['profiles', 'sync', list, '--role', 'Dev', '--sha256', sha256]) }
}

const texts = ({ config, aws }: ReturnType<typeof profileWorld>) => [config.text(), aws.text()]

describe.each(['config', 'aws'] as const)('where the %s file is write-protected', (which) => {
  const failure = { code: 'REFUSED', message: expect.stringContaining('is write-protected') as string }

  it('remove edits neither, and shows what to take out of both', async () => {
    const world = profileWorld({ toml: sources + table, ini: `# mine\n${block}` })
    chmodSync(world[which].path, 0o400)
    const { failure: thrown, noted, printed } = await world.run(['profiles', 'remove', 'old'])
    expect(thrown).toMatchObject(failure)
    expect(texts(world)).toEqual([sources + table, `# mine\n${block}`])
    expect(printed).toBe('')
    expect(noted).toBe(
      `take out of ${world.config.path}:\n\n[aws.profile.old]\n\ntake out of ${world.aws.path}:\n\n[profile old]\n\n`,
    )
    chmodSync(world[which].path, 0o600)
    expect((await world.run(['profiles', 'remove', 'old'])).failure).toBeUndefined()
    expect(texts(world)).toEqual([sources, '# mine\n'])
  })

  it('sync edits neither, and shows what to change in both', async () => {
    const { world, sync } = syncOf()
    const before = texts(world)
    chmodSync(world[which].path, 0o400)
    const { failure: thrown, noted } = await sync()
    expect(thrown).toMatchObject(failure)
    expect(texts(world)).toEqual(before)
    expect(noted.split(/\n(?=take|write)/).map((part) => part.split('\n', 3).join(' '))).toEqual([
      `take out of ${world.config.path}:  [aws.profile.old]`,
      `write into ${world.config.path}:  [aws.profile.new]`,
      `take out of ${world.aws.path}:  [profile old]`,
      `write into ${world.aws.path}:  [profile new]`,
    ])
    chmodSync(world[which].path, 0o600)
    expect((await sync()).failure).toBeUndefined()
    expect(world.aws.text()).not.toContain('old')
  })

  it('a profile whose time is over stays in both', async () => {
    const ended = `${table}until = "2026-01-02T03:04:04Z"\n`
    const world = profileWorld({ toml: sources + ended, ini: `# mine\n${block}` })
    chmodSync(world[which].path, 0o400)
    const { noted } = await world.run(['profiles', 'list'])
    expect(noted).toMatch(/^old, whose time ended at \S+, is not removed: \S+ is write-protected, and is not edited\n$/)
    expect(texts(world)).toEqual([sources + ended, `# mine\n${block}`])
  })
})

describe('where the tables are written inline', () => {
  it('remove edits neither file, and shows what to take out of both', async () => {
    const world = profileWorld({ toml: inline, ini: block })
    const { failure, noted } = await world.run(['profiles', 'remove', 'old'])
    expect(failure).toMatchObject({ message: expect.stringContaining('not written as a section of its own') as string })
    expect(noted).toContain('[aws.profile.old]\n')
    expect(noted).toContain('[profile old]\n')
    expect(texts(world)).toEqual([inline, block])
  })

  it('sync edits neither file, and shows what to write as well', async () => {
    const { world, sync } = syncOf({ toml: inline })
    const before = texts(world)
    const { noted, failure } = await sync()
    expect(failure).toMatchObject({ code: 'REFUSED' })
    expect(noted).toContain(
      `write into ${world.config.path}:\n\n[aws.profile.new]\nrole = "arn:aws:iam::100000000002:role/Dev"\n`,
    )
    expect(noted).toContain('[profile new]\nregion = eu-central-1\ncredential_process = ')
    expect(texts(world)).toEqual(before)
  })
})

it('a section that somebody has added to is none that is to be taken out', async () => {
  const world = profileWorld({ toml: sources + table, ini: `${block}output = json\n` })
  chmodSync(world.config.path, 0o400)
  expect((await world.run(['profiles', 'remove', 'old'])).noted).not.toContain('[profile old]')
})

it('a block without its profile goes, though config.toml is write-protected', async () => {
  const world = profileWorld({ ini: `# mine\n${block}` })
  chmodSync(world.config.path, 0o400)
  expect((await world.run(['profiles', 'remove', 'old'])).failure).toBeUndefined()
  expect(world.aws.text()).toBe('# mine\n')
})
