import * as v from 'valibot'
import type { AnswerOf, Endpoint, Endpoints, RequestOf } from '../endpoint.ts'
import { IpcError } from '../ipc-error.ts'
import type { ParamsOf } from '../route.ts'
import type { ApiConnection, ApiReply, ApiRequest, ApiRoute } from './api-route.ts'
import { refusal } from './refusals.ts'

/** A checked request, as the handler of its endpoint gets it. */
export interface EndpointRequest<E extends Endpoint> {
  params: ParamsOf<E>
  body: RequestOf<E>
  connection: ApiConnection
}

/** The caller who can be asked, if the endpoint allows asking. */
type WithCaller<E extends Endpoint, Caller> = E extends { readonly mayAsk: true } ? { caller: Caller } : unknown

/** The handler of an endpoint. The server turns what it throws into a reply. */
export type EndpointHandler<E extends Endpoint, Caller> = (
  request: EndpointRequest<E> & WithCaller<E, Caller>,
) => Promise<AnswerOf<E>>

/** One handler for each endpoint. */
export type EndpointHandlers<All extends Endpoints, Caller> = {
  readonly [Name in keyof All]: EndpointHandler<All[Name], Caller>
}

/** Does work for the caller behind a request, who may be asked on the way. */
export type Serve<Caller> = (request: ApiRequest, work: (caller: Caller) => Promise<ApiReply>) => Promise<ApiReply>

/**
 * The routes of endpoints. A request is checked before its handler gets it, and an answer before it is sent, so that
 * nothing leaves the daemon that its endpoint does not declare.
 * @param serve runs the handlers of those endpoints that may ask a person
 */
export function createEndpointRoutes<All extends Endpoints, Caller>(
  endpoints: All,
  handlers: EndpointHandlers<All, Caller>,
  serve: Serve<Caller>,
): readonly ApiRoute[] {
  return Object.entries(endpoints).map(([name, endpoint]): ApiRoute => {
    // The type of the table guarantees that they belong together.
    const handler = handlers[name] as (request: object) => Promise<unknown>
    return {
      method: endpoint.method,
      pattern: endpoint.pattern,
      takesBody: endpoint.request !== undefined,
      async handle(request) {
        const { params, connection } = request
        const body = checkedBody(endpoint, request.body)
        if ('refused' in body) return body.refused
        const run = async (caller?: Caller) =>
          reply(endpoint, await handler({ params, body: body.value, connection, caller }))
        return endpoint.mayAsk === true ? await serve(request, run) : await run()
      },
    }
  })
}

function checkedBody({ request: schema }: Endpoint, body: unknown): { value: unknown } | { refused: ApiReply } {
  if (schema === undefined) return { value: undefined }
  const result = v.safeParse(schema, body ?? {})
  if (result.success) return { value: result.output }
  const [issue] = result.issues
  // valibot's own message quotes what it got, which may be a secret.
  const reason = issue.kind === 'validation' ? issue.message : 'is missing or of another type'
  return { refused: refusal(400, 'REQUEST_INVALID', `${v.getDotPath(issue) ?? 'the body'}: ${reason}`) }
}

/** @throws {IpcError} ANSWER_INVALID: a fault of the daemon */
function reply({ method, pattern, answer: schema }: Endpoint, answer: unknown): ApiReply {
  if (schema === undefined) return { status: 204 }
  const result = v.safeParse(schema, answer)
  if (result.success) return { status: 200, body: result.output }
  const where = v.getDotPath(result.issues[0])
  throw new IpcError(
    'ANSWER_INVALID',
    `the answer to ${method} ${pattern} is not valid${where === null ? '' : `: ${where}`}`,
    {
      hint: 'look at the log of the daemon: latchkey service status',
    },
  )
}
