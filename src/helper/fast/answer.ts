import { isRecord } from '../../core/json-record.ts'
import type { ApiAnswer } from '../../ipc/client/http-reply.ts'
import { HelperError } from './failure.ts'

/**
 * The body of a successful answer.
 * @throws {HelperError} PERSON_NEEDED for 401, REFUSED for any other, in the daemon's words
 */
export function successBody({ status, body }: ApiAnswer): unknown {
  if (status >= 200 && status < 300) return body
  const code = status === 401 ? 'PERSON_NEEDED' : 'REFUSED'
  const error = isRecord(body) && isRecord(body.error) ? body.error : {}
  const message =
    typeof error.message === 'string' ? error.message : `the daemon answered HTTP ${status} without a reason`
  throw new HelperError(code, message, {
    hint: typeof error.hint === 'string' ? error.hint : undefined,
    ...(typeof error.code === 'string' ? { refusal: error.code } : {}),
  })
}
