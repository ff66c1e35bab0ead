import fc from 'fast-check'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { tomlTable, withoutTables, withTables } from '../../../../src/aws/files/toml-edit.ts'
import { fuzzed } from '../../../support/fuzzing.ts'

const path = ['aws', 'profile', 'dev']
const fields = { role: 'arn:aws:iam::123456789012:role/Dev', source: 'master "x"' }
const table = '[aws.profile.dev]\nrole = "arn:aws:iam::123456789012:role/Dev"\nsource = "master \\"x\\""\n'

const withTable = (text: string, at: string[], values: Record<string, string>) =>
  withTables(text, [{ path: at, fields: values }])
const withoutTable = (text: string, at: string[]) => withoutTables(text, [at])

const refused = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('it was not refused')
}

describe('a table in a TOML file', () => {
  it('has a header that any name can be in', () => {
    expect(tomlTable(['aws', 'profile', 'a.b "c"'], { role: 'r' })).toBe('[aws.profile."a.b \\"c\\""]\nrole = "r"\n')
  })

  it.each([
    ['an empty file', '', table],
    ['comments and order', '# a\n[log] # b\nlevel = "info"\n', `# a\n[log] # b\nlevel = "info"\n\n${table}`],
    ['a last line without an end', '[log]', `[log]\n\n${table.trimEnd()}`],
    ['the line ends of Windows', '[log]\r\n', `[log]\r\n\r\n${table.replaceAll('\n', '\r\n')}`],
    ['a byte order mark', '\uFEFF[log]\n', `\uFEFF[log]\n\n${table}`],
    ['dotted keys above it', 'aws.profile.x.role = "r"\n', `aws.profile.x.role = "r"\n\n${table}`],
    ['a header above it', '[aws.profile]\nx = { role = "r" }\n', `[aws.profile]\nx = { role = "r" }\n\n${table}`],
  ])('comes after %s, which stays as it is', (_, text, edited) => {
    expect(withTable(text, path, fields)).toBe(edited)
    expect(withoutTable(edited, path)).toBe(text)
  })

  it.each([
    ['aws = { profile = {} }', /written inline/],
    ['[aws]\nprofile = { x = { role = "r" } }', /written inline/],
    ['[[aws.profile]]\nx = 1', /written inline/],
    ['aws = 1', /written inline/],
    ['[aws.profile.dev]\nrole = "r"', /has aws\.profile\.dev already/],
    ['[aws]\nprofile.dev = { role = "r" }', /has aws\.profile\.dev already/],
    ['[aws', /line 1: /],
    ['a = """', /line \d: /],
  ])('is not written into %j', (text, reason) => {
    expect(refused(() => withTable(text, path, fields))).toMatchObject({
      code: 'AWS_FILE_NOT_EDITED',
      message: expect.stringMatching(reason) as string,
    })
  })

  it('goes with values over several lines, and leaves comments, what looks like a header, and the neighbours', () => {
    const text = `x = """
[aws.profile.dev]
"""

# kept
[aws.profile.dev] # gone
role = '''
a ''''
# kept too
source = [ # gone
  "[a", # gone
  ']',
  """b\\""""",
]
duration = "1h"
# about the next
[aws.profile.prod]
role = { a = "}" }
`
    expect(withoutTable(text, path)).toBe(`x = """
[aws.profile.dev]
"""

# kept
# kept too
# about the next
[aws.profile.prod]
role = { a = "}" }
`)
  })

  it('is found however its header is spelled', () => {
    expect(withoutTable('[ aws . "profile" . \'dev\' ]\nrole = "r"\n[b]\n', path)).toBe('[b]\n')
    expect(withoutTable('["aws"."\\u0070rofile".dev]\n', path)).toBe('')
  })

  it.each([
    'aws.profile.dev.role = "r"',
    '[aws.profile]\ndev = { role = "r" }',
    '[aws.profile]\ndev.role = "r"',
    '[aws.profile.dev]\nrole = "r"\n[aws.profile.dev.more]\nx = 1',
  ])('is not taken out of %j', (text) => {
    expect(refused(() => withoutTable(text, path))).toMatchObject({
      code: 'AWS_FILE_NOT_EDITED',
      message: 'aws.profile.dev: not written as a section of its own',
    })
  })

  it('may be many at once', () => {
    const paths = ['a', 'b', 'c'].map((name) => ['aws', 'profile', name])
    const text = withTables(
      '[log]',
      paths.map((each) => ({ path: each, fields })),
    )
    expect(withoutTables(text, [paths[0]!, paths[2]!])).toBe(withTable('[log]', paths[1]!, fields))
    expect(withoutTables(text, paths)).toBe('[log]')
  })

  it('is not there: nothing changes', () => {
    expect(withoutTable('[aws.profile.other]\n', path)).toBe('[aws.profile.other]\n')
  })

  it('leaves any document as it was, byte by byte, once it is gone again', () => {
    const line = fc.constantFrom(
      '[aws]',
      '[aws.profile.a]',
      '[[list]]',
      'role = "r" # c',
      "source = 's'",
      'a = """',
      "b = '''",
      '"""',
      "'''",
      'c = [',
      ']',
      'd = { e = "}" }',
      '# c',
      '',
      '\t',
      '\uFEFF',
      'f = "\\""',
      '"" = 1',
    )
    const file = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\n', ''))).map((all) => all.flat().join(''))
    fc.assert(
      fc.property(file, (text) => {
        fc.pre(isToml(text))
        const edited = withTable(text, path, fields)
        expect(edited.startsWith(text)).toBe(true)
        expect(parse(edited)).toMatchObject({ aws: { profile: { dev: fields } } })
        expect(withoutTable(edited, path)).toBe(text)
      }),
      fuzzed(42, 500),
    )
  })
})

function isToml(text: string): boolean {
  try {
    parse(text)
    return true
  } catch {
    return false
  }
}
