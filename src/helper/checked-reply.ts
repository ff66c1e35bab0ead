import * as v from 'valibot'
import { HelperError } from './fast/failure.ts'

/**
 * What the daemon answered, once it has the form that it should have. Whatever else is in it is left out: a socket may
 * be somebody else's, and what is printed is what was checked.
 * @throws {HelperError} BAD_REPLY, without quoting anything
 */
export function checkedReply<Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, body)
  if (result.success) return result.output
  const where = v.getDotPath(result.issues[0])
  throw new HelperError('BAD_REPLY', `the daemon's answer cannot be used${where === null ? '' : `: ${where}`}`, {
    hint: 'latchkey and its daemon may differ in version: restart the daemon',
  })
}
