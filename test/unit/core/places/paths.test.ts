import { expect, it } from 'vitest'
import {
  awsFilePaths,
  configFile,
  expandHome,
  hostCaFile,
  runtimeFolder,
  stateFolder,
} from '../../../../src/core/places/paths.ts'

it.each([
  [{ LATCHKEY_RUNTIME_DIR: '/own', XDG_RUNTIME_DIR: '/run/user/7' }, '/own'],
  [{ XDG_RUNTIME_DIR: '/run/user/7' }, '/run/user/7/latchkey'],
  [{ LATCHKEY_RUNTIME_DIR: '', XDG_RUNTIME_DIR: '' }, '/home/jo/.latchkey/run'],
  [{ XDG_RUNTIME_DIR: 'run' }, '/home/jo/.latchkey/run'],
])('finds the sockets of %j in %s', (environment, folder) => {
  expect(runtimeFolder(environment, '/home/jo')).toBe(folder)
})

it.each([
  [{ LATCHKEY_CONFIG: '/own.toml', XDG_CONFIG_HOME: '/config' }, '/own.toml'],
  [{ XDG_CONFIG_HOME: '/config' }, '/config/latchkey/config.toml'],
  [{}, '/home/jo/.config/latchkey/config.toml'],
  [{ XDG_CONFIG_HOME: '.' }, '/home/jo/.config/latchkey/config.toml'],
])('finds the configuration of %j in %s', (environment, file) => {
  expect(configFile(environment, '/home/jo')).toBe(file)
})

it('keeps state in its own folder', () => {
  expect(stateFolder({}, '/home/jo')).toBe('/home/jo/.local/state/latchkey')
  expect(stateFolder({ XDG_STATE_HOME: '/state' }, '/home/jo')).toBe('/state/latchkey')
  expect(stateFolder({ XDG_STATE_HOME: './state' }, '/home/jo')).toBe('/home/jo/.local/state/latchkey')
})

it('replaces ~/ with the home folder, and nothing else', () => {
  expect(expandHome('~/x', '/home/jo')).toBe('/home/jo/x')
  expect(expandHome('/a/~/x', '/home/jo')).toBe('/a/~/x')
  expect(expandHome('~other/x', '/home/jo')).toBe('~other/x')
})

it.each([
  [{}, '/home/jo/.aws/config'],
  [{ AWS_CONFIG_FILE: '' }, '/home/jo/.aws/config'],
  [{ AWS_CONFIG_FILE: '/etc/aws' }, '/etc/aws'],
  [{ AWS_CONFIG_FILE: '~/aws' }, '/home/jo/aws'],
  [{ AWS_CONFIG_FILE: '$WORK/aws', WORK: '/srv' }, '/srv/aws'],
  [{ AWS_CONFIG_FILE: '$WORK/aws', WORK: '~/w' }, '/home/jo/w/aws'],
  [{ AWS_CONFIG_FILE: `/a\${WORK}b`, WORK: '/srv/' }, '/a/srv/b'],
  [{ AWS_CONFIG_FILE: `$constructor/$UNSET/\${}` }, `$constructor/$UNSET/\${}`],
])('finds the config file of the AWS tools of %j in %s, as botocore does', (environment, file) => {
  expect(awsFilePaths(environment, '/home/jo').config).toBe(file)
})

it('expands the path of the credentials file alike', () => {
  expect(awsFilePaths({ AWS_SHARED_CREDENTIALS_FILE: '~/c' }, '/home/jo').credentials).toBe('/home/jo/c')
  expect(awsFilePaths({}, '/home/jo').credentials).toBe('/home/jo/.aws/credentials')
})

it('has the lines of the host CAs beside the sockets, where ssh_config can name them', () => {
  expect(hostCaFile('/run/user/1000/latchkey')).toBe('/run/user/1000/latchkey/known_hosts')
})
