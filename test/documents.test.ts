import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../src/daemon/config.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const markdownIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
const records = markdownIn('docs/adr')
const documents = [...markdownIn('.'), ...markdownIn('docs'), ...records]

describe('the documents', () => {
  it.each(documents)('%s links to files that exist', (document) => {
    const links = [...read(document).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link]) => link!)
    const broken = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(root, dirname(document), link)))
    expect(broken).toEqual([])
  })

  it.each(documents)('%s has configuration examples that are valid', (document) => {
    for (const [, toml] of read(document).matchAll(/```toml\n([^`]+)```/g)) {
      expect(() => parseConfig(toml!, document)).not.toThrow()
    }
  })
})

describe('the decision records', () => {
  it('say why each runtime dependency was taken', () => {
    const { dependencies, optionalDependencies } = JSON.parse(read('package.json'))
    const titles = records.map((record) => read(record).split('\n', 1)[0]!.toLowerCase())
    const undocumented = Object.keys({ ...dependencies, ...optionalDependencies }).filter(
      (name) => !titles.some((title) => title.includes(name)),
    )
    expect(undocumented).toEqual([])
  })

  it.each(records)('%s is short and has its three parts', (record) => {
    const text = read(record)
    expect(text.split('\n').length).toBeLessThanOrEqual(40)
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual([
      'Context',
      'Decision',
      'Consequences',
    ])
    const [file = ''] = record.split('/').slice(-1)
    expect(text.startsWith(`# ${file.slice(0, 4)}: `)).toBe(true)
  })
})
