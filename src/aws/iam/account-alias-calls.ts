import type { AwsSdk } from '../sts/sdk-config.ts'
import type { IamCall, IamSigner } from './iam-call.ts'
import { toldList } from './told-list.ts'

/** What IAM says of the account of the credentials. */
export interface AccountAliasCalls {
  /** The aliases of the account: one at most. */
  listAccountAliases(signer: IamSigner): Promise<readonly string[]>
}

/** Those calls through the SDK. */
export function accountAliasCalls(sdk: AwsSdk, call: IamCall): AccountAliasCalls {
  return {
    async listAccountAliases(signer) {
      const action = 'ListAccountAliases'
      const { AccountAliases } = await call({
        ...signer,
        action,
        send: (client) => client.send(new sdk.ListAccountAliasesCommand({})),
      })
      return toldList(action, AccountAliases)
    },
  }
}
