// All that latchkey uses of the AWS SDK, as one chunk (scripts/build.mjs) that the daemon loads when AWS is first needed.
// None of latchkey's own code may be in it: its classes would not be those of the daemon.
export {
  CreateAccessKeyCommand,
  CreateVirtualMFADeviceCommand,
  DeleteAccessKeyCommand,
  DeleteVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  GetAccessKeyLastUsedCommand,
  GetRoleCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListAccountAliasesCommand,
  ListMFADevicesCommand,
  ListVirtualMFADevicesCommand,
  ResyncMFADeviceCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
export { ListAccountsCommand, OrganizationsClient } from '@aws-sdk/client-organizations'
export { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
export { parseXML } from '@aws-sdk/xml-builder'
