import type { VaultError } from '../vault-error.ts'
import { adviseOn, type Refusal } from './advice.ts'
import { type AdviceRow, type LoginAdvice, type LoginPurpose, reportHint, type VaultPurpose } from './advice-row.ts'

/** What was asked with a login in the request, and of whom. */
export interface InlineContext {
  /** The server's name in the configuration. */
  vault: string
  purpose: VaultPurpose
  login: LoginPurpose
}

/** Before what the server says of a login that has led to no answer of the method. */
const prefix = /^failed to perform inline authentication: /

/** The refusals of the headers themselves (`handleInlineAuth` of OpenBao's vault/request_handling.go). */
const inlineRows: LoginAdvice = [
  {
    text: /^unable to perform inline authentication with login MFA/,
    code: 'VAULT_CONFIG',
    message: ({ mount }) => `auth/${mount}/ wants a second factor, which cannot be asked for with each request`,
    hint: () => 'remove inline = true from auth in config.toml, or have login MFA not enforced for this login',
  },
  {
    text: /^inline auth namespace was not found$/,
    code: 'VAULT_NAMESPACE',
    message: () => 'its namespace does not exist',
    hint: () => 'edit namespace of the [vault.…] section in config.toml; see: vault namespace list',
  },
  {
    text: /^(cannot layer inline authentication|expected (exactly|at most) one value|expected a valid login operation|failed (raw url-safe base64|json) decoding|decoded header |unexpected field in decoded)/,
    code: 'VAULT_REQUEST_INVALID',
    message: (_, { input }) => `it finds the login in the request malformed: ${input}`,
    hint: reportHint,
  },
]

/**
 * A server that has not looked at the headers misses a token. One that has looked says so in a header or with a prefix, and
 * an ACL that is in the way is a list of one (`1 error occurred: * permission denied`).
 */
const unknownHeadersRow: AdviceRow<LoginPurpose> = {
  text: /^(permission denied|missing client token)$/,
  code: 'VAULT_CONFIG',
  message: () => 'it does not do inline authentication, which OpenBao has from 2.4 on and HashiCorp Vault has not',
  hint: () => 'remove inline = true from auth in config.toml',
}

/**
 * As `adviseOn`, for a request that held its login: says which of the two was refused.
 * @param refusal its `isOfLogin` by the header of the answer
 */
export function adviseOnInline(refusal: Refusal, { vault, purpose, login }: InlineContext): VaultError {
  const { texts = [] } = refusal
  if (refusal.isOfLogin === true || texts.some((text) => prefix.test(text))) {
    const said = { ...refusal, texts: refusal.texts?.map((text) => text.replace(prefix, '')), isOfLogin: true }
    return adviseOn(said, { vault, purpose: { ...login, advice: [...inlineRows, ...login.advice] } })
  }
  const isUnknown = texts.some((text) => unknownHeadersRow.text.test(text))
  if (!isUnknown) return adviseOn(refusal, { vault, purpose })
  return adviseOn({ ...refusal, isOfLogin: true }, { vault, purpose: { ...login, advice: [unknownHeadersRow] } })
}
