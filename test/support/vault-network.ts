import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, request as requestHttp } from 'node:http'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { FullVaultOptions } from '../doubles/vault/full-server.ts'
import { openTestVault, type TestVault } from './dev-vault.ts'

/** Where the certificates and keys of the tests are. */
export const pemPath = (name: string) => join(import.meta.dirname, '../vectors/tls', `${name}.pem`)
/** What is in one of them. */
export const pem = (name: string) => readFileSync(pemPath(name), 'utf8')

/** A vault that certifies `jo` with the role `ops`. @param tls absent: in clear */
export async function signingVault(ttl = '30m', tls?: FullVaultOptions['tls']): Promise<TestVault> {
  const vault = await openTestVault({ now: () => Date.now(), ...(tls === undefined ? {} : { tls }) })
  await vault.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
  await vault.admin('POST', 'ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
  await vault.admin('POST', 'ssh/roles/ops', {
    key_type: 'ca',
    allow_user_certificates: true,
    allowed_users: 'jo',
    default_user: 'jo',
    ttl,
  })
  return vault
}

/** Something that a client talks TLS with in the place of a vault. */
export interface TlsFront {
  port: number
  /** How many handshakes were completed. */
  handshakes(): number
  /** What was sent to it afterwards. */
  received(): string
}

/** Listens on a free port of loopback until the running test ends. */
async function opened(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/**
 * Ends TLS before a vault, as a load balancer does.
 * @param certificate the name of what it shows
 * @param clientCa wants a certificate of this CA from clients
 */
export async function tlsFront({ vault }: TestVault, certificate: string, clientCa?: string): Promise<TlsFront> {
  let handshakes = 0
  let received = ''
  const trust = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  const options = { cert: pem(certificate), key: pem(`${certificate}-key`), ...trust }
  const server = createTlsServer(options, (socket) => {
    handshakes += 1
    const upstream = connect(Number(new URL(vault.address).port), '127.0.0.1')
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy()).on('data', (bytes: Buffer) => (received += bytes.toString('latin1')))
    socket.pipe(upstream).pipe(socket)
  })
  server.on('tlsClientError', () => {})
  return { port: await opened(server), handshakes: () => handshakes, received: () => received }
}

/** A standby node, which leads to another one. */
export async function standby(certificate: string, activeOrigin: string): Promise<TlsFront> {
  let handshakes = 0
  let received = ''
  const http = createHttpServer((request, response) => {
    received += request.rawHeaders.join('\n')
    response.writeHead(307, { Location: `${activeOrigin}${request.url!}`, 'Content-Length': 0 }).end()
  })
  const server = createTlsServer({ cert: pem(certificate), key: pem(`${certificate}-key`) }, (socket) => {
    handshakes += 1
    socket.on('error', () => {})
    http.emit('connection', socket)
  })
  return { port: await opened(server), handshakes: () => handshakes, received: () => received }
}

/**
 * A local proxy of Vault with auto-auth, on a socket: it puts its token into requests that have none, and wants the header
 * that no browser sends (`use_auto_auth_token`, `require_request_header`).
 */
export async function autoAuthProxy({ vault }: TestVault, socketPath: string) {
  const tokens: (string | undefined)[] = []
  let token = vault.rootToken
  const server = createHttpServer((request, response) => {
    const given = request.headers['x-vault-token']
    tokens.push(given === undefined ? undefined : String(given))
    if (request.headers['x-vault-request'] !== 'true') {
      response.writeHead(412).end(JSON.stringify({ errors: ["missing 'X-Vault-Request' header"] }))
      return
    }
    const headers = { ...request.headers, 'x-vault-token': given ?? token }
    const upstream = requestHttp(`${vault.address}${request.url!}`, { method: request.method!, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    upstream.on('error', () => response.destroy())
    request.pipe(upstream)
  })
  server.listen(socketPath)
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    tokens,
    /** Its auto-auth has logged in anew. */
    use(next: string) {
      token = next
    },
  }
}

const gigabyte = 1024 ** 3

/** Answers every request with a gigabyte, as far as it is read. @param onSent how much has left */
export async function endlessServer(onSent: (bytes: number) => void): Promise<{ port: number }> {
  const chunk = Buffer.alloc(64 * 1024, 0x20)
  const server = createHttpServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': gigabyte })
    let left = gigabyte
    const more = () => {
      while (left > 0 && !response.destroyed) {
        left -= chunk.length
        onSent(chunk.length)
        if (!response.write(chunk)) return
      }
    }
    response.on('drain', more)
    more()
  })
  return { port: await opened(server) }
}
