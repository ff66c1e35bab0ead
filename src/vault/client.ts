import type { Logger } from '../core/log.ts'
import type { Secret } from '../core/secret.ts'
import { foreignText } from '../core/text/display-text.ts'
import type { Clock } from '../core/time/clock.ts'
import { pause } from '../core/time/pause.ts'
import type { Route } from '../http/connect.ts'
import { isLocal, type ServerAddress } from '../http/server-address.ts'
import type { TlsSettings } from '../http/tls.ts'
import type { HttpAnswer } from '../http/transport.ts'
import { destinationOf, parseVaultAddress } from './address.ts'
import { adviseOn } from './advice/advice.ts'
import { adviseOnInline } from './advice/advice-inline.ts'
import type { VaultPurpose } from './advice/advice-row.ts'
import { parseAnswer, parseErrorTexts, textAnswer, type VaultAnswer } from './answer.ts'
import type { InlineLogin } from './inline-login.ts'
import { isRedirect, redirectTarget } from './redirect.ts'
import { createRedirected } from './redirected.ts'
import { encodeBody, encodeQuery, hideableSecrets, type VaultBody } from './request-body.ts'
import { checkNamespace, requestHeaders } from './request-headers.ts'
import { type FailedAttempt, mayRetry, parseRetryAfterMs, retryDelayMs } from './retry.ts'
import { VaultError } from './vault-error.ts'
import { createVaultTransport, type VaultTransport } from './vault-transport.ts'

/** One call of the API. */
export interface VaultApiRequest {
  method: 'GET' | 'POST'
  /** Below `/v1/`, encoded: from `vaultPath`. */
  path: string
  /** What it is for: decides the advice on a refusal. */
  purpose: VaultPurpose
  token?: Secret<string>
  /** In the place of a token. Such a request is as idempotent as a login: never sent a second time. */
  inline?: InlineLogin
  /** The method of login MFA and its code, sent with a login: `ID:123456`. */
  mfa?: Secret<string> | undefined
  /** Sent as JSON. Secrets in it are sent in clear, and cut out of the texts that come back. */
  body?: VaultBody
  /** Sent behind the path. Secrets in it are treated as those of a body. */
  query?: Readonly<Record<string, string | Secret<string>>> | undefined
  signal?: AbortSignal
  /** The answer is a text and not JSON. */
  isText?: boolean
  /** The answer is a page for a browser: what it says, and with which status below 500, is not for us. */
  isPage?: boolean
  /** False: never sent a second time once the server may have seen it. Default: true. */
  isIdempotent?: boolean
  /** Nobody waits for it (src/vault/circuit.ts). */
  isBackground?: boolean
  /** How long one attempt may take at least, in ms: the server waits for a person who does something elsewhere. */
  patienceMs?: number | undefined
}

/** Speaks to one Vault or OpenBao server. */
export interface VaultClient {
  /** The server's name in the configuration. */
  readonly name: string
  /** Where it sends tokens to: address and namespace. A token for another destination must not be sent here. */
  readonly destination: string
  /**
   * Sends one request, and again where that is allowed and may help.
   * @throws {VaultError} a refusal with advice, no answer, or an answer that is not Vault's
   */
  request(request: VaultApiRequest): Promise<VaultAnswer>
  /** Closes the idle connections. */
  close(): void
}

/** One `[vault.NAME]` as far as the connection goes. */
export interface VaultClientOptions {
  name: string
  address: string
  namespace?: string | undefined
  tls?: TlsSettings
  /** How long one attempt may take, in ms; all of them together may take three times as long. */
  timeoutMs: number
  /** How often a request is sent again. */
  maxRetries?: number | undefined
  /** Hosts that may have the token when the server redirects there, with a port or without. */
  redirectHosts?: readonly string[] | undefined
  /**
   * How a server is reached; absent: directly, at its address.
   * @throws {HttpError} HTTP_CONFIG: a proxy on the way cannot be used
   */
  routeTo?: ((server: ServerAddress) => Route) | undefined
  /** Called each time that the server has turned a request away because of too many. */
  onLimited?: ((error: VaultError) => void) | undefined
  clock: Clock
  random: () => number
  log: Logger
}

/** Signed keys and tokens take a few kB. */
const maxAnswerBytes = 1024 * 1024

/** @throws {VaultError} VAULT_CONFIG when the address, the namespace or a certificate cannot be used */
export function createVaultClient(options: VaultClientOptions): VaultClient {
  const {
    name,
    namespace,
    tls = {},
    timeoutMs,
    maxRetries = 2,
    redirectHosts = [],
    routeTo,
    clock,
    random,
    log,
  } = options
  const address = parseVaultAddress(options.address)
  const server = `vault ${name} (${address.text})`
  const open = (to: ServerAddress, toTls: TlsSettings, words: string) =>
    createVaultTransport({ address: to, tls: toTls, routeTo, server: words, maxBytes: maxAnswerBytes, clock })
  const transport = open(address, tls, server)
  const redirected = createRedirected({
    tls,
    hostname: address.hostname,
    open: (target, targetTls) => open(target.address, targetTls, `${target.origin} (to which ${server} redirects)`),
  })
  checkNamespace(namespace)
  if (!address.isTls && !isLocal(address)) {
    log.warn('tokens go over the network in clear: use https', { vault: name, address: address.text })
  }

  const attemptMs = ({ patienceMs = 0 }: VaultApiRequest) => Math.max(timeoutMs, patienceMs)

  const send = async (request: VaultApiRequest, body: Uint8Array | undefined, attempt: Attempt) => {
    const exchange = (path: string, by: VaultTransport = transport) =>
      by.exchange({
        method: request.method,
        path,
        headers: requestHeaders(request, namespace, body),
        body,
        timeoutMs: Math.min(attemptMs(request), attempt.leftMs),
        signal: request.signal,
        // A connection that has slept through a suspend may be dead: a retry takes a new one.
        mayReuse: isIdempotent(request) && attempt.number === 0,
      })
    const path = `${address.basePath}/v1/${request.path}${encodeQuery(request.query)}`
    const first = await exchange(path)
    if (first.type === 'failure' || !isRedirect(first.answer.status)) return first
    const location = first.answer.header('location')
    const target = redirectTarget({ location, path, address, redirectHosts, server })
    const isSame = target.type === 'same-server'
    const second = await exchange(target.path, isSame ? transport : redirected.transportTo(target))
    if (second.type === 'failure' || !isRedirect(second.answer.status)) return second
    throw new VaultError('VAULT_REDIRECTED', `${server} redirects twice`, {
      hint: 'check address in config.toml, and api_addr of the server',
    })
  }

  const attemptOnce = async (request: VaultApiRequest, body: Uint8Array | undefined, attempt: Attempt) => {
    const outcome = await send(request, body, attempt)
    if (outcome.type === 'failure') return outcome
    const read = readAnswer(outcome.answer, request, { name, server, nowMs: clock.now() })
    return read instanceof VaultError ? { type: 'failure' as const, error: read, wasSent: true } : read
  }

  return {
    name,
    destination: destinationOf(address, namespace),
    async request(request) {
      const body = request.body === undefined ? undefined : encodeBody(request.body)
      const endMs = clock.uptime() + 3 * attemptMs(request)
      for (let number = 0; ; number += 1) {
        const outcome = await attemptOnce(request, body, { number, leftMs: endMs - clock.uptime() })
        if (outcome.type === 'answer') return outcome.answer
        if (outcome.error.code === 'VAULT_RATE_LIMITED') options.onLimited?.(outcome.error)
        if (number >= maxRetries || !mayRetry(outcome, isIdempotent(request))) throw outcome.error
        const delayMs = retryDelayMs(outcome, number + 1, random)
        if (clock.uptime() + delayMs >= endMs) throw outcome.error
        log.debug('a request to vault is tried again', { vault: name, reason: outcome.error.message, delayMs })
        await pauseAfter(outcome, delayMs, clock, request.signal)
      }
    },
    close() {
      transport.close()
      redirected.close()
    },
  }
}

/** A server that has seen a wrong secret has counted it, and a use of a right one. */
const isIdempotent = ({ isIdempotent: isSaid = true, inline }: VaultApiRequest) => isSaid && inline === undefined

interface Attempt {
  number: number
  leftMs: number
}

function readAnswer(
  answer: HttpAnswer,
  { purpose, token, inline, mfa, body, query, isText = false, isPage = false }: VaultApiRequest,
  { name, server, nowMs }: { name: string; server: string; nowMs: number },
): { type: 'answer'; answer: VaultAnswer } | VaultError {
  const { status } = answer
  if (isPage && status < 500) return { type: 'answer', answer: textAnswer(status, answer.body, answer.clockSkewMs) }
  if (status < 200 || status > 299) {
    const sent = hideableSecrets({ token, inline: inline?.body, mfa, body, query })
    const texts = parseErrorTexts(answer.body)?.map((text) => foreignText(text, sent))
    const retryAfterMs = parseRetryAfterMs(answer.header('retry-after'), nowMs + (answer.clockSkewMs ?? 0))
    const refusal = { status, texts, retryAfterMs }
    if (inline === undefined) return adviseOn(refusal, { vault: name, purpose })
    const isOfLogin = answer.header('x-vault-inline-auth-failed') !== undefined
    return adviseOnInline({ ...refusal, isOfLogin }, { vault: name, purpose, login: inline.purpose })
  }
  const read = isText
    ? textAnswer(status, answer.body, answer.clockSkewMs)
    : parseAnswer(status, answer.body, answer.clockSkewMs)
  if (read !== undefined) return { type: 'answer', answer: read }
  return new VaultError('VAULT_BAD_RESPONSE', `${server} answers ${status}, but not in the way a vault does`, {
    status,
    hint: 'check address in config.toml; a proxy or a sign-in page of the network may answer in its place',
  })
}

/** Waits before a retry. @throws {VaultError} VAULT_ABORTED, caused by what the last attempt failed with */
async function pauseAfter(
  { error: cause }: FailedAttempt,
  delayMs: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await pause(clock, delayMs, signal)
  } catch {
    throw new VaultError('VAULT_ABORTED', `given up: ${cause.message}`, { cause, hint: cause.hint })
  }
}
