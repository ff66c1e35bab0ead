import * as v from 'valibot'
import type { Endpoint } from '../ipc/endpoint.ts'
import { type AnswerTo, type EndpointName, endpoints } from '../ipc/endpoints.ts'
import { HelperError } from './fast/failure.ts'

/**
 * What the daemon answered, checked against its endpoint's schema. Anything else in it is left out: the socket may be
 * somebody else's, and only what was checked is printed.
 * @throws {HelperError} BAD_REPLY, without quoting anything
 */
export function checkedAnswer<Name extends EndpointName>(name: Name, body: unknown): AnswerTo<Name> {
  const { answer: schema = v.undefined() }: Endpoint = endpoints[name]
  const result = v.safeParse(schema, body)
  if (result.success) return result.output as AnswerTo<Name>
  const where = v.getDotPath(result.issues[0])
  throw new HelperError('BAD_REPLY', `the daemon's answer cannot be used${where === null ? '' : `: ${where}`}`, {
    hint: 'latchkey and its daemon may differ in version: restart the daemon',
  })
}
