import type { ServiceSigner } from '../sts/service-call.ts'

/** An account of an organization, in the words of AWS, as a list in a file has it. */
export interface OrganizationAccount {
  Id: string
  Name: string
  /** `ACTIVE`, or why it is of no use. */
  State: string
}

/** The port to AWS Organizations (API reference 2016-11-28). Each call rejects with an AwsError without a secret. */
export interface OrganizationsClient {
  /** All of them, in AWS's order. The management account may ask, and who has been delegated to. */
  listAccounts(signer: ServiceSigner): Promise<readonly OrganizationAccount[]>
}
