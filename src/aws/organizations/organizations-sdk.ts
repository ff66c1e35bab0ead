import type { ListAccountsCommandOutput } from '@aws-sdk/client-organizations'
import * as v from 'valibot'
import { AwsError } from '../aws-error.ts'
import { maxAccounts, maxNameLength } from '../files/account-list.ts'
import { isAccountId } from '../links/switch-role-link.ts'
import { createServiceCall, type ServiceSdkOptions } from '../sts/service-call.ts'
import { type StsFailure, toAwsError } from '../sts/sts-errors.ts'
import type { OrganizationAccount, OrganizationsClient } from './organizations-client.ts'

/** AWS gives twenty accounts at a time, or fewer. */
const maxPages = 200
/** Longer than any state there is. */
const maxStateLength = 64

const state = v.optional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(maxStateLength)))

/**
 * What AWS documents of the answer (Organizations API reference, ListAccounts). The SDK passes on whatever JSON there is,
 * and what is missing in it: a list with less than all accounts takes profiles away.
 */
const pageSchema = v.object({
  Accounts: v.array(
    v.pipe(
      v.object({
        Id: v.pipe(v.string(), v.check(isAccountId)),
        Name: v.pipe(v.string(), v.maxLength(maxNameLength)),
        State: state,
        Status: state,
      }),
      v.check(({ State, Status }) => State !== undefined || Status !== undefined),
      v.transform(({ Id, Name, State, Status }): OrganizationAccount => ({ Id, Name, State: State ?? Status! })),
    ),
  ),
  NextToken: v.nullish(v.pipe(v.string(), v.nonEmpty())),
})

/** Organizations through the AWS SDK. */
export function createOrganizationsSdk(options: ServiceSdkOptions): OrganizationsClient {
  const { sdk } = options
  const { call } = createServiceCall(options, {
    name: 'Organizations',
    newClient: (config) => new sdk.OrganizationsClient(config),
    toError: toOrganizationsError,
  })

  return {
    async listAccounts(signer) {
      const accounts: OrganizationAccount[] = []
      const tokens = new Set<string>()
      let NextToken: string | undefined
      for (;;) {
        const from: { NextToken?: string } = NextToken === undefined ? {} : { NextToken }
        const answer: ListAccountsCommandOutput = await call({
          ...signer,
          action: 'ListAccounts',
          send: (client) => client.send(new sdk.ListAccountsCommand(from)),
        })
        const page = v.safeParse(pageSchema, answer)
        if (!page.success) throw unreadable(`it has no ${v.getDotPath(page.issues[0]) ?? 'list'} as AWS documents it`)
        accounts.push(...page.output.Accounts)
        if (accounts.length > maxAccounts) throw tooMany(`it has more than ${maxAccounts} accounts`)
        NextToken = page.output.NextToken ?? undefined
        if (NextToken === undefined) break
        if (tokens.has(NextToken)) throw unreadable('it leads back to a page that was there already')
        tokens.add(NextToken)
        if (tokens.size === maxPages) throw tooMany(`it has more than ${maxPages} pages`)
      }
      // The management account is one of them.
      if (accounts.length === 0) throw unreadable('it has no account, though each organization has one')
      return accounts
    },
  }
}

function unreadable(reason: string): AwsError {
  return new AwsError('AWS_BAD_RESPONSE', `the answer to ListAccounts is not one of AWS Organizations: ${reason}`, {
    hint: 'something on the way may answer in place of AWS: check AWS_ENDPOINT_URL_ORGANIZATIONS and the network',
  })
}

function tooMany(reason: string): AwsError {
  return new AwsError('AWS_LIST_INVALID', `the organization is larger than latchkey takes: ${reason}`, {
    hint: 'write a list of those that you use, and name the file: latchkey aws profiles sync FILE',
  })
}
/** What Organizations says in other words than STS (API reference, the errors of ListAccounts). */
function toOrganizationsError(failure: StsFailure): AwsError {
  const name = failure.error instanceof Error ? failure.error.name : ''
  if (name === 'UnrecognizedClientException') {
    return new AwsError('AWS_TOKEN_UNKNOWN', 'AWS does not know the access key or session token')
  }
  const error = toAwsError(failure)
  if (error.code !== 'AWS_DENIED') return error
  return new AwsError('AWS_DENIED', error.message, {
    cause: error,
    hint: 'only the management account may list the accounts, and who it has delegated that to: --organizations PROFILE names who asks',
  })
}
