import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { AuthAnswer } from '../../src/dev/vault/reply.ts'
import type { VaultCallLine } from '../../src/dev/vault/server.ts'
import { createFullVault, type FullVault, type FullVaultOptions } from '../doubles/vault/full-server.ts'
import type { WrapInfo } from '../doubles/vault/system/wrapping.ts'

/** The parts of an answer that tests look at; which of them are there depends on the call. */
export interface VaultJson {
  readonly [name: string]: unknown
  request_id: string
  errors: readonly string[]
  warnings: readonly string[] | null
  data: Readonly<Record<string, unknown>>
  auth: AuthAnswer
  wrap_info: WrapInfo
}

/** What came back from a call, with its JSON read where it has one. */
export interface VaultReply {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** Empty where the answer is no JSON. */
  json: VaultJson
}

export interface VaultCallOptions {
  /** Absent: no token. */
  token?: string | undefined
  body?: object | undefined
  /** Sent as it is, for bodies that are no JSON. */
  raw?: string | undefined
  headers?: Readonly<Record<string, string>>
  /** The client certificate that is shown, in PEM. */
  shown?: { cert: string; key: string } | undefined
}

export interface TestVault {
  vault: FullVault
  /** Every call, as the server logs it. */
  calls: VaultCallLine[]
  call(method: string, path: string, options?: VaultCallOptions): Promise<VaultReply>
  /** A call with the root token that must succeed. Resolves to its `data`, or its `auth` where it has no data. */
  admin(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>>
  /** Moves the server's clock. */
  advance(ms: number): void
  nowMs(): number
  close(): Promise<void>
}

/** A development Vault on a free port, whose clock stands still until it is moved. */
export async function startTestVault(options: Partial<FullVaultOptions> = {}): Promise<TestVault> {
  // A whole second, so that lifetimes come out as they are asked for.
  let nowMs = Date.UTC(2026, 10, 23, 9, 29)
  const calls: VaultCallLine[] = []
  const vault = await createFullVault({
    now: () => nowMs,
    log: (line) => calls.push(line),
    ...options,
  })
  const call = (method: string, path: string, callOptions: VaultCallOptions = {}) =>
    callVault(vault.address, method, path, callOptions)
  return {
    vault,
    calls,
    call,
    async admin(method, path, body) {
      const reply = await call(method, path, { token: vault.rootToken, body })
      if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`)
      return { ...(reply.json.data ?? reply.json.auth) }
    },
    advance(ms) {
      nowMs += ms
    },
    nowMs: () => nowMs,
    close: vault.close,
  }
}

/** A development Vault that ends with the running test. */
export async function openTestVault(options: Partial<FullVaultOptions> = {}): Promise<TestVault> {
  const vault = await startTestVault(options)
  onTestFinished(vault.close)
  return vault
}

/** One call over HTTP. @param path without `/v1/` */
export async function callVault(
  address: string,
  method: string,
  path: string,
  { token, body, raw, headers = {}, shown }: VaultCallOptions = {},
): Promise<VaultReply> {
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const isTls = address.startsWith('https:')
    const send = isTls ? requestTls : request
    send(
      `${address}/v1/${path}`,
      {
        // Whom we talk to is not what is tested with these calls.
        ...(isTls ? { rejectUnauthorized: false, ...shown } : {}),
        method,
        agent: false,
        headers: {
          'X-Vault-Request': 'true',
          ...(token === undefined ? {} : { 'X-Vault-Token': token }),
          ...(sent === undefined
            ? {}
            : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(sent) }),
          ...headers,
        },
      },
      resolve,
    )
      .on('error', reject)
      .end(sent)
  })
  const answer = await text(response)
  const isJson = answer !== '' && response.headers['content-type'] === 'application/json'
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: answer,
    json: JSON.parse(isJson ? answer : '{}'),
  }
}
