import { AwsError } from '../../src/aws/aws-error.ts'
import type { IamClient } from '../../src/aws/iam/iam-client.ts'

/** An IAM that knows what a test gives it, and refuses the rest. */
export function stubIam(known: Partial<IamClient> = {}): IamClient {
  const denied = (action: string) => async () => {
    throw new AwsError('AWS_DENIED', `AWS refused ${action}`)
  }
  return {
    clockSkewMs: () => 0,
    listAccountAliases: denied('ListAccountAliases'),
    listAccessKeys: denied('ListAccessKeys'),
    createAccessKey: denied('CreateAccessKey'),
    deactivateAccessKey: denied('UpdateAccessKey'),
    deleteAccessKey: denied('DeleteAccessKey'),
    accessKeyLastUse: denied('GetAccessKeyLastUsed'),
    trustPolicyOf: denied('GetRole'),
    listMfaDevices: denied('ListMFADevices'),
    listUnassignedDevices: denied('ListVirtualMFADevices'),
    createVirtualMfaDevice: denied('CreateVirtualMFADevice'),
    deleteVirtualMfaDevice: denied('DeleteVirtualMFADevice'),
    enableMfaDevice: denied('EnableMFADevice'),
    resyncMfaDevice: denied('ResyncMFADevice'),
    ...known,
  }
}
