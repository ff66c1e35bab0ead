import { AwsError } from '../aws-error.ts'
import type { AwsSdk } from '../sts/sdk-config.ts'
import type { IamCall, IamSigner } from './iam-call.ts'

/** What IAM says of roles. */
export interface RoleCalls {
  /**
   * The trust policy of a role of the signer's account, as parsed from JSON.
   * @param roleName without its path
   */
  trustPolicyOf(signer: IamSigner, roleName: string): Promise<unknown>
}

/** Those calls through the SDK. */
export function roleCalls(sdk: AwsSdk, call: IamCall): RoleCalls {
  return {
    async trustPolicyOf(signer, roleName) {
      const { Role: role } = await call({
        ...signer,
        action: 'GetRole',
        send: (client) => client.send(new sdk.GetRoleCommand({ RoleName: roleName })),
      })
      try {
        // "URL-encoded compliant with RFC 3986" (IAM API reference, Role).
        return JSON.parse(decodeURIComponent(role?.AssumeRolePolicyDocument ?? ''))
      } catch (cause) {
        throw new AwsError('AWS_BAD_RESPONSE', 'the answer to GetRole has no trust policy that can be read', { cause })
      }
    },
  }
}
