import { describe, expect, it } from 'vitest'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { ConfigError } from '../../../../src/daemon/config/config.ts'
import type { ConfigFile } from '../../../../src/daemon/config/config-file.ts'
import { type LoadConfigDeps, type LoadedConfig, loadConfig } from '../../../../src/daemon/config/load-config.ts'

const load = (
  environment: Record<string, string>,
  file: ConfigFile,
  former?: LoadedConfig,
  awsFiles: Partial<LoadConfigDeps> = {},
) =>
  loadConfig(former, {
    ...awsFiles,
    path: '/c.toml',
    environment,
    home: '/home/jo',
    readConfigFile: async () => file,
    readText: async () => '',
    readCaFolder: async () => '',
  })
const missing = { type: 'missing' } as const
const messages = ({ faults }: LoadedConfig) => faults.map(({ error }) => error.message)

it('a file that LATCHKEY_CONFIG names and that is not there is a mistake, which keeps nothing from running', async () => {
  const loaded = await load({ LATCHKEY_CONFIG: '/c.toml' }, missing)
  expect(loaded.faults).toMatchObject([{ section: undefined, effect: 'ignored' }])
  expect(messages(loaded)).toEqual(['LATCHKEY_CONFIG is /c.toml, and there is no such file'])
  expect(loaded).toMatchObject({ isRead: true, warnings: [] })
})

it('a missing file that nobody has named is an empty configuration', async () => {
  for (const environment of [{}, { LATCHKEY_CONFIG: '' }])
    expect(await load(environment, missing)).toMatchObject({ faults: [], warnings: [], isRead: true })
})

it('what was in a file that is gone goes on, and both are told', async () => {
  const environment = { LATCHKEY_CONFIG: '/c.toml' }
  const former = await load(environment, { type: 'text', text: '[aws.source.m]\n' })
  expect(former.faults).toEqual([])
  const gone = await load(environment, missing, former)
  expect(Object.keys(gone.config.awsSources)).toEqual(['m'])
  expect(messages(gone)).toHaveLength(1)
  expect(gone.warnings).toEqual([
    '/c.toml is gone: its settings stay in effect until it is back, or the daemon is restarted',
  ])
})

describe('a source that is no section of the file', () => {
  const text = '[aws.source.m]\n[aws.profile.dev]\nrole = "arn:aws:iam::123456789012:role/R"\nsource = "base"\n'
  const files = (config: () => string) => ({
    awsFiles: {
      paths: { config: '/aws/config', credentials: '/aws/credentials' },
      read: async () => parseSharedConfig({ config: config() }),
    },
  })

  it('may be a profile of the AWS files, on which the configuration depends then', async () => {
    const loaded = await load(
      {},
      { type: 'text', text },
      undefined,
      files(() => '[profile base]\n'),
    )
    expect(loaded.faults).toEqual([])
    expect(loaded.config.awsProfiles).toMatchObject({ dev: { source: 'base' } })
    expect(loaded.paths).toEqual(['/c.toml', '/aws/config', '/aws/credentials'])
  })

  it('is a mistake where nothing has it, and what it is probably to be is looked for in both', async () => {
    const loaded = await load(
      {},
      { type: 'text', text },
      undefined,
      files(() => '[profile bse]\n'),
    )
    expect(messages(loaded)).toEqual([
      '/c.toml:4:1: aws.profile.dev.source: unknown source or profile "base": did you mean bse?',
    ])
    const unreadable = () => {
      throw new ConfigError('CONFIG_UNREADABLE', 'no')
    }
    const without = await load({}, { type: 'text', text }, undefined, files(unreadable))
    expect(messages(without)).toEqual(['/c.toml:4:1: aws.profile.dev.source: unknown source or profile "base"'])
  })

  it('is guessed once where both have it, and is never the profile itself', async () => {
    const bses = '[aws.profile.bse]\nrole = "arn:aws:iam::111122223333:role/R"\nsource = "m"\n'
    const loaded = await load(
      {},
      { type: 'text', text: `${text.replaceAll('dev', 'base2')}${bses}` },
      undefined,
      files(() => '[profile bse]\n[profile base2]\n'),
    )
    expect(messages(loaded)).toEqual([
      '/c.toml:4:1: aws.profile.base2.source: unknown source or profile "base": did you mean bse?',
    ])
  })

  it('is not looked for elsewhere where the file has it', async () => {
    const own = text.replace('"base"', '"m"')
    const loaded = await load(
      {},
      { type: 'text', text: own },
      undefined,
      files(() => expect.unreachable()),
    )
    expect(loaded).toMatchObject({ faults: [], paths: ['/c.toml'] })
  })
})
