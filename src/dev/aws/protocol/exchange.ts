import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SignedRequest } from '../caller/signed-request.ts'
import { answerOrganizations, jsonActionOf } from '../organizations.ts'
import type { Answer, AwsAddition, Exchange, RestHandler } from '../plugin.ts'
import { type AnswerDeps, answerCall } from './answer.ts'

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

/** What serving an exchange takes. */
export interface ExchangeDeps extends AnswerDeps {
  /** What wraps the exchange; without it the exchange is answered at once. */
  serve: AwsAddition['serve']
  rest: readonly RestHandler[]
  /** Called for each call when it is over. */
  log(call: AwsCallLine): void
}

/** Serves one HTTP request. Rejects where it cannot be logged. */
export async function serveExchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
  deps: ExchangeDeps,
): Promise<void> {
  const { now, log, serve } = deps
  // By AWS's clock: clients correct their own by it.
  response.setHeader('Date', new Date(now()).toUTCString())
  const [path, query = ''] = incoming.url!.split(/\?(.*)/s, 2)
  if (path !== '/') return serveRest(incoming, response, body, deps.rest)
  const request = { method: incoming.method!, query, headers: headersOf(incoming), body }
  const jsonAction = jsonActionOf(request)
  const action = jsonAction ?? actionOf(request)
  const line = { time: new Date(now()).toISOString(), action, principal: null, role: null }
  const withoutXml = ({ status, principal, role, error }: Answer) => ({ ...line, status, principal, role, error })
  const exchange: Exchange = {
    action: action ?? undefined,
    answer: async (judge) =>
      jsonAction === undefined ? await answerCall(request, deps, judge) : answerOrganizations(request, deps),
    send(answer, xml = answer.xml) {
      log(withoutXml(answer))
      const type = jsonAction === undefined ? 'text/xml' : 'application/x-amz-json-1.1'
      response.writeHead(answer.status, { 'Content-Type': type, 'x-amzn-RequestId': answer.requestId })
      response.end(xml)
    },
    keepBack: (why, answer) => log({ ...line, ...(answer && withoutXml(answer)), status: null, error: why }),
    reset: () => void incoming.socket.resetAndDestroy(),
  }
  await (serve === undefined ? exchange.send(await exchange.answer()) : serve(exchange))
}

async function serveRest(
  incoming: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
  handlers: readonly RestHandler[],
): Promise<void> {
  const header = (name: string) => [incoming.headers[name]].flat()[0]
  for (const handle of handlers) {
    const answer = await handle({ method: incoming.method!, url: incoming.url!, header, body })
    if (answer !== undefined) return void response.writeHead(answer.status, answer.headers).end(answer.body)
  }
  response.writeHead(404).end('<UnknownOperationException/>\n')
}

function headersOf({ rawHeaders }: IncomingMessage): SignedRequest['headers'] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1]!] as const] : []))
}

function actionOf({ query, body }: SignedRequest): string | null {
  return new URLSearchParams(query).get('Action') ?? new URLSearchParams(Buffer.from(body).toString()).get('Action')
}
