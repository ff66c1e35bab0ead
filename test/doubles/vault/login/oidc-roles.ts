import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import type { Fields } from '../../../../src/dev/vault/fields.ts'
import {
  defaultTokenTerms,
  type TokenTerms,
  tokenTermFields,
  updateTokenTerms,
} from '../../../../src/dev/vault/token/token-terms.ts'
import type { ProviderSettings } from './oidc-provider.ts'

/** What `auth/MOUNT/config` takes. */
export const configFields = {
  oidc_discovery_url: 'text',
  oidc_client_id: 'text',
  oidc_client_secret: 'text',
  oidc_response_mode: 'text',
  oidc_response_types: 'list',
  default_role: 'text',
} as const

/** What `auth/MOUNT/role/NAME` takes. */
export const roleFields = {
  ...tokenTermFields,
  role_type: 'text',
  user_claim: 'text',
  allowed_redirect_uris: 'list',
  bound_claims: 'textMap',
  callback_mode: 'text',
  poll_interval: 'integer',
} as const

/** A mount's configuration. */
export interface OidcConfig extends ProviderSettings {
  isFormPost: boolean
  /** Whether the browser brings an ID token, and no code for one. */
  isImplicit: boolean
  defaultRole: string
}

/** A role. */
export interface OidcRole {
  userClaim: string
  allowedRedirectUris: readonly string[]
  boundClaims: Readonly<Record<string, string>>
  callbackMode: 'client' | 'direct' | 'device'
  /** 0: what the provider says, or 5 s. */
  pollSeconds: number
  terms: TokenTerms
}

/** @throws {DevVaultError} INVALID_REQUEST */
export function readConfig(fields: Fields<typeof configFields>): OidcConfig {
  const {
    oidc_discovery_url: url,
    oidc_client_id: id,
    oidc_client_secret: secret,
    oidc_response_mode: mode = '',
    oidc_response_types: types = [],
  } = fields
  if (url === undefined) {
    throw invalidRequest(
      "exactly one of 'jwt_validation_pubkeys', 'jwks_url', 'jwks_pairs' or 'oidc_discovery_url' must be set",
    )
  }
  if (id === undefined || secret === undefined) {
    throw invalidRequest("both 'oidc_client_id' and 'oidc_client_secret' must be set for OIDC")
  }
  if (types.some((type) => !['code', 'id_token'].includes(type))) {
    throw invalidRequest(`invalid response_types [${types.join(' ')}]. 'code' and 'id_token' are allowed`)
  }
  if (!['', 'query', 'form_post'].includes(mode)) throw invalidRequest(`invalid response_mode: "${mode}"`)
  if (mode !== 'form_post' && types.includes('id_token')) {
    throw invalidRequest('query response_mode may not be used with an id_token response_type')
  }
  return {
    oidc_discovery_url: url,
    oidc_client_id: id,
    oidc_client_secret: secret,
    isFormPost: mode === 'form_post',
    isImplicit: types.includes('id_token'),
    defaultRole: fields.default_role ?? '',
  }
}

/** @throws {DevVaultError} INVALID_REQUEST */
export function readRole(old: OidcRole | undefined, fields: Fields<typeof roleFields>): OidcRole {
  const mode = fields.callback_mode ?? old?.callbackMode ?? 'client'
  if (!isMode(mode)) throw invalidRequest(`invalid 'callback_mode': ${mode}`)
  const userClaim = fields.user_claim ?? old?.userClaim ?? ''
  if (userClaim === '') throw invalidRequest('a user claim must be defined on the role')
  const allowedRedirectUris = fields.allowed_redirect_uris ?? old?.allowedRedirectUris ?? []
  if (allowedRedirectUris.length === 0 && mode !== 'device') {
    throw invalidRequest("'allowed_redirect_uris' must be set if 'role_type' is 'oidc' or unspecified.")
  }
  return {
    userClaim,
    allowedRedirectUris,
    boundClaims: fields.bound_claims ?? old?.boundClaims ?? {},
    callbackMode: mode,
    pollSeconds: fields.poll_interval ?? old?.pollSeconds ?? 0,
    terms: updateTokenTerms(old?.terms ?? defaultTokenTerms, fields),
  }
}

const isMode = (text: string): text is OidcRole['callbackMode'] => ['client', 'direct', 'device'].includes(text)

/** Compares an address on loopback without its port (RFC 8252 §7.3), and any other as it is. */
export function isAllowedRedirect(uri: string, allowed: readonly string[]): boolean {
  if (!URL.canParse(uri)) return false
  const { hostname } = new URL(uri)
  if (!['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return allowed.includes(uri)
  return allowed.some((one) => URL.canParse(one) && withoutPort(one) === withoutPort(uri))
}

function withoutPort(uri: string): string {
  const url = new URL(uri)
  url.port = ''
  return url.href
}
