import { describe, expect, it } from 'vitest'
import { createOrganizationsSdk } from '../../../../src/aws/organizations/organizations-sdk.ts'
import * as sdk from '../../../../src/aws/sts/aws-sdk.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { mayListAccounts } from '../../../../src/dev/aws/seed-policies.ts'
import { addUser, credentialsOf, startDevAws, withCode } from '../../../support/dev-aws.ts'

const management = '111122223333'

/** An organization of so many accounts, and a user of its management account who may see them. */
async function organization(size: number, policy = [mayListAccounts]) {
  const aws = await startDevAws()
  const user = await addUser(aws)
  const { state } = aws.directory
  state.users[0]!.policy = policy
  for (let at = 0; at < size; at += 1)
    state.accounts.push({ id: at === 0 ? management : String(200_000_000_000 + at), name: `a${at}`, state: 'ACTIVE' })
  const { accessKeyId, secretAccessKey, sessionToken } = credentialsOf(
    await aws.call(user, { Action: 'GetSessionToken', ...withCode(user) }),
  )
  const credentials = {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: new Secret(sessionToken),
    expiresAtMs: aws.clock.now() + 3_600_000,
  }
  const client = createOrganizationsSdk({
    sdk,
    clock: aws.clock,
    random: () => 0,
    log: silentLogger,
    endpoint: aws.endpoint,
  })
  return { aws, state, client, signer: { credentials, region: 'us-east-1' } }
}

describe('the accounts of an organization', () => {
  it('come page by page', async () => {
    const { aws, client, signer, state } = await organization(41)
    state.accounts[40]!.state = 'CLOSED'
    const accounts = await client.listAccounts(signer)
    expect(accounts).toHaveLength(41)
    expect(accounts[0]).toEqual({ Id: management, Name: 'a0', State: 'ACTIVE' })
    expect(accounts[40]).toEqual({ Id: '200000000040', Name: 'a40', State: 'CLOSED' })
    expect(aws.calls.filter(({ action, status }) => action === 'ListAccounts' && status === 200)).toHaveLength(3)
  })

  it('are refused to other accounts, with who may ask', async () => {
    const { client, signer, state } = await organization(2)
    state.accounts.reverse()
    await expect(client.listAccounts(signer)).rejects.toMatchObject({
      code: 'AWS_DENIED',
      message: expect.stringContaining("You don't have permissions to access this resource"),
      hint: expect.stringContaining('--organizations PROFILE'),
    })
  })

  it('are refused to whom no policy lets see them', async () => {
    const { client, signer } = await organization(2, [])
    await expect(client.listAccounts(signer)).rejects.toMatchObject({
      code: 'AWS_DENIED',
      message: expect.stringContaining('organizations:ListAccounts'),
    })
  })

  it('are refused to nobody', async () => {
    const { client, signer } = await organization(1)
    const strange = { ...signer.credentials, sessionToken: new Secret('x') }
    await expect(client.listAccounts({ ...signer, credentials: strange })).rejects.toMatchObject({
      code: 'AWS_TOKEN_UNKNOWN',
    })
    const forged = { ...signer.credentials, secretAccessKey: new Secret('x') }
    await expect(client.listAccounts({ ...signer, credentials: forged })).rejects.toMatchObject({
      code: 'AWS_SIGNATURE_REFUSED',
    })
  })
})
