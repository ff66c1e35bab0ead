import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  isLongTermId,
  keysOfProfiles,
  linesWithKeys,
  type PlaintextKey,
  withoutLines,
} from '../../../../src/aws/files/plaintext-keys.ts'
import { Secret } from '../../../../src/core/secret.ts'

const text = `# mine
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = default-secret

; the master account
[base]
region = eu-west-1   # keep
aws_access_key_id=AKIABASE0000   ; old
AWS_SECRET_ACCESS_KEY	= base/secret+with=signs
# aws_secret_access_key = a comment stays
output = json
[after]
aws_access_key_id = AKIAAFTER
`

const keyOf = (content: string, profile: string): PlaintextKey | undefined =>
  keysOfProfiles(content).find((key) => key.profile === profile)
const without = (content: string, profile: string) => withoutLines(content, keyOf(content, profile)!.lines)

describe('the keys of profiles', () => {
  it('are pairs, each with its profile', () => {
    const key = keyOf(text, 'base')!
    expect(key).toMatchObject({ accessKeyId: 'AKIABASE0000', isTemporary: false })
    expect(key.secretAccessKey.expose()).toBe('base/secret+with=signs')
    expect(inspect(key)).not.toContain('base/secret')
    expect(keysOfProfiles(text).map(({ profile }) => profile)).toEqual(['default', 'base'])
  })

  it('are none where the pair is incomplete or has no section', () => {
    expect(keyOf(text, 'after')).toBeUndefined()
    expect(keysOfProfiles('aws_access_key_id = A\naws_secret_access_key = B\n')).toEqual([])
    expect(keysOfProfiles('[a]\naws_access_key_id =\naws_secret_access_key = B\n')).toEqual([])
  })

  it.each(['aws_session_token', 'aws_security_token'])('are temporary beside %s', (name) => {
    const temporary = `[t]\naws_access_key_id = ASIA\naws_secret_access_key = s\n${name} = token\n`
    expect(keyOf(temporary, 't')).toMatchObject({ isTemporary: true })
  })

  it('are not temporary beside an empty token, which goes with them', () => {
    const longTerm = '[t]\naws_access_key_id = AKIA\naws_secret_access_key = s\naws_session_token =\n'
    expect(keyOf(longTerm, 't')).toMatchObject({ isTemporary: false })
    expect(without(longTerm, 't')).toBe('[t]\n')
  })

  it('are found in the spelling of the config file, with quotes, as well', () => {
    const config = '[profile "a b"]\naws_access_key_id = AKIA\naws_secret_access_key = s\n'
    expect(keyOf(config, 'a b')).toMatchObject({ accessKeyId: 'AKIA' })
  })

  it('are the last of two values, as in the SDKs', () => {
    const twice = '[x]\naws_access_key_id = A\naws_secret_access_key = s\n[y]\n[x]\naws_access_key_id = B\n'
    expect(keyOf(twice, 'x')).toMatchObject({ accessKeyId: 'B' })
    expect(without(twice, 'x')).toBe('[x]\n[y]\n[x]\n')
  })

  it('are read from lines without an end in a time that grows with them alone', () => {
    const blanks = ' '.repeat(300_000)
    const odd = [`[${blanks}`, `${blanks}x`, `aws_session_token = a${blanks}b`, `${'a'.repeat(300_000)}`]
    const long = `[p]\naws_access_key_id = A # c\naws_secret_access_key = S\n${odd.join('\n')}\n`
    expect(keyOf(long, 'p')).toMatchObject({ accessKeyId: 'A', isTemporary: true })
  })
})

describe('a text without the lines of a key', () => {
  it('has every other byte', () => {
    const lines = text.split('\n')
    const expected = lines.filter((line) => !/AKIABASE|base\/secret/.test(line)).join('\n')
    expect(without(text, 'base')).toBe(expected)
    expect(expected.split('\n')).toHaveLength(lines.length - 2)
  })

  it('keeps CRLF, tabs, a missing last line end, and a byte order mark', () => {
    const odd =
      '\uFEFF[a]\r\n\taws_access_key_id\t=\tAKIA\r\naws_secret_access_key=s\r\nregion = x\r\n\r\n[b]\r\nregion = y'
    expect(without(odd, 'a')).toBe('\uFEFF[a]\r\nregion = x\r\n\r\n[b]\r\nregion = y')
  })

  it('is the same without lines', () => {
    for (const same of ['', '\n', text]) expect(withoutLines(same, [])).toBe(same)
  })
})

it('tells long-term ids from others', () => {
  expect(isLongTermId('AKIAIOSFODNN7EXAMPLE')).toBe(true)
  for (const other of ['ASIAIOSFODNN7EXAMPLE', 'AKIA', 'akiaiosfodnn7example', ' AKIAIOSFODNN7EXAMPLE'])
    expect(isLongTermId(other)).toBe(false)
})

describe('lines that look as if they had a key', () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

  it.each([
    '# aws_access_key_id = AKIAIOSFODNN7EXAMPLE',
    '  docker run -e AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE image',
    `# AWS_SECRET_ACCESS_KEY="${secret}"`,
    `secretKey: ${secret}`,
  ])('%s', (line) => {
    expect(linesWithKeys(`a\n${line}\nb\n`)).toEqual([2])
  })

  it.each([
    'export AWS_ACCESS_KEY_ID',
    'unset AWS_SECRET_ACCESS_KEY',
    'role_arn = arn:aws:iam::1:role/AKIA',
    `sha = ${secret}`,
  ])('%s does not', (line) => {
    expect(linesWithKeys(line)).toEqual([])
  })

  it('have one of the secrets that were found', () => {
    expect(linesWithKeys('x = short-one\n', [new Secret('short-one')])).toEqual([1])
  })
})
