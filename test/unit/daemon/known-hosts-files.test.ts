import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createKnownHostsFiles } from '../../../src/daemon/known-hosts-files.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { recordingLog } from '../../support/vault-world.ts'

function setUp(configured?: readonly string[], ofHostCas?: string) {
  const home = temporaryFolder()
  mkdirSync(join(home, '.ssh'))
  const { log, lines } = recordingLog()
  const { read } = createKnownHostsFiles({ home, configured: () => configured, ofHostCas: () => ofHostCas, log })
  const texts = async () => (await read()).map(String).slice(0, 2)
  return { home, lines, texts, read, at: (name: string) => join(home, '.ssh', name) }
}

it('are the files that ssh reads, as they are now', async () => {
  const { at, texts, lines } = setUp()
  expect(await texts()).toEqual(['', ''])
  writeFileSync(at('known_hosts'), 'one')
  writeFileSync(at('known_hosts2'), 'two')
  expect(await texts()).toEqual(['one', 'two'])
  writeFileSync(at('known_hosts'), 'another')
  rmSync(at('known_hosts2'))
  expect(await texts()).toEqual(['another', ''])
  expect(lines).toEqual([])
})

it('are those of the setting in their place', async () => {
  const { home, texts } = setUp(['~/hosts'])
  writeFileSync(join(home, 'hosts'), 'own')
  expect(await texts()).toEqual(['own'])
})

it.each([undefined, ['~/hosts']])(
  'have that of the host CAs among them, whatever the setting: %j',
  async (configured) => {
    const own = join(temporaryFolder(), 'known_hosts')
    writeFileSync(own, '@cert-authority * …')
    const { read } = setUp(configured, own)
    expect((await read()).map(String).at(-1)).toBe('@cert-authority * …')
  },
)

it('are the same buffers as long as the files are the same', async () => {
  const { home, log } = { home: temporaryFolder(), log: recordingLog().log }
  writeFileSync(join(home, 'hosts'), 'own')
  const { read } = createKnownHostsFiles({ home, configured: () => ['~/hosts'], ofHostCas: () => undefined, log })
  const [first] = await read()
  expect((await read())[0]).toBe(first)
})

it.each([
  ['a pipe', (path: string) => execFileSync('mkfifo', [path]), 'not a regular file'],
  ['a folder', (path: string) => mkdirSync(path), 'not a regular file'],
  [
    'larger than 16 MiB',
    (path: string) => {
      writeFileSync(path, '')
      truncateSync(path, 16 * 1024 * 1024 + 1)
    },
    'larger than 16 MiB',
  ],
  [
    'writable for everybody',
    (path: string) => {
      writeFileSync(path, 'text')
      chmodSync(path, 0o666)
    },
    'can be changed by',
  ],
])('count as empty where one is %s, which is said once', async (_, make, reason) => {
  const { at, texts, lines } = setUp()
  make(at('known_hosts'))
  writeFileSync(at('known_hosts2'), 'two')
  expect(await texts()).toEqual(['', 'two'])
  expect(await texts()).toEqual(['', 'two'])
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain(reason)
})
