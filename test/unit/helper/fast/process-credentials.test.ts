import { describe, expect, it } from 'vitest'
import { formatProcessCredentials } from '../../../../src/helper/fast/process-credentials.ts'

const credentials = {
  Version: 1,
  AccessKeyId: 'ASIAEXAMPLE',
  SecretAccessKey: 'the-secret',
  SessionToken: 'the-token',
  Expiration: '2026-01-02T03:04:05Z',
}

describe('the output of credential_process', () => {
  it('is one line of JSON', () => {
    const line = formatProcessCredentials({ ...credentials, AccountId: '123456789012' })
    expect(line).toMatch(/^\{[^\n]*\}\n$/)
    expect(JSON.parse(line)).toEqual({ ...credentials, AccountId: '123456789012' })
  })

  it('leaves out what the SDKs do not know', () => {
    expect(JSON.parse(formatProcessCredentials({ ...credentials, Note: 'x' }))).toEqual(credentials)
  })

  it.each([
    ['nothing', undefined],
    ['text', 'credentials'],
    ['a list', [credentials]],
    ['another version', { ...credentials, Version: 2 }],
    ['a version as text', { ...credentials, Version: '1' }],
    ['no secret', { ...credentials, SecretAccessKey: undefined }],
    ['an empty token', { ...credentials, SessionToken: '' }],
    ['no expiration', { ...credentials, Expiration: undefined }],
    ['a long-term key', { ...credentials, AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }],
    ['a time without a zone', { ...credentials, Expiration: '2026-01-02T03:04:05' }],
    ['a time with milliseconds', { ...credentials, Expiration: '2026-01-02T03:04:05.000Z' }],
    ['an account that is a number', { ...credentials, AccountId: 123456789012 }],
    ['a key id with an escape sequence', { ...credentials, AccessKeyId: 'ASIA\u009b2J' }],
    ['a token with a line break', { ...credentials, SessionToken: 'a\nb' }],
    ['an account that turns text around', { ...credentials, AccountId: '\u202e1' }],
    ['more than 8 KiB', { ...credentials, SessionToken: 'x'.repeat(8192) }],
  ])('is not made from %s', (_what, body) => {
    expect(() => formatProcessCredentials(body)).toThrow(
      expect.objectContaining({ code: 'BAD_REPLY', message: expect.not.stringContaining('the-') as string }),
    )
  })
})
