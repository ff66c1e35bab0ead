import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { keyImportWorld } from '../../../support/key-import-world.ts'

const id = 'AKIAIOSFODNN7EXAMPLE'
const other = 'AKIAI44QH8DHBEXAMPLE'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const section = (profile: string, one = id) =>
  `[${profile}]\r\naws_access_key_id = ${one}\r\naws_secret_access_key = ${secret}\r\nregion = a-b\r\n`
const env = `# mine\nexport AWS_ACCESS_KEY_ID=${id}\nexport AWS_SECRET_ACCESS_KEY="${secret}"\nFOO=1\n`
const block = '[profile base]\ncredential_process = /opt/bin/latchkey aws credentials base\n'

describe('an import', () => {
  it('shows what it would do, then asks, stores, and takes the key out of all its places', async () => {
    const world = keyImportWorld({ credentials: `# c\r\n${section('base')}`, env })
    const { printed, noted, asked, failure } = await world.run([world.path('env')], ['y'])
    expect(failure).toBeUndefined()
    expect(asked).toEqual(['move this key, and change the files like this? (y/N): '])
    const paths = ['config', 'credentials', 'env'].map(world.path)
    expect(printed).toBe(`${id} goes into the keychain as base
${paths[0]}
  + [profile base]
  + credential_process = /opt/bin/latchkey aws credentials base
${paths[1]}
  - aws_access_key_id = ${id}
  - aws_secret_access_key = [secret]
${paths[2]}
  - export AWS_ACCESS_KEY_ID=${id}
  - export AWS_SECRET_ACCESS_KEY="[secret]"
stored ${id} as base, a key of arn:aws:iam::111122223333:user/jo
changed ${paths.join(', ')}
for 30 days it can be undone: latchkey aws keys import --undo
`)
    expect(noted).toBe('it stood in plain text; make a new one: latchkey aws keys rotate base\n')
    expect(world.stored).toEqual(new Map([['base', { accessKeyId: id, secret }]]))
    expect(['config', 'credentials', 'env'].map(world.text)).toEqual([
      block,
      '# c\r\n[base]\r\nregion = a-b\r\n',
      '# mine\nFOO=1\n',
    ])
    expect(readdirSync(world.folder).sort()).toEqual(['config', 'credentials', 'env'])
  })

  it('does nothing with --dry-run, without an answer, and without a terminal', async () => {
    const world = keyImportWorld({ credentials: section('base') })
    expect((await world.run(['--dry-run'])).failure).toBeUndefined()
    expect((await world.run([], [''])).failure).toMatchObject({ code: 'CANCELLED' })
    expect((await world.run([])).failure).toMatchObject({ code: 'USAGE', hint: 'look at it, and add --yes' })
    expect([world.stored.size, await world.keychain.list(), world.text('config')]).toEqual([0, [], undefined])
    expect(world.text('credentials')).toBe(section('base'))
  })

  it('asks nobody with --yes', async () => {
    const world = keyImportWorld({ credentials: section('base') })
    expect(await world.run(['--yes'])).toMatchObject({ failure: undefined, asked: [] })
    expect(world.stored.size).toBe(1)
  })

  it('has nothing to do where there is no key', async () => {
    const world = keyImportWorld()
    const { printed, failure } = await world.run([])
    expect(failure).toBeUndefined()
    expect(printed).toBe(`no access key to move in ${world.path('config')}, ${world.path('credentials')}\n`)
    expect(readdirSync(world.folder)).toEqual([])
  })

  it('keeps links and modes', async () => {
    const world = keyImportWorld({ credentials: section('base') })
    renameSync(world.path('credentials'), world.path('elsewhere'))
    symlinkSync('elsewhere', world.path('credentials'))
    chmodSync(world.path('elsewhere'), 0o640)
    // The same file by two names is read once.
    await world.run(['--yes', world.path('elsewhere')])
    expect(lstatSync(world.path('credentials')).isSymbolicLink()).toBe(true)
    expect(statSync(world.path('elsewhere')).mode & 0o777).toBe(0o640)
    expect(world.text('credentials')).toBe('[base]\r\nregion = a-b\r\n')
  })

  it('leaves the device of a role to the source, as config.toml says it', async () => {
    const serial = 'arn:aws:iam::111122223333:mfa/jo'
    const role = (more: string) => `[profile x]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\n${more}`
    const world = keyImportWorld({ credentials: section('base'), config: role(`mfa_serial = ${serial}\n`) })
    world.profiles = [{ name: 'master', definedIn: 'config.toml', mfaSerial: serial }]
    await world.run(['--yes', '--source', 'master'])
    expect(world.text('config')).toBe(`${role('')}\n${block.replace('credentials base', 'credentials master')}`)
  })
})

describe('where the daemon reads other AWS files', () => {
  const toml = { name: 'base', definedIn: 'config.toml' } as const
  it.each([
    ['a key whose profile the daemon would not know stays', 'config', [], undefined],
    ['a key whose source config.toml has goes, which is said', 'config', [toml], 'the AWS tools read'],
    ['a key goes where the config file is the same, which is said', 'credentials', [], 'the AWS tools read'],
  ] as const)('%s', async (_what, other, profiles, noted) => {
    const world = keyImportWorld({ credentials: section('base'), config: '' })
    world.files = { config: world.path('config'), credentials: world.path('credentials'), [other]: '/other' }
    world.profiles = [...profiles]
    const seen = await world.run(['--yes', '--new'])
    if (noted === undefined) {
      expect(seen.failure).toMatchObject({
        code: 'REFUSED',
        message: `the AWS tools read ${world.path('config')} here, but the daemon reads /other: it would not know base`,
        hint: expect.stringMatching(/^here: export AWS_CONFIG_FILE=\/other; or for the daemon: /) as string,
      })
      expect([world.stored.size, world.text('credentials'), world.text('config')]).toEqual([0, section('base'), ''])
      return
    }
    expect(seen.failure).toBeUndefined()
    expect(seen.noted).toContain(noted)
    expect(world.text('config')).toBe(block)
  })

  it('a key of another file goes', async () => {
    const world = keyImportWorld({ '.env': `AWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=${secret}\n` })
    world.files = { config: '/other', credentials: world.path('credentials') }
    const seen = await world.run([world.path('.env'), '--yes', '--new', '--source', 'base'])
    expect(seen.failure).toBeUndefined()
    expect(world.stored.size).toBe(1)
  })
})

describe('which keys are imported', () => {
  it('one of a profile, with another name', async () => {
    const world = keyImportWorld({ credentials: section('a') + section('b', other) })
    const near = await world.run(['--profile', 'bb'])
    expect(near.failure).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('did you mean b') as string,
    })
    await world.run(['--yes', '--profile', 'b', '--source', 'master'])
    expect(world.stored).toEqual(new Map([['master', { accessKeyId: other, secret }]]))
    expect(world.text('credentials')).toBe(`${section('a')}[b]\r\nregion = a-b\r\n`)
  })

  it('not several with one name', async () => {
    const world = keyImportWorld({ credentials: section('a') + section('b', other), old: section('a', other) })
    expect((await world.run(['--yes', '--source', 'master'])).failure).toMatchObject({ code: 'USAGE' })
    const twice = keyImportWorld({ credentials: section('a'), old: section('a', other) })
    expect((await twice.run(['--yes', twice.path('old')])).failure).toMatchObject({
      code: 'REFUSED',
      message: `${other} and ${id} would both be a`,
    })
    twice.stored.set('a', { accessKeyId: 'AKIAOTHER00000000000', secret })
    expect((await twice.run(['--yes'])).failure).toMatchObject({
      message: expect.stringContaining('both be a') as string,
    })
  })

  it('not under a name that config.toml cannot have', async () => {
    const world = keyImportWorld({ credentials: section('a\u001bb') })
    expect((await world.run(['--dry-run', '--new'])).failure).toMatchObject({
      code: 'REFUSED',
      message: `"a\\u001bb" is empty, or holds control characters, so ${id} needs another name`,
      hint: 'give it one: --source NAME',
    })
    expect((await world.run(['--yes', '--source', 'master'])).failure).toBeUndefined()
    expect([...world.stored.keys()]).toEqual(['master'])
  })

  it('one that the keychain has, under the name that it has there', async () => {
    const world = keyImportWorld({ credentials: section('base') })
    world.stored.set('master', { accessKeyId: id, secret })
    expect((await world.run(['--yes', '--source', 'base'])).failure).toMatchObject({ code: 'REFUSED' })
    await world.run(['--yes'])
    expect([...world.stored.keys()]).toEqual(['master'])
    expect(world.text('config')).toContain('aws credentials master\n')
  })

  it('under a name that is probably not meant only where somebody says so', async () => {
    const world = keyImportWorld({ env })
    world.doubts.default = { reason: 'no profile uses default; sources without a key: master', instead: ['master'] }
    const file = world.path('env')
    expect((await world.run(['--yes', file])).failure).toMatchObject({
      code: 'USAGE',
      hint: `latchkey aws keys import ${file} --source master; if default is meant: latchkey aws keys import ${file} --new --source default`,
    })
    expect((await world.run([file], ['n'])).failure).toMatchObject({ code: 'CANCELLED' })
    await world.run(['--yes', '--new', file])
    expect([...world.stored.keys()]).toEqual(['default'])
  })

  it('of a role under another name, and never under its own', async () => {
    const role = '[profile base]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\n'
    const world = keyImportWorld({ config: role, credentials: section('base') })
    expect((await world.run(['--yes', '--source', 'base'])).failure).toMatchObject({ hint: '--source base-key' })
    await world.run(['--yes'])
    expect([...world.stored.keys()]).toEqual(['base-key'])
    expect(world.text('config')).toBe(
      `${role.replace('= base', '= base-key')}\n[profile base-key]\ncredential_process = /opt/bin/latchkey aws credentials base-key\n`,
    )
  })
})

describe('files that an import cannot read or change', () => {
  it.each([
    ['a missing one', 'missing', /there is no file/],
    ['a pipe', 'pipe', /is a pipe/],
    ['another text than UTF-8', 'latin', /not UTF-8/],
    ['a large one', 'large', /larger than 1 MiB/],
  ])('are refused before anything is done: %s', async (_, name, message) => {
    const world = keyImportWorld({ credentials: section('base'), large: 'x'.repeat(1024 * 1024 + 1) })
    execFileSync('mkfifo', [world.path('pipe')])
    writeFileSync(world.path('latin'), Buffer.from([0xe4, 0x0a]))
    const { failure } = await world.run(['--yes', world.path(name)])
    expect(failure).toMatchObject({ code: 'REFUSED', message: expect.stringMatching(message) as string })
    expect(world.stored.size).toBe(0)
  })

  it('leave the key in both places, which is said, and are changed by the next run', async () => {
    const world = keyImportWorld({ credentials: section('base') })
    chmodSync(world.path('credentials'), 0o400)
    expect((await world.run(['--yes'])).failure).toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/^the key is in the keychain, but .* is write-protected/) as string,
    })
    expect(world.stored.size).toBe(1)
    chmodSync(world.path('credentials'), 0o600)
    const { noted } = await world.run(['--yes'])
    expect(noted).toContain(`was interrupted:
  ${id} is in the keychain as base
  ${world.path('config')} is changed
  ${world.path('credentials')} is as it was
`)
    expect(world.text('credentials')).toBe('[base]\r\nregion = a-b\r\n')
    expect((await world.run([])).noted).toBe('')
  })

  it('are in the way of no other import afterwards, which tells of them once', async () => {
    const world = keyImportWorld({ env })
    chmodSync(world.path('env'), 0o400)
    expect((await world.run(['--yes', '--source', 'base', world.path('env')])).failure).toMatchObject({
      code: 'REFUSED',
    })
    renameSync(world.path('env'), world.path('moved'))
    mkdirSync(world.path('env'))
    writeFileSync(world.path('credentials'), section('next', other))
    const { noted, failure } = await world.run(['--yes'])
    expect(failure).toBeUndefined()
    expect(noted.match(/was interrupted:\n.*\n.*\n/g)).toEqual([
      `was interrupted:\n  ${id} is in the keychain as base\n  ${world.path('env')} cannot be read\n`,
    ])
    expect(world.stored.get('next')).toEqual({ accessKeyId: other, secret })
  })

  it('are not changed where somebody has edited them meanwhile', async () => {
    const world = keyImportWorld({ credentials: section('base') })
    world.onCall = (name) => {
      if (name === 'importKey') writeFileSync(world.path('credentials'), `${section('base')}[new]\r\n`)
    }
    expect((await world.run(['--yes'])).failure).toMatchObject({
      message: expect.stringContaining('has been edited meanwhile') as string,
    })
    world.onCall = () => {}
    const { noted } = await world.run(['--yes'])
    expect(noted).toContain(`${world.path('credentials')} has been edited since\n`)
    expect(world.text('credentials')).toBe('[base]\r\nregion = a-b\r\n[new]\r\n')
  })

  it('says why it is refused, even where what was begun cannot be taken back', async () => {
    const world = keyImportWorld({ credentials: section('base') })
    world.onCall = (name) => {
      if (name === 'importKey') throw new Error('AWS refuses the key')
      if (name === 'removeImport') throw new Error('the disk is full')
    }
    expect((await world.run(['--yes'])).failure).toMatchObject({ message: 'AWS refuses the key' })
    expect(world.text('credentials')).toBe(section('base'))
    world.onCall = () => {}
    expect((await world.run(['--yes'])).noted).toMatch(/^an import of .* was interrupted:\n/)
  })
})

describe('an import that is killed', () => {
  const killedAt = async (step: string, count: number) => {
    const world = keyImportWorld({ config: '# c\n', credentials: section('base'), env })
    let left = count
    world.onCall = (name) => {
      if (name === step && --left === 0) throw new Error('killed')
    }
    expect((await world.run(['--yes', world.path('env')])).failure).toMatchObject({ message: 'killed' })
    world.onCall = () => {}
    return world
  }

  it.each([
    ['beginImport', 1, 0],
    ['importKey', 1, 0],
    ['completeImport', 1, 1],
  ])('at %s loses nothing, and the next one finishes it', async (step, count, stored) => {
    const world = await killedAt(step, count)
    expect(world.stored.size).toBe(stored)
    if (stored === 0) expect(world.text('credentials')).toBe(section('base'))
    const { failure } = await world.run(['--yes', world.path('env')])
    expect(failure).toBeUndefined()
    expect(world.stored.get('base')).toEqual({ accessKeyId: id, secret })
    expect(['config', 'credentials', 'env'].map(world.text)).toEqual([
      `# c\n\n${block}`,
      '[base]\r\nregion = a-b\r\n',
      '# mine\nFOO=1\n',
    ])
    expect((await world.run([])).noted).toBe('')
  })
})

describe('what is said after an import', () => {
  it('is that git still has the file, now or in its history', async () => {
    const world = keyImportWorld({ env, ignored: env.replaceAll(id, other) })
    const git = (...args: string[]) => execFileSync('git', ['-C', world.folder, ...args])
    git('init', '-q')
    // Nothing that the repository says is run.
    git('config', 'core.fsmonitor', `touch ${world.path('ran')}; false`)
    git('-c', 'core.fsmonitor=false', 'add', 'env')
    const { noted } = await world.run(['--yes', world.path('env')])
    expect(noted).toContain(`git still has the key in ${world.path('env')}, and so has every copy`)
    expect((await world.run(['--yes', '--source', 'b', world.path('ignored')])).noted).not.toContain('git')
    expect(world.text('ran')).toBeUndefined()
    const identity = ['-c', 'user.name=jo', '-c', 'user.email=jo@example.com', '-c', 'core.fsmonitor=false']
    git(...identity, 'commit', '-qm', 'x')
    git(...identity, 'rm', '-q', '--cached', '-f', 'env')
    git(...identity, 'commit', '-qm', 'y')
    writeFileSync(world.path('env'), env.replaceAll(id, 'AKIAOTHER00000000000'))
    expect((await world.run(['--yes', '--source', 'c', world.path('env')])).noted).toContain('git still has')
  })

  it('is that the shell still has it', async () => {
    const world = keyImportWorld({ env })
    world.environment.AWS_ACCESS_KEY_ID = id
    const { noted } = await world.run(['--yes', world.path('env')])
    expect(noted).toContain('unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY\n')
  })
})
