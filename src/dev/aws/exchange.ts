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

/** Serves one HTTP request, with the fault that is injected into it. Rejects where it cannot be logged. */
export async function serveExchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
  deps: ExchangeDeps,
): Promise<void> {
  const { now, faults, log } = deps
  // By AWS's clock: clients correct their own by it.
  response.setHeader('Date', new Date(now()).toUTCString())
  const [path, query = ''] = incoming.url!.split(/\?(.*)/s, 2)
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

function headersOf({ rawHeaders }: IncomingMessage): SignedRequest['headers'] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1]!] as const] : []))
}

function actionOf({ query, body }: SignedRequest): string | null {
  return new URLSearchParams(query).get('Action') ?? new URLSearchParams(Buffer.from(body).toString()).get('Action')
}
