import { newUuid } from './identifiers.ts'

/** The `auth` of an answer, with Vault's own names. */
export interface AuthAnswer {
  client_token: string
  accessor: string
  policies: readonly string[]
  token_policies: readonly string[]
  identity_policies?: readonly string[]
  metadata: Readonly<Record<string, string>> | null
  lease_duration: number
  renewable: boolean
  entity_id: string
  token_type: 'service' | 'batch'
  orphan: boolean
  mfa_requirement: null
  num_uses: number
}

/** What a handler answers, before it is put into Vault's envelope. */
export type Reply =
  | { type: 'empty' }
  | {
      type: 'data'
      data: Readonly<Record<string, unknown>>
      warnings?: readonly string[]
      /** Some system paths repeat their data beside the envelope, for very old clients. */
      isAlsoOnTop?: boolean
    }
  | { type: 'auth'; auth: AuthAnswer; warnings: readonly string[] }
  | { type: 'text'; text: string }
  /** A page for a browser. */
  | { type: 'html'; status: 200 | 400; html: string }
  | { type: 'warnings'; warnings: readonly string[] }
  /** A whole answer, its request id included. */
  | { type: 'envelope'; envelope: Readonly<Record<string, unknown>> }

/** An answer as it goes out over HTTP. */
export interface Answer {
  status: number
  contentType: 'application/json' | 'text/plain' | 'text/html'
  body: string
  /** More headers, beside those of every answer. */
  headers?: Readonly<Record<string, string>>
}

/** Nothing to say: 204. */
export const empty: Reply = { type: 'empty' }

/** An answer with data, and warnings where there are any. */
export function dataReply(data: Readonly<Record<string, unknown>>, warnings: readonly string[] = []): Reply {
  return { type: 'data', data, warnings }
}

/** The answer of a LIST: the names, and details of each where there are any. No names are a 404 (`http/logical.go`). */
export function listReply(
  keys: readonly string[],
  page: { after?: string; limit?: number },
  infoOf?: (key: string) => object,
): Reply {
  const later = [...keys].sort().filter((key) => page.after === undefined || key > page.after)
  const shown = page.limit !== undefined && page.limit > 0 ? later.slice(0, page.limit) : later
  if (shown.length === 0) return empty
  if (infoOf === undefined) return dataReply({ keys: shown })
  return dataReply({ keys: shown, key_info: Object.fromEntries(shown.map((key) => [key, infoOf(key)])) })
}

/** An answer that says nothing, with Vault's own names. */
export const emptyEnvelope = {
  request_id: '',
  lease_id: '',
  renewable: false,
  lease_duration: 0,
  data: null,
  wrap_info: null,
  warnings: null,
  auth: null,
}

/** Puts a reply into the envelope; the request id is empty. Undefined where there is none. */
export function envelopeOf(reply: Reply): Readonly<Record<string, unknown>> | undefined {
  switch (reply.type) {
    case 'empty':
    case 'text':
    case 'html':
      return undefined
    case 'data': {
      const envelope = { ...emptyEnvelope, data: reply.data, warnings: orNull(reply.warnings ?? []) }
      return reply.isAlsoOnTop === true ? { ...reply.data, ...envelope } : envelope
    }
    case 'auth':
      return { ...emptyEnvelope, auth: reply.auth, warnings: orNull(reply.warnings) }
    case 'warnings':
      return { ...emptyEnvelope, warnings: orNull(reply.warnings) }
    case 'envelope':
      return reply.envelope
  }
}

const orNull = (warnings: readonly string[]) => (warnings.length === 0 ? null : warnings)

/** The answer for a reply; what is read or listed and is not there is a 404. */
export function answerOf(reply: Reply, isReading: boolean): Answer {
  if (reply.type === 'text') return { status: 200, contentType: 'text/plain', body: reply.text }
  if (reply.type === 'html') return { status: reply.status, contentType: 'text/html', body: reply.html }
  const envelope = envelopeOf(reply)
  if (reply.type === 'envelope') return jsonAnswer(200, reply.envelope)
  if (envelope !== undefined) return jsonAnswer(200, { ...envelope, request_id: newUuid() })
  return isReading ? jsonAnswer(404, { errors: [] }) : { status: 204, contentType: 'application/json', body: '' }
}

/** `{"errors": […]}`; an empty message leaves the list empty. */
export function errorAnswer(status: number, message: string): Answer {
  return jsonAnswer(status, { errors: message === '' ? [] : [message] })
}

/** A JSON body as it is, outside the envelope. */
export function jsonAnswer(status: number, body: object): Answer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(body)}\n` }
}
