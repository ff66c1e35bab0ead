import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findOtherFiles } from '../../../../src/helper/profiles/other-files.ts'
import { profileWorld, sources } from '../../../support/profile-commands.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const arn = 'arn:aws:iam::123456789012:role/R'
const table = `\n[aws.profile.xx]\nrole = "${arn}"\nsource = "master"\nregion = "eu-central-1"\n`
const block = '\n[profile xx]\nregion = eu-central-1\ncredential_process = /opt/bin/latchkey aws credentials xx\n'
const add = ['profiles', 'add', '--role', arn, '--name', 'xx']

describe('where the daemon reads other AWS files than the command', () => {
  it('a profile gets its block here, once, and is listed as the AWS tools see it here', async () => {
    const world = profileWorld({ iniOfDaemon: '' })
    expect((await world.run(add)).printed).toContain(`in ${world.config.path} and ${world.aws.path}\n`)
    expect((await world.run(add)).printed).toMatch(/^there already: xx/)
    expect([world.config.text(), world.aws.text(), world.ofDaemon.text()]).toEqual([
      sources + table,
      `# mine\n${block}`,
      '',
    ])
    expect((await world.run(['profiles', 'list'])).printed).toMatch(/\nxx .* ask latchkey\n/)
    expect((await world.run(['profiles', 'list', '--block'])).printed).not.toContain('[profile xx]')
    expect((await world.run(['profiles', 'remove', 'xx'])).printed).toBe(
      `removed xx from ${world.config.path} and ${world.aws.path}\n`,
    )
    expect(world.config.text() + world.aws.text()).toBe(`${sources}# mine\n`)
  })

  it('a profile whose block the daemon alone reads is one that the AWS tools do not know here', async () => {
    const world = profileWorld({ toml: sources + table, iniOfDaemon: block })
    expect((await world.run(['profiles', 'list'])).printed).toMatch(/\nxx .* do not ask latchkey\n/)
    expect((await world.run(['profiles', 'list', '--block'])).printed).toContain(block)
    expect((await world.run(['profiles', 'remove', 'xx'])).printed).toBe(`removed xx from ${world.config.path}\n`)
    expect(world.ofDaemon.text()).toBe(block)
  })

  it('that is said by each command once, with what brings both together', async () => {
    const world = profileWorld({ iniOfDaemon: '' })
    for (const args of [['profiles', 'list'], add, ['links'], ['profiles', 'remove', 'xx']]) {
      const { noted } = await world.run(args)
      expect(noted).toBe(`the AWS tools read ${world.aws.path} here, but the daemon reads ${world.ofDaemon.path}
hint: here: export AWS_CONFIG_FILE=${world.ofDaemon.path}; or for the daemon: systemctl --user set-environment AWS_CONFIG_FILE=${world.aws.path} && systemctl --user restart latchkey.service
`)
    }
  })

  it('a section of somebody’s own here stands in the way of a new profile, though the daemon does not know it', async () => {
    const ini = '[profile xx]\noutput = json\n'
    const world = profileWorld({ ini, iniOfDaemon: '' })
    expect((await world.run(add)).failure).toMatchObject({
      code: 'REFUSED',
      message: 'there is a profile xx already, for something else',
    })
    expect((await world.run(['profiles', 'remove', 'xx'])).failure).toMatchObject({
      message: 'xx is in the AWS files alone, and was not written by latchkey',
    })
    const list = join(world.folder, 'list.json')
    writeFileSync(list, JSON.stringify({ Accounts: [{ Id: '100000000001', Name: 'xx' }] }))
    expect((await world.run(['profiles', 'sync', list, '--role', 'R'])).printed).toMatch(/^= xx stays as it is: /)
    expect(world.config.text() + world.aws.text()).toBe(sources + ini)
    expect((await world.run(['profiles', 'list'])).printed).not.toContain('xx')
  })

  it('a block that was left is taken away where it is, and stands in nobody’s way', async () => {
    const here = profileWorld({ ini: block, iniOfDaemon: '' })
    expect((await here.run(['profiles', 'remove', 'xx'])).printed).toBe(`removed xx from ${here.aws.path}\n`)
    expect(here.aws.text()).toBe('')
    const there = profileWorld({ iniOfDaemon: block })
    expect((await there.run(['profiles', 'remove', 'xx'])).failure).toMatchObject({
      code: 'REFUSED',
      message: `xx is in the AWS files that the daemon reads, and not in ${there.aws.path}`,
      hint: 'set AWS_CONFIG_FILE to the file that the daemon reads, and run this again',
    })
    expect((await there.run(add)).failure).toBeUndefined()
    expect(there.aws.text()).toBe(`# mine\n${block}`)
  })

  it('a sync gives the blocks that are lacking here', async () => {
    const world = profileWorld({ iniOfDaemon: '' })
    const list = join(world.folder, 'list.json')
    writeFileSync(list, JSON.stringify({ Accounts: [{ Id: '123456789012', Name: 'xx' }] }))
    const sync = () => world.run(['profiles', 'sync', list, '--role', 'R'], ['y'])
    await sync()
    expect(world.aws.text()).toBe(`# mine\n${block}`)
    rmSync(world.aws.path)
    expect((await sync()).printed).toContain('= xx gets its block for the AWS tools\n')
    expect(world.aws.text()).toBe(block.slice(1))
  })
})

describe('the AWS files of the daemon', () => {
  /** Files in a folder, and what is found where the environment has these. */
  async function found(environment: Record<string, string>, ofDaemon: object | undefined, platform = 'linux') {
    const folder = temporaryFolder()
    const [config, credentials] = [join(folder, '.aws', 'config'), join(folder, '.aws', 'credentials')]
    const context = { environment: { HOME: folder, ...environment }, platform: platform as NodeJS.Platform }
    const others = await findOtherFiles(ofDaemon && { config, credentials, ...ofDaemon }, context)
    return { folder, others }
  }

  it('are those of the command, too', async () => {
    expect((await found({}, {})).others).toBeUndefined()
  })

  it('are not known of an older daemon', async () => {
    expect((await found({ AWS_CONFIG_FILE: '/x' }, undefined)).others).toBeUndefined()
  })

  it('are the same behind a link', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    symlinkSync('file', join(folder, 'link'))
    expect(existsSync(join(folder, 'link'))).toBe(true)
    const environment = { AWS_CONFIG_FILE: join(folder, 'link') }
    expect((await found(environment, { config: join(folder, 'file') })).others).toBeUndefined()
  })

  it('are both others', async () => {
    const { others, folder } = await found({ AWS_CONFIG_FILE: '/a b', AWS_SHARED_CREDENTIALS_FILE: '/c' }, {}, 'darwin')
    expect(others).toEqual({
      isConfig: true,
      message: `the AWS tools read /a b and /c here, but the daemon reads ${folder}/.aws/config and ${folder}/.aws/credentials`,
      hint: expect.stringContaining(
        "; or for the daemon: launchctl setenv AWS_CONFIG_FILE '/a b' && launchctl setenv AWS_SHARED_CREDENTIALS_FILE /c && ",
      ) as string,
    })
  })

  it('are others but for the config file', async () => {
    const { others } = await found({ AWS_SHARED_CREDENTIALS_FILE: 'c' }, {})
    expect(others).toMatchObject({
      isConfig: false,
      message: expect.stringContaining(`the AWS tools read ${process.cwd()}/c here, `) as string,
    })
  })
})
