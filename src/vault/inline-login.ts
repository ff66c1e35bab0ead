import { Secret } from '../core/secret.ts'
import { vaultPath } from './address.ts'
import type { LoginPurpose } from './advice/advice-row.ts'
import { headerText, isHeaderText } from './header-text.ts'
import type { VaultBody } from './request-body.ts'
import { VaultError } from './vault-error.ts'

/**
 * A login that the server makes for one request, whose headers hold it: OpenBao from 2.4 on (`handleInlineAuth` of
 * vault/request_handling.go). Its token lives as long as the request, and nobody gets it.
 */
export interface InlineLogin {
  /** As it is sent with a login of its own. */
  body: VaultBody
  /** Decides the advice where the login is what fails. */
  purpose: LoginPurpose
}

/** What lets a request in. */
export type Access = { readonly token: Secret<string> } | { readonly inline: InlineLogin }

/**
 * The headers of a request that logs in. The parameters are numbered, and have no names with an underscore: proxies drop
 * headers that have one.
 * @throws {VaultError} VAULT_CONFIG: the mount is no path, or has characters that no header can have
 */
export function inlineHeaders({ body, purpose: { mount } }: InlineLogin): Readonly<Record<string, string>> {
  vaultPath(`auth/${mount}`, 'login')
  // Not encoded, unlike a path in a request line: the server takes it as it is.
  const path = `auth/${mount}/login`
  if (!isHeaderText(path)) {
    throw new VaultError('VAULT_CONFIG', `${JSON.stringify(path)} cannot be sent in a header`, {
      hint: 'edit mount of auth in config.toml, or remove inline = true there',
    })
  }
  const parameters = Object.entries(body).map(([key, value], index) => [
    `X-Vault-Inline-Auth-Parameter-${index + 1}`,
    Buffer.from(JSON.stringify({ key, value: value instanceof Secret ? value.expose() : value })).toString('base64url'),
  ])
  return { 'X-Vault-Inline-Auth-Path': headerText(path), ...Object.fromEntries(parameters) }
}
