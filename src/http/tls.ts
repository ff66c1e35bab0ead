import { X509Certificate } from 'node:crypto'
import type { AgentOptions } from 'node:https'
import { createSecureContext, rootCertificates } from 'node:tls'
import type { Secret } from '../core/secret.ts'
import { HttpError } from './http-error.ts'

/** The TLS settings for one server, as the contents of PEM files. */
export interface TlsSettings {
  /** CA certificates that are trusted instead of Node's own. */
  ca?: string | undefined
  clientCert?: string | undefined
  clientKey?: Secret<string> | undefined
  /** The name that the server's certificate must have, if it is not the host of the address. */
  serverName?: string | undefined
}

/** Trusts Node's own certificates, and those in a PEM text. */
export function caBeside(extraCa: string | undefined): Pick<TlsSettings, 'ca'> {
  return extraCa === undefined ? {} : { ca: [...rootCertificates, extraCa].join('\n') }
}

/**
 * The options of an https.Agent. The client key goes straight into a secure context, so that no options object holds it.
 * @throws {HttpError} HTTP_CONFIG when a certificate or key cannot be read
 */
export function tlsAgentOptions({ ca, clientCert, clientKey, serverName }: TlsSettings): AgentOptions {
  if (ca !== undefined) checkCertificates(ca)
  return {
    secureContext: secureContext(ca, clientCert, clientKey),
    // Set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn it off otherwise.
    rejectUnauthorized: true,
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
}

function secureContext(ca: string | undefined, cert: string | undefined, key: Secret<string> | undefined) {
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key: key.expose() }),
    })
  } catch (cause) {
    throw new HttpError('client-unusable', 'the client certificate and its key cannot be used together', { cause })
  }
}

// Node silently accepts a file without certificates, and then trusts nobody.
function checkCertificates(pem: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    for (const block of blocks) new X509Certificate(block)
  } catch (cause) {
    throw unreadable(cause)
  }
  if (blocks.length === 0) throw unreadable(undefined)
}

const unreadable = (cause: unknown) =>
  new HttpError('ca-unreadable', 'the CA file holds no readable certificate', { cause })
