import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A provider of identities without pages: the test says what a person would do. */
export interface StubOidcProvider {
  issuer: string
  /** What the next question about a device is answered with: `confirmed`, or an error of RFC 8628 §3.5. */
  device: { next: string }
  close(): Promise<void>
}

/** The code that a browser takes along when someone has signed in. @param nonce of the login */
export const codeFor = (nonce: string) => `signed-in-${nonce}`
const codePattern = /^signed-in-(.+)$/

/** Starts one on a free port of the loopback. */
export async function startStubOidcProvider(): Promise<StubOidcProvider> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const device = { next: 'authorization_pending' }
  let issuer = ''

  const idToken = (audience: string, nonce: string | undefined): string => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    const claims = { iss: issuer, sub: 'mia', aud: audience, ...(nonce === undefined ? {} : { nonce }) }
    const signed = `${encode({ alg: 'RS256', kid: 'k' })}.${encode(claims)}`
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
  }
  const answers: Readonly<Record<string, (form: URLSearchParams, audience: string) => object>> = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      device_authorization_endpoint: `${issuer}/device`,
    }),
    '/jwks': () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] }),
    '/device': () => ({
      device_code: 'of-the-device',
      user_code: 'WDJB-MJHT',
      verification_uri: `${issuer}/activate`,
      verification_uri_complete: `${issuer}/activate?user_code=WDJB-MJHT`,
      interval: 2,
    }),
    '/token': (form, audience) => {
      const code = form.get('code')
      if (code === null)
        return device.next === 'confirmed' ? { id_token: idToken(audience, undefined) } : { error: device.next }
      const [, nonce] = codePattern.exec(code) ?? []
      return nonce === undefined ? { error: 'invalid_grant' } : { id_token: idToken(audience, nonce) }
    },
  }
  const server = createServer((request, response) => {
    const [, credentials = ''] = (request.headers.authorization ?? '').split(' ')
    const audience = decodeURIComponent(Buffer.from(credentials, 'base64').toString().split(':')[0]!)
    void text(request).then((form) => {
      const answer = answers[request.url ?? '']?.(new URLSearchParams(form), audience)
      response.writeHead(answer === undefined ? 404 : 200, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(answer ?? {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    device,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
