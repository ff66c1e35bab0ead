import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Carries the client certificate of a connection to the handlers, in base64: nobody can send it from outside. */
export const clientCertificateHeader = 'x-double-client-certificate'

/** Puts the certificate that the client has shown on this connection into the headers, in the place of what was sent there. */
export function noteClientCertificate(message: IncomingMessage, connection: Socket): void {
  delete message.headers[clientCertificateHeader]
  if (!(connection instanceof TLSSocket)) return
  const { raw } = connection.getPeerCertificate() as { raw?: Buffer }
  if (raw !== undefined) message.headers[clientCertificateHeader] = raw.toString('base64')
}
