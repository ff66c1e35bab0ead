import { describe, expect, it } from 'vitest'
import { deviceMistake, fieldMistake, sanitizeSessionName } from '../../../../src/aws/plan/field-rules.ts'

describe('deviceMistake', () => {
  it.each(['arn:aws:iam::111122223333:mfa/jo', 'arn:aws-cn:iam::111122223333:mfa/team/jo', 'GAHT12345678'])(
    'lets %s have codes',
    (serial) => expect(deviceMistake(serial)).toBeUndefined(),
  )

  it.each(['arn:aws:iam::111122223333:user/jo', 'arn:aws:iam::1111:mfa/jo', 'arn:aws:s3:::mfa/jo'])(
    'does not take %s for a device',
    (serial) => expect(deviceMistake(serial)?.says).toContain('not the ARN of an MFA device'),
  )

  it('says what to do about a security key', () => {
    expect(deviceMistake('arn:aws:iam::111122223333:u2f/user/jo/key-ABC')).toEqual({
      says: expect.stringContaining('no codes'),
      hint: expect.stringContaining('latchkey aws mfa list'),
    })
  })
})

describe('fieldMistake', () => {
  it.each([
    ['roleArn', 'arn:aws:iam::123456789012:role/team/Dev'],
    ['roleArn', 'arn:aws-cn:iam::123456789012:role/Dev'],
    ['externalId', 'a:b/c=d,e.f@g-h+i'],
    ['sessionName', 'jo@example.com'],
    ['sessionName', 'ab'],
    ['mfaSerial', 'arn:aws:iam::111122223333:mfa/jo'],
    ['mfaSerial', 'GAHT12345678'],
    ['region', 'us-gov-west-1'],
    ['region', 'eusc-de-east-1'],
  ] as const)('takes a good %s %s', (field, value) => {
    expect(fieldMistake(field, value)).toBeUndefined()
  })

  it.each([
    ['roleArn', 'arn:aws:iam::12345678901:role/Dev'],
    ['roleArn', 'arn:aws:iam::123456789012:user/jo'],
    ['roleArn', 'Dev'],
    ['roleArn', `arn:aws:iam::123456789012:role/${'x'.repeat(2048)}`],
    ['externalId', 'a'],
    ['externalId', 'with blank'],
    ['sessionName', 'a'],
    ['sessionName', 'x'.repeat(65)],
    ['sessionName', 'jo:x'],
    ['mfaSerial', '12345678'],
    ['region', 'us east 1'],
    ['region', 'example.com/'],
    ['region', '-'],
    ['mfaSerial', 'arn:aws:iam::111122223333:mfa/j ö'],
  ] as const)('says why %s cannot be %s', (field, value) => {
    expect(fieldMistake(field, value)).toMatch(/^not /)
  })
})

it.each([
  ['jo', 'jo'],
  ['jo@example.com', 'jo@example.com'],
  ['Jürgen Groß', 'J-rgen-Gro-'],
  ['j', 'latchkey-j'],
  ['', 'latchkey-'],
  ['x'.repeat(80), 'x'.repeat(64)],
])('makes a session name of %j', (person, name) => {
  expect(sanitizeSessionName(person)).toBe(name)
  expect(fieldMistake('sessionName', name)).toBeUndefined()
})
