import type { Environment } from '../../core/places/environment.ts'
import type { ProcessCredentials } from '../../ipc/client/process-credentials.ts'

/**
 * The variables through which the AWS tools find credentials, or choose a profile (AWS SDKs and Tools Reference Guide,
 * "Settings reference"; botocore's credentials.py; the SDK for Java's and Ansible's older names).
 */
const credentialVariables: ReadonlySet<string> = new Set([
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_EB_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_ACCESS_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SECRET_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_SESSION_EXPIRATION',
  'AWS_CREDENTIAL_SCOPE',
  'AWS_ACCOUNT_ID',
  'AWS_CREDENTIAL_FILE',
  'AWS_CREDENTIAL_PROFILES_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_IAM_ROLE_ARN',
  'AWS_IAM_ROLE_SESSION_NAME',
  'AWS_VAULT',
  'EC2_ACCESS_KEY',
  'EC2_SECRET_KEY',
  'EC2_SECURITY_TOKEN',
])

/**
 * Families of them: container credentials, IAM Identity Center, the API keys that go before a signature. The name is
 * written into scripts that a shell runs, and an environment can have names that are no names there, such as `AWS_SSO_;id`.
 */
const families = /^AWS_(CONTAINER|SSO|BEARER_TOKEN)_\w+$/

/** Whether a variable gives credentials, describes some, or chooses a profile, so that it would contradict ours. */
export function isCredentialVariable(name: string): boolean {
  return credentialVariables.has(name) || families.test(name)
}

/** The environment without credentials. What says where and how AWS is reached, such as AWS_CA_BUNDLE, stays. */
export function withoutCredentials(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isCredentialVariable(name)))
}

/** A profile whose credentials are given to a program, with the region that is configured for it. */
export interface GivenProfile {
  profile: string
  region: string | undefined
}

/** What every program is told, however it gets the credentials: AWS_VAULT is for shell prompts, as aws-vault has it. */
export function profileVariables({ profile, region }: GivenProfile): Record<string, string> {
  return {
    AWS_VAULT: profile,
    // The SDKs read the first, the AWS CLI up to version 1 the second.
    ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
  }
}

/** The credentials themselves as variables, with their end, which some SDKs and shell prompts read. */
export function keyVariables(credentials: ProcessCredentials): Record<string, string> {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId } = credentials
  return {
    AWS_ACCESS_KEY_ID: AccessKeyId,
    AWS_SECRET_ACCESS_KEY: SecretAccessKey,
    AWS_SESSION_TOKEN: SessionToken,
    AWS_CREDENTIAL_EXPIRATION: Expiration,
    ...(AccountId === undefined ? {} : { AWS_ACCOUNT_ID: AccountId }),
  }
}
