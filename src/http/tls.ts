import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  rootCertificates,
  type SecureContext,
} from 'node:tls'
import { lazily } from '../core/calls/lazily.ts'
import type { Secret } from '../core/secret.ts'
import { HttpError } from './http-error.ts'

/** CA certificates that are read when somebody first needs them. Another object where they have changed. */
export interface Roots {
  /** PEM, each by itself; undefined: Node's own. It does not reject. */
  certificates(): Promise<readonly string[] | undefined>
}

/** The TLS settings for one server, as the contents of PEM files. */
export interface TlsSettings {
  /** CA certificates that are trusted instead of all others. */
  ca?: string | undefined
  /** What is trusted without those; absent: Node's own. What cannot be read in them is passed over. */
  roots?: Roots | undefined
  clientCert?: string | undefined
  clientKey?: Secret<string> | undefined
  /** The name that the server's certificate must have, if it is not the host of the address. */
  serverName?: string | undefined
  /** Another name that it must have besides. */
  alsoFor?: string | undefined
}

/** Trusts Node's own certificates, and those in a PEM text. */
export function caBeside(extraCa: string | undefined): Pick<TlsSettings, 'ca'> {
  return extraCa === undefined ? {} : { ca: [...rootCertificates, extraCa].join('\n') }
}

/**
 * The options of tls.connect, made when a connection is. They do not reject. The client key goes straight into a secure context, so that no
 * options object holds it.
 * @param hostname of the server's address
 * @throws {HttpError} HTTP_CONFIG when a certificate or key cannot be read
 */
export function tlsConnectOptions(hostname: string, settings: TlsSettings): () => Promise<ConnectionOptions> {
  const { ca, roots, clientCert, clientKey, serverName, alsoFor } = settings
  if (ca !== undefined) checkCertificates(ca)
  const name = serverName ?? hostname
  // At once, so that a mistake in them is found before anything is connected.
  const own = secureContext(ca === undefined ? undefined : [ca], clientCert, clientKey)
  const whole = lazily(async () => {
    const trusted = ca === undefined ? await roots?.certificates() : undefined
    if (trusted === undefined) return own
    return clientCert === undefined ? contextOf(trusted) : secureContext(trusted, clientCert, clientKey)
  })
  return async () => ({
    secureContext: await whole(),
    // Set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn it off otherwise.
    rejectUnauthorized: true,
    host: name,
    // No address is sent as a name (RFC 6066 §3).
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (host, certificate) =>
      checkServerIdentity(host, certificate) ??
      (alsoFor === undefined || checkServerIdentity(alsoFor, certificate) === undefined
        ? undefined
        : new HttpError('other-owner', `its certificate is not for ${alsoFor} as well`)),
    ALPNProtocols: ['http/1.1'],
  })
}

/** Reading a hundred certificates takes a tenth of a second: once for all servers, and not before one is connected to. */
const contexts = new WeakMap<readonly string[], SecureContext>()

function contextOf(roots: readonly string[]): SecureContext {
  const context = contexts.get(roots) ?? secureContext(roots, undefined, undefined)
  contexts.set(roots, context)
  return context
}

function secureContext(ca: readonly string[] | undefined, cert: string | undefined, key: Secret<string> | undefined) {
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...(cert === undefined || key === undefined ? {} : { cert, key: key.expose() }),
    })
  } catch (cause) {
    throw new HttpError('client-unusable', 'the client certificate and its key cannot be used together', { cause })
  }
}

/**
 * What is trusted where nothing else is said: what the system trusts, or what Node brings along; and besides what is in
 * `extraCa`. Both are PEM; without a certificate they count for nothing.
 * @returns undefined: Node's own alone
 */
export function usualRoots(systemCa: string, extraCa: string): readonly string[] | undefined {
  const [system, extra] = [certificateBlocks(systemCa), certificateBlocks(extraCa)]
  if (system.length === 0 && extra.length === 0) return undefined
  return [...new Set([...(system.length === 0 ? rootCertificates : system), ...extra])]
}

/** Those certificates in a PEM text that can be read. */
export function readableCertificates(pem: string): readonly string[] {
  return certificateBlocks(pem).filter((block) => {
    try {
      new X509Certificate(block)
      return true
    } catch {
      return false
    }
  })
}

/** The certificates in a PEM text, whether they can be read or not. */
export function certificateBlocks(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}

// Node silently accepts a file without certificates, and then trusts nobody.
function checkCertificates(pem: string): void {
  const blocks = certificateBlocks(pem)
  try {
    for (const block of blocks) new X509Certificate(block)
  } catch (cause) {
    throw unreadable(cause)
  }
  if (blocks.length === 0) throw unreadable(undefined)
}

const unreadable = (cause: unknown) =>
  new HttpError('ca-unreadable', 'the CA file holds no readable certificate', { cause })
