import { expect, it } from 'vitest'
import type { ConfigFile } from '../../../../src/daemon/config/config-file.ts'
import { type LoadedConfig, loadConfig } from '../../../../src/daemon/config/load-config.ts'

const load = (environment: Record<string, string>, file: ConfigFile, former?: LoadedConfig) =>
  loadConfig(former, {
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
