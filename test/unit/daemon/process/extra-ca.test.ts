import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as sdk from '../../../../src/aws/sts/aws-sdk.ts'
import { createStsSdk } from '../../../../src/aws/sts/sts-sdk.ts'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { createSystemClock } from '../../../../src/core/time/clock.ts'
import { startVault } from '../../../../src/daemon/running/running-vault.ts'
import { usualRoots } from '../../../../src/http/tls.ts'
import { createMemoryKeychain } from '../../../../src/keychain/memory-store.ts'
import { createPrompts } from '../../../../src/prompts/broker.ts'
import { lasting } from '../../../support/aws-stub-keychain.ts'
import { parseConfig } from '../../../support/parsed-config.ts'
import { noIdentitySigner } from '../../../support/vault-world.ts'

const pem = (name: string) => readFileSync(join(import.meta.dirname, '../../../vectors/tls', name), 'utf8')
const clock = createSystemClock(() => performance.now() / 1000)

/** A server whose certificate no public CA has signed. */
async function startTlsServer(answer: string): Promise<number> {
  const server = createServer({ key: pem('server-key.pem'), cert: pem('server.pem') }, (_, response) => {
    response.end(answer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as { port: number }).port
}

describe('a CA from NODE_EXTRA_CA_CERTS', () => {
  const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
    <Arn>arn:aws:iam::111122223333:user/jo</Arn><UserId>A</UserId><Account>111122223333</Account>
    </GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>`
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: new Secret('x'.repeat(40)) }

  it.each([
    [pem('ca.pem'), true],
    [undefined, false],
  ])('is trusted for AWS if it is given, and only then', async (extraCa, isTrusted) => {
    const endpoint = `https://localhost:${await startTlsServer(identity)}`
    const sts = createStsSdk({ sdk, clock, random: Math.random, log: silentLogger, endpoint, extraCa })
    const call = sts.getCallerIdentity({ credentials, region: 'us-east-1' })
    if (isTrusted) expect(await call).toMatchObject({ accountId: '111122223333' })
    else await expect(call).rejects.toMatchObject({ code: 'AWS_UNREACHABLE' })
  })

  it('is needed for AWS, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    onTestFinished(() => void vi.unstubAllEnvs())
    const endpoint = `https://localhost:${await startTlsServer(identity)}`
    const sts = createStsSdk({ sdk, clock, random: Math.random, log: silentLogger, endpoint })
    const call = sts.getCallerIdentity({ credentials, region: 'us-east-1' })
    await expect(call).rejects.toMatchObject({ code: 'AWS_UNREACHABLE' })
  })

  const lookup = JSON.stringify({ data: { display_name: 'jo', policies: ['default'], ttl: 3600, type: 'service' } })

  it.each([
    [pem('ca.pem'), '', true],
    [undefined, '', false],
    // ca_file says whom this vault is to be trusted by, and nobody else.
    [pem('ca.pem'), 'ca_file = "/other-ca.pem"\n', false],
  ])('is trusted for a vault without a ca_file', async (extraCa, line, isTrusted) => {
    const address = `https://localhost:${await startTlsServer(lookup)}`
    const config = parseConfig(`[vault.corp]\naddress = "${address}"\n${line}`, '/config.toml')
    const files = { ca: line === '' ? undefined : pem('other-ca.pem'), version: '' }
    const roots = { certificates: async () => usualRoots('', extraCa ?? '') }
    const plan = { config: config.vaults[0]!, files, roots, tokenRefusal: undefined }
    const vault = startVault(plan, {
      keychain: lasting(createMemoryKeychain(), clock),
      prompts: createPrompts({ clock, newId: () => '1' }),
      clock,
      random: () => 0,
      log: silentLogger,
      environment: { VAULT_TOKEN: 'hvs.token' },
      home: '/home/jo',
      uid: undefined,
      readText: () => Promise.reject(new Error('no file')),
      runProgram: () => Promise.reject(new Error('no program')),
      identitySigner: noIdentitySigner,
      notify: () => {},
      resolveSrv: async () => [],
      slowKeys: createTurns(1),
      openName: () => async () => {},
      onKeysReleased: () => {},
    })
    onTestFinished(vault.close)
    const login = vault.tokens.login({ mayPrompt: false })
    if (isTrusted) expect(await login).toMatchObject({ displayName: 'jo' })
    else await expect(login).rejects.toMatchObject({ code: 'VAULT_TLS' })
  })
})
