import type { Secret } from '../../core/secret.ts'
import type { AccessKey, SessionCredentials, SigningCredentials } from '../credentials.ts'
import type { RoleTerms } from '../plan/role-terms.ts'
import type { StsEndpoint } from '../plan/sts-endpoint.ts'

/** GetSessionToken: temporary credentials of an IAM user, with MFA or without. */
export interface SessionTokenRequest {
  credentials: AccessKey
  region: string
  endpoint?: StsEndpoint | undefined
  /** 900 to 129600. */
  durationSeconds: number
  mfa?: GivenCode
}

/** A code with the device that shows it. */
export interface GivenCode {
  serial: string
  code: Secret<string>
}

/** AssumeRole. */
export interface AssumeRoleRequest {
  credentials: SigningCredentials
  region: string
  endpoint?: StsEndpoint | undefined
  roleArn: string
  sessionName: string
  /** 900 to 43200; at most 3600 where the credentials are those of a session or of a role. */
  durationSeconds: number
  externalId?: string | undefined
  terms?: RoleTerms | undefined
  /** With long-term keys only: a session cannot prove a factor anew. */
  mfa?: GivenCode
}

/** GetCallerIdentity. */
export interface CallerIdentityRequest {
  credentials: SigningCredentials
  region: string
  endpoint?: StsEndpoint | undefined
}

/** Whose credentials they are. */
export interface CallerIdentity {
  accountId: string
  arn: string
  /** The one that answered: not the one that was asked where STS is turned off there. */
  region: string
}

/**
 * The port to AWS STS (API reference 2011-06-15). The adapter sends a request again where that can succeed, and to the
 * region that is always on where STS is turned off. AWS never gets a request with a code twice.
 * Each call rejects with an AwsError whose message holds AWS's own words and no secret; expiry times are corrected for
 * the skew of this machine's clock.
 */
export interface StsClient {
  getSessionToken(request: SessionTokenRequest): Promise<SessionCredentials>
  assumeRole(request: AssumeRoleRequest): Promise<SessionCredentials>
  getCallerIdentity(request: CallerIdentityRequest): Promise<CallerIdentity>
  /** AWS's time minus that of this machine, in ms, as of the last answer. */
  clockSkewMs(): number
}
