import { errorCode } from '../core/errors.ts'
import { VaultError } from './vault-error.ts'

const tlsHints: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the operator must renew it; check the date here with: date',
  CERT_NOT_YET_VALID: 'check the date here with: date',
  ERR_TLS_CERT_ALTNAME_INVALID: 'use the name of its certificate in address, or set server_name in config.toml',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server may speak plain http: check address in config.toml',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'set client_cert_file and client_key_file in config.toml',
}
const untrustedHint =
  'set ca_file in config.toml to the CA of the server, such as /etc/ssl/certs/ca-certificates.crt for what the system trusts'

/** OpenSSL's X.509 verification results, as Node spells them (Node.js tls, "X509 certificate error codes"). */
const untrustedCodes: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
])

const networkReasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ECONNREFUSED: ['nothing listens there', 'check address in config.toml, and that the server runs'],
  ENOTFOUND: ['its host name is not known', 'check address in config.toml, and the network or VPN'],
  EAI_AGAIN: ['host names cannot be looked up now', 'check the network or VPN'],
  ECONNRESET: ['the connection broke', 'check the network or VPN, and proxies on the way'],
  EPIPE: ['the connection broke', 'check the network or VPN, and proxies on the way'],
  ETIMEDOUT: ['it does not answer', 'check the network or VPN'],
  EHOSTUNREACH: ['there is no way to its host', 'check the network or VPN'],
  ENETUNREACH: ['there is no way to its network', 'check the network or VPN'],
  ENOENT: ['its socket is not there', 'check address in config.toml, and that the server or its agent runs'],
  EACCES: ['its socket may not be opened', 'check the permissions of the socket'],
}

/**
 * Turns what node:http and node:tls report into words.
 * @param server how messages name the server: its name and address
 */
export function connectionError(cause: Error, server: string): VaultError {
  const code = errorCode(cause) ?? ''
  if (code.startsWith('HPE_')) {
    // No cause: it carries the raw bytes of the answer.
    return new VaultError('VAULT_BAD_RESPONSE', `${server} does not answer in HTTP (${code})`, {
      hint: 'check address in config.toml: its port, and http:// or https://',
    })
  }
  if (untrustedCodes.has(code)) {
    return new VaultError('VAULT_TLS', `the certificate of ${server} is not trusted (${code})`, {
      cause,
      hint: untrustedHint,
    })
  }
  if (/^(EPROTO$|ERR_TLS_|ERR_SSL_|CERT_)/.test(code)) {
    return new VaultError('VAULT_TLS', `no secure connection to ${server}: ${tlsReason(cause, code)}`, {
      cause,
      hint: tlsHints[tlsCode(cause, code)] ?? 'check address and ca_file in config.toml',
    })
  }
  const [reason, hint] = networkReasons[code] ?? [code === '' ? cause.message : code, 'check the network or VPN']
  return new VaultError('VAULT_UNREACHABLE', `${server} cannot be reached: ${reason}`, { cause, hint })
}

// Before Node 22 OpenSSL's own reason is only in the text: `…:SSL routines:ssl3_get_record:wrong version number:…`.
function tlsCode(cause: Error, code: string): string {
  if (code !== 'EPROTO') return code
  return /wrong version number|packet length too long/.test(cause.message) ? 'ERR_SSL_WRONG_VERSION_NUMBER' : code
}

function tlsReason(cause: Error, code: string): string {
  switch (tlsCode(cause, code)) {
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired'
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for another name'
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return 'it does not speak TLS'
    case 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED':
      return 'it wants a client certificate'
    default:
      return code
  }
}
