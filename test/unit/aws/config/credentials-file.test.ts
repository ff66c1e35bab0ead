import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { profilesIn, readPlaintextKey, withoutPlaintextKey } from '../../../../src/aws/config/credentials-file.ts'

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

describe('readPlaintextKey', () => {
  it('reads the pair of one profile', () => {
    const key = readPlaintextKey(text, 'base')!
    expect(key).toMatchObject({ accessKeyId: 'AKIABASE0000', isTemporary: false })
    expect(key.secretAccessKey.expose()).toBe('base/secret+with=signs')
    expect(inspect(key)).not.toContain('base/secret')
  })

  it('finds nothing where the pair is incomplete or the profile is missing', () => {
    expect(readPlaintextKey(text, 'after')).toBeUndefined()
    expect(readPlaintextKey(text, 'nobody')).toBeUndefined()
    expect(readPlaintextKey('aws_access_key_id = A\naws_secret_access_key = B\n', 'default')).toBeUndefined()
  })

  it.each(['aws_session_token', 'aws_security_token'])('sees by %s that a pair is temporary', (name) => {
    const temporary = `[t]\naws_access_key_id = ASIA\naws_secret_access_key = s\n${name} = token\n`
    expect(readPlaintextKey(temporary, 't')).toMatchObject({ isTemporary: true })
  })

  it('treats an empty token as none', () => {
    const longTerm = '[t]\naws_access_key_id = AKIA\naws_secret_access_key = s\naws_session_token =\n'
    expect(readPlaintextKey(longTerm, 't')).toMatchObject({ isTemporary: false })
    expect(withoutPlaintextKey(longTerm, 't')).toBe('[t]\n')
  })

  it('takes the spelling of the config file and quotes as well', () => {
    const config = '[profile "a b"]\naws_access_key_id = AKIA\naws_secret_access_key = s\n'
    expect(readPlaintextKey(config, 'a b')).toMatchObject({ accessKeyId: 'AKIA' })
  })

  it('takes the last of two values, as the SDKs do', () => {
    const twice = '[x]\naws_access_key_id = A\naws_secret_access_key = s\n[y]\n[x]\naws_access_key_id = B\n'
    expect(readPlaintextKey(twice, 'x')).toMatchObject({ accessKeyId: 'B' })
  })
})

describe('withoutPlaintextKey', () => {
  it('takes out the two lines and leaves every other byte', () => {
    const lines = text.split('\n')
    const expected = lines.filter((line) => !/AKIABASE|base\/secret/.test(line)).join('\n')
    expect(withoutPlaintextKey(text, 'base')).toBe(expected)
    expect(expected.split('\n')).toHaveLength(lines.length - 2)
  })

  it('keeps CRLF, tabs, a missing last line end, and a byte order mark', () => {
    const odd = '\uFEFF[a]\r\n\taws_access_key_id\t=\tAKIA\r\nregion = x\r\n\r\n[b]\r\naws_secret_access_key = s'
    expect(withoutPlaintextKey(odd, 'a')).toBe('\uFEFF[a]\r\nregion = x\r\n\r\n[b]\r\naws_secret_access_key = s')
    expect(withoutPlaintextKey(odd, 'b')).toBe('\uFEFF[a]\r\n\taws_access_key_id\t=\tAKIA\r\nregion = x\r\n\r\n[b]\r\n')
  })

  it('takes the key out of every section of that name, and no other', () => {
    const twice = '[x]\naws_access_key_id = A\n[y]\naws_access_key_id = Y\n[x]\naws_secret_access_key = s\n'
    expect(withoutPlaintextKey(twice, 'x')).toBe('[x]\n[y]\naws_access_key_id = Y\n[x]\n')
  })

  it('changes nothing where there is nothing', () => {
    for (const same of ['', '\n', text]) expect(withoutPlaintextKey(same, 'nobody')).toBe(same)
  })
})

it('lists the profiles of a file', () => {
  expect(profilesIn(text)).toEqual(['default', 'base', 'after'])
})

it('reads lines without an end in a time that grows with them alone', () => {
  const blanks = ' '.repeat(300_000)
  const odd = [`[${blanks}`, `${blanks}x`, `aws_session_token = a${blanks}b`, `${'a'.repeat(300_000)}`]
  const text = `[p]\naws_access_key_id = A # c\naws_secret_access_key = S\n${odd.join('\n')}\n`
  expect(readPlaintextKey(text, 'p')).toMatchObject({ accessKeyId: 'A', isTemporary: true })
})
