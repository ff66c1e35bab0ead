import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIni } from '../../../../src/aws/config/ini.ts'
import { findBlock, withBlocks, withoutBlocks } from '../../../../src/aws/files/aws-config-edit.ts'
import { awsConfigBlock } from '../../../../src/core/text/aws-config-block.ts'
import { fuzzed } from '../../../support/fuzzing.ts'

const withBlock = (text: string, name: string, lines: string) => withBlocks(text, [{ name, block: lines }])
const withoutBlock = (text: string, name: string) => withoutBlocks(text, [name])
const blockOf = (name: string) => awsConfigBlock({ name, region: 'eu-central-1', latchkey: '/opt/it is/latchkey' })!
const block = blockOf('dev')

describe('a block in an AWS config file', () => {
  it.each([
    ['an empty file', '', block],
    ['a byte order mark', '\uFEFF', `\uFEFF${block}`],
    ['a file', '[default]\n', `[default]\n\n${block}`],
    ['a last line without an end', '# mine', `# mine\n\n${block.trimEnd()}`],
    ['the line ends of Windows', 'a = 1\r\n', `a = 1\r\n\r\n${block.replaceAll('\n', '\r\n')}`],
  ])('comes after %s, which stays as it is', (_, text, edited) => {
    expect(withBlock(text, 'dev', block)).toBe(edited)
    expect(withoutBlock(edited, 'dev')).toBe(text)
    expect(withBlock(edited, 'dev', block)).toBe(edited)
  })

  it('goes from between others, and leaves comments and everything of others', () => {
    const text = `# top\n[profile a]\nregion = x ; mine\n\n${block}# after\n\n[profile b]\n`
    expect(withoutBlock(text, 'dev')).toBe('# top\n[profile a]\nregion = x ; mine\n# after\n\n[profile b]\n')
  })

  it('may be many at once', () => {
    const blocks = ['a', 'b', 'c'].map((name) => ({ name, block: blockOf(name) }))
    const text = withBlocks('# mine', blocks)
    expect(withoutBlocks(text, ['a', 'c'])).toBe(withBlock('# mine', 'b', blockOf('b')))
    expect(withoutBlocks(text, ['c', 'b', 'a', 'a'])).toBe('# mine')
  })

  it('goes from the first line and leaves the byte order mark', () => {
    expect(withoutBlock(`\uFEFF${block}[profile b]\n`, 'dev')).toBe('\uFEFF[profile b]\n')
  })

  it.each([
    ['another setting', `${block}output = json\n`],
    ['another program', '[profile dev]\ncredential_process = other dev\n'],
    ['another profile of ours', '[profile dev]\ncredential_process = /bin/latchkey aws credentials prod\n'],
    ['a role', '[profile dev]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = x\n'],
    ['a second section', `${block}[profile dev]\noutput = json\n`],
  ])('is somebody’s own with %s, and stays', (_, text) => {
    expect(findBlock(text, 'dev')).toBe('other')
    expect(withoutBlock(text, 'dev')).toBe(text)
    expect(withBlock(text, 'dev', block)).toBe(text)
  })

  it('is found, and taken away, where it stands twice', () => {
    const text = `# mine\n\n${block}\n[profile x]\n\n${block}`
    expect(findBlock(text, 'dev')).toBe('own')
    expect(withoutBlock(text, 'dev')).toBe('# mine\n\n[profile x]\n')
  })

  it('is found however its header is spelled', () => {
    expect(findBlock(blockOf('my dev'), 'my dev')).toBe('own')
    expect(findBlock('[default]\ncredential_process = /x/latchkey aws credentials default\n', 'default')).toBe('own')
  })

  it('leaves any file as it was, byte by byte, once it is gone again', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '[profile a]',
        '[profile b]',
        'region = x',
        ' nested = 1',
        '# c',
        '',
        '\uFEFF',
        'é = ü',
        '[x',
        '=',
        '\t',
      ),
      fc.string(),
    )
    const end = fc.constantFrom('\n', '\r\n', '\r', '')
    const file = fc.array(fc.tuple(line, end)).map((lines) => lines.map((each) => each.join('')).join(''))
    fc.assert(
      fc.property(file, (text) => {
        fc.pre(findBlock(text, 'dev') === 'absent')
        const edited = withBlock(text, 'dev', block)
        expect(edited.startsWith(text)).toBe(true)
        expect(findBlock(edited, 'dev')).toBe('own')
        const others = ({ header, entries }: ReturnType<typeof parseIni>[number]) => [header, entries]
        expect(parseIni(edited).slice(0, -1).map(others)).toEqual(parseIni(text).map(others))
        expect(withoutBlock(edited, 'dev')).toBe(text)
      }),
      fuzzed(41, 300),
    )
  })
})
