import type { HttpError } from '../http/http-error.ts'
import { AwsError } from './aws-error.ts'

/** The advice on what is no answer of AWS's, such as a page of the network's own. */
export const notOfAws = { hint: 'a proxy or a sign-in page of the network may be in the way: check the network or VPN' }

/** What it means that a request of ours, which the SDK does not carry, has got no answer. */
export function unanswered({ code, message }: HttpError): AwsError {
  if (code === 'HTTP_TOO_LARGE' || code === 'HTTP_MALFORMED') return new AwsError('AWS_BAD_RESPONSE', message, notOfAws)
  return new AwsError('AWS_UNREACHABLE', message, {
    hint: 'check the network of this machine, then run the command again',
  })
}
