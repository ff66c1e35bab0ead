import type { AwsSdk } from '../sts/sdk-config.ts'
import type { IamCall, IamSigner } from './iam-call.ts'

/** What IAM says of the account of the credentials. */
export interface AccountAliasCalls {
  /** The aliases of the account: one at most. */
  listAccountAliases(signer: IamSigner): Promise<readonly string[]>
}

/** Those calls through the SDK. */
export function accountAliasCalls(sdk: AwsSdk, call: IamCall): AccountAliasCalls {
  return {
    async listAccountAliases(signer) {
      const { AccountAliases = [] } = await call({
        ...signer,
        action: 'ListAccountAliases',
        send: (client) => client.send(new sdk.ListAccountAliasesCommand({})),
      })
      return AccountAliases
    },
  }
}
