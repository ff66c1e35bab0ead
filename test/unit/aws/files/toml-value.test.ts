import fc from 'fast-check'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { serialMistake, sourceLines, withSource } from '../../../../src/aws/files/source-edit.ts'
import { withEntry, withSection } from '../../../../src/aws/files/toml-value.ts'
import { fuzzed } from '../../../support/fuzzing.ts'

const path = ['aws', 'source', 'master']
const entry = { path, key: 'mfa_serial', value: 'new' }

const refusal = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('it was not refused')
}

describe('a value in a TOML file', () => {
  it.each([
    ['an empty file', '', '[aws.source.master]\nmfa_serial = "new"\n'],
    ['another section', '[log]\nlevel = "info"', '[log]\nlevel = "info"\n\n[aws.source.master]\nmfa_serial = "new"'],
    ['an empty section', '[aws.source.master]\n', '[aws.source.master]\nmfa_serial = "new"\n'],
    ['an empty section without an end', '[aws.source.master]', '[aws.source.master]\nmfa_serial = "new"'],
    [
      'a section with comments',
      '[aws.source.master] # mine\n# first\nregion = "x" # r\n# last\n\n[log]\n',
      '[aws.source.master] # mine\n# first\nregion = "x" # r\nmfa_serial = "new"\n# last\n\n[log]\n',
    ],
    [
      'a section with the line ends of Windows',
      '[aws.source.master]\r\nregion = "x"\r\n',
      '[aws.source.master]\r\nregion = "x"\r\nmfa_serial = "new"\r\n',
    ],
    [
      'a section after a byte order mark',
      '\uFEFF[aws.source.master]\n',
      '\uFEFF[aws.source.master]\nmfa_serial = "new"\n',
    ],
    [
      'a section with a value over several lines',
      '[aws.source.master]\nregion = """\n[log]\nx"""\n[log]\n',
      '[aws.source.master]\nregion = """\n[log]\nx"""\nmfa_serial = "new"\n[log]\n',
    ],
    [
      'the section of another with a like name',
      '[aws.source.master2]\n',
      '[aws.source.master2]\n\n[aws.source.master]\nmfa_serial = "new"\n',
    ],
  ])('comes into %s', (_, text, edited) => {
    expect(withEntry(text, entry)).toBe(edited)
  })

  it('stays as it is where it is there already', () => {
    const text = "[aws.source.master]\nmfa_serial='new' # as I write it"
    expect(withEntry(text, entry)).toBe(text)
    expect(withEntry(text, { ...entry, former: 'old' })).toBe(text)
  })

  it.each([
    ['mfa_serial = "old" # "mine"', 'mfa_serial = "new" # "mine"'],
    ["mfa_serial='old'", 'mfa_serial= "new"'],
    ['"mfa_serial" = "ol\\u0064"', '"mfa_serial" = "new"'],
  ])('takes the place of the former one, and of nothing else: %s', (line, edited) => {
    const around = (text: string) => `# a\n[aws.source.master]\nregion = "old"\n${text}\n[log]\nlevel = "old"\n`
    expect(withEntry(around(line), { ...entry, former: 'old' })).toBe(around(edited))
  })

  it.each([
    ['[aws.source.master]\nmfa_serial = "old"', undefined, /^it has aws\.source\.master\.mfa_serial = "old" already$/],
    ['[aws.source.master]\nmfa_serial = "older"', 'old', /"older" already$/],
    ['[aws.source.master]', 'old', /mfa_serial = undefined already$/],
    ['[aws.source]\nmaster = { region = "x" }', undefined, /master is not written as a section of its own$/],
    ['[aws]\nsource.master.region = "x"', undefined, /master is not written as a section of its own$/],
    ['aws = { source = {} }', undefined, /written inline/],
    ['[aws.source.master]\nmfa_serial = """\nold"""', 'old', /not written on a line of its own$/],
    ['[aws', undefined, /^line 1: /],
  ])('is not written into %j', (text, former, reason) => {
    expect(refusal(() => withEntry(text, { ...entry, former }))).toMatchObject({
      code: 'AWS_FILE_NOT_EDITED',
      message: expect.stringMatching(reason) as string,
    })
  })

  it('is there afterwards, with everything else, whatever the texts are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, value) => {
        const text = '[log]\nlevel = "info"\n'
        let edited: string
        try {
          edited = withEntry(text, { path: ['aws', 'source', name], key: 'mfa_serial', value })
        } catch (error) {
          expect(error).toMatchObject({ code: 'AWS_FILE_NOT_EDITED' })
          return
        }
        expect(parse(edited)).toEqual({ log: { level: 'info' }, aws: { source: { [name]: { mfa_serial: value } } } })
      }),
      fuzzed(4711, 200),
    )
  })
})

describe('a section', () => {
  it.each([
    ['', '[aws.source.master]\n'],
    ['[aws.source.master]\n', '[aws.source.master]\n'],
    ['[aws.source]\nmaster = { region = "x" }\n', '[aws.source]\nmaster = { region = "x" }\n'],
    ['[log]\n', '[log]\n\n[aws.source.master]\n'],
  ])('is in %j once', (text, edited) => {
    expect(withSection(text, path)).toBe(edited)
  })
})

describe('the section of a source', () => {
  const serial = 'arn:aws:iam::111122223333:mfa/jo'

  it('has its device, or none yet', () => {
    expect(withSource('', { name: 'master' })).toBe('[aws.source.master]\n')
    expect(withSource('', { name: 'a b', mfaSerial: serial })).toBe(sourceLines({ name: 'a b', mfaSerial: serial }))
    expect(sourceLines({ name: 'master' })).toBe('[aws.source.master]\n')
  })

  it('keeps another device, unless that is the one to be replaced', () => {
    const toml = withSource('', { name: 'master', mfaSerial: `${serial}-old` })
    const wanted = { name: 'master', mfaSerial: serial }
    expect(refusal(() => withSource(toml, wanted))).toMatchObject({ code: 'AWS_FILE_NOT_EDITED' })
    expect(withSource(toml, wanted, `${serial}-old`)).toBe(sourceLines(wanted))
  })

  it.each([
    [serial, undefined],
    ['GAHT12345678', undefined],
    ['arn:aws:iam::111122223333:user/jo', /not the ARN of an MFA device/],
    ['arn:aws:iam::111122223333:u2f/user/jo/key', /security key/],
    ['jo', /not the ARN or the serial number/],
  ])('takes the device %s, or says why not', (text, reason) => {
    const mistake = serialMistake(text)
    if (reason === undefined) expect(mistake).toBeUndefined()
    else expect(mistake).toMatch(reason)
  })
})
