import { Secret } from '../core/secret.ts'
import { headerText, isHeaderText } from './header-text.ts'
import { type InlineLogin, inlineHeaders } from './inline-login.ts'
import { VaultError } from './vault-error.ts'

/** Stands for the token that a proxy puts into a request: none is sent. */
export const noToken = new Secret('')

/** What lets a request in, as its headers say it. */
export interface Admission {
  token?: Secret<string>
  inline?: InlineLogin
  /** `ID:123456` */
  mfa?: Secret<string> | undefined
}

// Node would refuse the header with each request, in words that nobody can act on.
/** @throws {VaultError} VAULT_CONFIG: the namespace cannot be sent */
export function checkNamespace(namespace: string | undefined): void {
  if (namespace === undefined || isHeaderText(namespace)) return
  throw new VaultError('VAULT_CONFIG', 'the namespace has characters that cannot be sent', {
    hint: 'edit namespace of the [vault.…] section in config.toml',
  })
}

/**
 * The headers of a request.
 * @throws {VaultError} as `inlineHeaders`
 */
export function requestHeaders(
  { token, inline, mfa }: Admission,
  namespace: string | undefined,
  body: Uint8Array | undefined,
) {
  return {
    // A local Agent or Proxy may be configured to demand it, against requests that a browser was tricked into.
    'X-Vault-Request': 'true',
    Accept: 'application/json',
    ...(namespace === undefined ? {} : { 'X-Vault-Namespace': headerText(namespace) }),
    ...(token === undefined || token === noToken ? {} : { 'X-Vault-Token': token.expose() }),
    ...(inline === undefined ? {} : inlineHeaders(inline)),
    ...(mfa === undefined ? {} : { 'X-Vault-MFA': headerText(mfa.expose()) }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(body.length) }),
  }
}
