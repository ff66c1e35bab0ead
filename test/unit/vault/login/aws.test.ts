import { describe, expect, it } from 'vitest'
import { aws } from '../../../../src/vault/login/aws.ts'
import type { IdentitySigner } from '../../../../src/vault/login/identity-signer.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'
import { auth } from '../../../support/token-world.ts'
import { scriptedVault } from '../../../support/vault-http.ts'
import { loginContext, person, testClient } from '../../../support/vault-world.ts'

const route = 'POST auth/aws/login'
const signed = {
  url: 'https://sts.amazonaws.com/',
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
  headers: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA, Signature=abc' },
}
const refused = (...errors: string[]) => ({ status: 400, json: { errors } })

async function world(own: Partial<IdentitySigner> = {}) {
  const vault = await scriptedVault()
  const asked: unknown[] = []
  const identitySigner: IdentitySigner = {
    prepare: async (...call) => void asked.push(call),
    async sign(request) {
      asked.push(request)
      return signed
    },
    ...own,
  }
  const config = { method: 'aws', profile: 'dev', role: 'ops', region: 'eu-central-1', server_id: 'v' } as const
  const made = aws.create(config, loginContext(testClient(vault.address), { identitySigner }))
  return { vault, asked, made }
}

describe('a login by a profile of AWS', () => {
  it('sends what the profile has signed, and needs no person', async () => {
    const { vault, asked, made } = await world()
    vault.on(route, auth('hvs.first', { metadata: { canonical_arn: 'arn:aws:iam::1:role/Dev' } }))
    expect(made).toMatchObject({ name: 'aws', isUnattended: true })
    expect((await made.login(false)).lease.displayName).toBe('aws-arn:aws:iam::1:role/Dev')
    expect(asked).toEqual([{ profile: 'dev', region: 'eu-central-1', serverId: 'v' }])
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    expect(vault.requests[0]!.body).toEqual({
      role: 'ops',
      iam_http_request_method: 'POST',
      iam_request_url: base64(signed.url),
      iam_request_body: base64(signed.body),
      iam_request_headers: base64(JSON.stringify(signed.headers)),
    })
  })

  it('has the profile made ready with the help of whoever wants the login', async () => {
    const { asked, made } = await world()
    await made.prepare!(person)
    expect(asked).toEqual([['dev', person]])
  })

  it('is needed of a person where the profile needs a code', async () => {
    const needed = new VaultError('VAULT_LOGIN_NEEDED', 'a code is needed')
    const { vault, made } = await world({ sign: () => Promise.reject(needed) })
    await expect(made.login(false)).rejects.toBe(needed)
    expect(vault.requests).toEqual([])
  })

  it.each([
    ['entry for role "ops" not found', 'VAULT_ROLE_UNKNOWN', 'no role "ops" at auth/aws/'],
    [
      'IAM Principal "arn:aws:iam::1:user/jo" does not belong to the role "ops"',
      'VAULT_LOGIN_FAILED',
      'arn:aws:iam::1:user/jo',
    ],
    [
      'error validating X-Vault-AWS-IAM-Server-ID header: missing header "X-Vault-AWS-IAM-Server-ID"',
      'VAULT_CONFIG',
      'wants to be named',
    ],
    [
      `error making upstream request: received error code 403 from STS: <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>Sender</Type>
    <Code>SignatureDoesNotMatch</Code>
    <Message>Credential should be scoped to a valid region. </Message>
  </Error>
  <RequestId>84b47cd7-fc7b-442f-b75b-309b93d2b2ee</RequestId>
</ErrorResponse>
`,
      'VAULT_LOGIN_FAILED',
      'SignatureDoesNotMatch (HTTP 403)',
    ],
    ['error making upstream request: dial tcp: i/o timeout', 'VAULT_LOGIN_LOCKED', 'cannot ask STS'],
  ])('that is refused with %s says what to do', async (text, code, message) => {
    const { vault, made } = await world()
    vault.on(route, refused(text))
    await expect(made.login(false)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.any(String),
    })
    await made.login(false).catch(() => {})
    expect(vault.requests).toHaveLength(1)
  })
})
