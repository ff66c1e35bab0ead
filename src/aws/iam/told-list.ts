import { AwsError } from '../aws-error.ts'

/** An answer that is not what the API reference of IAM says. */
export function unreadable(action: string): AwsError {
  return new AwsError('AWS_BAD_RESPONSE', `the answer to ${action} is not what AWS documents`)
}

/**
 * The list in an answer. IAM sends an empty one as an empty element: an answer without it is none of IAM's, such as the page
 * of a proxy, and says nothing about what there is.
 * @throws {AwsError} AWS_BAD_RESPONSE
 */
export function toldList<T>(action: string, list: readonly T[] | undefined): readonly T[] {
  if (list === undefined) throw unreadable(action)
  return list
}
