import { type AwsCall, type XmlValue, xmlOf } from './query-protocol.ts'
import { AwsRefusal } from './refusal.ts'

/** EC2's own kind of the query protocol, by its service model: no result element, lists of `item`, errors of another form. */
export const ec2Version = '2016-11-15'

/** The answer of a call that succeeded. @param result content of the answer */
export function ec2SuccessXml({ action }: AwsCall, result: XmlValue, requestId: string): string {
  const content = xmlOf({ requestId, ...(result as object) }, '  ', 'item')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/${ec2Version}/">\n${content}</${action}Response>\n`
}

/** The answer of a call that was refused. */
export function ec2ErrorXml({ code, message }: AwsRefusal, requestId: string): string {
  const content = xmlOf({ Errors: { Error: { Code: code, Message: message } }, RequestID: requestId }, '  ', 'item')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response>\n${content}</Response>\n`
}

const unknown = () => new AwsRefusal('AuthFailure', 'AWS was not able to validate the provided access credentials')
const expired = () => new AwsRefusal('RequestExpired', 'Request has expired.')

/** What EC2 says where other services say it in other words (EC2 API reference, "Error codes"). */
export function inWordsOfEc2(refusal: AwsRefusal): AwsRefusal {
  const { code, message } = refusal
  if (code === 'AccessDenied') {
    const encoded = 'Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm-abcdefghijk'
    return new AwsRefusal(
      'UnauthorizedOperation',
      `You are not authorized to perform this operation. ${message} ${encoded}`,
    )
  }
  if (code === 'SignatureDoesNotMatch') {
    return /Signature (?:expired|not yet current)/.test(message) ? expired() : unknown()
  }
  if (code === 'ExpiredToken') return expired()
  if (code === 'InvalidClientTokenId') return unknown()
  return code === 'Throttling' ? new AwsRefusal('RequestLimitExceeded', 'Request limit exceeded.') : refusal
}
