import { createHash, createPublicKey, type JsonWebKey, verify } from 'node:crypto'

/** What a mount is configured with. */
export interface ProviderSettings {
  oidc_discovery_url: string
  oidc_client_id: string
  oidc_client_secret: string
}

/** What a provider says of itself (OpenID Connect Discovery 1.0 §3). */
interface Discovery {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  jwks_uri: string
  device_authorization_endpoint?: string
}

/** The claims of an ID token that was verified. */
export type Claims = Readonly<Record<string, unknown>>

/** What a provider answers to a device (RFC 8628 §3.2). */
export interface DeviceAuthorization {
  device_code: string
  user_code: string
  verification_uri: string
  verification_uri_complete?: string
  interval?: number
}

/** A provider refuses, or cannot be reached: the message is what the server would quote. */
export class ProviderError extends Error {}

/** @throws {ProviderError} */
export async function discover({ oidc_discovery_url: url }: ProviderSettings): Promise<Discovery> {
  const discovery = (await getJson(`${url}/.well-known/openid-configuration`)) as unknown as Discovery
  if (discovery.issuer !== url) {
    throw new ProviderError(
      `oidc: issuer did not match the issuer returned by provider, expected "${url}" got "${discovery.issuer}"`,
    )
  }
  return discovery
}

/** The address that a browser is sent to, for a code with PKCE (RFC 7636), or for an ID token alone. @throws {ProviderError} */
export async function authorizationUrl(
  settings: ProviderSettings,
  login: {
    state: string
    nonce: string
    verifier: string
    redirectUri: string
    isImplicit: boolean
  },
): Promise<string> {
  const url = new URL((await discover(settings)).authorization_endpoint)
  const challenge = createHash('sha256').update(login.verifier).digest('base64url')
  const fields = {
    client_id: settings.oidc_client_id,
    nonce: login.nonce,
    redirect_uri: login.redirectUri,
    scope: 'openid',
    state: login.state,
    ...(login.isImplicit
      ? { response_type: 'id_token', response_mode: 'form_post' }
      : { response_type: 'code', code_challenge: challenge, code_challenge_method: 'S256' }),
  }
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value)
  return url.href
}

/** Exchanges a code for the claims of its ID token. @throws {ProviderError} */
export async function exchangeCode(
  settings: ProviderSettings,
  { code, verifier, redirectUri }: { code: string; verifier: string; redirectUri: string },
): Promise<Claims> {
  const discovery = await discover(settings)
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  const answer = await postForm(discovery.token_endpoint, settings, form)
  if (typeof answer.id_token !== 'string') throw new ProviderError(`oauth2: "${String(answer.error)}"`)
  return verifyIdToken(settings, answer.id_token)
}

/** Begins a login of a device. @throws {ProviderError} */
export async function authorizeDevice(settings: ProviderSettings): Promise<DeviceAuthorization> {
  const { device_authorization_endpoint: endpoint } = await discover(settings)
  if (endpoint === undefined) throw new ProviderError('provider has no device authorization endpoint')
  const answer = await postForm(endpoint, settings, { scope: 'openid' })
  if (typeof answer.device_code !== 'string') throw new ProviderError(String(answer.error))
  return answer as unknown as DeviceAuthorization
}

/** Asks whether the person has confirmed the device: the claims, or the error in the provider's word. @throws {ProviderError} */
export async function askForDevice(
  settings: ProviderSettings,
  deviceCode: string,
): Promise<{ claims: Claims } | { error: string }> {
  const discovery = await discover(settings)
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: deviceCode }
  const answer = await postForm(discovery.token_endpoint, settings, form)
  if (typeof answer.id_token !== 'string') return { error: String(answer.error) }
  return { claims: await verifyIdToken(settings, answer.id_token) }
}

/** The claims of an ID token. @throws {ProviderError} in the words of the server's library */
export async function verifyIdToken(settings: ProviderSettings, token: string): Promise<Claims> {
  const { issuer, jwks_uri: keysUrl } = await discover(settings)
  const [head = '', payload = '', signature = ''] = token.split('.')
  const { kid, alg } = decode(head)
  const { keys } = (await getJson(keysUrl)) as { keys: (JsonWebKey & { kid?: string })[] }
  const jwk = keys.find((key) => key.kid === kid)
  const isSigned =
    alg === 'RS256' &&
    jwk !== undefined &&
    verify(
      'sha256',
      Buffer.from(`${head}.${payload}`),
      createPublicKey({ key: jwk, format: 'jwk' }),
      Buffer.from(signature, 'base64url'),
    )
  if (!isSigned) throw new ProviderError('failed to verify signature')
  const claims = decode(payload)
  const isForUs = claims.iss === issuer && [claims.aud].flat().includes(settings.oidc_client_id)
  if (!isForUs) throw new ProviderError('invalid audience or issuer')
  return claims
}

function decode(part: string): Claims {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

async function getJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await (await fetch(url)).json()) as Claims
  } catch (cause) {
    throw new ProviderError(`Get "${url}": connection refused`, { cause })
  }
}

async function postForm(
  url: string,
  { oidc_client_id: id, oidc_client_secret: secret }: ProviderSettings,
  form: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const credentials = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')
  const headers = { Authorization: `Basic ${credentials}` }
  try {
    return (await (await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) })).json()) as Claims
  } catch (cause) {
    throw new ProviderError(`Post "${url}": connection refused`, { cause })
  }
}
