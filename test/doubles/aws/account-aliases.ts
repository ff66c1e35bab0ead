import { identityOf } from '../../../src/dev/aws/caller/caller.ts'
import type { AwsAddition } from '../../../src/dev/aws/plugin.ts'
import { notAuthorized } from '../../../src/dev/aws/protocol/refusal.ts'

/** The aliases of accounts, by their ids; `deniedTo` has the accounts whose roles may not read it. */
export interface AccountAliases {
  aliases?: Readonly<Record<string, string>>
  deniedTo?: readonly string[]
}

/** IAM's ListAccountAliases: an account has one alias at most, which only those inside of it can read. */
export function accountAliases({ aliases = {}, deniedTo = [] }: AccountAliases): AwsAddition {
  return {
    actions: {
      iam: {
        async ListAccountAliases({ caller }) {
          const { account, arn } = identityOf(caller)
          if (deniedTo.includes(account)) {
            const reason = '* because no identity-based policy allows the iam:ListAccountAliases action'
            throw notAuthorized(arn, 'iam:ListAccountAliases', reason)
          }
          const alias = aliases[account]
          return { IsTruncated: false, AccountAliases: alias === undefined ? [] : [alias] }
        },
      },
    },
  }
}
