import type { Route } from '../http/connect.ts'
import { HttpError, type HttpErrorCode, type HttpReason } from '../http/http-error.ts'
import type { ServerAddress } from '../http/server-address.ts'
import { createHttpTransport, type HttpAnswer, type HttpRequest, type HttpTransportOptions } from '../http/transport.ts'
import { VaultError, type VaultErrorCode } from './vault-error.ts'

/** What became of a request to a vault. */
export type VaultOutcome =
  | { type: 'answer'; answer: HttpAnswer }
  /** `wasSent`: the server may have seen the request and acted on it. */
  | { type: 'failure'; error: VaultError; wasSent: boolean }

/** Sends requests to one vault; an error on the way names the setting of config.toml that it is about. */
export interface VaultTransport {
  /** Never rejects for what the network or the server does: that is a `failure`. */
  exchange(request: HttpRequest): Promise<VaultOutcome>
  /** Closes the idle connections. */
  close(): void
}

/** What a transport to a vault is made of. */
export interface VaultTransportOptions extends Omit<HttpTransportOptions, 'route'> {
  routeTo?: ((server: ServerAddress) => Route) | undefined
}

/** @throws {VaultError} VAULT_CONFIG when a certificate, a key or a proxy cannot be used */
export function createVaultTransport({ routeTo, ...options }: VaultTransportOptions): VaultTransport {
  const transport = withVaultErrors(() => createHttpTransport({ ...options, route: routeTo?.(options.address) }))
  return {
    async exchange(request) {
      const outcome = await transport.exchange(request)
      return outcome.type === 'failure' ? { ...outcome, error: toVaultError(outcome.error) } : outcome
    },
    close: () => transport.close(),
  }
}

function withVaultErrors<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof HttpError ? toVaultError(error) : error
  }
}

/** The one place that knows both errors. The cause is kept, so that the system's code is found where it was. */
function toVaultError(error: HttpError): VaultError {
  const code = error.reason === 'other-owner' ? 'VAULT_REDIRECTED' : codes[error.code]
  return new VaultError(code, error.message, { cause: error.cause, hint: hints[error.reason] })
}

const codes: Readonly<Record<HttpErrorCode, VaultErrorCode>> = {
  HTTP_UNREACHABLE: 'VAULT_UNREACHABLE',
  HTTP_TLS: 'VAULT_TLS',
  HTTP_TIMEOUT: 'VAULT_UNREACHABLE',
  HTTP_ABORTED: 'VAULT_ABORTED',
  HTTP_TOO_LARGE: 'VAULT_BAD_RESPONSE',
  HTTP_MALFORMED: 'VAULT_BAD_RESPONSE',
  HTTP_CONFIG: 'VAULT_CONFIG',
}

const network = 'check the network or VPN'
const proxies = 'check the network or VPN, and proxies on the way'
const proxySettings =
  'check HTTPS_PROXY, or VAULT_PROXY_ADDR, where the daemon is started; NO_PROXY there names servers that are reached directly'
const ownCertificate = 'check client_cert_file in config.toml'

/** The setting that each reason is about, or what to check. */
const hints: Readonly<Record<HttpReason, string | undefined>> = {
  refused: 'check address in config.toml, and that the server runs',
  'host-unknown': 'check address in config.toml, and the network or VPN',
  'no-lookup': network,
  broken: proxies,
  silent: network,
  'no-way-to-host': network,
  'no-way-to-network': network,
  'no-socket': 'check address in config.toml, and that the server or its agent runs',
  'socket-forbidden': 'check the permissions of the socket',
  'other-failure': network,
  'proxy-away': proxySettings,
  'proxy-refused': proxySettings,
  untrusted:
    'set ca_file in config.toml, or VAULT_CACERT for the daemon, to the CA of the server; or have the system trust that CA',
  expired: 'the operator must renew it; check the date here with: date',
  'not-yet-valid': 'check the date here with: date',
  'other-name':
    'use the name of its certificate in address, or set server_name in config.toml, or VAULT_TLS_SERVER_NAME for the daemon',
  'other-owner':
    'if it is a node of the same vault, name its host in redirect_hosts of the [vault.…] section in config.toml',
  'no-tls': 'the server may speak plain http: check address in config.toml',
  'client-wanted':
    'set client_cert_file and client_key_file in config.toml, or VAULT_CLIENT_CERT and VAULT_CLIENT_KEY for the daemon',
  'client-expired':
    'renew it; to see when it ends: openssl x509 -noout -enddate -in FILE, with client_cert_file of config.toml',
  'client-revoked': 'get a new one for client_cert_file in config.toml from the operator of the server',
  'client-untrusted': `${ownCertificate}: it must come from a CA that the server knows`,
  'client-refused': `${ownCertificate}: it must be meant for clients, and come from a CA that the server knows`,
  'name-unknown': 'check the host in address and server_name in config.toml',
  'no-agreement': 'check client_cert_file and client_key_file in config.toml; the server must speak TLS 1.2 or later',
  'other-tls': 'check address and ca_file in config.toml',
  timeout: 'check the network or VPN; timeout in config.toml sets how long to wait',
  aborted: undefined,
  'too-large': 'check address in config.toml: this is not how a vault answers',
  'not-http': 'check address in config.toml: its port, and http:// or https://',
  'ca-unreadable': 'ca_file in config.toml must hold PEM certificates',
  'client-unusable':
    'client_cert_file and client_key_file in config.toml must hold a PEM certificate and its own key, without a passphrase',
  'proxy-unusable': proxySettings,
  'proxy-login': 'write http://USER:PASSWORD@HOST:PORT into that variable where the daemon is started',
}
