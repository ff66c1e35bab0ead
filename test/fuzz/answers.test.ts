import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AwsError } from '../../src/aws/aws-error.ts'
import * as sdk from '../../src/aws/sts/aws-sdk.ts'
import { createStsSdk } from '../../src/aws/sts/sts-sdk.ts'
import { Secret } from '../../src/core/secret.ts'
import { VaultError } from '../../src/vault/vault-error.ts'
import { movableClock } from '../support/agent-subject.ts'
import { fuzzed } from '../support/fuzzing.ts'
import { scriptedVault } from '../support/vault-http.ts'
import { clientTimeoutMs, hastyClock, recordingLog, testClient } from '../support/vault-world.ts'

/** A text with a few of its characters changed, taken out or put in. */
const mangled = (text: string) =>
  fc
    .array(fc.tuple(fc.nat(text.length), fc.nat(3), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 4 })
    .map((changes) =>
      changes.reduce((sum, [at, taken, put]) => `${sum.slice(0, at)}${put}${sum.slice(at + taken)}`, text),
    )

const token = 'hvs.a-token-that-nobody-may-see'
const password = 'a password that nobody may see'
const vaultAnswers = [
  '{"request_id":"x","lease_id":"","data":{"serial_number":"7f","signed_key":"ssh-ed25519-cert-v01@openssh.com AAAA"},"auth":null}',
  `{"auth":{"client_token":"${token}","accessor":"a","policies":["default"],"metadata":{"username":"jo"},"lease_duration":3600,"renewable":true}}`,
  `{"errors":["1 error occurred:\\n\\t* permission denied for ${token}"]}`,
  '{"errors":[]}',
  '<html><body>502 Bad Gateway</body></html>',
]

describe('a Vault, or what answers in its place', () => {
  it('is understood or refused with an error of ours that shows no secret', async () => {
    const server = await scriptedVault()
    const { log, lines } = recordingLog()
    const client = testClient(server.address, { log, clock: hastyClock(clientTimeoutMs) })
    onTestFinished(() => client.close())
    const raw = fc.oneof(...vaultAnswers.map(mangled), fc.json(), fc.string({ unit: 'binary', maxLength: 100 }))
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(200, 204, 400, 403, 404, 412, 429, 500, 503), raw, async (status, body) => {
        server.on('POST auth/userpass/login/jo', { status, raw: status === 204 ? '' : body })
        await client
          .request({
            method: 'POST',
            path: 'auth/userpass/login/jo',
            purpose: { type: 'login', mount: 'userpass', who: 'jo', advice: [] },
            token: new Secret(token),
            body: { password: new Secret(password) },
            isIdempotent: false,
          })
          .catch((error: unknown) => {
            expect(error).toBeInstanceOf(VaultError)
            const shown = `${inspect(error, { depth: 9 })}${(error as VaultError).hint ?? ''}`
            expect(shown).not.toContain(token)
            expect(shown).not.toContain(password)
          })
      }),
      fuzzed(70, 200),
    )
    expect(lines.join('')).not.toContain(token)
  })
})

const secretKey = 'a+secret+key+that+nobody+may+see'
const stsAnswers = [
  `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIANEW</AccessKeyId><SecretAccessKey>issued-${secretKey}</SecretAccessKey><SessionToken>issued-token</SessionToken><Expiration>2031-05-01T15:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>',
  '<html><body>Sign in to the network</body></html>',
  '{"message":"no"}',
]

describe('an STS, or what answers in its place', () => {
  it('is understood or refused with an error of ours that shows no secret', async () => {
    let next = { status: 200, body: '' }
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(next.status, { 'content-type': 'text/xml' }).end(next.body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const sts = createStsSdk({ sdk, clock: movableClock(), random: Math.random, log: recordingLog().log, endpoint })
    const answers = fc.oneof(...stsAnswers.map(mangled), fc.string({ unit: 'binary', maxLength: 100 }))
    // Not 500 and its like: the SDK takes its time before it asks again.
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(200, 400, 403), answers, async (status, body) => {
        next = { status, body }
        await sts
          .assumeRole({
            credentials: {
              accessKeyId: 'ASIAIOSFODNN7SESSION',
              secretAccessKey: new Secret(secretKey),
              sessionToken: new Secret(token),
              expiresAtMs: Number.MAX_SAFE_INTEGER,
            },
            region: 'eu-central-1',
            roleArn: 'arn:aws:iam::123456789012:role/Dev',
            sessionName: 'jo',
            durationSeconds: 3600,
          })
          .catch((error: unknown) => {
            expect(error).toBeInstanceOf(AwsError)
            const shown = `${inspect(error, { depth: 9 })}${(error as AwsError).hint ?? ''}`
            expect(shown).not.toContain(secretKey)
            expect(shown).not.toContain(token)
          })
      }),
      fuzzed(71, 200),
    )
  })
})
