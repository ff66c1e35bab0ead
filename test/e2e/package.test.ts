import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const repository = join(import.meta.dirname, '../..')

describeWithPeers('the package that npm makes', ['npm', 'tar', 'git'], () => {
  let folder: string
  let unpacked: string
  let files: readonly string[]
  let before: string
  const state = () => runOk('git', ['-c', `safe.directory=${repository}`, 'status', '--short'], { cwd: repository })

  beforeAll(async () => {
    folder = makeFolder()
    unpacked = join(folder, 'node_modules/latchkey')
    before = await state()
    // dist/ is as the tests have it: what packs for real builds first (scripts/prepack.mjs).
    const output = await runOk('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: repository,
    })
    const [{ filename, files: packed }] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }]
    files = packed.map(({ path }) => path)
    mkdirSync(unpacked, { recursive: true })
    await runOk('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', unpacked])
  })

  afterAll(() => removeFolder(folder))

  it('has every document that its documents link', () => {
    const documents = files.filter((path) => path.endsWith('.md'))
    expect(documents).toContain('README.md')
    for (const document of documents) {
      const text = readFileSync(join(unpacked, document), 'utf8')
      const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link]) => link!)
      const missing = links
        .filter((link) => !/^https?:/.test(link))
        .map((link) => normalize(join(document, '..', link)))
        .filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`)))
      expect(missing, document).toEqual([])
    }
  })

  it('has nothing that only its makers need, and leaves nothing behind', async () => {
    expect(files.filter((path) => !/^(dist|docs|packaging)\/|^[A-Z]+(\.md)?$|^package\.json$/.test(path))).toEqual([])
    expect(await state()).toBe(before)
  })

  it('runs as it is, with and without koffi', async () => {
    const own = join(unpacked, 'node_modules')
    for (const name of ['koffi', '@koromix', '@napi-rs']) {
      cpSync(join(repository, 'node_modules', name), join(own, name), { recursive: true })
    }
    const latchkey = join(unpacked, 'dist/latchkey.cjs')
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }
    expect(await runOk(latchkey, ['--version'])).toBe(`${version}\n`)
    const script = 'latchkey status --json && cat "$LATCHKEY_DEV_DIR/daemon.log"'
    const status = () => runOk(latchkey, ['dev', '--', 'sh', '-c', script])
    expect(await status()).not.toContain('koffi')
    rmSync(join(own, 'koffi'), { recursive: true })
    // Not only removed: Node would go on to look in the folders above.
    mkdirSync(join(own, 'koffi'))
    writeFileSync(join(own, 'koffi/package.json'), '{"main":"absent.cjs"}')
    expect(await status()).toMatch(/"version": "[\d.]+".*less hardened: koffi cannot be loaded/s)
  })
})
