// A provider of identities by another project (oidc-provider), with its own pages to sign in on: any name will do. It is
// a process of its own, and prints its address when it accepts: node oidc-provider.mjs '{"clientId":…,"clientSecret":…,"redirectUris":[…]}'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const { clientId, clientSecret, redirectUris } = JSON.parse(process.argv[2])
const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const client = {
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: redirectUris,
    response_types: ['code', 'id_token'],
    grant_types: ['authorization_code', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code'],
    // Of a program on the person's machine: the port of an address on loopback may be any (RFC 8252 §7.3).
    application_type: 'native',
  }
  const provider = new Provider(issuer, {
    clients: [client],
    features: { deviceFlow: { enabled: true } },
    cookies: { keys: ['of the tests'] },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  })
  server.on('request', provider.callback())
  process.stdout.write(`${issuer}\n`)
})
