import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const script = new URL('../../../scripts/third-party-licenses.mjs', import.meta.url).href

// A script without types: called as the build calls it, in Node.
function thirdPartyLicenses(root: string, files: readonly string[]): string {
  const call = `import { thirdPartyLicenses } from ${JSON.stringify(script)}
process.stdout.write(thirdPartyLicenses(${JSON.stringify(root)}, ${JSON.stringify(files)}))`
  return execFileSync(process.execPath, ['--input-type=module', '-e', call], { encoding: 'utf8' })
}

it('has the licence of each package once, including nested ones, and none for our own code', () => {
  const root = temporaryFolder()
  const add = (folder: string, name: string, license?: string) => {
    mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', license: 'MIT' }))
    if (license !== undefined) writeFileSync(join(root, folder, 'LICENSE.md'), license)
  }
  add('node_modules/one', 'one', 'Copyright One')
  add('node_modules/@scope/two', '@scope/two', 'Copyright Two')
  add('node_modules/one/node_modules/three', 'three')
  const text = thirdPartyLicenses(root, [
    'src/main.ts',
    'node_modules/one/a.js',
    'node_modules/one/b.js',
    'node_modules/@scope/two/index.js',
    'node_modules/one/node_modules/three/index.js',
  ])
  expect(text.match(/^\S+ 1\.0\.0 \(MIT\)$/gm)).toEqual([
    '@scope/two 1.0.0 (MIT)',
    'one 1.0.0 (MIT)',
    'three 1.0.0 (MIT)',
  ])
  expect(text).toContain('Copyright One')
  expect(text).not.toContain('src/')
})
