import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createOrganizationsSdk } from '../../../../src/aws/organizations/organizations-sdk.ts'
import * as sdk from '../../../../src/aws/sts/aws-sdk.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { mayListAccounts } from '../../../../src/dev/aws/seed-policies.ts'
import { addUser, credentialsOf, startDevAws, withCode } from '../../../support/dev-aws.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

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

/** Organizations that answers each call with the next of these bodies, and then with the last. */
async function answering(...bodies: string[]) {
  const seen: string[] = []
  const server = createServer((incoming, response) => {
    void text(incoming).then((body) => {
      seen.push(body)
      response.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.1' })
      response.end(bodies[Math.min(seen.length, bodies.length) - 1])
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const clock = fakeClock(Date.now())
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createOrganizationsSdk({ sdk, clock, random: () => 0, log: silentLogger, endpoint })
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: new Secret('s3cret') }
  return { seen, accounts: () => client.listAccounts({ credentials, region: 'us-east-1' }) }
}

const account = (at: number) => ({ Id: String(200_000_000_000 + at), Name: `a${at}`, State: 'ACTIVE' })
const page = (size: number, NextToken?: string) =>
  JSON.stringify({ Accounts: Array.from({ length: size }, (_, at) => account(at)), NextToken })

describe('an answer that is not one of an organization', () => {
  const one = account(1)
  it.each([
    'null',
    '7',
    '"text"',
    '[]',
    '{}',
    '{"Accounts":null}',
    '{"Accounts":{}}',
    '{"Accounts":[]}',
    '{"Accounts":[null]}',
    ...[
      { ...one, Id: undefined },
      { ...one, Id: 7 },
      { ...one, Id: '12345' },
      { ...one, Name: undefined },
      { ...one, Name: 'x'.repeat(51) },
      { ...one, State: undefined },
      { ...one, State: '' },
      { ...one, State: 'x'.repeat(65) },
    ].map((odd) => JSON.stringify({ Accounts: [odd] })),
    JSON.stringify({ Accounts: [one], NextToken: 7 }),
    JSON.stringify({ Accounts: [one], NextToken: '' }),
  ])('is no list without its accounts: %s', async (body) => {
    const { accounts } = await answering(body)
    await expect(accounts()).rejects.toMatchObject({
      code: 'AWS_BAD_RESPONSE',
      message: expect.stringContaining('the answer to ListAccounts is not one of AWS Organizations'),
      hint: expect.stringContaining('AWS_ENDPOINT_URL_ORGANIZATIONS'),
    })
  })

  it('is one that is too long, by the variable that leads to another server', async () => {
    const { accounts } = await answering(' '.repeat(256 * 1024 + 1))
    await expect(accounts()).rejects.toMatchObject({
      code: 'AWS_BAD_RESPONSE',
      hint: 'something on the way may answer in place of AWS: check AWS_ENDPOINT_URL_ORGANIZATIONS and the network',
    })
  })

  it('is one that leads back to where it came from', async () => {
    const { accounts, seen } = await answering(page(1, 'a'), page(1, 'b'), page(1, 'a'))
    await expect(accounts()).rejects.toMatchObject({ code: 'AWS_BAD_RESPONSE' })
    expect(seen).toHaveLength(3)
  })
})

describe('an organization without end', () => {
  it('is read no further than latchkey takes accounts', async () => {
    const { accounts, seen } = await answering(...Array.from({ length: 50 }, (_, at) => page(1_000, `t${at}`)))
    await expect(accounts()).rejects.toMatchObject({
      code: 'AWS_LIST_INVALID',
      message: 'the organization is larger than latchkey takes: it has more than 2000 accounts',
    })
    expect(seen).toHaveLength(3)
  })

  it('is read no further than it has pages, though they are empty', async () => {
    const { accounts, seen } = await answering(...Array.from({ length: 250 }, (_, at) => page(0, `t${at}`)))
    await expect(accounts()).rejects.toMatchObject({ code: 'AWS_LIST_INVALID' })
    expect(seen).toHaveLength(200)
  })
})

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

  it('may be on pages of which some are empty', async () => {
    const { accounts } = await answering(page(0, 'a'), page(2, 'b'), page(0))
    expect(await accounts()).toEqual([account(0), account(1)])
  })

  it('have their state under its former name too', async () => {
    const { accounts } = await answering(
      JSON.stringify({ Accounts: [{ Id: '200000000001', Name: 'a', Status: 'SUSPENDED' }] }),
    )
    expect(await accounts()).toEqual([{ Id: '200000000001', Name: 'a', State: 'SUSPENDED' }])
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
