import { CodedError } from '../../../core/errors.ts'

/** HTTP status of each error that the double answers with, as AWS's service models and common errors give it. */
const statusOf = {
  AccessDenied: 403,
  AuthFailure: 401,
  DeleteConflict: 409,
  EntityAlreadyExists: 409,
  ExpiredToken: 403,
  IncompleteSignature: 400,
  EntityTemporarilyUnmodifiable: 409,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidAuthenticationCode: 403,
  InvalidClientTokenId: 403,
  'InvalidInstanceID.Malformed': 400,
  'InvalidInstanceID.NotFound': 400,
  LimitExceeded: 409,
  MalformedPolicyDocument: 400,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  MissingParameter: 400,
  NoSuchEntity: 404,
  PackedPolicyTooLarge: 400,
  RegionDisabledException: 403,
  RequestExpired: 400,
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  UnauthorizedOperation: 403,
  UnknownParameter: 400,
  UnsupportedOperation: 400,
  ValidationError: 400,
} as const

/** The error codes. */
export type AwsErrorCode = keyof typeof statusOf

/** What AWS would refuse, in AWS's words: `code` and `message` go into the error answer as they are. */
export class AwsRefusal extends CodedError<AwsErrorCode> {
  get status(): number {
    return statusOf[this.code]
  }
}

/** One text for an unknown key, an inactive key, a wrong token and a session that may not call the service. */
export function invalidClientToken(): AwsRefusal {
  return new AwsRefusal('InvalidClientTokenId', 'The security token included in the request is invalid.')
}

/** Why, where a statement of the caller's own policy denies it. */
export const explicitDeny = 'with an explicit deny in an identity-based policy'

/** The refusal of what the policies of a caller or of a role do not allow. */
export function notAuthorized(callerArn: string, action: string, resource: string): AwsRefusal {
  return new AwsRefusal(
    'AccessDenied',
    `User: ${callerArn} is not authorized to perform: ${action} on resource: ${resource}`,
  )
}
