import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AnswerDeps, answerCall } from './answer.ts'
import type { AwsFaults } from './faults.ts'
import type { SignedRequest } from './signed-request.ts'

/** One call, as it is logged. Never holds a secret. */
export interface AwsCallLine {
  /** When it came, by AWS's clock: `2026-01-02T03:04:05.678Z` */
  time: string
  action: string | null
  /** ARN of who signed; null where the signature was not accepted */
  principal: string | null
  /** ARN of the role that was asked for */
  role: string | null
  /** Null where no answer was sent */
  status: number | null
  /** AWS's error code, or the fault that kept the answer back */
  error: string | null
}

export interface ExchangeDeps extends AnswerDeps {
  faults: AwsFaults
  /** Told of each call when it is over. */
  log(call: AwsCallLine): void
}

/** Far above any real call here. */
const maxBodyBytes = 64 * 1024

/** Serves one HTTP request, with the fault that is injected into it. Rejects where the client goes away meanwhile. */
export async function serveExchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  deps: ExchangeDeps,
): Promise<void> {
  const { now, faults, log } = deps
  // By AWS's clock: clients correct their own by it.
  response.setHeader('Date', new Date(now()).toUTCString())
  const [path, query = ''] = incoming.url!.split(/\?(.*)/s, 2)
  const body = await readBody(incoming)
  if (body === undefined) {
    response.writeHead(413, { Connection: 'close' }).end()
    return
  }
  if (path !== '/') {
    response.writeHead(404).end('<UnknownOperationException/>\n')
    return
  }
  const request = { method: incoming.method!, query, headers: headersOf(incoming), body }
  const action = actionOf(request)
  const line = { time: new Date(now()).toISOString(), action, principal: null, role: null }
  const fault = faults.next?.(action ?? undefined)
  if (fault?.type === 'delay') await fault.until
  if (fault?.type === 'hang') {
    log({ ...line, status: null, error: 'hang' })
    return
  }
  if (fault?.type === 'reset' && fault.when === 'before') {
    log({ ...line, status: null, error: 'reset' })
    incoming.socket.resetAndDestroy()
    return
  }
  const injected = fault?.type === 'refuse' ? fault.code : undefined
  const { xml, requestId, ...outcome } = await answerCall(request, deps, injected)
  if (fault?.type === 'reset') {
    log({ ...line, ...outcome, status: null, error: 'reset' })
    incoming.socket.resetAndDestroy()
    return
  }
  log({ ...line, ...outcome })
  response.writeHead(outcome.status, { 'Content-Type': 'text/xml', 'x-amzn-RequestId': requestId })
  response.end(fault?.type === 'truncate' ? xml.slice(0, xml.length / 2) : xml)
}

/** The body, or undefined where it is too large. */
async function readBody(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Not destroyed at the end: the connection must still carry the refusal.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function headersOf({ rawHeaders }: IncomingMessage): SignedRequest['headers'] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1]!] as const] : []))
}

function actionOf({ query, body }: SignedRequest): string | null {
  return new URLSearchParams(query).get('Action') ?? new URLSearchParams(Buffer.from(body).toString()).get('Action')
}
