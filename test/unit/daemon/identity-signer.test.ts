import { describe, expect, it } from 'vitest'
import { AwsError, type AwsErrorCode } from '../../../src/aws/aws-error.ts'
import * as sdk from '../../../src/aws/sts/aws-sdk.ts'
import { signIdentityRequest } from '../../../src/aws/sts/identity-request.ts'
import { Secret } from '../../../src/core/secret.ts'
import { createIdentitySigner } from '../../../src/daemon/identity-signer.ts'
import { nobody, person } from '../../support/vault-world.ts'

const credentials = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
  sessionToken: new Secret('session'),
  expiresAtMs: 0,
}
const sign = (own: object) =>
  signIdentityRequest({
    sdk,
    credentials,
    region: undefined,
    endpoint: undefined,
    serverId: undefined,
    systemClockOffset: 0,
    ...own,
  })

describe('what a profile signs for a vault', () => {
  it('is for the global endpoint of STS, and names who it is for among what is signed', async () => {
    const { url, body, headers } = await sign({ serverId: 'vault.corp' })
    expect(url).toBe('https://sts.amazonaws.com/')
    expect(body).toContain('Action=GetCallerIdentity')
    expect(headers).toMatchObject({ 'x-vault-aws-iam-server-id': 'vault.corp', 'x-amz-security-token': 'session' })
    expect(headers.authorization).toMatch(/\/us-east-1\/sts\/.*SignedHeaders=.*x-vault-aws-iam-server-id/)
  })

  it.each([
    [{ region: 'eu-central-1' }, 'https://sts.eu-central-1.amazonaws.com/'],
    [{ endpoint: 'http://127.0.0.1:5000' }, 'http://127.0.0.1:5000/'],
  ])('with %j is for %s', async (own, url) => {
    expect((await sign(own)).url).toBe(url)
  })
})

describe('signing as a profile', () => {
  it('asks nobody; what it builds on is got with the help of a caller', async () => {
    const callers: unknown[] = []
    const signer = createIdentitySigner(
      () => ({
        async credentials(_profile, caller) {
          callers.push(caller)
          return credentials
        },
      }),
      async () => ({ url: 'u', body: 'b', headers: {} }),
    )
    await signer.prepare('dev', person)
    await signer.sign({ profile: 'dev', region: undefined, serverId: undefined })
    expect(callers).toEqual([person, nobody])
  })

  it.each<[AwsErrorCode, string]>([
    ['AWS_MFA_NEEDED', 'VAULT_LOGIN_NEEDED'],
    ['AWS_UNREACHABLE', 'VAULT_LOGIN_LOCKED'],
    ['AWS_PROFILE_UNKNOWN', 'VAULT_CONFIG'],
  ])('that fails with %s is %s', async (code, expected) => {
    const failure = new AwsError(code, 'no', { hint: 'do this' })
    const signer = createIdentitySigner(
      () => ({ credentials: () => Promise.reject(failure) }),
      () => expect.unreachable(),
    )
    await expect(signer.sign({ profile: 'dev', region: undefined, serverId: undefined })).rejects.toMatchObject({
      code: expected,
      message: 'profile dev: no',
      hint: 'do this',
    })
  })
})
