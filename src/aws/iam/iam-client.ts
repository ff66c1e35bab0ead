import type { SigningCredentials } from '../credentials.ts'

/** The port to AWS IAM (API reference 2010-05-08). Each call rejects with an AwsError whose message holds no secret. */
export interface IamClient {
  /** The aliases of the account of the credentials: one at most. @param request.region any of the account's partition */
  listAccountAliases(request: { credentials: SigningCredentials; region: string }): Promise<readonly string[]>
}
