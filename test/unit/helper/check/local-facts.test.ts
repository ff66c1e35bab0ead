import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { gatherLocalFacts } from '../../../../src/helper/check/local-facts.ts'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const gather = (environment: Record<string, string>) =>
  gatherLocalFacts({ environment, commandPath: '/opt/latchkey', nowMs: () => 5 } as unknown as CommandContext)

it('there is nothing where there are no files and nothing is set', async () => {
  const home = temporaryFolder()
  expect(await gather({ HOME: home })).toEqual({
    nowMs: 5,
    paths: { config: join(home, '.aws/config'), credentials: join(home, '.aws/credentials') },
    missingFolder: join(home, '.aws'),
    latchkey: '/opt/latchkey',
    profiles: [],
    mistakes: { config: [], credentials: [] },
    stray: { config: [], credentials: [] },
    programFaults: new Map(),
    environment: { isGiven: false, others: [] },
  })
})

it('the environment is told without its secrets', async () => {
  const { environment } = await gather({
    HOME: temporaryFolder(),
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
    AWS_VAULT: 'dev',
  })
  expect(environment).toEqual({
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    isGiven: true,
    others: ['AWS_WEB_IDENTITY_TOKEN_FILE'],
  })
})

it('what a profile runs is looked at as the AWS tools run it', async () => {
  const folder = temporaryFolder()
  const path = (name: string) => join(folder, name)
  writeFileSync(path('run'), '', { mode: 0o700 })
  writeFileSync(path('latchkey.cjs'), '', { mode: 0o600 })
  writeFileSync(path('latchkey'), '', { mode: 0o600 })
  mkdirSync(path('folder'))
  const lines = {
    good: path('run'),
    read: `${path('run')} ${path('latchkey.cjs')} aws credentials read`,
    found: 'run x',
    gone: `${path('gone')} x`,
    plain: `${path('latchkey')} aws credentials plain`,
    folder: path('folder'),
    home: '~/bin/latchkey aws credentials home',
    variable: '$HOME/bin/latchkey aws credentials variable',
    relative: 'bin/latchkey aws credentials relative',
    missing: 'nowhere-to-be-found x',
  }
  const sections = Object.entries(lines).map(([name, line]) => `[profile ${name}]\ncredential_process = ${line}\n`)
  writeFileSync(path('config'), sections.join(''))
  const { programFaults } = await gather({
    HOME: folder,
    AWS_CONFIG_FILE: path('config'),
    PATH: `:/nonexistent:${folder}`,
  })
  expect([...programFaults.values()]).toEqual([
    `${path('gone')} does not exist`,
    `${path('latchkey')} is not executable`,
    `${path('folder')} is not executable`,
    '~/bin/latchkey is not expanded by the AWS CLI',
    '$HOME/bin/latchkey is not expanded by the AWS CLI',
    'bin/latchkey is looked for in whatever folder a tool runs in',
    'nowhere-to-be-found is in no folder of PATH',
  ])
})

it('a file that cannot be read is an error', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o700)
  await expect(gather({ HOME: folder, AWS_CONFIG_FILE: folder })).rejects.toMatchObject({ code: 'FILE_NOT_REGULAR' })
})
