import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { includedFile, includeName, userSshConfig } from '../../../../src/helper/ssh-config/places.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

it('our file is in the state folder', () => {
  expect(includedFile({ HOME: '/home/jo' })).toBe('/home/jo/.local/state/latchkey/ssh_config')
  expect(includedFile({ HOME: '/home/jo', XDG_STATE_HOME: '/var/jo' })).toBe('/var/jo/latchkey/ssh_config')
})

it('in latchkey dev our file is in the folder of that, and no file is edited that is not named', () => {
  const environment = { HOME: '/home/jo', XDG_STATE_HOME: '/var/jo', LATCHKEY_DEV_DIR: '/tmp/dev' }
  expect(includedFile(environment)).toBe('/tmp/dev/ssh_config')
  expect(userSshConfig('/x/config', environment, '/home/jo')).toBe('/x/config')
  expect(() => userSshConfig(undefined, environment, '/home/jo')).toThrow(
    expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('-F FILE') }),
  )
})

it('it is named from the home folder where it is below that, and recognised in both ways', () => {
  const name = includeName('/home/jo/state/ssh_config', '/home/jo')
  expect(name.written).toBe('~/state/ssh_config')
  expect(['~/state/ssh_config', '/home/jo/state/ssh_config', '~/state', '/x'].map(name.isOurs)).toEqual([
    true,
    true,
    false,
    false,
  ])
  expect(includeName('/var/j o/ssh_config', '/home/jo').written).toBe('"/var/j o/ssh_config"')
  expect(() => includeName('/var/[x]/ssh_config', '/home/jo')).toThrow('ssh_config cannot name')
})

it('the ssh_config is the one that ssh reads, or the one that is named', () => {
  expect(userSshConfig(undefined, { HOME: '/home/jo' }, '/home/jo')).toBe('/home/jo/.ssh/config')
  expect(userSshConfig('/x/config', { HOME: '/home/jo' }, '/root')).toBe('/x/config')
  expect(() => userSshConfig(undefined, { HOME: '/home/jo' }, '/root')).toThrow(
    expect.objectContaining({
      message: 'ssh reads /root/.ssh/config, and HOME is /home/jo',
      hint: 'name the file: -F /root/.ssh/config',
    }),
  )
  const folder = temporaryFolder()
  symlinkSync(folder, join(folder, 'home'))
  expect(userSshConfig(undefined, { HOME: join(folder, 'home') }, folder)).toBe(join(folder, '.ssh/config'))
})
