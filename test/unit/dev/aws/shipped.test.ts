import { expect, it, onTestFinished } from 'vitest'
import { totp } from '../../../../src/core/totp/totp.ts'
import type { AwsAddition } from '../../../../src/dev/aws/plugin.ts'
import { seedDevAccount } from '../../../../src/dev/aws/seed.ts'
import { createDevAws } from '../../../../src/dev/aws/server.ts'
import { callAws, send, trusting } from '../../../support/dev-aws.ts'

const atMs = Date.UTC(2026, 0, 2, 3, 4, 5)

/** The AWS as `latchkey dev` has it, with its one user, and what is added. */
async function openShipped(...plugins: AwsAddition[]) {
  const aws = await createDevAws({ now: () => atMs, log: () => {}, plugins })
  onTestFinished(aws.close)
  const account = await seedDevAccount(aws)
  const key = { accessKeyId: account.accessKeyId, secretAccessKey: account.secretAccessKey.expose() }
  const call = (fields: Record<string, string>) => callAws(aws.endpoint, key, fields, { atMs })
  return { aws, account, call }
}

it('knows its user, and nothing beyond its actions and its one path', async () => {
  const { aws, account, call } = await openShipped()
  expect((await call({ Action: 'GetCallerIdentity' })).text('Arn')).toBe(account.userArn)
  expect((await call({ Action: 'GetFederationToken' })).code).toBe('InvalidAction')
  const { hostname, port } = new URL(aws.endpoint)
  expect((await send({ hostname, port: Number(port), path: '/federation/credentials' })).status).toBe(404)
})

it('gives its roles by what their trust policies say, and refuses what it cannot judge', async () => {
  const { aws, account, call } = await openShipped()
  const role = { Action: 'AssumeRole', RoleArn: account.roles.dev, RoleSessionName: 'jo' }
  const code = { SerialNumber: account.mfaSerial, TokenCode: totp(account.totpSecret.expose(), atMs) }
  expect((await call(role)).code).toBe('AccessDenied')
  expect((await call({ ...role, SourceIdentity: 'jo' })).message).toBe('The embedded AWS cannot judge SourceIdentity.')
  expect((await call({ ...role, ...code, ExternalId: 'abc' })).status).toBe(200)
  aws.directory.role(account.roles.dev)!.trustPolicy = trusting(account.userArn, undefined, 'sts:*')
  expect(await call(role)).toMatchObject({
    code: 'ValidationError',
    message: 'A trust policy like this one is not built into the embedded AWS.',
  })
})

it('takes actions, services and other paths from plug-ins', async () => {
  const { aws, call } = await openShipped({
    services: { visits: '2026-01-01' },
    actions: {
      sts: { GetSessionNumber: async () => ({ Number: 7 }) },
      visits: { Count: async ({ caller }) => ({ Kind: caller.type }) },
    },
    rest: async ({ method, url, header }) =>
      url === '/token' ? { status: 201, headers: { 'X-Own': 'yes' }, body: `${method} ${header('host')}` } : undefined,
  })
  expect((await call({ Action: 'GetSessionNumber' })).text('Number')).toBe('7')
  expect((await call({ Action: 'GetCallerIdentity' })).status).toBe(200)
  const { hostname, port, host } = new URL(aws.endpoint)
  const own = await send({ hostname, port: Number(port), path: '/token', method: 'POST' })
  expect(own).toMatchObject({ status: 201, xml: `POST ${host}` })
  expect((await send({ hostname, port: Number(port), path: '/other' })).status).toBe(404)
})
