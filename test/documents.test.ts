import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseConfig } from './support/parsed-config.ts'

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

describe('the README', () => {
  const linked = [...read('README.md').matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link]) => link!)

  it('leads to every document', () => {
    const all = [...markdownIn('.'), ...markdownIn('docs'), dirname(records[0]!)]
    expect(all.filter((document) => document !== 'README.md' && !linked.includes(document))).toEqual([])
  })
})

it('the changelog has the version of the package', () => {
  const { version } = JSON.parse(read('package.json'))
  expect(read('CHANGELOG.md')).toMatch(new RegExp(`^## ${version.replaceAll('.', '\\.')}( |$)`, 'm'))
})

describe('the decision records', () => {
  it('say why each package that the product imports was taken', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    )
    const statement = /^(?:import|export|\}) ?[^'\n]*from '([^']+)'$|\bimport\('([^']+)'\)/gm
    const imported = sources
      .flatMap((file) => [...read(join('src', file)).matchAll(statement)].map(([, from, call]) => (from ?? call)!))
      .filter((specifier) => !/^(\.|node:)/.test(specifier))
      .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0])
    const packages = [...new Set(imported)]
    const titles = records.map((record) => read(record).split('\n', 1)[0]!.toLowerCase())
    expect(packages).toEqual(expect.arrayContaining(['@aws-sdk/client-sts', '@napi-rs/keyring', 'koffi', 'valibot']))
    expect(packages.filter((name) => !titles.some((title) => title.includes(name)))).toEqual([])
  })

  it('leave only native packages to be installed beside the bundles', () => {
    const { dependencies, optionalDependencies } = JSON.parse(read('package.json'))
    expect(Object.keys({ ...dependencies, ...optionalDependencies }).sort()).toEqual(['@napi-rs/keyring', 'koffi'])
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
