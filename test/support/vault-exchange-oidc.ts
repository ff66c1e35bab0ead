import type { TestVault } from './dev-vault.ts'
import { codeFor, type StubOidcProvider } from './stub-oidc-provider.ts'
import { makeCa } from './vault-exchange-world.ts'
import { type Preparation, readExchanges, type Stand } from './vault-exchanges.ts'

const clientNonce = 'abcdefghij0123456789'
const loopback = 'http://localhost:8250/oidc/callback'
/** Of the server itself, in direct mode. */
const ofServer = 'http://127.0.0.1:18200/v1/auth/oidcd/oidc/callback'

/** What comes before the exchanges of `oidc.json`: its provider, and the logins that it does not show the beginning of. */
export function oidcPreparations(vault: TestVault, provider: StubOidcProvider): ReadonlyMap<number, Preparation> {
  const exchanges = readExchanges('oidc')
  const at = (name: string) => exchanges.findIndex((exchange) => exchange.name === name)
  const config = exchanges[0]!.request.body!
  /** Begins a login that stands for one with that state. */
  const begin = async (stand: Stand, mount: string, redirectUri: string, state: string) => {
    const body = { role: 'dev', redirect_uri: redirectUri, client_nonce: clientNonce }
    const { data } = (await vault.call('POST', `auth/${mount}/oidc/auth_url`, { body })).json
    const url = new URL(String(data.auth_url))
    stand[state] = url.searchParams.get('state') ?? String(data.state)
    return url
  }
  const signIn = (stand: Stand, url: URL, code: string) => {
    stand[code] = codeFor(url.searchParams.get('nonce') ?? '')
  }
  const mount = async (path: string) => {
    await vault.admin('POST', `sys/auth/${path}`, { type: 'oidc' })
    if (path !== 'oidc') {
      await vault.admin('POST', `auth/${path}/config`, { ...config, oidc_discovery_url: provider.issuer })
    }
  }
  const answering = (name: string, next: string): [number, Preparation] => [
    at(name),
    async () => {
      provider.device.next = next
    },
  ]

  return new Map<number, Preparation>([
    [
      0,
      async (stand) => {
        await makeCa(vault)
        stand[(config as { oidc_discovery_url: string }).oidc_discovery_url] = provider.issuer
        for (const path of ['oidc', 'oidcd', 'oidcv']) await mount(path)
      },
    ],
    [
      at('callback with the wrong nonce'),
      async (stand) => {
        const url = await begin(stand, 'oidc', loopback, 'st_gDDVaBDz8Gr7d5QNpJ5s')
        signIn(stand, url, 'nlgfApsnNy4a4N9GcMjnGmWL4QICUeOG')
      },
    ],
    [
      at('callback'),
      async (stand) => {
        const url = await begin(stand, 'oidc', loopback, 'st_6eRZGEouIEdTYI7Y5Xaq')
        signIn(stand, url, 'pI3zXwYgFn5p0OANO8IZh3slxplqMdoM')
      },
    ],
    [
      at("the browser's callback in direct mode"),
      async (stand) => {
        const { response } = exchanges[at('auth_url in direct mode')]!
        const { auth_url: recorded } = (response.json as { data: { auth_url: string } }).data
        signIn(stand, new URL(stand[recorded]!), 'MxtC6zgdkxdDMso3Fc80MZQVyi7V7kyW')
      },
    ],
    [
      at('poll with the wrong nonce'),
      async (stand) => void (await begin(stand, 'oidcd', ofServer, 'st_ERK7kOUYqsknyWpqpobL')),
    ],
    answering('poll, device: the person has not confirmed', 'authorization_pending'),
    answering('poll, device: the provider asks to slow down', 'slow_down'),
    answering('poll, device: confirmed', 'confirmed'),
    [
      at('poll, device: the person said no'),
      async (stand) => {
        await begin(stand, 'oidcv', '', 'st_AWdH8V4jB2Gm07jaUR7u')
        provider.device.next = 'access_denied'
      },
    ],
  ])
}
