import { generateKeyPairSync } from 'node:crypto'
import { Secret } from '../../src/core/secret.ts'
import { createSystemClock } from '../../src/core/time/clock.ts'
import { publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { createVaultClient } from '../../src/vault/client.ts'
import { type AuthConfig, createLoginMethod } from '../../src/vault/login/login-methods.ts'
import { createCaWatch } from '../../src/vault/ssh/ca-watch.ts'
import { createVaultIssuer, type SigningOptions } from '../../src/vault/ssh/issuer.ts'
import { createInlineSource } from '../../src/vault/token/inline-source.ts'
import { createTokenSource } from '../../src/vault/token/token-source.ts'
import { pem } from './vault-network.ts'
import type { VaultSubject } from './vault-subject.ts'
import { loginContext, recordingLog, scriptedPrompts, testKeychain } from './vault-world.ts'

/** What a client of the suite is given. */
export interface SubjectClientOptions {
  /** What a person answers, in order. */
  answers?: readonly string[]
  files?: ReadonlyMap<string, string>
  namespace?: string
  /** The name of the client certificate that it shows, where the server speaks TLS. */
  shown?: string
}

/** A key to be certified. */
const subjectKey = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)

/** See `subjectClient`. */
export type SubjectClient = ReturnType<typeof subjectClient>

/** The whole room `vault` with a login, against the server of the suite, by the real clock. */
export function subjectClient(
  subject: VaultSubject,
  auth: AuthConfig,
  { answers = [], files = new Map(), namespace, shown }: SubjectClientOptions = {},
) {
  const clock = createSystemClock(() => performance.now() / 1000)
  const { log } = recordingLog()
  const keychain = testKeychain()
  const { prompts } = scriptedPrompts(...answers)
  const client = createVaultClient({
    name: 'subject',
    address: subject.address,
    namespace,
    tls: {
      ca: subject.ca,
      clientCert: shown === undefined ? undefined : pem(shown),
      clientKey: shown === undefined ? undefined : new Secret(pem(`${shown}-key`)),
    },
    timeoutMs: 20_000,
    maxRetries: 0,
    clock,
    random: Math.random,
    log,
  })
  const certificate = shown === undefined ? undefined : pem(shown)
  const context = loginContext(client, { prompts, keychain, clock, log, files, clientCertificate: () => certificate })
  const method = createLoginMethod(auth, context)
  const tokens =
    method.type === 'inline'
      ? createInlineSource({ client, method, clock })
      : createTokenSource({
          client,
          method,
          keychain,
          clock,
          random: Math.random,
          log,
          prompts,
          tellLoginNeeded: () => {},
        })
  const sign = async (signing: SigningOptions, key = subjectKey) => {
    const ca = createCaWatch(client, signing.mount, clock, log)
    const issuer = createVaultIssuer({ client, tokens, ca, signing, clock, log })
    return issuer.issue(key, new AbortController().signal)
  }
  return { client, clock, tokens, sign, close: client.close }
}
