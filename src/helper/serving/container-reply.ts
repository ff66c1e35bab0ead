import { createHash, timingSafeEqual } from 'node:crypto'
import type { ApiAnswer } from '../../ipc/client/http-reply.ts'
import { isProcessCredentials } from '../../ipc/client/process-credentials.ts'
import { successBody } from '../fast/answer.ts'
import { failureLine, HelperError } from '../fast/failure.ts'

/** What a container endpoint answers. */
export interface ContainerReply {
  status: number
  body: ContainerCredentials | ContainerRefusal
}

/** The credentials as the SDKs read them there (AWS SDKs and Tools Reference Guide, "Container credential provider"). */
export interface ContainerCredentials {
  AccessKeyId: string
  SecretAccessKey: string
  Token: string
  /** UTC, whole seconds, with Z. */
  Expiration: string
  AccountId?: string
}

/** Why there are none: botocore and the SDK for Go show it to the person. */
export interface ContainerRefusal {
  code: string
  message: string
}

/** What a client asks a container endpoint for. */
export interface ContainerRequest {
  method: string | undefined
  url: string | undefined
  authorization: string | undefined
}

/** A profile that is served: its path, and the token that opens it. */
export interface ServedProfile {
  profile: string
  path: string
  token: string
}

/**
 * Which profile a request is for, or what refuses it. A caller without the token learns nothing: a path that there is not is
 * refused like a wrong token, and the token of one profile does not open another.
 */
export function authorize(
  { method, url, authorization = '' }: ContainerRequest,
  served: readonly ServedProfile[],
): ServedProfile | ContainerReply {
  const wanted = served.find(({ path }) => path === url)
  if (!isSame(authorization, wanted?.token ?? '') || wanted === undefined) {
    return refusal(401, 'Unauthorized', 'the authorization token is not that of this path')
  }
  if (method !== 'GET') return refusal(405, 'MethodNotAllowed', 'only GET is answered')
  return wanted
}

/** In a time that does not tell how much of it is right, nor how long it should be. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

/**
 * What becomes of the daemon's answer. That a person is needed is 403, since the SDKs try again after many another status,
 * and a person is not here.
 */
export function containerReply(answer: ApiAnswer): ContainerReply {
  try {
    const body = successBody(answer)
    if (!isProcessCredentials(body)) throw new HelperError('BAD_REPLY', "the daemon's credentials cannot be used")
    const { AccessKeyId, SecretAccessKey, SessionToken: Token, Expiration, AccountId } = body
    const account = AccountId === undefined ? {} : { AccountId }
    return { status: 200, body: { AccessKeyId, SecretAccessKey, Token, Expiration, ...account } }
  } catch (error) {
    const status = answer.status < 300 ? 502 : answer.status === 401 ? 403 : answer.status
    return failure(status, error)
  }
}

/** The reply for something that failed, in the words that a person gets elsewhere. */
export function failure(status: number, error: unknown): ContainerReply {
  const code = error instanceof HelperError && error.code === 'PERSON_NEEDED' ? 'MfaNeeded' : 'CredentialsUnavailable'
  return refusal(status, code, failureLine(error).trimEnd())
}

function refusal(status: number, code: string, message: string): ContainerReply {
  return { status, body: { code, message } }
}
