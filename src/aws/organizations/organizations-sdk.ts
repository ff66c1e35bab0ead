import type { ListAccountsCommandOutput } from '@aws-sdk/client-organizations'
import { AwsError } from '../aws-error.ts'
import { createServiceCall, type ServiceSdkOptions } from '../sts/service-call.ts'
import { type StsFailure, toAwsError } from '../sts/sts-errors.ts'
import type { OrganizationAccount, OrganizationsClient } from './organizations-client.ts'

/** AWS gives twenty accounts at a time, and latchkey takes 2000 (files/account-list.ts). */
const maxPages = 200

/** Organizations through the AWS SDK. */
export function createOrganizationsSdk(options: ServiceSdkOptions): OrganizationsClient {
  const { sdk } = options
  const call = createServiceCall(options, {
    name: 'Organizations',
    newClient: (config) => new sdk.OrganizationsClient(config),
    toError: toOrganizationsError,
  })

  return {
    async listAccounts(signer) {
      const accounts: OrganizationAccount[] = []
      let NextToken: string | undefined
      for (let page = 0; page < maxPages; page += 1) {
        const token: { NextToken?: string } = NextToken === undefined ? {} : { NextToken }
        const answer: ListAccountsCommandOutput = await call({
          ...signer,
          action: 'ListAccounts',
          send: (client) => client.send(new sdk.ListAccountsCommand(token)),
        })
        for (const { Id = '', Name = '', State, Status } of answer.Accounts ?? [])
          accounts.push({ Id, Name, State: State ?? Status ?? '' })
        NextToken = answer.NextToken
        if (NextToken === undefined) return accounts
      }
      throw new AwsError('AWS_LIST_INVALID', `the organization has no end: more than ${maxPages} pages of accounts`)
    },
  }
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
