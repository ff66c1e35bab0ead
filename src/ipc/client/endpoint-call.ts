import type { Endpoint, InputOf } from '../endpoint.ts'
import { type EndpointName, type EndpointNamed, endpoints } from '../endpoints.ts'
import { pathOf } from '../route.ts'
import type { ApiCall } from './client.ts'

/** What a caller of an endpoint gives besides its name: nothing, if it takes nothing. */
export type InputTo<Name extends EndpointName> =
  unknown extends InputOf<EndpointNamed<Name>> ? [] : [input: InputOf<EndpointNamed<Name>>]

/** The request of a call to an endpoint. */
export function callOf<Name extends EndpointName>(name: Name, ...input: InputTo<Name>): ApiCall {
  const endpoint: Endpoint = endpoints[name]
  // The type of `input` guarantees that it holds what this endpoint takes.
  const { params = {}, body } = (input[0] ?? {}) as { params?: Readonly<Record<string, string>>; body?: unknown }
  return { method: endpoint.method, path: pathOf(endpoint, params), ...(body === undefined ? {} : { body }) }
}
