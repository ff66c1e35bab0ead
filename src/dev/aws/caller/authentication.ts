import type { AwsDirectory } from '../directory.ts'
import { AwsRefusal, invalidClientToken } from '../protocol/refusal.ts'
import type { DevAccessKey } from '../state.ts'
import type { Caller } from './caller.ts'
import { openSession, type Session } from './session-token.ts'
import { headerValues, readSignatureClaim, type SignedRequest } from './signed-request.ts'
import { checkClaim, checkSignature } from './sigv4.ts'

/** What finding out who signed takes. */
export interface AuthenticationDeps {
  directory: AwsDirectory
  tokenKey: Uint8Array
  /**
   * Regions whose endpoints this one stands for, for IAM as well: AWS has IAM in us-east-1 alone, but a client that is
   * given an endpoint signs for the region of its profile.
   */
  isRegion: (region: string) => boolean
  /** Whether an active key is already known. */
  isKeyKnown: (key: DevAccessKey, nowMs: number) => boolean
}

/** What signs, and who that is. The expiry is judged last: only the holder of a session may learn that it has ended. */
interface Credentials {
  secret: string
  caller: Caller
  expiresAtMs?: number
}

type IsKnown = (key: DevAccessKey) => boolean

/**
 * Finds out who has signed a request.
 * @throws {AwsRefusal} MissingAuthenticationToken, IncompleteSignature, SignatureDoesNotMatch, InvalidClientTokenId,
 * ExpiredToken
 */
export function authenticate(
  request: SignedRequest,
  service: string,
  nowMs: number,
  { directory, tokenKey, isRegion, isKeyKnown }: AuthenticationDeps,
): Caller {
  const claim = readSignatureClaim(request)
  checkClaim(request, claim, { service, isRegion, nowMs })
  const token = headerValues(request, 'x-amz-security-token')[0]
  const isKnown: IsKnown = (key) => isKeyKnown(key, nowMs)
  const credentials =
    token === undefined
      ? ofAccessKey(claim.accessKeyId, directory, isKnown)
      : ofSession(openSession(token, tokenKey), claim.accessKeyId, directory, isKnown)
  if (credentials === undefined) throw invalidClientToken()
  checkSignature(request, claim, credentials.secret)
  if (credentials.expiresAtMs !== undefined && credentials.expiresAtMs <= nowMs) {
    throw new AwsRefusal('ExpiredToken', 'The security token included in the request is expired')
  }
  if (service === 'iam' && isSessionWithoutMfa(credentials.caller)) throw invalidClientToken()
  return credentials.caller
}

function ofAccessKey(id: string, directory: AwsDirectory, isKnown: IsKnown): Credentials | undefined {
  const found = directory.accessKey(id)
  if (found === undefined || found.key.status !== 'Active' || !isKnown(found.key)) return undefined
  return { secret: found.key.secret, caller: { type: 'user', user: found.user, accessKeyId: id, session: undefined } }
}

function ofSession(
  session: Session | undefined,
  accessKeyId: string,
  directory: AwsDirectory,
  isKnown: IsKnown,
): Credentials | undefined {
  if (session === undefined || session.accessKeyId !== accessKeyId) return undefined
  const { secretAccessKey: secret, expiresAtMs, mfaAtMs } = session
  switch (session.type) {
    case 'user': {
      // A session lives no longer than the access key that it came from.
      const parent = ofAccessKey(session.parentKeyId, directory, isKnown)?.caller
      if (parent?.type !== 'user') return undefined
      return { secret, expiresAtMs, caller: { ...parent, session: { mfaAtMs } } }
    }
    case 'role': {
      const role = directory.role(session.roleArn)
      if (role?.id !== session.roleId) return undefined
      const { sessionName, sourceIdentity, transitiveTags = {} } = session
      const carried = { mfaAtMs, sourceIdentity, transitiveTags }
      return { secret, expiresAtMs, caller: { type: 'role', role, sessionName, ...carried } }
    }
  }
}

/** GetSessionToken's credentials may call IAM only where a code was given (STS API reference, GetSessionToken). */
function isSessionWithoutMfa(caller: Caller): boolean {
  return caller.type === 'user' && caller.session !== undefined && caller.session.mfaAtMs === undefined
}
