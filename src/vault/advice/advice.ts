import { formatDuration } from '../../core/time/duration.ts'
import { VaultError, type VaultErrorCode, type VaultErrorOptions } from '../vault-error.ts'
import { generalRows, waitHint } from './advice-general.ts'
import { hostSignRows } from './advice-host-sign.ts'
import { loginRows } from './advice-login.ts'
import { type AdviceRow, reportHint, type VaultPurpose } from './advice-row.ts'
import { maxTtlSecondsIn, signRows } from './advice-sign.ts'
import { tokenRows } from './advice-token.ts'

/** An error answer, its texts fit for display (`foreignText` of core). */
export interface Refusal {
  status: number
  /** Absent: the answer is not Vault's own. */
  texts?: readonly string[] | undefined
  /** By Retry-After, in ms. */
  retryAfterMs?: number | undefined
  /** The login that the request held is what was refused. */
  isOfLogin?: boolean | undefined
}

/** What was asked, and of whom. */
export interface AdviceContext {
  /** The server's name in the configuration. */
  vault: string
  purpose: VaultPurpose
}

/**
 * Says what an error answer means and what to do about it. Pure.
 * @returns an error that holds no more of the answer than its display texts
 */
export function adviseOn(refusal: Refusal, { vault, purpose }: AdviceContext): VaultError {
  const options = {
    status: refusal.status,
    retryAfterMs: refusal.retryAfterMs,
    isOfLogin: refusal.isOfLogin,
    maxTtlSeconds: refusal.texts?.map(maxTtlSecondsIn).find((seconds) => seconds !== undefined),
  }
  const advice = adviceIn(refusal, purpose, vault)
  if (advice === undefined) return unknownRefusal(refusal, { vault, purpose }, options)
  return new VaultError(advice.code, `vault ${vault}: ${advice.message}${waitText(refusal)}`, {
    ...options,
    hint: advice.hint,
  })
}

interface Advice {
  code: VaultErrorCode
  message: string
  hint: string
}

function adviceIn(refusal: Refusal, purpose: VaultPurpose, vault: string): Advice | undefined {
  return ownAdvice(refusal, purpose, vault) ?? firstMatch(refusal, generalRows, purpose, vault)
}

function ownAdvice(refusal: Refusal, purpose: VaultPurpose, vault: string): Advice | undefined {
  switch (purpose.type) {
    case 'sign':
      return firstMatch(refusal, signRows, purpose, vault)
    case 'sign-host':
      return firstMatch(refusal, hostSignRows, purpose, vault)
    case 'login':
      return firstMatch(refusal, [...purpose.advice, ...loginRows], purpose, vault)
    case 'unwrap':
      return firstMatch(refusal, purpose.advice, purpose, vault)
    case 'token':
      return firstMatch(refusal, tokenRows, purpose, vault)
    case 'public':
      return undefined
  }
}

function firstMatch<Purpose extends VaultPurpose>(
  { status, texts }: Refusal,
  rows: readonly AdviceRow<Purpose>[],
  purpose: Purpose,
  vault: string,
): Advice | undefined {
  for (const row of rows) {
    if (row.status !== undefined && row.status !== status) continue
    const match = texts
      ?.flatMap(inAndOutOfList)
      .map((text) => row.text.exec(text))
      .find((found) => found !== null)
    if (match != null)
      return { code: row.code, message: row.message(purpose, match), hint: row.hint(purpose, match, vault) }
  }
  return undefined
}

/**
 * A text, and what is in it where the server has wrapped it in a list (go-multierror), as it does with much that fails
 * inside an engine. A denial stays in its list: that distinguishes it from a refused token.
 */
function inAndOutOfList(text: string): readonly string[] {
  const [, inner] = /^1 error occurred: \* (.*)$/.exec(text) ?? []
  return inner === undefined || inner === 'permission denied' ? [text] : [text, inner]
}

/** Where no row knows the text, the status decides. */
function unknownRefusal(refusal: Refusal, { vault, purpose }: AdviceContext, options: VaultErrorOptions): VaultError {
  const { status, texts = [] } = refusal
  const text = texts.length === 0 ? `HTTP ${status}` : `${texts.join('; ')} (HTTP ${status})`
  const error = (code: VaultErrorCode, reason: string, hint: string) =>
    new VaultError(code, `vault ${vault}: ${reason}: ${text}${waitText(refusal)}`, { ...options, hint })
  if (status === 429) return error('VAULT_RATE_LIMITED', 'it has too many requests', waitHint(purpose, vault))
  if (status === 412) return error('VAULT_UNAVAILABLE', 'it is not up to date yet', waitHint(purpose, vault))
  if (refusal.texts === undefined && status < 500) return notVaults(refusal, vault, options)
  if (status === 405 || status === 413)
    return error('VAULT_REQUEST_INVALID', 'it finds the request malformed', reportHint())
  if (status === 501) return error('VAULT_REFUSED', 'it cannot do this', 'see the log of the server')
  if (status >= 500) return error('VAULT_UNAVAILABLE', 'it cannot answer just now', waitHint(purpose, vault))
  if (status === 403)
    return error('VAULT_DENIED', 'refused', 'the policies of the token must allow it; see: vault token lookup')
  return error('VAULT_REFUSED', 'refused', 'see the log of the server, and check the [vault.…] section in config.toml')
}

/** A proxy, a firewall or a sign-in page: its answer is not Vault's verdict on a token, a login or a policy. */
function notVaults({ status }: Refusal, vault: string, options: VaultErrorOptions): VaultError {
  return new VaultError('VAULT_BAD_RESPONSE', `vault ${vault}: something answers HTTP ${status} in its place`, {
    ...options,
    hint: 'a proxy or a sign-in page of the network may be in the way: check the network or VPN, and address in config.toml',
  })
}

function waitText({ retryAfterMs }: Refusal): string {
  return retryAfterMs === undefined ? '' : `; it asks to wait ${formatDuration(Math.ceil(retryAfterMs / 1000))}`
}
