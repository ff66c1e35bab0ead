import { describe, expect, it } from 'vitest'
import { connectionError } from '../../../src/http/connection-error.ts'

const systemError = (code: string, message = `connect ${code}`) => Object.assign(new Error(message), { code })

/** What Node 20 says of an alert: with TLS 1.2 only its text tells which. */
const alertText = (words: string, number: number) =>
  `write EPROTO 80BC0204F87F0000:error:0A000415:SSL routines:ssl3_read_bytes:${words}:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1601:SSL alert number ${number}\n`

it.each([
  ['ECONNREFUSED', 'refused', 'nothing listens there'],
  ['ENOTFOUND', 'host-unknown', 'its host name is not known'],
  ['EAI_AGAIN', 'no-lookup', 'host names cannot be looked up at the moment'],
  ['ECONNRESET', 'broken', 'the connection broke'],
  ['EPIPE', 'broken', 'the connection broke'],
  ['ETIMEDOUT', 'silent', 'it does not answer'],
  ['EHOSTUNREACH', 'no-way-to-host', 'there is no route to its host'],
  ['ENETUNREACH', 'no-way-to-network', 'there is no route to its network'],
  ['ENOENT', 'no-socket', 'its socket does not exist'],
  ['EACCES', 'socket-forbidden', 'its socket may not be opened'],
  ['EWHATEVER', 'other-failure', 'EWHATEVER'],
])('%s means that the server cannot be reached', (code, reason, words) => {
  const cause = systemError(code)
  expect(connectionError(cause, 'the server')).toMatchObject({
    code: 'HTTP_UNREACHABLE',
    reason,
    message: `the server cannot be reached: ${words}`,
    cause,
  })
})

it('an error without a code is shown as it is', () => {
  expect(connectionError(new Error('odd'), 'the server')).toMatchObject({
    code: 'HTTP_UNREACHABLE',
    reason: 'other-failure',
    message: 'the server cannot be reached: odd',
  })
})

it.each([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'untrusted', 'is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted', 'is not trusted'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'untrusted', 'is not trusted'],
  ['CERT_HAS_EXPIRED', 'expired', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'not-yet-valid', 'its certificate is not valid yet'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'other-name', 'its certificate is for another name'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'no-tls', 'it does not speak TLS'],
  ['ERR_SSL_NO_PROTOCOLS_AVAILABLE', 'other-tls', 'ERR_SSL_NO_PROTOCOLS_AVAILABLE'],
  ['CERT_SOMETHING', 'other-tls', 'CERT_SOMETHING'],
])('%s is about TLS', (code, reason, words) => {
  expect(connectionError(systemError(code), 'the server')).toMatchObject({
    code: 'HTTP_TLS',
    reason,
    message: expect.stringContaining(words),
  })
})

describe('a handshake that the server ends', () => {
  it.each([
    ['sslv3 alert handshake failure', 40, 'no-agreement', 'it may require a client certificate'],
    ['sslv3 alert bad certificate', 42, 'client-refused', 'it refuses our client certificate'],
    ['sslv3 alert unsupported certificate', 43, 'client-refused', 'it refuses our client certificate'],
    ['sslv3 alert certificate revoked', 44, 'client-revoked', 'our client certificate has been revoked'],
    ['sslv3 alert certificate expired', 45, 'client-expired', 'our client certificate has expired'],
    ['sslv3 alert certificate unknown', 46, 'client-refused', 'it refuses our client certificate'],
    ['tlsv1 alert unknown ca', 48, 'client-untrusted', 'it does not know the CA of our client certificate'],
    ['tlsv1 alert access denied', 49, 'client-refused', 'it refuses our client certificate'],
    ['tlsv1 alert protocol version', 70, 'no-agreement', 'another version of TLS'],
    ['tlsv1 unrecognized name', 112, 'name-unknown', 'it has no certificate for the name that we asked for'],
    ['tlsv13 alert certificate required', 116, 'client-wanted', 'it requires a client certificate'],
    ['tlsv1 alert internal error', 80, 'other-tls', 'no secure connection to the server: EPROTO'],
  ])('by "%s" is read by the number of the alert', (text, number, reason, words) => {
    expect(connectionError(systemError('EPROTO', alertText(text, number)), 'the server')).toMatchObject({
      code: 'HTTP_TLS',
      reason,
      message: expect.stringContaining(words),
    })
  })

  it('is reported whatever this version of OpenSSL calls the alert', () => {
    for (const code of ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED']) {
      expect(connectionError(systemError(code, alertText('x', 45)), 'the server').reason).toBe('client-expired')
    }
  })
})

it('a certificate for other names says which, as text of others', () => {
  const cert = { subjectaltname: `DNS:a.example, IP Address:10.0.0.1, DNS:\u001b[2J${'x'.repeat(999)}` }
  const error = Object.assign(systemError('ERR_TLS_CERT_ALTNAME_INVALID'), { cert })
  const { message } = connectionError(error, 'the server')
  expect(message).toContain('its certificate is for another name, a.example, 10.0.0.1, [2J')
  expect(message.length).toBeLessThan(400)
})

it('EPROTO is read by what OpenSSL says in its text', () => {
  const text = 'write EPROTO 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/record.c:354:'
  expect(connectionError(systemError('EPROTO', text), 'the server').reason).toBe('no-tls')
  expect(connectionError(systemError('EPROTO', 'write EPROTO'), 'the server').reason).toBe('other-tls')
})

it('an answer that is not HTTP leaves nothing of what was received', () => {
  const error = connectionError(
    Object.assign(systemError('HPE_INVALID_CONSTANT'), { rawPacket: Buffer.from('secret') }),
    'the server',
  )
  expect(error).toMatchObject({ code: 'HTTP_MALFORMED', reason: 'not-http' })
  expect(error.cause).toBeUndefined()
})
