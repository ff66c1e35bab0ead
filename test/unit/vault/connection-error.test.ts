import { expect, it } from 'vitest'
import { connectionError } from '../../../src/vault/connection-error.ts'

const systemError = (code: string, message = `connect ${code}`) => Object.assign(new Error(message), { code })

it.each([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'host name is not known'],
  ['EAI_AGAIN', 'cannot be looked up'],
  ['ECONNRESET', 'the connection broke'],
  ['EPIPE', 'the connection broke'],
  ['ETIMEDOUT', 'does not answer'],
  ['EHOSTUNREACH', 'no way to its host'],
  ['ENETUNREACH', 'no way to its network'],
  ['ENOENT', 'socket is not there'],
  ['EACCES', 'may not be opened'],
  ['EWHATEVER', 'EWHATEVER'],
])('%s means that the server cannot be reached', (code, reason) => {
  expect(connectionError(systemError(code), 'vault corp')).toMatchObject({
    code: 'VAULT_UNREACHABLE',
    message: expect.stringContaining(reason),
    hint: expect.any(String),
  })
})

it('an error without a code is shown as it is', () => {
  expect(connectionError(new Error('odd'), 'vault corp')).toMatchObject({
    code: 'VAULT_UNREACHABLE',
    message: 'vault corp cannot be reached: odd',
  })
})

it.each([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'is not trusted'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'is not trusted'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'is not trusted'],
  ['CERT_HAS_EXPIRED', 'has expired'],
  ['CERT_NOT_YET_VALID', 'not valid yet'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'another name'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client certificate'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'does not speak TLS'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
])('%s is about TLS', (code, reason) => {
  expect(connectionError(systemError(code), 'vault corp')).toMatchObject({
    code: 'VAULT_TLS',
    message: expect.stringContaining(reason),
    hint: expect.stringMatching(/config\.toml|date/),
  })
})

it('EPROTO is read by what OpenSSL says in its text', () => {
  const text = 'write EPROTO 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/record.c:354:'
  expect(connectionError(systemError('EPROTO', text), 'vault corp').message).toContain('does not speak TLS')
  expect(connectionError(systemError('EPROTO', 'write EPROTO'), 'vault corp')).toMatchObject({ code: 'VAULT_TLS' })
})

it('what is no HTTP keeps nothing of what was received', () => {
  const error = connectionError(
    Object.assign(systemError('HPE_INVALID_CONSTANT'), { rawPacket: Buffer.from('secret') }),
    'vault corp',
  )
  expect(error).toMatchObject({ code: 'VAULT_BAD_RESPONSE' })
  expect(error.cause).toBeUndefined()
})
