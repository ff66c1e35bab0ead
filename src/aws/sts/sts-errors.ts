import { describeError, errorCode } from '../../core/errors.ts'
import { foreignText } from '../../core/text/display-text.ts'
import { AwsError } from '../aws-error.ts'

/** A call to STS that failed, as the SDK reports it. */
export interface StsFailure {
  error: unknown
  action: string
  /** Whom we asked, in words: `STS in eu-central-1`. */
  endpoint: string
  /** What was sent in confidence, to be kept out of the message: AWS quotes rejected values. */
  secrets: readonly string[]
}

/**
 * Turns a failed STS call into an AwsError: by code, and where AWS uses one code for several things, by its text
 * (STS API reference, "Common Errors"; the texts are those that STS has sent for years and that other tools match).
 */
export function toAwsError(failure: StsFailure): AwsError {
  const { error, action, endpoint } = failure
  // Already one of ours, about the way to AWS.
  if (error instanceof AwsError) return error
  const status = httpStatus(error)
  if (!(error instanceof Error) || status === undefined) return withoutAnswer(failure)
  if (status < 400) {
    // The answer holds credentials, and the parser's error quotes the answer.
    return new AwsError('AWS_BAD_RESPONSE', `${endpoint} sent an answer to ${action} that cannot be read`)
  }
  if (status < 500 && !isOfAws(error)) return notOfAws(status, failure)
  const text = foreignText(error.message, failure.secrets)
  const said = `AWS refused ${action}: ${noText.test(text) ? error.name : text}`
  if (isClockRefusal(error)) return clockSkew()
  switch (error.name) {
    case 'AccessDenied':
    case 'AccessDeniedException':
      return denied(text, said)
    case 'InvalidClientTokenId':
      return new AwsError('AWS_TOKEN_UNKNOWN', 'AWS does not know the access key or session token')
    case 'ExpiredToken':
    case 'ExpiredTokenException':
      return new AwsError('AWS_TOKEN_EXPIRED', 'AWS says that the session has expired')
    case 'SignatureDoesNotMatch':
    case 'InvalidSignatureException':
      // AWS's text may quote the whole request, session token included.
      return new AwsError('AWS_SIGNATURE_REFUSED', 'AWS says that the secret does not belong to the access key')
    case 'RegionDisabledException':
      return new AwsError('AWS_REGION_DISABLED', said, {
        hint: 'set another region, or have an administrator turn on STS',
      })
  }
  if (error.name.startsWith('PackedPolicyTooLarge')) {
    return new AwsError('AWS_REQUEST_INVALID', said, {
      hint: 'AWS packs policy, policy_arns and session_tags together: shorten them, those of roles before it too',
    })
  }
  if (error.name.startsWith('MalformedPolicyDocument')) {
    return new AwsError('AWS_REQUEST_INVALID', said, { hint: 'correct policy in config.toml' })
  }
  if (status === 429 || /throttl|LimitExceeded|TooManyRequests/i.test(error.name)) {
    return new AwsError('AWS_THROTTLED', `AWS limits the number of requests: ${text}`, {
      hint: 'wait a moment and run the command again',
    })
  }
  if (status >= 500) {
    return new AwsError('AWS_UNREACHABLE', `${endpoint} answered ${action} with HTTP ${status}`, {
      hint: 'wait a moment and run the command again',
    })
  }
  return new AwsError('AWS_REQUEST_INVALID', said)
}

/** What the SDK puts in the place of a code or a text that is not there. */
const noText = /^(Unknown(Error)?)?$/

/** Whatever AWS says has a code. The SDK makes an error without one of an empty body, and one of its own of what is no XML. */
function isOfAws(error: Error): boolean {
  return '$fault' in error && !noText.test(error.name)
}

/** A proxy, a firewall or a sign-in page: what it says is no word of AWS's about a key, a session or a role. */
function notOfAws(status: number, { action, endpoint }: StsFailure): AwsError {
  return new AwsError(
    'AWS_BAD_RESPONSE',
    `something answers ${action} with HTTP ${status} in the place of ${endpoint}`,
    {
      hint: 'a proxy or a sign-in page of the network may be in the way: check the network or VPN',
    },
  )
}

/** True where AWS did not accept the time of the request, and so has not looked at anything else in it. */
export function isClockRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (['RequestExpired', 'RequestTimeTooSkewed', 'RequestInTheFuture'].includes(error.name)) return true
  const isOfSignature = error.name === 'SignatureDoesNotMatch' || error.name === 'InvalidSignatureException'
  return isOfSignature && /signature expired|not yet current/i.test(error.message)
}

function denied(text: string, said: string): AwsError {
  if (/invalid MFA one time pass code/i.test(text)) {
    return new AwsError('AWS_MFA_CODE_REFUSED', 'AWS refused the MFA code: it is wrong or already used')
  }
  if (/unable to validate MFA code/i.test(text)) {
    return new AwsError('AWS_MFA_SERIAL_REFUSED', 'AWS does not find the MFA device among those of this user')
  }
  if (/must provide both MFA serial/i.test(text)) return new AwsError('AWS_REQUEST_INVALID', said)
  return new AwsError('AWS_DENIED', said)
}

function clockSkew(): AwsError {
  return new AwsError('AWS_CLOCK_SKEW', 'AWS refused the time of the request: the clock of this machine is wrong', {
    hint: 'set the clock: timedatectl set-ntp true',
  })
}

/** The SDK found no endpoint by its rules, and has sent nothing. Its text says why, and quotes nothing but the region. */
function noEndpoint(error: Error, { endpoint }: StsFailure): AwsError {
  const reason = error.message.replace(/^Invalid Configuration: /, '')
  return new AwsError('AWS_REQUEST_INVALID', `${endpoint} cannot be asked as the profile wants: ${reason}`, {
    cause: error,
    hint: 'take use_fips_endpoint and use_dualstack_endpoint out of the profile, or AWS_ENDPOINT_URL_STS out of the environment of the daemon',
  })
}

function withoutAnswer(failure: StsFailure): AwsError {
  const { error, action, endpoint } = failure
  if (error instanceof Error && error.name === 'EndpointError') return noEndpoint(error, failure)
  const code = errorCode(error)
  if (code?.startsWith('HPE_') === true) {
    return new AwsError('AWS_BAD_RESPONSE', `${endpoint} does not answer ${action} in HTTP: ${describeError(error)}`)
  }
  // The SDK calls a cut connection a TimeoutError too, but with the code of what happened.
  const isTimeout =
    code === 'ETIMEDOUT' || (code === undefined && error instanceof Error && error.name === 'TimeoutError')
  if (code === undefined && !isTimeout) {
    return new AwsError('AWS_BAD_RESPONSE', `${action} at ${endpoint} failed for no stated reason`)
  }
  return new AwsError(
    'AWS_UNREACHABLE',
    isTimeout ? `${endpoint} does not answer` : `cannot reach ${endpoint}: ${describeError(error)}`,
    { cause: error, hint: 'check the network of this machine, then run the command again' },
  )
}

function httpStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  // The parser's own errors carry the answer only in a hidden field.
  const { $metadata, $response } = error as {
    $metadata?: { httpStatusCode?: number }
    $response?: { statusCode?: number }
  }
  return $metadata?.httpStatusCode ?? $response?.statusCode
}
